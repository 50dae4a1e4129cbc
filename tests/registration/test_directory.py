"""The list of participants: who agreed, for whom, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conference.accounts.actions import join_organisation
from conference.accounts.models import Consent, User
from conference.core.errors import Denied
from conference.core.models import Event, Fact
from conference.registration import views
from conference.registration.actions import cancel_ticket, choose_listing
from conference.registration.queries import participants
from tests.factories import give_role, make_attendee, make_event, make_organizer, make_ticket, make_user

pytestmark = pytest.mark.django_db


def listed(event: Event, name: str, audience: str = "participants", **fields: Any) -> User:
    person = make_attendee(event, name=name, **fields)
    choose_listing(person, event, audience=audience)
    return person


def names(viewer: User, event: Event, **search: str) -> set[str]:
    return {person.name for person in participants(viewer, event, **search)}


def test_each_sees_only_those_who_agreed_to_be_seen_by_them() -> None:
    event = make_event()
    listed(event, "For all")
    listed(event, "For organizers", "organizers")
    make_attendee(event, name="For nobody")
    attendee, organizer, door = make_attendee(event), make_organizer(event), make_user()
    give_role(door, event, "door")
    assert names(attendee, event) == names(door, event) == {"For all"}
    assert names(organizer, event) == {"For all", "For organizers"}


def test_strangers_see_nobody_and_neither_do_people_of_other_events(client: Client) -> None:
    event, other = make_event("tea-road"), make_event("other")
    listed(event, "Noy")
    waiting = make_user()
    make_ticket(waiting, event, state="pending")
    for viewer in (None, AnonymousUser(), make_user(), make_attendee(other), make_organizer(other), waiting):
        with pytest.raises(Denied):
            participants(viewer, event)  # type: ignore[arg-type]
    client.force_login(make_attendee(other))
    response = client.get("/tea-road/participants/")
    assert response.status_code == 403
    assert "Noy" not in response.content.decode()
    assert client.get("/tea-road/participants/me/").status_code == 403


def test_agreement_counts_for_one_event() -> None:
    event, other = make_event(), make_event()
    person = listed(event, "Noy")
    make_ticket(person, other)
    assert names(make_attendee(event), event) == {"Noy"}
    assert names(make_attendee(other), other) == set()


def test_who_withdraws_cancels_is_closed_or_leaves_is_gone_at_once() -> None:
    event = make_event()
    viewer = make_attendee(event)
    people = [listed(event, f"P{number}") for number in range(4)]
    choose_listing(people[0], event, audience="")
    cancel_ticket(people[1], event)
    User.objects.filter(pk=people[2].pk).update(is_active=False)
    assert names(viewer, event) == {"P3"}


def test_who_has_no_name_yet_is_not_listed_and_told_so(client: Client) -> None:
    event = make_event("tea-road")
    nameless = listed(event, "x")
    User.objects.filter(pk=nameless.pk).update(name="")
    assert names(make_attendee(event), event) == set()
    client.force_login(nameless)
    assert "Only people with a name are listed." in client.get("/tea-road/participants/me/").content.decode()


def test_a_speaker_without_a_ticket_may_be_listed() -> None:
    event = make_event()
    speaker = make_user("Speaker")
    give_role(speaker, event, "speaker")
    choose_listing(speaker, event, audience="participants")
    assert names(make_attendee(event), event) == {"Speaker"}


def test_the_page_shows_no_address_and_takes_no_address_as_search(client: Client) -> None:
    event = make_event("tea-road")
    person = listed(event, "Noy", email="secret.noy@example.org", introduction="Rice and rivers")
    client.force_login(make_attendee(event))
    page = client.get("/tea-road/participants/").content.decode()
    assert "Noy" in page and "Rice and rivers" in page
    assert person.email not in page
    searched = client.get("/tea-road/participants/", {"q": "secret.noy"}).content.decode()
    assert "Nobody fits" in searched


def test_people_are_found_by_name_organisation_country_and_field() -> None:
    event = make_event()
    viewer = make_attendee(event)
    noy = listed(event, "ນ້ອຍ", name_latin="Noy", country="LA", sectors=["E1"], job_title="Engineer")
    join_organisation(noy, name="国立研究院")
    listed(event, "李云", name_latin="Li Yun", country="CN", sectors=["G"])
    for text in ("ນ້ອຍ", "noy", "研究", "laos", "engineer laos", "NOY engin"):
        assert names(viewer, event, text=text) == {"ນ້ອຍ"}, text
    assert names(viewer, event, text="李") == {"李云"}
    assert names(viewer, event, country="CN") == {"李云"}
    assert names(viewer, event, sector="E") == names(viewer, event, sector="E1") == {"ນ້ອຍ"}
    assert names(viewer, event, sector="G") == {"李云"}
    assert names(viewer, event, sector="G1") == set()
    assert names(viewer, event, text="noy", country="CN") == set()


HOSTILE = ["'; DROP TABLE conference_user; --", "<script>alert(1)</script>", "%", "_", "\\", "x" * 5000, "\0"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_searches_find_nobody_and_break_nothing(client: Client, text: str) -> None:
    event = make_event("tea-road")
    listed(event, "Noy", name_latin="Noy", country="LA")
    client.force_login(make_attendee(event))
    response = client.get(
        "/tea-road/participants/", {"q": text, "country": text, "sector": text, "page": text}
    )
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    assert User.objects.count() == 2


def test_hostile_names_are_shown_as_text(client: Client) -> None:
    event = make_event("tea-road")
    listed(event, "<script>alert(1)</script>", introduction='"><img src=x>', job_title="<b>x</b>")
    client.force_login(make_attendee(event))
    page = client.get("/tea-road/participants/").content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page and "<b>x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_number_of_queries_does_not_grow_with_the_people(client: Client) -> None:
    event = make_event("tea-road")
    client.force_login(make_attendee(event))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/tea-road/participants/").status_code == 200
        return len(captured)

    join_organisation(listed(event, "One", sectors=["A1"]), name="Institute")
    with_one = queries()
    for name in ("Two", "Three"):
        join_organisation(listed(event, name, sectors=["A1", "E1"]), name=f"Institute of {name}")
    assert queries() == with_one


def test_long_lists_come_in_pages(client: Client) -> None:
    event = make_event("tea-road")
    for number in range(25):
        listed(event, f"Person with number {number:02}", name_latin=f"N{number:02}")
    client.force_login(make_attendee(event))
    first = client.get("/tea-road/participants/").content.decode()
    second = client.get("/tea-road/participants/?page=2").content.decode()
    assert "25 people" in first and "number 23" in first and "number 24" not in first
    assert "number 24" in second and "number 23" not in second


# --- Am I listed? ---


def test_one_sees_and_switches_ones_own_listing(client: Client) -> None:
    event = make_event("tea-road")
    person = make_attendee(event, name="Noy")
    client.force_login(person)
    assert "You are not listed" in client.get("/tea-road/participants/").content.decode()
    client.post("/tea-road/participants/me/", {"audience": "participants"})
    assert "You are listed" in client.get("/tea-road/participants/").content.decode()
    client.post("/tea-road/participants/me/", {"audience": "organizers"})
    client.post("/tea-road/participants/me/", {"audience": ""})
    rows = Consent.objects.order_by("given")
    assert [(row.audience, row.withdrawn is None) for row in rows] == [
        ("participants", False),
        ("organizers", False),
    ]
    assert Fact.objects.filter(verb="consent.withdrawn").count() == 1


def test_agreeing_to_the_same_twice_is_one_agreement() -> None:
    event = make_event()
    person = make_attendee(event)
    for _time in range(2):
        choose_listing(person, event, audience="participants")
    assert Consent.objects.count() == 1
    for _time in range(2):
        choose_listing(person, event, audience="")
    assert Consent.objects.get().withdrawn is not None


def test_nobody_copies_the_whole_list(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "DIRECTORY_PAGES", 3)
    event = make_event()
    client.force_login(make_attendee(event))
    answers = [client.get(f"/{event.slug}/participants/?page={page}") for page in range(1, 5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Too many tries" in answers[-1].content.decode()
    client.force_login(make_attendee(event))
    assert client.get(f"/{event.slug}/participants/").status_code == 200
