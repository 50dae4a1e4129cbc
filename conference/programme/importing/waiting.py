"""A file between the report and the import: kept by the server for an hour, for one person and one event.

The file is not uploaded twice, and what is imported is what the report was made of. A new upload takes the place of the one
before, so that nobody fills the cache.
"""

from __future__ import annotations

import secrets
import zlib
from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis import RedisError

from conference.accounts.models import User
from conference.core.errors import Busy, Conflict
from conference.core.limits import spend
from conference.core.models import Event
from conference.events.queries import require_organizer

KEPT_SECONDS = 3600
UPLOADS_AN_HOUR = 60

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingFile:
    name: str
    data: bytes
    token: str


def keep_file(actor: User, event: Event, data: bytes, name: str) -> WaitingFile:
    """Keep an uploaded file for the organizer who brought it."""
    require_organizer(actor, event)
    spend("import-file", str(actor.pk), amount=UPLOADS_AN_HOUR, seconds=3600)
    token = secrets.token_urlsafe(16)
    try:
        cache.set(_key(actor, event), (token, name, zlib.compress(data, 1)), timeout=KEPT_SECONDS)
    except RedisError as error:
        log.warning("imports.not_kept", error=type(error).__name__)
        raise Busy(_("The file cannot be kept right now. Try again in a minute."), retry_after=60) from error
    return WaitingFile(name, data, token)


def waiting_file(actor: User, event: Event, token: str) -> WaitingFile:
    """The file that the person uploaded for this event, if it is still the one that the token was given for."""
    require_organizer(actor, event)
    try:
        kept = cache.get(_key(actor, event))
    except RedisError as error:
        log.warning("imports.not_found", error=type(error).__name__)
        kept = None
    if kept is None or not secrets.compare_digest(kept[0].encode(), token.encode()):
        raise Conflict(
            _(
                "The file is no longer here: it is kept for an hour, and a newer upload takes its place. Choose it again."
            )
        )
    return WaitingFile(kept[1], zlib.decompress(kept[2]), token)


def drop_file(actor: User, event: Event) -> None:
    """Forget the file; it would go by itself."""
    try:
        cache.delete(_key(actor, event))
    except RedisError as error:
        log.warning("imports.not_dropped", error=type(error).__name__)


def _key(actor: User, event: Event) -> str:
    return f"import:{event.pk}:{actor.pk}"
