"""The data of the commands about reactions."""

from __future__ import annotations

from django import forms

from realtime.fields import StrictInteger
from realtime.reactions.models import ReactionTotal

MOST_AT_ONCE = 10
"""What a person presses in the moment between two commands."""


class ReactionForm(forms.Form):
    emoji = forms.ChoiceField(choices=ReactionTotal.Emoji.choices)
    times = StrictInteger(min_value=1, max_value=MOST_AT_ONCE, required=False)

    def clean_times(self) -> int:
        return self.cleaned_data["times"] or 1
