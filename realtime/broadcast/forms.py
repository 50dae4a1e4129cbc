"""The data of the commands about going live and rating."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.broadcast.actions import LONGEST_COUNTDOWN
from realtime.broadcast.models import Rating
from realtime.fields import StrictInteger, StrictText

MOST_CHARACTERS = Rating._meta.get_field("words").max_length
COUNTDOWN = 10
FROM_ONE_TO_FIVE = _("Choose from one to five stars.")


class StartForm(forms.Form):
    """`countdown`: seconds; 10 where nothing is said."""

    countdown = StrictInteger(min_value=0, max_value=LONGEST_COUNTDOWN, required=False)

    def clean_countdown(self) -> int:
        asked = self.cleaned_data["countdown"]
        return COUNTDOWN if asked is None else int(asked)


class RateForm(forms.Form):
    stars = StrictInteger(
        min_value=1,
        max_value=5,
        error_messages=dict.fromkeys(("required", "min_value", "max_value"), FROM_ONE_TO_FIVE),
    )
    words = StrictText(
        max_length=MOST_CHARACTERS,
        required=False,
        error_messages={
            "max_length": _("This may have at most %(limit_value)d characters; it has %(show_value)d.")
        },
    )
