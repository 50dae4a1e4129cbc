"""PDF files, good ones and others, and slides that are ready to be shown."""

from __future__ import annotations

import uuid
import zlib

from django.core.files.base import ContentFile

from conference.accounts.models import User
from realtime.slides.models import Deck, Slide
from tests.realtime.conftest import World

WEBP = b"RIFF\x04\x00\x00\x00WEBP"


def pdf(*pages: str | bytes, size: tuple[float, float] = (960, 540), trailer: str = "") -> bytes:
    """A PDF with these pages: words, or what is drawn on them in the language of PDF."""
    parts: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (len(pages), b" ".join(b"%d 0 R" % (4 + 2 * at) for at in range(len(pages)))),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, page in enumerate(pages):
        if isinstance(page, str):
            words = page.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("latin-1")
            page = b"BT /F 40 Tf 60 400 Td (" + words + b") Tj ET"
        drawn = zlib.compress(page)
        parts.append(
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents {5 + 2 * at} 0 R "
                f"/Resources << /Font << /F 3 0 R >> >> >>"
            ).encode()
        )
        parts.append(b"<< /Length %d /Filter /FlateDecode >> stream\n" % len(drawn) + drawn + b"\nendstream")
    out, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = f"<< /Root 1 0 R /Size {len(parts) + 1} {trailer} >>".encode()
    begins = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + table
    return out + b"trailer\n" + head + b"\nstartxref\n%d\n%%%%EOF\n" % begins


def locked_pdf() -> bytes:
    """A PDF that opens with a password only."""
    secret = "<" + "5a" * 32 + ">"
    crypt = f"/Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O {secret} /U {secret}"
    return pdf("Secret", trailer=f"/Encrypt << {crypt} >> /ID [<00><00>]")


def ready_deck(world: World, author: User, pages: int = 3, title: str = "The road") -> Deck:
    """Slides that the worker has made ready."""
    deck = Deck.objects.create(
        room=world.room,
        author=author,
        client_id=uuid.uuid4(),
        title=title,
        state=Deck.State.READY,
        pages=pages,
        done=pages,
    )
    for number in range(1, pages + 1):
        slide = Slide(deck=deck, number=number, text=f"Words of page {number}")
        slide.small.save("", ContentFile(WEBP + b"small"), save=False)
        slide.large.save("", ContentFile(WEBP + b"large"), save=False)
        slide.save()
    return deck
