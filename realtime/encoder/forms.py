"""What those who run a room fill in about the encoder of its hall."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.encoder.models import EncoderKey


class KeyForm(forms.Form):
    """A new key."""

    DAYS = ((1, _("one day")), (7, _("one week")), (31, _("one month")))

    label = forms.CharField(
        label=_("Which encoder is it?"),
        help_text=_("This name stands under its picture, such as “Main hall”."),
        max_length=EncoderKey._meta.get_field("label").max_length,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    days = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, coerce=int, initial=7)
