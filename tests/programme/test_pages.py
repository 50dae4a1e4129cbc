"""The pages as people meet them: in two languages and zones, with and without rights, with hostile text in every field."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conference.core.models import Event
from conference.programme import actions
from conference.programme.models import AgendaFeed, Day, Session, Slot, Speaker, Star
from tests.factories import (
    START,
    make_attendee,
    make_event,
    make_hall,
    make_organizer,
    make_session,
    make_speaker,
    make_star,
    make_track,
    make_user,
    release_all,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def client_of(user: Any = None, *, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    if user is not None:
        client.force_login(user)
    return client


def text_of(html: str) -> str:
    """What is read on the page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main", 1)[-1]))


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, (address, response.status_code)
    return response.content.decode()


READERS = ("", "schedule/", "schedule/?view=grid", "schedule/?q=tea", "schedule/changes/", "speakers/")
ORGANIZERS = (
    "organize/programme/",
    "organize/programme/?view=grid",
    "organize/programme/release/",
    "organize/programme/plan/",
    "organize/programme/rooms/new/",
    "organize/programme/tracks/new/",
    "organize/programme/days/new/",
    "organize/programme/speakers/",
    "organize/programme/speakers/new/",
    "organize/programme/sessions/new/",
)


@pytest.mark.parametrize("address", READERS)
def test_everyone_reads_a_published_programme(address: str) -> None:
    event = make_event()
    speaker = make_speaker(event)
    session = make_session(event, "Tea", speakers=(speaker,))
    release_all(event)
    page(Client(), f"/{event.slug}/{address}")
    page(Client(), f"/{event.slug}/sessions/{session.code}/")
    page(Client(), f"/{event.slug}/speakers/{speaker.code}/")


@pytest.mark.parametrize("address", [*READERS, *ORGANIZERS, "brand.css", "agenda/"])
def test_a_draft_event_is_not_there_for_strangers(address: str) -> None:
    event = make_event(state=Event.State.DRAFT)
    make_session(event)
    release_all(event)
    page(client_of(make_user()), f"/{event.slug}/{address}", 404)


@pytest.mark.parametrize("address", ORGANIZERS)
def test_the_editor_is_for_organizers(address: str) -> None:
    event = make_event()
    hall = make_hall(event)
    make_session(event, hall=hall)
    release_all(event)
    assert client_of().get(f"/{event.slug}/{address}").status_code == 302
    for stranger in (make_attendee(event), make_user(roles=(event, "moderator"))):
        page(client_of(stranger), f"/{event.slug}/{address}", 403)
    page(client_of(make_organizer(event)), f"/{event.slug}/{address}")


def test_every_writing_address_of_the_editor_refuses_an_attendee_and_changes_nothing() -> None:
    event = make_event()
    hall, track, speaker = make_hall(event), make_track(event), make_speaker(event)
    day = Day.objects.create(event=event, date=event.starts_on)
    session = make_session(event)
    release_all(event)
    base = f"/{event.slug}/organize/programme"
    client = client_of(make_attendee(event))
    addresses = [f"{base}/release/", f"{base}/sessions/new/"]
    addresses += [
        f"{base}/sessions/{session.code}/{part}" for part in ("", "move/", "cancel/", "restore/", "delete/")
    ]
    addresses += [f"{base}/speakers/{speaker.code}/{part}" for part in ("", "account/", "delete/")]
    for kind, row in (("rooms", hall), ("tracks", track), ("days", day)):
        addresses += [f"{base}/{kind}/{row.pk}/", f"{base}/{kind}/{row.pk}/delete/"]
    for address in addresses:
        assert client.post(address, {"title_en": "x"}).status_code == 403, address
    assert (
        Session.objects.count() == Slot.objects.filter(release=None).count() == Speaker.objects.count() == 1
    )
    assert not Slot.objects.filter(cancelled=True).exists()


def test_every_time_is_told_on_both_clocks_and_the_other_day_is_marked() -> None:
    event = make_event()
    make_session(event, "Morning", start=START)
    session = make_session(event, "Late", start=START + timedelta(hours=5))
    release_all(event)
    reader = make_user(time_zone="Asia/Kathmandu")
    text = text_of(page(client_of(reader), f"/{event.slug}/schedule/"))
    assert "10:00 Kunming" in text and "07:45" in text and "your time" in text
    far = make_user(time_zone="Pacific/Auckland")
    text = text_of(page(client_of(far), f"/{event.slug}/sessions/{session.code}/"))
    assert "15:00–15:45 Kunming" in text
    assert "20:00–20:45" in text
    west = make_user(time_zone="America/Los_Angeles")
    text = text_of(page(client_of(west), f"/{event.slug}/sessions/{session.code}/"))
    assert "23:00–23:45" in text and "Mon" in text and "−1 day" in text


def test_the_programme_speaks_chinese_to_readers_of_chinese() -> None:
    event = make_event()
    hall = make_hall(event)
    hall.name["zh-hans"] = "茶马厅"
    hall.save()
    session = make_session(event, {"en": "Tea", "zh-hans": "普洱茶"}, hall=hall)
    release_all(event)
    text = text_of(page(client_of(language="zh-hans"), f"/{event.slug}/schedule/"))
    assert "普洱茶" in text and "茶马厅" in text and "昆明" in text and "Tea" not in text
    assert "普洱茶" in page(client_of(language="zh-hans"), f"/{event.slug}/sessions/{session.code}/")


def test_a_cancelled_session_says_so_in_words() -> None:
    event = make_event()
    session = make_session(event, cancelled=True)
    release_all(event)
    for address in ("schedule/", "schedule/?view=grid", f"sessions/{session.code}/"):
        assert "Cancelled" in text_of(page(Client(), f"/{event.slug}/{address}")), address


class Scripts(HTMLParser):
    """Finds what must not be there: scripts of others, handlers, and links that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in {"iframe", "object", "embed", "style"} or (tag == "script" and "src" not in values):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.found.append(f"{tag}[{name}]")
            if name in {"href", "src", "action", "formaction"} and (value or "").strip().lower().startswith(
                ("javascript", "data:")
            ):
                self.found.append(f"{tag}[{name}={value}]")
        if values.get("id") == "injected":
            self.found.append(f"{tag}#injected")


HOSTILE = (
    "<script>alert(1)</script><img id=injected src=x onerror=alert(1)>"
    "<p onclick=alert(1)>x</p><a href='javascript:alert(1)'>y</a>\"'><svg onload=alert(1)>{{ 7|add:7 }}'; DROP TABLE x; --"
)


def test_hostile_text_in_every_field_stays_text() -> None:
    event = make_event(
        name={"en": HOSTILE},
        tagline={"en": HOSTILE},
        city={"en": HOSTILE},
        venue={"en": HOSTILE},
        description={"en": HOSTILE},
    )
    hall = make_hall(event, HOSTILE[:120], description={"en": HOSTILE})
    track = make_track(event, HOSTILE[:120])
    Day.objects.create(event=event, date=event.starts_on, label={"en": HOSTILE})
    speaker = make_speaker(
        event,
        HOSTILE,
        name_latin=HOSTILE + "!",
        name_chinese=HOSTILE[:90],
        affiliation=HOSTILE,
        biography={"en": HOSTILE},
    )
    bad_link = {"url": "javascript:alert(1)", "title": HOSTILE}
    session = make_session(
        event,
        {"en": HOSTILE},
        hall=hall,
        track=track,
        speakers=(speaker,),
        subtitle={"en": HOSTILE},
        abstract={"en": HOSTILE},
        description={"en": HOSTILE},
        language=HOSTILE[:20],
        kind_name=HOSTILE[:60],
        recording_licence=HOSTILE[:120],
        origin_url="javascript:alert(1)",
        links=[bad_link, {"url": 'https://example.org/"><script>', "title": HOSTILE}],
        attachments=[bad_link],
    )
    make_session(
        event, {"en": HOSTILE}, hall=hall, speakers=(speaker,), start=timezone.now() - HOUR, minutes=120
    )
    release_all(event)
    make_session(event, {"en": HOSTILE}, hall=hall, speakers=(speaker,))
    organizer = make_organizer(event, name=HOSTILE[:120])
    make_star(organizer, session)
    client = client_of(organizer)
    addresses = [
        *READERS,
        *ORGANIZERS,
        "agenda/",
        f"sessions/{session.code}/",
        f"speakers/{speaker.code}/",
        f"organize/programme/sessions/{session.code}/",
        f"organize/programme/speakers/{speaker.code}/",
        f"organize/programme/rooms/{hall.pk}/",
        f"organize/programme/tracks/{track.pk}/",
        "schedule/?q=%3Cscript%3Ealert(1)%3C/script%3E&track=%22%3E%3Csvg%20onload=alert(1)%3E&day=x&hall=1;2",
    ]
    for address in addresses:
        html = page(client, f"/{event.slug}/{address}")
        scripts = Scripts()
        scripts.feed(html)
        assert scripts.found == [], address
        assert "{{ 7|add:7 }}" in html or "14" not in text_of(html).split("DROP")[0][-20:]


def test_harmless_markup_of_an_import_is_kept_and_plain_text_gets_links() -> None:
    event = make_event()
    rich = make_session(
        event, abstract={"en": "<p>One <strong>two</strong></p><p><a href='https://example.org'>x</a></p>"}
    )
    plain = make_session(event, abstract={"en": "First.\n\nSee https://example.org/a?b=1&c=2 & more <3"})
    release_all(event)
    html = page(Client(), f"/{event.slug}/sessions/{rich.code}/")
    assert "<strong>two</strong>" in html
    assert 'href="https://example.org" rel="nofollow noopener noreferrer"' in html
    html = page(Client(), f"/{event.slug}/sessions/{plain.code}/")
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow">' in html
    assert "&amp; more &lt;3" in html
    assert "<p>First.</p>" in html


def fill(event: Event, count: int) -> None:
    tracks = [make_track(event) for _number in range(3)]
    halls = [make_hall(event) for _number in range(3)]
    speaker = make_speaker(event)
    for number in range(count):
        make_session(
            event,
            start=START + (number // 3) * timedelta(minutes=30),
            minutes=30,
            hall=halls[number % 3],
            track=tracks[number % 3],
            speakers=(speaker,),
        )
    release_all(event)


@pytest.mark.parametrize(
    "address", [*READERS, "agenda/", "organize/programme/", "organize/programme/?view=grid"]
)
def test_a_page_takes_the_same_queries_for_one_session_and_for_many(
    address: str, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for size in (1, 3, 30):
        event = make_event()
        fill(event, size)
        organizer = make_organizer(event)
        for session in Session.objects.filter(event=event):
            make_star(organizer, session)
        client = client_of(organizer)
        client.get(f"/{event.slug}/{address}")
        with django_assert_max_num_queries(40) as captured:
            page(client, f"/{event.slug}/{address}")
        counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] <= 24


def test_htmx_gets_only_the_part_it_asks_for() -> None:
    event = make_event()
    make_session(event, "Tea")
    release_all(event)
    for address, target in (("", "now"), ("schedule/", "programme"), ("speakers/", "speakers")):
        response = Client().get(
            f"/{event.slug}/{address}", headers={"hx-request": "true", "hx-target": target}
        )
        html = response.content.decode()
        assert "<html" not in html and f'id="{target}"' in html, address


def test_a_star_is_set_and_taken_off_with_and_without_scripts() -> None:
    event = make_event()
    person = make_attendee(event)
    session = make_session(event)
    release_all(event)
    client = client_of(person)
    address = f"/{event.slug}/sessions/{session.code}/star/"
    response = client.post(address, {"on": "1"}, headers={"hx-request": "true"})
    assert 'aria-pressed="true"' in response.content.decode()
    assert Star.objects.filter(user=person, session=session).exists()
    response = client.post(address, {"on": "0", "next": f"/{event.slug}/schedule/"})
    assert response.url == f"/{event.slug}/schedule/"  # type: ignore[attr-defined]
    assert not Star.objects.exists()
    response = client.post(address, {"on": "1", "next": "https://evil.example/"})
    assert response.url == f"/{event.slug}/sessions/{session.code}/"  # type: ignore[attr-defined]
    assert client.get(address).status_code == 405
    assert Client().post(address, {"on": "1"}).status_code == 302
    assert Star.objects.count() == 1


def test_the_button_says_whether_a_session_is_on_the_agenda() -> None:
    event = make_event()
    person, session = make_attendee(event), make_session(event)
    release_all(event)
    client, address = client_of(person), f"/{event.slug}/sessions/{session.code}/"
    assert "Put on my agenda" in text_of(page(client, address))
    words = client.post(f"{address}star/", {"on": "1", "words": "1"}, headers={"hx-request": "true"})
    for shown in (words.content.decode(), page(client, address)):
        assert "On my agenda" in shown and "Put on my agenda" not in shown


def test_a_new_version_is_proposed_by_the_name_of_the_last() -> None:
    event = make_event()
    organizer, session, hall = make_organizer(event), make_session(event), make_hall(event)
    client, address = client_of(organizer), f"/{event.slug}/organize/programme/release/"
    proposals = {"1.0": "1.1", "v9": "v10", "after the opening": "4.0", "2026": "2027.0"}
    for number, (version, proposed) in enumerate(proposals.items(), 1):
        actions.release(organizer, event, version=version)
        start = START + number * HOUR
        actions.move_session(organizer, event, session.code, start=start, end=start + HOUR, hall=hall)
        assert f'value="{proposed}"' in page(client, address)


def test_the_room_of_a_live_session_is_on_its_page_for_ticket_holders_and_others_learn_why_not() -> None:
    event = make_event()
    session = make_session(event, start=timezone.now() - HOUR / 2, minutes=60)
    release_all(event)
    address = f"/{event.slug}/sessions/{session.code}/"
    assert f'<live-room class="room" room="{session.room_id}"' in page(
        client_of(make_attendee(event)), address
    )
    stranger = page(client_of(make_user()), address)
    assert "<live-room" not in stranger
    assert "Register to join" in stranger
    anonymous = page(Client(), address)
    assert "<live-room" not in anonymous
    assert "Sign in to join" in anonymous


def test_before_its_time_the_room_is_for_those_on_stage() -> None:
    event = make_event()
    person = make_attendee(event)
    session = make_session(event, start=timezone.now() + 5 * HOUR)
    release_all(event)
    address = f"/{event.slug}/sessions/{session.code}/"
    attendee = page(client_of(person), address)
    assert "<live-room" not in attendee and "15 minutes before the start" in attendee
    assert "<live-room" in page(client_of(make_user(roles=(event, "moderator"))), address)


def test_an_organizer_makes_moves_and_releases_a_session_in_the_editor() -> None:
    event = make_event()
    hall, speaker = make_hall(event), make_speaker(event)
    client = client_of(make_organizer(event))
    base = f"/{event.slug}/organize/programme/"
    made = client.post(
        f"{base}sessions/new/",
        {
            "title_en": "Tea",
            "title_zh-hans": "茶",
            "kind": "panel",
            "language": "th",
            "interpreted": ["zh", "en"],
            "speakers": [speaker.pk],
            "recording_allowed": "on",
            "day": "2026-11-25",
            "time": "00:30",
            "minutes": "45",
            "hall": hall.pk,
        },
    )
    assert made.status_code == 302, made.content.decode()[-3000:]
    session = Session.objects.get()
    slot = Slot.objects.get(session=session)
    assert (session.title, session.kind, session.interpreted) == (
        {"en": "Tea", "zh-hans": "茶"},
        "panel",
        ["zh", "en"],
    )
    # Half past midnight belongs to the evening of the 25th: the 26th in Kunming, 16:30 UTC.
    assert slot.start.isoformat() == "2026-11-25T16:30:00+00:00"  # type: ignore[union-attr]
    address = f"{base}sessions/{session.code}/"
    seen = Session.objects.get().changed.isoformat()
    place = {"seen": seen, "day": "2026-11-25", "time": "10:00", "minutes": "30", "hall": "", "shift": "15"}
    assert client.post(f"{address}move/", place).status_code == 302
    slot.refresh_from_db()
    assert slot.start.isoformat() == "2026-11-25T02:15:00+00:00"  # type: ignore[union-attr]
    assert slot.hall is None
    html = page(client, f"{base}release/")
    fingerprint = re.search(r'name="seen" value="(\w+)"', html)
    assert fingerprint and "Tea" in html
    released = client.post(f"{base}release/", {"version": "1.0", "seen": fingerprint[1], "note_en": "Hello"})
    assert released.status_code == 302
    assert "Tea" in page(Client(), f"/{event.slug}/schedule/")
    assert "Hello" in page(Client(), f"/{event.slug}/schedule/changes/")


def test_two_organizers_at_once_lose_nothing() -> None:
    event = make_event()
    session = make_session(event, "Before")
    first, second = client_of(make_organizer(event)), client_of(make_organizer(event))
    address = f"/{event.slug}/organize/programme/sessions/{session.code}/"
    seen = session.changed.isoformat()
    assert first.post(address, {"seen": seen, "title_en": "Mine", "kind": "talk"}).status_code == 302
    refused = second.post(address, {"seen": seen, "title_en": "Yours", "kind": "talk"})
    assert refused.status_code == 422
    html = refused.content.decode()
    assert "Someone else has changed this session" in html
    assert 'value="Yours"' in html
    session.refresh_from_db()
    assert session.title == {"en": "Mine"}
    again = re.search(r'name="seen" value="([^"]+)"', html)
    assert again
    knowingly = {"seen": again[1].replace("&#x2B;", "+"), "title_en": "Yours", "kind": "talk"}
    assert second.post(address, knowingly).status_code == 302
    session.refresh_from_db()
    assert session.title == {"en": "Yours"}


def test_wrong_input_comes_back_with_sentences_and_what_was_typed() -> None:
    event = make_event()
    speaker = make_speaker(event)
    client = client_of(make_organizer(event))
    response = client.post(
        f"/{event.slug}/organize/programme/sessions/new/",
        {
            "subtitle_en": "Kept words",
            "kind": "talk",
            "speakers": [speaker.pk],
            "moderators": [speaker.pk],
            "capacity": "-3",
            "day": "2026-11-24",
        },
    )
    html = response.content.decode()
    assert response.status_code == 422
    assert "Kept words" in html
    for sentence in (
        "another part in this session",
        "Give the time at which it starts",
        "greater than or equal to 1",
    ):
        assert sentence in html, sentence
    assert not Session.objects.exists()


def test_texts_in_languages_that_came_with_an_import_can_be_edited_and_stay() -> None:
    event = make_event()
    session = make_session(event, {"de": "Tee"}, abstract={"km": "តែ"})
    client = client_of(make_organizer(event))
    address = f"/{event.slug}/organize/programme/sessions/{session.code}/"
    html = page(client, address)
    assert 'value="Tee"' in html and "តែ" in html
    data = {
        "seen": session.changed.isoformat(),
        "title_en": "Tea",
        "title_de": "Tee",
        "abstract_km": "តែ",
        "kind": "talk",
    }
    assert client.post(address, data).status_code == 302
    session.refresh_from_db()
    assert session.title == {"en": "Tea", "de": "Tee"}
    assert session.abstract == {"km": "តែ"}


def test_the_plan_and_the_speakers_are_edited_on_their_pages() -> None:
    event = make_event()
    client = client_of(make_organizer(event))
    base = f"/{event.slug}/organize/programme/"
    for address, data in (
        ("rooms/new/", {"name_en": "Hall 1", "kind": "both", "capacity": "300"}),
        ("tracks/new/", {"name_en": "Energy", "colour": "#00aa55"}),
        ("days/new/", {"date": "2026-11-24", "label_en": "Opening"}),
        ("speakers/new/", {"name": "ນ້ອຍ", "name_latin": "Noy"}),
    ):
        assert client.post(base + address, data).status_code == 302, address
        assert client.post(base + address, {}).status_code == 422, address
    speaker = Speaker.objects.get()
    account = f"{base}speakers/{speaker.code}/account/"
    assert "Nobody with an account" in client.post(account, {"email": "no@example.org"}).content.decode()
    make_user(email="noy@example.org")
    assert client.post(account, {"email": "noy@example.org"}).status_code == 302
    assert client.post(account, {"unlink": "1"}).status_code == 302
    assert "Hall 1" in page(client, f"{base}plan/")
    hall = event.halls.get()
    assert client.post(f"{base}rooms/{hall.pk}/delete/").status_code == 302
    assert not event.halls.exists()


def test_the_secret_address_is_made_and_revoked_on_my_agenda() -> None:
    event = make_event()
    client = client_of(make_attendee(event))
    address = f"/{event.slug}/agenda/address/"
    client.post(address)
    secret = AgendaFeed.objects.get().secret
    assert secret in page(client, f"/{event.slug}/agenda/")
    client.post(address, {"revoke": "1"})
    assert secret not in page(client, f"/{event.slug}/agenda/")
    assert Client().get(f"/{event.slug}/agenda/").status_code == 302


def test_overlaps_on_my_agenda_are_told_in_words() -> None:
    event = make_event()
    person = make_attendee(event)
    for title in ("Tea", "Coffee"):
        make_star(person, make_session(event, title))
    release_all(event)
    text = text_of(page(client_of(person), f"/{event.slug}/agenda/"))
    assert "Two things on your agenda overlap" in text
    assert "“Tea” and “Coffee”" in text


def test_the_colour_of_the_event_comes_with_an_etag_and_a_304() -> None:
    event = make_event(colour="#ffee00")
    response = Client().get(f"/{event.slug}/brand.css")
    assert response["Content-Type"].startswith("text/css")
    assert "--brand:#ffee00" in response.content.decode()
    again = Client().get(f"/{event.slug}/brand.css", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
    Event.objects.filter(pk=event.pk).update(colour="red}a{")
    assert "red}" not in Client().get(f"/{event.slug}/brand.css").content.decode()


def test_before_and_after_the_event_the_first_page_says_so() -> None:
    event = make_event()
    assert "not published yet" in page(Client(), f"/{event.slug}/")
    session = make_session(event, start=timezone.now() + 24 * HOUR)
    release_all(event)
    html = page(client_of(make_user()), f"/{event.slug}/")
    assert "has not begun yet" in html and "Register" in html
    Slot.objects.filter(session=session).update(
        start=timezone.now() - 24 * HOUR, end=timezone.now() - 23 * HOUR
    )
    assert "The event is over" in page(Client(), f"/{event.slug}/")
