"""What comes in about slides: over the socket, and the files by upload."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictInteger
from realtime.slides.models import MAX_TITLE, MOST_PAGES

LARGEST_ID = 2**53 - 1


class DeckForm(forms.Form):
    deck = StrictInteger(min_value=1, max_value=LARGEST_ID)


class ShowForm(DeckForm):
    page = StrictInteger(min_value=1, max_value=MOST_PAGES, required=False)


class TurnForm(DeckForm):
    left = StrictInteger(min_value=1, max_value=MOST_PAGES)


class FileForm(forms.Form):
    """An upload. Whether it can be slides is looked at by `files.check_slides`, and by the worker."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # it gets its own sentence
        error_messages={"required": _("Choose a file."), "missing": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=MAX_TITLE,
        help_text=_("Without one, the name of the file is shown."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def cleaned(self) -> dict[str, Any]:
        """What was typed, without the file."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file"}
