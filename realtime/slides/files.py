"""Which uploads are taken as slides, before anything looks into them. What is inside is read by a process of its own
(`render.py`)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from conference.core.errors import Invalid
from realtime.slides.models import MAX_TITLE


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that is taken, and a title made of its name."""

    title: str
    content: File[Any]


def check_slides(upload: UploadedFile[Any]) -> Checked:
    """The upload if it looks like a PDF that is not too large; else `Invalid` with a sentence that says why."""
    if not upload.size:
        raise _wrong(_("The file is empty."))
    if upload.size > settings.SLIDES_MEGABYTES * 1024 * 1024:
        raise _wrong(
            _("The file is larger than %(most)d MB. Save it with smaller pictures and try again.")
            % {"most": settings.SLIDES_MEGABYTES}
        )
    upload.seek(0)
    begins = upload.read(1024)
    upload.seek(max(0, upload.size - 4096))
    ends = upload.read()
    upload.seek(0)
    if not re.search(rb"%PDF-[12]\.", begins):
        raise _wrong(_("Only PDF files are taken as slides. Save your slides as PDF and try again."))
    if b"%%EOF" not in ends:
        raise _wrong(_("The file ends too early. Save it as PDF once more and try again."))
    return Checked(title_of(upload.name or ""), upload)


def title_of(name: str) -> str:
    """A title out of the name of a file, in its own script and without signs that cannot be seen."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    seen = "".join(letter for letter in plain if unicodedata.category(letter) not in {"Cc", "Cf", "Zl", "Zp"})
    stem = re.sub(r"\.pdf$", "", seen.strip(), flags=re.IGNORECASE)
    return " ".join(stem.replace("_", " ").split())[:MAX_TITLE] or _("Slides")


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"file": [sentence]})
