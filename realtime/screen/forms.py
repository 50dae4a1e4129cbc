"""What those who run a room fill in about its screens."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.screen.models import ScreenLink


class LinkForm(forms.Form):
    """A new link."""

    name = forms.CharField(
        label=_("Where is the screen?"),
        help_text=_("So that you know later which link to take back, such as “Hall 3, left”."),
        max_length=ScreenLink._meta.get_field("name").max_length,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
