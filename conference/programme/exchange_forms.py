"""Files that come into the programme from outside, and the organizer's word about them."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conference.programme.exchange.document import MAX_FILE_BYTES


class UploadForm(forms.Form):
    """A programme, as a file."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("schedule.json or schedule.xml, at most 20 MB."),
        max_length=200,
        validators=[
            FileExtensionValidator(
                ["json", "xml"], _("Choose a file whose name ends in .json or .xml."), "extension"
            )
        ],
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("The file is empty. Choose another one."),
            "missing": _("Choose a file first."),
            "max_length": _("The name of the file is too long. Give it a shorter one."),
        },
        widget=forms.FileInput(attrs={"accept": ".json,.xml,application/json,application/xml,text/xml"}),
    )

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if upload.size is None or upload.size > MAX_FILE_BYTES:
            raise forms.ValidationError(
                gettext("The file is larger than 20 MB. A programme is far smaller; is it the right file?")
            )
        return upload


class ImportForm(forms.Form):
    """Yes to a report: `seen` stands for what it said."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    cancel_missing = forms.BooleanField(
        label=_("Cancel the sessions that are no longer in the file"),
        required=False,
    )
    release_now = forms.BooleanField(
        label=_("Release at once"),
        help_text=_("Readers see the new times and rooms immediately. Otherwise they wait in the draft."),
        required=False,
    )
