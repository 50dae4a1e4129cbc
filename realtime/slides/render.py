"""Pictures of the pages of a PDF, made in a process of its own.

A PDF is a program of somebody else's for a large library in C. So whatever it does, it does in a child that has no secrets in its
environment, reads one file, writes into one folder, and is bounded: memory, processor time, the size of a file, open files; and
by `converting.py`, which started it, in the time between two lines of what it says. It may crash, hang or fill its memory; the
worker notices and goes on. It runs with the least priority, because conferences are live on the same machine.

Started as `python -I render.py <pdf> <folder> <most pages> <most characters of a page>`. It says a JSON object a line:
`{"pages": 12}`, then for each page its number, size and text, its pictures being in the folder by then (`4-small.webp`,
`4-large.webp`); or `{"problem": "encrypted"}`. Nothing of the house is imported.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image

SIZES = {"small": (960, 720), "large": (1600, 1200)}
"""Boxes into which a page is fitted."""

BUDGETS = {"small": 60_000, "large": 200_000}
"""Bytes of one picture, at most: a page every 20 seconds beside the voice on a line of 60 kbit/s."""

QUALITIES = (84, 72, 58, 44)
LOSSLESS_UNTIL = {"small": 40_000, "large": 120_000}
"""Letters are sharpest without loss; up to so many bytes that is taken even where a lossy picture would be smaller."""

MEMORY = 1024 * 1024 * 1024
PROCESSOR_SECONDS = 240
LARGEST_FILE = 16 * 1024 * 1024

_PASSWORD = 4
"""PDFium's code of a file that is locked."""


def main(pdf: str, folder: str, most_pages: str, most_text: str) -> None:
    """Make the pictures, saying each step."""
    bound()
    try:
        for step in render(pdf, Path(folder), int(most_pages), int(most_text)):
            _say(step)
    except MemoryError:
        _say({"problem": "too_complex"})


def bound() -> None:
    """Take from this process what it does not need."""
    os.nice(15)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(1, 9)  # die with the worker that started this
        libc.prctl(38, 1, 0, 0, 0)  # no program started from here may gain rights


def render(pdf: str, folder: Path, most_pages: int, most_text: int) -> Iterator[dict[str, Any]]:
    """The steps of one document."""
    try:
        document = pdfium.PdfDocument(pdf)
        pages = len(document)
    except pdfium.PdfiumError as error:
        yield {"problem": "encrypted" if getattr(error, "err_code", None) == _PASSWORD else "broken"}
        return
    if pages < 1:
        yield {"problem": "broken"}
        return
    if pages > most_pages:
        yield {"problem": "too_many_pages", "pages": pages}
        return
    yield {"pages": pages}
    for number in range(1, pages + 1):
        try:
            page = document[number - 1]
            picture, text = _draw(page), _text(page, most_text)
            page.close()
        except pdfium.PdfiumError:
            yield {"problem": "broken", "page": number}
            return
        sizes = {name: _save(picture, name, folder / f"{number}-{name}.webp") for name in SIZES}
        yield {"page": number, "width": picture.width, "height": picture.height, "text": text, **sizes}


def _draw(page: pdfium.PdfPage) -> Image.Image:
    """The page, as large as the large box takes it, whatever size it says it has."""
    width, height = page.get_size()
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise pdfium.PdfiumError("A page without a size")
    most_wide, most_high = SIZES["large"]
    scale = min(most_wide / width, most_high / height)
    if min(width, height) * scale < 8:
        raise pdfium.PdfiumError("A page as thin as a line")
    return page.render(scale=scale, rev_byteorder=True).to_pil().convert("RGB")


def _save(picture: Image.Image, name: str, path: Path) -> int:
    box = SIZES[name]
    fitted = picture
    if picture.width > box[0] or picture.height > box[1]:
        fitted = picture.copy()
        fitted.thumbnail(box, Image.Resampling.LANCZOS)
    content = encode(fitted, budget=BUDGETS[name], lossless_until=LOSSLESS_UNTIL[name])
    path.write_bytes(content)
    return len(content)


def encode(picture: Image.Image, *, budget: int, lossless_until: int) -> bytes:
    """The picture as WebP: without loss where that is small, else with as little loss as the budget allows."""
    exact = _webp(picture, lossless=True, quality=40, method=2)
    if len(exact) <= lossless_until:
        return exact
    smallest = exact
    for quality in QUALITIES:
        lossy = _webp(picture, quality=quality, method=4)
        smallest = min(smallest, lossy, key=len)
        if len(smallest) <= budget:
            return smallest
    while (
        len(smallest) > budget and picture.width > 64
    ):  # a picture of leaves or sand: fewer points show more of it
        picture = picture.resize(
            (picture.width * 3 // 4, max(1, picture.height * 3 // 4)), Image.Resampling.LANCZOS
        )
        smallest = _webp(picture, quality=QUALITIES[-2], method=4)
    return smallest


def _webp(picture: Image.Image, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", **how)
    return out.getvalue()


def _text(page: pdfium.PdfPage, most: int) -> str:
    """What is written on the page, line by line, without what is no letter."""
    found = page.get_textpage()
    words = found.get_text_range(count=min(found.count_chars(), 8 * most))
    found.close()
    lines = []
    for line in words.splitlines():
        plain = "".join(
            letter for letter in line if letter.isspace() or unicodedata.category(letter) not in _NO_LETTERS
        )
        if plain.strip():
            lines.append(" ".join(plain.split()))
    return "\n".join(lines)[:most]


_NO_LETTERS = {"Cc", "Cs", "Co", "Cn"}


def _say(step: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(step) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:5])
