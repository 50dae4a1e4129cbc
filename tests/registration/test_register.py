"""Taking, changing and giving back a ticket."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conference.accounts.models import Consent
from conference.core.errors import Conflict, Denied, Missing
from conference.core.models import Event, Fact
from conference.notifications.models import Notification
from conference.registration import actions
from conference.registration.models import Ticket
from tests.factories import make_attendee, make_event, make_organizer, make_ticket, make_user

pytestmark = pytest.mark.django_db


def test_a_person_registers_with_one_button_and_is_not_listed_unasked(client: Client) -> None:
    event, person = make_event("tea-road"), make_user()
    client.force_login(person)
    assert client.get("/tea-road/register/").status_code == 200
    assert client.post("/tea-road/register/", {"mode": "online", "audience": ""})["Location"] == "/tea-road/"
    ticket = Ticket.objects.get(event=event, user=person)
    assert (ticket.mode, ticket.state) == ("online", "valid")
    assert not Consent.objects.exists()
    assert Fact.objects.filter(event=event, verb="ticket.taken", actor=person).exists()


def test_who_came_from_a_session_is_there_again_and_nobody_is_led_elsewhere(client: Client) -> None:
    make_event("tea-road")
    client.force_login(make_user())
    session = "/tea-road/sessions/ABC/"
    assert (
        f'name="next" value="{session}"' in client.get(f"/tea-road/register/?next={session}").content.decode()
    )
    for target, arrives in ((session, session), ("https://elsewhere.example/", "/tea-road/")):
        answer = client.post("/tea-road/register/", {"mode": "online", "audience": "", "next": target})
        assert answer["Location"] == arrives


def test_consent_is_asked_here_for_one_purpose_and_one_audience(client: Client) -> None:
    event, person = make_event("tea-road"), make_user()
    client.force_login(person)
    client.post("/tea-road/register/", {"mode": "onsite", "audience": "organizers"})
    consent = Consent.objects.get()
    assert (consent.user, consent.event, consent.purpose, consent.audience) == (
        person,
        event,
        "directory",
        "organizers",
    )
    assert consent.withdrawn is None


def test_registering_again_changes_how_one_attends_and_makes_no_second_ticket(client: Client) -> None:
    event, person = make_event("tea-road"), make_user()
    client.force_login(person)
    for mode in ("online", "onsite", "onsite"):
        client.post("/tea-road/register/", {"mode": mode})
    assert Ticket.objects.get(event=event).mode == "onsite"
    assert Fact.objects.filter(verb__startswith="ticket.").count() == 2


@pytest.mark.parametrize("data", [{}, {"mode": "teleport"}, {"mode": "online", "audience": "the world"}])
def test_what_does_not_hold_is_told_and_nothing_is_kept(client: Client, data: dict[str, str]) -> None:
    make_event("tea-road")
    client.force_login(make_user())
    assert client.post("/tea-road/register/", data).status_code == 422
    assert not Ticket.objects.exists() and not Consent.objects.exists()


def test_a_ticket_is_given_back_and_the_listing_with_it(client: Client) -> None:
    event = make_event("tea-road")
    person = make_attendee(event)
    actions.choose_listing(person, event, audience="participants")
    client.force_login(person)
    assert client.get("/tea-road/register/cancel/").status_code == 200
    assert Ticket.objects.get().state == "valid"
    client.post("/tea-road/register/cancel/")
    assert Ticket.objects.get().state == "cancelled"
    assert Consent.objects.get().withdrawn is not None
    assert client.post("/tea-road/register/cancel/").status_code == 409
    client.post("/tea-road/register/", {"mode": "online"})
    assert Ticket.objects.get().state == "valid"


def test_an_event_with_approval_makes_people_wait_until_an_organizer_answers(client: Client) -> None:
    event = make_event("tea-road", admission=Event.Admission.APPROVAL)
    organizer, person, refused = make_organizer(event), make_user("Noy"), make_user("Som")
    for each in (person, refused):
        assert actions.register(each, event, mode="online").state == "pending"
    client.force_login(organizer)
    page = client.get("/tea-road/organize/registrations/").content.decode()
    assert "Noy" in page and "Som" in page and person.email not in page
    yes, no = (Ticket.objects.get(user=each) for each in (person, refused))
    client.post(f"/tea-road/organize/registrations/{yes.pk}/", {"approve": "1"})
    client.post(f"/tea-road/organize/registrations/{no.pk}/", {"refuse": "1"})
    yes.refresh_from_db()
    no.refresh_from_db()
    assert (yes.state, no.state) == ("valid", "refused")
    assert list(Notification.objects.values_list("user", "kind")) == [(person.pk, "ticket.approved")]
    with pytest.raises(Conflict):
        actions.answer_registration(organizer, event, yes.pk, approve=True)
    with pytest.raises(Missing):
        actions.answer_registration(organizer, event, 999_999, approve=True)


def test_who_was_refused_cannot_register_again_but_may_be_let_in_later() -> None:
    event = make_event("tea-road")
    organizer, person = make_organizer(event), make_user("Noy")
    ticket = actions.register(person, event, mode="online")
    actions.withdraw_registration(organizer, event, ticket.pk)
    with pytest.raises(Denied):
        actions.register(person, event, mode="onsite")
    assert Ticket.objects.get().state == "refused"
    actions.answer_registration(organizer, event, ticket.pk, approve=True)
    assert Ticket.objects.get().state == "valid"


def test_only_organizers_of_this_event_answer_registrations(client: Client) -> None:
    event = make_event("tea-road", admission=Event.Admission.APPROVAL)
    waiting = actions.register(make_user(), event, mode="online")
    stranger, elsewhere = make_user(), make_organizer(make_event("other"))
    for actor in (stranger, elsewhere, waiting.user, AnonymousUser()):
        with pytest.raises(Denied):
            actions.answer_registration(actor, event, waiting.pk, approve=True)
    client.force_login(elsewhere)
    assert client.get("/tea-road/organize/registrations/").status_code == 403
    with pytest.raises(Missing):
        actions.answer_registration(elsewhere, Event.objects.get(slug="other"), waiting.pk, approve=True)
    waiting.refresh_from_db()
    assert waiting.state == "pending"


@pytest.mark.parametrize("change", [{"state": "archived"}, {"state": "draft"}, {"admission": "invitation"}])
def test_where_registration_is_not_open_no_ticket_is_made(change: dict[str, str]) -> None:
    event = make_event(**change)
    with pytest.raises((Conflict, Denied)):
        actions.register(make_user(), event, mode="online")
    assert not Ticket.objects.exists() and not Fact.objects.exists()


def test_a_draft_event_is_not_there_for_strangers(client: Client) -> None:
    make_event("secret", state="draft")
    client.force_login(make_user())
    for page in ("register/", "participants/", "me/", "register/cancel/"):
        assert client.get(f"/secret/{page}").status_code == 404


@pytest.mark.parametrize(
    "act",
    [
        lambda actor, event: actions.register(actor, event, mode="online"),
        lambda actor, event: actions.cancel_ticket(actor, event),
        lambda actor, event: actions.choose_listing(actor, event, audience="participants"),
        lambda actor, event: actions.choose_listing(actor, event, audience=""),
    ],
)
def test_anonymous_and_closed_accounts_are_refused_and_nothing_changes(act: Any) -> None:
    event = make_event()
    closed = make_user(is_active=False)
    make_ticket(closed, event)
    for actor in (AnonymousUser(), closed):
        with pytest.raises(Denied):
            act(actor, event)
    assert Ticket.objects.get().state == "valid"
    assert not Consent.objects.exists() and not Fact.objects.exists()


@pytest.mark.parametrize(
    "page", ["register/", "register/cancel/", "participants/", "participants/me/", "me/"]
)
def test_pages_of_ones_own_place_ask_strangers_to_sign_in(client: Client, page: str) -> None:
    make_event("tea-road")
    assert client.get(f"/tea-road/{page}")["Location"] == f"/account/sign-in/?next=/tea-road/{page}"


def test_me_shows_my_tickets_my_roles_and_what_i_organize(client: Client) -> None:
    event = make_event("tea-road")
    person = make_organizer(event, name="Noy")
    make_ticket(person, event)
    client.force_login(person)
    page = client.get("/me/").content.decode()
    assert "Noy" in page and "Tea Road Meeting" in page and "Events I organize" in page
    inside = client.get("/tea-road/me/").content.decode()
    assert "Organizer" in inside and "Change how I attend" in inside


def test_the_number_of_queries_of_me_does_not_grow_with_the_tickets(client: Client) -> None:
    person = make_user(time_zone="Asia/Kathmandu")
    client.force_login(person)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/me/").status_code == 200
        return len(captured)

    make_ticket(person, make_event())
    with_one = queries()
    for _more in range(2):
        event = make_event()
        make_ticket(person, event)
    assert queries() == with_one
