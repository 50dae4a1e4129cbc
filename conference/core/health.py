"""Is the installation well? Each part is asked for itself; the answer names parts, never addresses or versions."""

from __future__ import annotations

import time

import httpx
import redis
from django.conf import settings
from django.db import DatabaseError, connection

from conference.core.later import background
from conference.core.streams import cache_server

WORKER_MARK = "health:worker"
WORKER_SILENCE = 60
"""Seconds without the worker's mark after which it counts as gone; it marks itself every 15."""


@background
def mark_worker() -> None:
    """The worker shows that it, its scheduler and its queue are alive."""
    cache_server().set(WORKER_MARK, int(time.time()), ex=WORKER_SILENCE)


def health() -> dict[str, bool]:
    """Part -> well, for database, cache, worker and media."""
    return {"database": _database(), "cache": _cache(), "worker": _worker(), "media": _media()}


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def _cache() -> bool:
    try:
        return bool(cache_server().ping())
    except redis.RedisError:
        return False


def _worker() -> bool:
    try:
        return bool(cache_server().exists(WORKER_MARK))
    except redis.RedisError:
        return False


def _media() -> bool:
    try:
        return httpx.get(f"{settings.MEDIA_INTERNAL_URL}/healthz", timeout=1.5).is_success
    except httpx.HTTPError:
        return False
