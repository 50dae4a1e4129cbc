"""Which files are taken, told by what is in them and not by their name alone.

A file is sent to its readers as it came, always as a download, never to be shown inside a page. So what is kept out is what a
reader's machine could run, what is not what its name says, and what unpacks to more than anybody asked for. Pictures are
decoded and encoded again, which takes away what a camera noted about the place.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from conference.core.errors import Invalid
from conference.core.files import clean_picture

TYPES = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "png": "image/png",
    "jpg": "image/jpeg",
}
"""What is taken, by the ending of its name."""

SAME = {"jpeg": "jpg"}

_MAIN_PART = {
    "pptx": b"presentationml.presentation.main+xml",
    "docx": b"wordprocessingml.document.main+xml",
    "xlsx": b"spreadsheetml.sheet.main+xml",
}

MAX_NAME = 120
MAX_UNPACKED = 200 * 1024 * 1024
MAX_DIRECTORY = 1024 * 1024
"""Bytes of an archive's list of its parts."""
MAX_CONTENT_TYPES = 1024 * 1024

# What a machine could run, or a browser show, hidden before the last ending: `invoice.exe.pdf`.
_RUNS = frozenset({
    "apk", "app", "appimage", "bat", "bin", "cmd", "com", "cpl", "dll", "dmg", "exe", "hta", "htm", "html", "jar", "js", "jse",
    "lnk", "mht", "mhtml", "mjs", "msc", "msi", "php", "pif", "ps1", "py", "reg", "scr", "sh", "svg", "swf", "vbe", "vbs", "wsf",
    "xhtml", "xml",
})  # fmt: skip
_TURNS_ROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*%]')

_unpacking = BoundedSemaphore(2)
"""Few archives at a time in one process."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that is taken: the name it is offered under, its ending, its size and what is in it."""

    name: str
    type: str
    size: int
    content: File[Any]


def check_file(upload: UploadedFile[Any]) -> Checked:
    """The upload if it is one of `TYPES` inside as well as by its name; else `Invalid` with a sentence that says why."""
    name = clean_name(upload.name or "")
    ending = _ending(name)
    if not upload.size:
        raise _wrong(_("The file is empty."))
    if upload.size > settings.MATERIAL_MEGABYTES * 1024 * 1024:
        raise _wrong(
            _("The file is larger than %(most)d MB. Make it smaller, or give a link to it.")
            % {"most": settings.MATERIAL_MEGABYTES}
        )
    content: File[Any] = upload
    if ending in ("png", "jpg"):
        try:
            content = clean_picture(upload, "PNG" if ending == "png" else "JPEG")
        except Invalid as error:
            raise _wrong(str(error.message)) from error
    elif ending == "pdf":
        _check_pdf(upload)
    else:
        _check_archive(upload, ending)
    content.seek(0)
    return Checked(name, ending, content.size or upload.size, content)


def clean_name(given: str) -> str:
    """A name that is safe to offer, in the uploader's own script; `Invalid` for one that would deceive its readers."""
    name = unicodedata.normalize("NFC", given.replace("\\", "/").rsplit("/", 1)[-1])
    if any(letter in _TURNS_ROUND or unicodedata.category(letter) == "Cc" for letter in name):
        raise _wrong(
            _(
                "The name of the file holds signs that hide what it is. Give the file another name and try again."
            )
        )
    name = _NOT_IN_NAMES.sub("_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    stem, ending = stem.strip(" ."), SAME.get(ending.lower(), ending.lower())
    if not dot or not stem or ending not in TYPES:
        raise _wrong(_("Files of this kind are not taken. Use PDF, PPTX, DOCX, XLSX, ODP, PNG or JPEG."))
    hidden = [part for part in stem.split(".")[1:] if part.strip().lower() in _RUNS]
    if hidden:
        raise _wrong(
            _(
                "The name of the file has two endings (.%(first)s.%(second)s). Give it a plain name and try again."
            )
            % {"first": hidden[-1].strip(), "second": ending}
        )
    return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"file": [sentence]})


def _not_what_it_says(ending: str) -> Invalid:
    return _wrong(
        _(
            "The file is not what its name says, or it is damaged. Save it again as %(kind)s and try once more."
        )
        % {"kind": ending.upper()}
    )


def _check_pdf(file: IO[bytes] | UploadedFile[Any]) -> None:
    file.seek(0)
    begins = file.read(8)
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 4096))
    if not re.match(rb"%PDF-[12]\.", begins) or b"%%EOF" not in file.read():
        raise _not_what_it_says("pdf")


def _check_archive(file: Any, ending: str) -> None:
    """Office files are archives. Their sizes are read from the list of parts first; what the list understates then shows when
    the parts are read, each no further than the list says."""
    try:
        _check_directory(file, ending)
        with _unpacking, zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise _wrong(
                    _("The file unpacks to more than %(most)d MB. Make it smaller, or give a link to it.")
                    % {"most": MAX_UNPACKED // (1024 * 1024)}
                )
            if any(part.flag_bits & 1 for part in parts):
                raise _wrong(
                    _("The file is locked with a password, so that nobody could read it. Unlock it first.")
                )
            names = [part.filename for part in parts]
            if any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in names):
                raise _not_what_it_says(ending)
            if any(_is_program(name) for name in names):
                raise _wrong(_("The file holds a program (macros). Save it without macros and try again."))
            if not _is_kind(archive, names, ending) or archive.testzip() is not None:
                raise _not_what_it_says(ending)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        KeyError,
    ) as error:
        raise _not_what_it_says(ending) from error


def _check_directory(file: Any, ending: str) -> None:
    """Refuse an archive whose list of parts alone would fill the memory."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise _not_what_it_says(ending)
    (size,) = struct.unpack("<I", tail[at + 12 : at + 16])
    if size > MAX_DIRECTORY:
        raise _not_what_it_says(ending)
    file.seek(0)


def _is_program(name: str) -> bool:
    lowered = name.lower()
    return lowered.endswith(("vbaproject.bin", ".exe", ".dll")) or lowered.startswith(("basic/", "scripts/"))


def _is_kind(archive: zipfile.ZipFile, names: list[str], ending: str) -> bool:
    part = "mimetype" if ending == "odp" else "[Content_Types].xml"
    if not names or part not in names or archive.getinfo(part).file_size > MAX_CONTENT_TYPES:
        return False
    said = archive.read(part)
    if ending == "odp":
        return names[0] == part and said.strip() == TYPES["odp"].encode()
    return _MAIN_PART[ending] in said
