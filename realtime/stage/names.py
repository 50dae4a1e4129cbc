"""What the media process calls things: a publication is `34-camera`, the person's id and the source."""

from __future__ import annotations

import re

PUBLICATION_NAME = re.compile(r"^([1-9][0-9]{0,15})-(camera|screen|hall)$")


def publication_name(user_id: int, source: str) -> str:
    """A person has at most one publication of each source in a room."""
    return f"{user_id}-{source}"
