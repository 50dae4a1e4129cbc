"""The data of the commands about rules."""

from __future__ import annotations

from django import forms

from realtime.fields import StrictBoolean, StrictInteger, StrictList
from realtime.rules.models import RoomRules

SLOWEST = 600
MOST_WORDS = 100
LONGEST_WORD = 40


class RulesForm(forms.Form):
    """Any of the rules; what is left out stays as it is."""

    questions = StrictBoolean(required=False)
    moderate_questions = StrictBoolean(required=False)
    anonymous_questions = StrictBoolean(required=False)
    hands = StrictBoolean(required=False)
    chat = forms.ChoiceField(choices=RoomRules.Chat.choices, required=False)
    slow_mode = StrictInteger(min_value=0, max_value=SLOWEST, required=False)
    hold_messages = StrictBoolean(required=False)
    held_words = StrictList(most=MOST_WORDS, longest=LONGEST_WORD, required=False)
    reactions = StrictBoolean(required=False)

    def clean_chat(self) -> str | None:
        return self.cleaned_data["chat"] or None

    def clean_held_words(self) -> list[str] | None:
        """Each word once, whatever its capitals; None where nothing is said of them, and an empty list to take all away."""
        if self.data.get("held_words") is None:
            return None
        words = (" ".join(word.split()) for word in self.cleaned_data["held_words"])
        return list({word.casefold(): word for word in words}.values())
