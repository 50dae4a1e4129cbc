"""The data of the commands about polls."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictBoolean, StrictInteger, StrictList, StrictText
from realtime.polls.models import Poll

MAX_TITLE = Poll._meta.get_field("title").max_length
MAX_OPTIONS = 12
MAX_OPTION = 120
MAX_WORDS = 5
MAX_WORD = 40
LARGEST_ID = 2**53 - 1


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
