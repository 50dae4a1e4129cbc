"""The data of the commands about rules."""

from __future__ import annotations

from django import forms

from realtime.fields import StrictBoolean


class RulesForm(forms.Form):
    """Any of the rules; what is left out stays as it is."""

    questions = StrictBoolean(required=False)
    moderate_questions = StrictBoolean(required=False)
    anonymous_questions = StrictBoolean(required=False)
    hands = StrictBoolean(required=False)
