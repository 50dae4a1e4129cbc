"""What comes in about links and files: over the socket, and files by upload."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictBoolean, StrictInteger, StrictText, StrictUUID, validate_web_address
from realtime.materials.files import SAME, TYPES
from realtime.materials.models import MAX_TITLE

LARGEST_ID = 2**53 - 1
TOO_LONG = _("At most %(limit_value)d characters.")


class LinkForm(forms.Form):
    client_id = StrictUUID()
    title = StrictText(
        max_length=MAX_TITLE,
        error_messages={"required": _("Say in a few words what it is."), "max_length": TOO_LONG},
    )
    url = StrictText(
        max_length=500,
        validators=[validate_web_address],
        error_messages={"required": _("Give the web address."), "max_length": TOO_LONG},
    )
    shown = StrictBoolean(required=False)


class MaterialForm(forms.Form):
    material = StrictInteger(min_value=1, max_value=LARGEST_ID)


class EditForm(MaterialForm):
    title = StrictText(max_length=MAX_TITLE, required=False, error_messages={"max_length": TOO_LONG})
    shown = StrictBoolean(required=False)


class PinForm(MaterialForm):
    pinned = StrictBoolean()


class MoveForm(MaterialForm):
    before = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)


class FileForm(forms.Form):
    """An upload. What is in the file is looked at by `files.check_file`."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # it gets its own sentence
        error_messages={"required": _("Choose a file."), "missing": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ",".join(f".{each}" for each in [*TYPES, *SAME])}),
    )
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=MAX_TITLE,
        help_text=_("Without one, the name of the file is shown."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    shown = forms.BooleanField(
        label=_("Everyone in the room sees it"),
        required=False,
        initial=True,
        help_text=_("Without this, only you and those who run the room see it until it is shown."),
    )

    def cleaned(self) -> dict[str, Any]:
        """What was typed, without the file."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file"}
