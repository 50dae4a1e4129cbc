"""The data of the commands about moderation."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictInteger, StrictText
from realtime.moderation.models import LONGEST_NOTE, Report

LARGEST_ID = 2**53 - 1
TOO_LONG = _("This may have at most %(limit_value)d characters; it has %(show_value)d.")


class PersonForm(forms.Form):
    person = StrictInteger(min_value=1, max_value=LARGEST_ID)


class ReportForm(forms.Form):
    kind = forms.ChoiceField(choices=Report.Kind.choices)
    id = StrictInteger(min_value=1, max_value=LARGEST_ID)
    reason = forms.ChoiceField(
        choices=Report.Reason.choices, error_messages={"required": _("Choose what is wrong with it.")}
    )
    words = StrictText(max_length=LONGEST_NOTE, required=False, error_messages={"max_length": TOO_LONG})


class DecisionForm(forms.Form):
    report = StrictInteger(min_value=1, max_value=LARGEST_ID)
    decision = forms.ChoiceField(choices=Report.Decision.choices)
    note = StrictText(max_length=LONGEST_NOTE, required=False, error_messages={"max_length": TOO_LONG})


class LogForm(forms.Form):
    """Which part of the log; anything else asks for nothing in particular."""

    group = forms.CharField(max_length=20, required=False)
    before = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
