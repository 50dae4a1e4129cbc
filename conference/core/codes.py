"""Codes that people read off a wall or a page and type."""

from __future__ import annotations

import secrets


def short_code() -> str:
    """Six characters of [0-9A-Z] of which none looks like another; schedule files name sessions and speakers so."""
    return "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _place in range(6))
