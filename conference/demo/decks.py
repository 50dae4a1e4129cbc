"""The slides of the demo's technology envoy, made ready and shown in the rooms that are theirs today."""

from __future__ import annotations

import tempfile
import uuid
from datetime import datetime
from functools import cache
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from conference.accounts.models import User
from conference.core.models import Event
from conference.programme.models import Session
from realtime.slides.converting import Drawn, convert
from realtime.slides.models import Deck, Slide, SlideShow, slide_path

PDF = Path(__file__).with_name("slides") / "envoy.pdf"
"""Printed from `envoy.html` by `tools/print_demo_slides.py`."""

TITLE = "Bringing a machine home · 把一台机器带回家"


@cache
def pictures() -> list[Drawn]:
    """The pages, as the worker makes them of any PDF."""
    with tempfile.TemporaryDirectory(prefix="chama-slides-") as folder:
        return [step for step in convert(PDF, Path(folder)) if isinstance(step, Drawn)]


def make_decks(event: Event, speaker: User, begins: datetime, ends: datetime) -> None:
    """Slides in every room where this person speaks between these times."""
    sessions = Session.objects.filter(
        event=event,
        speakers__user=speaker,
        slots__release=None,
        slots__end__gt=begins,
        slots__start__lt=ends,
    )
    for session in sessions.distinct():
        deck = Deck.objects.create(
            room_id=session.room_id,
            author=speaker,
            client_id=uuid.uuid4(),
            title=TITLE,
            state=Deck.State.READY,
            pages=len(pictures()),
            done=len(pictures()),
            reached=1,
        )
        Slide.objects.bulk_create(
            Slide(
                deck=deck,
                number=page.number,
                small=default_storage.save(slide_path(None, ""), ContentFile(page.small)),
                large=default_storage.save(slide_path(None, ""), ContentFile(page.large)),
                text=page.text,
            )
            for page in pictures()
        )
        SlideShow.objects.create(room_id=session.room_id, deck=deck, page=1)
