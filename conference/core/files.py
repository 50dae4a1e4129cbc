"""Uploaded files: where they lie and what is let in.

An image is decoded and encoded again, so that neither foreign bytes nor the camera's position data are ever served.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
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
    out = io.BytesIO()
    _decoded(upload, ["JPEG", "PNG", "WEBP", "GIF"], _for_the_web, side=side).save(out, "WEBP", quality=86)
    return ContentFile(out.getvalue(), name="picture.webp")


def clean_picture(upload: UploadedFile[Any], kind: str) -> ContentFile[bytes]:
    """The upload as a picture of the same kind ("PNG" or "JPEG") and size, upright and without metadata; `Invalid` if it is
    none of that kind. How many bytes it may have is the caller's to say."""
    out = io.BytesIO()
    _decoded(upload, [kind], _plain if kind == "PNG" else _plain_jpeg).save(out, kind, quality=92)
    return ContentFile(out.getvalue(), name=f"picture.{kind.lower()}")


def _for_the_web(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB")


def _plain(picture: Image.Image) -> Image.Image:
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    return picture


def _plain_jpeg(picture: Image.Image) -> Image.Image:
    return _plain(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))


def _decoded(
    upload: UploadedFile[Any],
    formats: list[str],
    convert: Callable[[Image.Image], Image.Image],
    *,
    side: int | None = None,
) -> Image.Image:
    try:
        with _decoding, Image.open(upload, formats=formats) as source:
            most = MAX_IMAGE_PIXELS if source.format == "JPEG" else MAX_WHOLE_PIXELS
            if source.width * source.height > most:
                raise Invalid(_("The picture has too many pixels. Choose a smaller one."))
            if side:
                source.thumbnail((side, side))  # first, because a JPEG is then decoded at a smaller size
            return convert(ImageOps.exif_transpose(source))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if "WEBP" in formats:
            raise Invalid(_("This file is not a picture that can be read. Use JPEG, PNG or WebP.")) from error
        raise Invalid(_("The file is not a picture of the kind that its name says.")) from error
