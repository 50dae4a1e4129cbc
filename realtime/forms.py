"""The data of the commands about being somewhere."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictInteger, StrictText

STREAM_NAME = r"^((room|person|event)\.[1-9][0-9]{0,15}|room\.[1-9][0-9]{0,15}\.(backstage|hosts))$"


class ResumeForm(forms.Form):
    stream = forms.RegexField(STREAM_NAME, error_messages={"invalid": _("There is no such stream.")})
    seq = StrictInteger(min_value=0, max_value=2**53 - 1)

    def clean_stream(self) -> str:
        if not isinstance(self.data.get("stream"), str):
            raise ValidationError(_("There is no such stream."))
        return str(self.cleaned_data["stream"])


class FollowForm(forms.Form):
    event = StrictInteger(min_value=1, max_value=2**53 - 1)


class FindForm(forms.Form):
    text = StrictText(
        min_length=1, max_length=100, error_messages={"required": _("Write a name, or a part of it.")}
    )
