"""The data of the commands about direct messages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictInteger, StrictText, StrictUUID

MAX_TEXT = 2000
LARGEST_ID = 2**53 - 1


class SendForm(forms.Form):
    person = StrictInteger(min_value=1, max_value=LARGEST_ID)
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


class TalkForm(forms.Form):
    person = StrictInteger(min_value=1, max_value=LARGEST_ID)
    before = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)


class ConversationForm(forms.Form):
    conversation = StrictInteger(min_value=1, max_value=LARGEST_ID)


class ReadForm(ConversationForm):
    message = StrictInteger(min_value=1, max_value=LARGEST_ID)
