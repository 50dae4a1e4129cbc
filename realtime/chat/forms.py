"""The data of the chat's commands."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictInteger, StrictText, StrictUUID

MAX_TEXT = 2000


class MessageForm(forms.Form):
    client_id = StrictUUID()
    text = StrictText(
        max_length=MAX_TEXT,
        error_messages={
            "required": _("Write something first."),
            "max_length": _(
                "A message may have at most %(limit_value)d characters; this one has %(show_value)d."
            ),
        },
    )


class HistoryForm(forms.Form):
    before = StrictInteger(min_value=1, max_value=2**53 - 1)
