"""The data of the commands about the timer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictInteger, StrictText
from realtime.timer.models import Timer

LONGEST = 4 * 3600
MOST_ADDED = 3600
MAX_LABEL = Timer._meta.get_field("label").max_length


class StartForm(forms.Form):
    seconds = StrictInteger(
        min_value=5,
        max_value=LONGEST,
        error_messages={
            "min_value": _("Give at least five seconds."),
            "max_value": _("The timer counts at most four hours."),
        },
    )
    label = StrictText(max_length=MAX_LABEL, required=False)


class AddForm(forms.Form):
    seconds = StrictInteger(min_value=-MOST_ADDED, max_value=MOST_ADDED)
