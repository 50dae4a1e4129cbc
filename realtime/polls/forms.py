"""The data of the commands about polls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictBoolean, StrictInteger, StrictText
from realtime.polls.models import Poll

MAX_TITLE = Poll._meta.get_field("title").max_length
MAX_OPTIONS = 12
MAX_OPTION = 120
MAX_WORDS = 5
MAX_WORD = 40
LARGEST_ID = 2**53 - 1


class StrictList(forms.Field):
    """A JSON list of at most `most` texts and whole numbers, each text at most `longest` characters and not empty."""

    def __init__(self, *, most: int, longest: int, numbers: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.most, self.longest, self.numbers = most, longest, numbers

    def to_python(self, value: Any) -> list[Any]:
        if value is None and not self.required:
            return []
        if not isinstance(value, list) or len(value) > self.most:
            raise ValidationError(_("This must be a list of at most %(most)d.") % {"most": self.most})
        return [self._entry(entry) for entry in value]

    def _entry(self, entry: Any) -> Any:
        if self.numbers and type(entry) is int and -(2**31) < entry < 2**31:
            return entry
        if not isinstance(entry, str) or not entry.strip() or len(entry) > self.longest or "\x00" in entry:
            raise ValidationError(
                _("Each entry must have between 1 and %(longest)d characters.") % {"longest": self.longest}
            )
        return entry.strip()

    def validate(self, value: Any) -> None:
        """An empty list is looked at by whoever knows what was asked."""


class PollForm(forms.Form):
    poll = StrictInteger(min_value=1, max_value=LARGEST_ID)


class ShowForm(PollForm):
    shown = StrictBoolean()


class BallotForm(PollForm):
    choices = StrictList(most=MAX_OPTIONS, longest=MAX_WORD, numbers=True)


class DraftForm(forms.Form):
    kind = forms.ChoiceField(choices=Poll.Kind.choices)
    title = StrictText(max_length=MAX_TITLE, error_messages={"required": _("Write what you want to ask.")})
    options = StrictList(most=MAX_OPTIONS, longest=MAX_OPTION, required=False)
    most = StrictInteger(min_value=1, max_value=MAX_OPTIONS, required=False)

    def clean_most(self) -> int:
        most = self.cleaned_data["most"]
        words = self.cleaned_data.get("kind") == Poll.Kind.WORDS
        if most is None:
            return 1 if words else MAX_OPTIONS
        return min(most, MAX_WORDS) if words else most


class EditForm(DraftForm):
    poll = StrictInteger(min_value=1, max_value=LARGEST_ID)
