"""The data of the chat's commands."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from realtime.chat.models import EMOJI
from realtime.fields import StrictBoolean, StrictInteger, StrictList, StrictText, StrictUUID

MAX_TEXT = 2000
MAX_SOUGHT = 100
MAX_PREFIX = 60
MAX_MENTIONS = 10
LARGEST_ID = 2**53 - 1


class _WordsForm(forms.Form):
    text = StrictText(
        max_length=MAX_TEXT,
        error_messages={
            "required": _("Write something first."),
            "max_length": _(
                "A message may have at most %(limit_value)d characters; this one has %(show_value)d."
            ),
        },
    )
    mentions = StrictList(most=MAX_MENTIONS, longest=1, numbers=True, required=False)

    def clean_mentions(self) -> list[int]:
        found: list[Any] = self.cleaned_data["mentions"]
        if not all(type(number) is int and number > 0 for number in found):
            raise ValidationError(_("This must be a list of the numbers of people."))
        return found


class SendForm(_WordsForm):
    client_id = StrictUUID()
    parent = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)


class MessageForm(forms.Form):
    message = StrictInteger(min_value=1, max_value=LARGEST_ID)


class EditForm(_WordsForm, MessageForm):
    pass


class ReactForm(MessageForm):
    emoji = StrictText(max_length=8)
    wanted = StrictBoolean()

    def clean_emoji(self) -> str:
        emoji: str = self.cleaned_data["emoji"]
        if emoji not in EMOJI:
            raise ValidationError(_("This is none of the emoji that one can react with."))
        return emoji


class HistoryForm(forms.Form):
    """One of the three: what was before a message, what came after it, or what stands around it."""

    before = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)
    after = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)
    around = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)

    def clean(self) -> dict[str, Any]:
        given = [name for name in self.fields if self.cleaned_data.get(name) is not None]
        if not self.errors and len(given) != 1:
            self.add_error("before", _("Say before, after or around which message."))
        return self.cleaned_data


class ThreadForm(MessageForm):
    before = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)


class SearchForm(forms.Form):
    text = StrictText(
        max_length=MAX_SOUGHT, error_messages={"required": _("Write what you are looking for.")}
    )
    before = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)


class PeopleForm(forms.Form):
    prefix = StrictText(max_length=MAX_PREFIX, required=False)  # type: ignore[assignment]  # Django takes it away
