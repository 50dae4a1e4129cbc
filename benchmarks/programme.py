"""Server time, queries and size of the programme page with 300 sessions.

    python -m benchmarks.programme [--sessions 300] [--rounds 20]

Runs against a database of its own that is made and dropped, on the configured server. What is measured is the whole request
through Django, middleware and template included, for a signed-in reader with ten stars, in another time zone than the
event's. Times are the median of the rounds, in milliseconds; sizes are as sent, compressed and not.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import statistics
import time
from datetime import timedelta

import django

from conference import embedded

PAGES = {
    "now": "",
    "list": "schedule/",
    "grid": "schedule/?view=grid",
    "filtered by track": "schedule/?track=track-a",
    "search, Chinese": "schedule/?q=%E8%8C%B6%E5%8F%B6",
    "search, Thai": "schedule/?q=%E0%B9%80%E0%B8%97%E0%B8%84%E0%B9%82%E0%B8%99",
    "list, the part for htmx": "schedule/?part",
    "my agenda": "agenda/",
    "one session": "sessions/{code}/",
}


def measure(sessions: int, rounds: int) -> None:
    """Build the programme, ask for each page and print a line for each."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415 - settings need the environment of main()
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from tests import factories  # noqa: PLC0415

    call_command("collectstatic", interactive=False, verbosity=0)
    # Without Django's test environment: it records the context of every template that is rendered, which takes longer than
    # the page itself.
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        event = factories.make_event("bench")
        code = build(factories, event, sessions)
        reader = factories.make_attendee(event, time_zone="Asia/Kathmandu")
        for session in event.sessions.all()[:10]:
            factories.make_star(reader, session)
        client = Client(headers={"accept-language": "en"})
        client.force_login(reader)
        print(f"Programme of {sessions} sessions, median of {rounds} requests")
        print(f"{'page':32}{'ms':>8}{'queries':>9}{'kB':>8}{'kB gzip':>9}")
        for name, address in PAGES.items():
            address = f"/bench/{address.format(code=code)}"
            headers = {"hx-request": "true", "hx-target": "programme"} if address.endswith("?part") else {}
            with CaptureQueriesContext(connection) as queries:
                body = client.get(address, headers=headers).content
            count = len(queries)  # before the next request empties the log
            spent = []
            for _round in range(rounds):
                start = time.perf_counter()
                response = client.get(address, headers=headers)
                spent.append((time.perf_counter() - start) * 1000)
                assert response.status_code == 200, (address, response.status_code)
            small = len(gzip.compress(body, 6)) / 1000
            print(f"{name:32}{statistics.median(spent):8.1f}{count:9}{len(body) / 1000:8.1f}{small:9.1f}")
    finally:
        connection.creation.destroy_test_db("unused", verbosity=0)


def build(factories: object, event: object, sessions: int) -> str:
    """A programme over three days with eight rooms, six tracks and forty speakers; the code of one session."""
    chance = random.Random(7)
    make = factories
    halls = [make.make_hall(event) for _number in range(8)]  # type: ignore[attr-defined]
    tracks = [make.make_track(event, slug=f"track-{letter}") for letter in "abcdef"]  # type: ignore[attr-defined]
    speakers = [
        make.make_speaker(event, f"ສົມພອນ {number}", name_latin=f"Somphone {number}") for number in range(40)
    ]  # type: ignore[attr-defined]
    titles = [
        "Cold chains for mountain tea 茶叶冷链",
        "การถ่ายทอดเทคโนโลยีข้าวเหนียว",
        "ເຕັກໂນໂລຊີກະສິກຳ",
        "Solar pumps at 3000 metres",
    ]
    abstract = {
        "en": "What was tried, what held, and what did not. " * 12,
        "zh-hans": "尝试了什么，什么可行。" * 20,
    }
    per_day = -(-sessions // 3)
    session = None
    for number in range(sessions):
        day, place = divmod(number, per_day)
        session = make.make_session(  # type: ignore[attr-defined]
            event,
            {"en": f"{titles[number % 4]} {number}", "zh-hans": f"山地茶叶冷链 {number}"},
            start=make.START + timedelta(days=day, minutes=40 * (place // 8)),  # type: ignore[attr-defined]
            minutes=30,
            hall=halls[place % 8],
            track=tracks[number % 6],
            speakers=tuple(chance.sample(speakers, 2)),
            language=chance.choice(["zh", "en", "th", "lo"]),
            interpreted=["en", "zh"],
            abstract=abstract,
        )
    make.release_all(event)  # type: ignore[attr-defined]
    return session.code if session else ""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conference.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["ALLOWED_HOSTS"] = "*"
    embedded.ensure_secrets()
    embedded.ensure()
    django.setup()
    measure(options.sessions, options.rounds)


if __name__ == "__main__":
    main()
