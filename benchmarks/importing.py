"""How long it takes to import a programme of three hundred sessions, and to write it out again.

    python -m benchmarks.importing [SESSIONS]

Starts an embedded database and cache of its own in a temporary directory and leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import django

from conference import embedded

ROUNDS = 5
TOPICS = [
    ("Cross-border power trade", "en"), ("跨境绿色电力交易与市场机制", "zh"), ("พลังงานสะอาดเพื่อชุมชนชายแดน", "th"),
    ("ການຄ້າພະລັງງານຂ້າມແດນ", "lo"), ("နယ်စပ်ဖြတ်ကျော် စွမ်းအင်", "my"), ("Cà phê bền vững vùng núi", "vi"),
]  # fmt: skip


def schedule(count: int, shift: int = 0) -> bytes:
    """A programme over five days in eight rooms, in the scripts of the region. `shift` moves everything by minutes."""
    days: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for number in range(1, count + 1):
        title, language = TOPICS[number % len(TOPICS)]
        place, hall = divmod(number - 1, 8)
        day, place = place % 5, place // 5
        start = datetime(2026, 11, 24, 1, tzinfo=UTC) + timedelta(days=day, minutes=45 * place + shift)
        session = {
            "id": number,
            "guid": str(uuid5(NAMESPACE_URL, f"bench/{number}")),
            "code": f"B{number:05d}",
            "date": start.isoformat(),
            "start": f"{start:%H:%M}",
            "duration": "00:40",
            "room": f"Hall {hall + 1}",
            "title": f"{title} {number}",
            "subtitle": "",
            "type": "Talk",
            "track": f"Track {number % 6}",
            "language": language,
            "abstract": f"{title}. " * 20,
            "description": f"{title}. " * 60,
            "persons": [
                {"id": person, "name": f"Speaker {person}", "biography": "An engineer from the region. " * 8}
                for person in {number % 220 + 1, number * 7 % 220 + 1}
            ],
            "links": [{"url": f"https://example.org/{number}", "title": "Slides", "type": "slides"}],
            "attachments": [],
        }
        days.setdefault(f"{start:%Y-%m-%d}", {}).setdefault(f"Hall {hall + 1}", []).append(session)
    conference = {
        "acronym": "bench2026",
        "title": "Benchmark",
        "start": "2026-11-24",
        "end": "2026-11-28",
        "daysCount": len(days),
        "timeslot_duration": "00:05",
        "time_zone_name": "Asia/Shanghai",
        "rooms": [
            {"name": f"Hall {hall}", "guid": str(uuid5(NAMESPACE_URL, f"hall/{hall}"))}
            for hall in range(1, 9)
        ],
        "tracks": [{"name": f"Track {track}", "color": "#118833"} for track in range(6)],
        "days": [
            {
                "index": index,
                "date": day,
                "day_start": f"{day}T00:00:00+00:00",
                "day_end": f"{day}T23:59:00+00:00",
                "rooms": rooms,
            }
            for index, (day, rooms) in enumerate(sorted(days.items()), 1)
        ],
    }
    file = {"schedule": {"version": "1", "base_url": "https://bench.example/", "conference": conference}}
    return json.dumps(file, ensure_ascii=False).encode()


def main(count: int) -> None:
    """Set up Django on servers of its own, then measure."""
    var = Path(tempfile.mkdtemp(prefix="chama-bench-"))
    var.chmod(0o711)  # PostgreSQL runs as another user when we are root
    os.environ.update(CHAMA_VAR=str(var), DJANGO_SETTINGS_MODULE="conference.settings", LOG_LEVEL="ERROR")
    for name in embedded.ADDRESS.values():
        os.environ.pop(name, None)
    try:
        embedded.ensure_secrets()
        embedded.ensure()
        django.setup()
        measure(count)
    finally:
        embedded.release(wait=True)
        shutil.rmtree(var, ignore_errors=True)


def measure(count: int) -> None:
    """Print one line for each thing measured."""
    from django.core.cache import cache  # noqa: PLC0415 — models need Django, which `main` sets up
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    from conference.accounts.models import User  # noqa: PLC0415
    from conference.core.models import Event, OrganizingBody, Series  # noqa: PLC0415
    from conference.events.models import EventRole  # noqa: PLC0415
    from conference.programme.exchange import read_schedule  # noqa: PLC0415
    from conference.programme.importing import import_schedule, plan_import  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    body = OrganizingBody.objects.create(slug="bench", name={"en": "Bench"})
    series = Series.objects.create(body=body, slug="bench", name={"en": "Bench"})
    organizer = User.objects.create(email="bench@example.org", name="Bench")

    def new_event(number: int) -> Event:
        event = Event.objects.create(
            series=series, slug=f"bench-{number}", acronym="bench2026", name={"en": "Bench"}, city={"en": "Kunming"},
            starts_on=date(2026, 11, 24), ends_on=date(2026, 11, 28), state=Event.State.PUBLISHED,
        )  # fmt: skip
        EventRole.objects.create(event=event, user=organizer, role=EventRole.Role.ORGANIZER)
        return event

    def timed(label: str, work: Callable[[int], object], rounds: int = ROUNDS) -> None:
        seconds, queries = [], 0
        for number in range(rounds):
            with CaptureQueriesContext(connection) as captured:
                begin = time.perf_counter()
                work(number)
                seconds.append(time.perf_counter() - begin)
            queries = len(captured)
        middle = statistics.median(seconds) * 1000
        print(f"{label:<58} {middle:8.0f} ms (worst {max(seconds) * 1000:.0f}) {queries:4d} queries")

    data, moved = schedule(count), schedule(count, shift=15)
    events = [new_event(number) for number in range(ROUNDS)]
    print(f"{count} sessions, {len(data) / 1e6:.1f} MB of JSON, median of {ROUNDS}")
    timed("read the file", lambda _number: read_schedule(data))
    timed("dry run into an empty event", lambda n: plan_import(organizer, events[n], data, "a.json"))
    timed("import into an empty event", lambda n: import_schedule(organizer, events[n], data, "a.json"))
    timed("import again, nothing new", lambda n: import_schedule(organizer, events[n], data, "a.json"))
    timed(
        "import again, every session moved", lambda n: import_schedule(organizer, events[n], moved, "a.json")
    )
    timed(
        "import and release",
        lambda n: import_schedule(organizer, events[n], data, "a.json", release_now=True),
    )
    client = Client(SERVER_NAME="localhost")
    for name in ("schedule_json", "schedule_xml", "schedule_ics"):
        address = reverse(name, args=[events[0].slug])

        def anew(_number: int, address: str = address) -> None:
            cache.clear()
            assert client.get(address).status_code == 200

        timed(f"{address} made anew", anew)
        timed(f"{address} from the cache", lambda _number, address=address: client.get(address))
        tag = client.get(address)["ETag"]
        timed(
            f"{address} 304",
            lambda _number, address=address, tag=tag: client.get(address, headers={"If-None-Match": tag}),
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
