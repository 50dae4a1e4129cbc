"""From bytes to text: byte order marks, UTF-16 without one, and the encoding an XML file declares."""

from __future__ import annotations

import codecs
import json
import re

from django.utils.translation import gettext as _

from conference.programme.exchange.findings import Broken

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Only encodings of text: Python also calls "base64" and "zip" encodings.
_KNOWN = re.compile(
    r"utf[-_]?(8|16|32)|iso[-_]?8859[-_]?\d+|latin|windows-|cp\d|gb|big5|hz|koi8|shift|euc|tis[-_]?620|us-ascii|ascii"
)


def _encoding(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    guessed = json.detect_encoding(data[:4])
    declared = _DECLARED.match(data[:400]) if guessed == "utf-8" else None
    if not declared:
        return guessed
    name = declared[1].decode("ascii").lower()
    try:
        codecs.lookup(name)
    except LookupError:
        name = ""
    if not _KNOWN.match(name):
        raise Broken(
            _("The file declares the encoding “%(name)s”, which is not known.")
            % {"name": declared[1].decode("ascii")},
            1,
        )
    # A file whose declaration could be read byte by byte is not UTF-16, whatever it says.
    return "utf-8" if re.match(r"utf[-_]?(16|32)", name) else name


def decoded(data: bytes) -> str:
    """The text of a file; `Broken` names the line of the first byte that is not text."""
    name = _encoding(data)
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Broken(
            _("The file is not text in %(name)s: the byte %(byte)s does not belong there.")
            % {"name": name.removesuffix("-sig").upper(), "byte": f"0x{data[error.start]:02X}"},
            line,
        ) from None
