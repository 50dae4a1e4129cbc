"""What a trial of the line asks for."""

from __future__ import annotations

from django import forms

LARGEST = 1_000_000


class FetchForm(forms.Form):
    """How much shall be sent to the browser."""

    bytes = forms.IntegerField(min_value=1, max_value=LARGEST)
