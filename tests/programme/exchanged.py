"""An event to import into, and files to import: what the tests of importing and exporting share."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection

from conference.accounts.models import User
from conference.core.models import Event, OrganizingBody, Series
from conference.events.models import EventRole

SCHEDULES = Path(__file__).resolve().parents[3] / "shared" / "data" / "schedules"
NO_SCHEDULES = "The shared schedules are not beside the repository; they are left out."


def make_event(slug: str = "camp", **fields: Any) -> Event:
    body, _made = OrganizingBody.objects.get_or_create(slug="centre", defaults={"name": {"en": "Centre"}})
    series, _made = Series.objects.get_or_create(
        slug="series", defaults={"body": body, "name": {"en": "Series"}}
    )
    return Event.objects.create(
        **{
            "series": series,
            "slug": slug,
            "acronym": "camp2026",
            "state": Event.State.PUBLISHED,
            "name": {"en": "Technology Camp", "zh-hans": "技术营"},
            "city": {"en": "Kunming", "zh-hans": "昆明"},
            "starts_on": date(2026, 11, 24),
            "ends_on": date(2026, 11, 26),
            **fields,
        }
    )


def make_person(email: str = "guest@example.org", **fields: Any) -> User:
    return User.objects.create(**{"email": email, "name": email.split("@")[0], **fields})


def make_organizer(event: Event, email: str = "organizer@example.org") -> User:
    person = User.objects.filter(email=email).first() or make_person(email)
    EventRole.objects.create(event=event, user=person, role=EventRole.Role.ORGANIZER)
    return person


def guid(number: int) -> str:
    return str(UUID(int=0x5E55_0000_0000_4000_8000_0000_0000_0000 + number))


def entry(number: int, **fields: Any) -> dict[str, Any]:
    """A session of a file, on 24 November from nine o'clock."""
    start = datetime.fromisoformat("2026-11-24T09:00:00+08:00") + timedelta(minutes=40 * (number - 1))
    return {
        "id": number,
        "guid": guid(number),
        "date": start.isoformat(),
        "start": f"{start:%H:%M}",
        "duration": "0:30",
        "room": "Hall 1",
        "title": f"Session {number}",
        "type": "lecture",
        "language": "en",
        "abstract": f"About {number}.",
        "persons": [{"id": number, "name": f"Person {number}"}],
        **fields,
    }


def programme(*entries: dict[str, Any], **conference: Any) -> bytes:
    """A small schedule.json with these sessions, each under the room it names."""
    days: dict[str, dict[str, list[Any]]] = {}
    for one in entries:
        days.setdefault(one["date"][:10], {}).setdefault(one["room"], []).append(one)
    rooms = sorted({one["room"] for one in entries})
    file = {
        "schedule": {
            "version": "1",
            "base_url": "https://programme.example/camp/",
            "conference": {
                "acronym": "camp2026",
                "title": "Camp",
                "start": "2026-11-24",
                "end": "2026-11-26",
                "daysCount": len(days) or 1,
                "time_zone_name": "Asia/Shanghai",
                "timeslot_duration": "00:05",
                "rooms": [{"name": name, "guid": guid(9_000 + place)} for place, name in enumerate(rooms)],
                "tracks": [],
                "days": [
                    {
                        "index": index,
                        "date": day,
                        "day_start": f"{day}T04:00:00+08:00",
                        "day_end": (date.fromisoformat(day) + timedelta(days=1)).isoformat()
                        + "T03:59:00+08:00",
                        "rooms": of_day,
                    }
                    for index, (day, of_day) in enumerate(sorted(days.items()), 1)
                ]
                or [{"index": 1, "date": "2026-11-24", "rooms": {}}],
                **conference,
            },
        }
    }
    return json.dumps(file, ensure_ascii=False, indent=1).encode()


def everything() -> dict[str, str]:
    """A digest of every row of every table: what must be the same where nothing was done."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(
                f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"  # noqa: S608
            )
            found[model._meta.label] = repr(cursor.fetchone())
    return found
