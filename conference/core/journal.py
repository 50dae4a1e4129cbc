"""The journal of facts: the audit trail, and the only source of outcome figures."""

from __future__ import annotations

from typing import Any

from django.db import models

from conference.core.models import Event, Fact


def record(verb: str, actor: Any, subject: models.Model, *, event: Event | None = None, **data: Any) -> Fact:
    """Append the fact that `actor` (None: the system) did `verb` to `subject`, in the caller's transaction.

    `verb` is in the past tense with the subject's kind before it, such as `session.moved`. `data` must be JSON and hold
    no contact data.
    """
    if event is None:
        event = subject if isinstance(subject, Event) else getattr(subject, "event", None)
    return Fact.objects.create(
        event=event,
        verb=verb,
        actor=actor if getattr(actor, "pk", None) else None,
        subject=f"{subject._meta.model_name}:{subject.pk}",
        data=data,
    )
