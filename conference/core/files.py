"""Uploaded files: where they lie and what is let in.

An image is decoded and encoded again, so that neither foreign bytes nor the camera's position data are ever served.
"""

from __future__ import annotations

import io
import uuid
from threading import BoundedSemaphore
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from conference.core.errors import Invalid

MAX_IMAGE_BYTES = 8 * 1024 * 1024
MAX_IMAGE_PIXELS = 50_000_000
MAX_WHOLE_PIXELS = 24_000_000
"""Of a picture that is not JPEG: those are decoded whole, and a small file can hold a picture of any size."""

_decoding = BoundedSemaphore(2)
"""Few pictures at a time in one process: each may take 200 MB for a moment."""


def image_path(instance: Any, filename: str) -> str:
    """An unguessable name that tells nothing of the uploader's file name."""
    return f"{instance._meta.model_name}/{uuid.uuid4().hex}.webp"


def clean_image(upload: UploadedFile[Any], *, side: int = 800) -> ContentFile[bytes]:
    """The upload as WebP of at most `side` pixels a side, upright and without metadata; `Invalid` if it is no image."""
    if upload.size is None or upload.size > MAX_IMAGE_BYTES:
        raise Invalid(_("The picture is larger than 8 MB. Choose a smaller one."))
    try:
        with _decoding, Image.open(upload, formats=["JPEG", "PNG", "WEBP", "GIF"]) as source:
            most = MAX_IMAGE_PIXELS if source.format == "JPEG" else MAX_WHOLE_PIXELS
            if source.width * source.height > most:
                raise Invalid(_("The picture has too many pixels. Choose a smaller one."))
            source.thumbnail((side, side))  # first, because a JPEG is then decoded at a smaller size
            picture = ImageOps.exif_transpose(source)
            picture = picture.convert(
                "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
            )
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Invalid(_("This file is not a picture that can be read. Use JPEG, PNG or WebP.")) from error
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=86)
    return ContentFile(out.getvalue(), name="picture.webp")
