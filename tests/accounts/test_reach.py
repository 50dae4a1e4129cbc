"""Who may reach me: the consent, blocks, and what they hide."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from conference.accounts.actions import (
    agree_to_be_reached,
    agree_to_directory,
    block,
    unblock,
    withdraw_from_being_reached,
)
from conference.accounts.models import Block, Consent, User
from conference.accounts.queries import apart_from, are_apart, blocks_of, reachable_among
from conference.core.errors import Conflict
from conference.core.models import Event, Fact
from conference.registration.queries import participants
from tests.factories import make_attendee, make_event, make_organizer, make_user

pytestmark = pytest.mark.django_db


def test_nobody_is_reachable_who_did_not_agree(client: Client) -> None:
    noy = make_user("Noy")
    assert reachable_among([noy.pk]) == frozenset()
    client.force_login(noy)
    assert "Nobody can write to you" in client.get("/me/privacy/").content.decode()
    assert client.post("/me/privacy/", {"reachable": "on"})["Location"] == "/me/privacy/"
    assert reachable_among([noy.pk, 999]) == {noy.pk}
    assert "can write to you." in client.get("/me/privacy/").content.decode()
    client.post("/me/privacy/", {})
    assert reachable_among([noy.pk]) == frozenset()
    consent = Consent.objects.get()
    assert (consent.purpose, consent.event, consent.withdrawn is None) == ("reachable", None, False)
    assert list(Fact.objects.order_by("pk").values_list("verb", flat=True)) == [
        "consent.given",
        "consent.withdrawn",
    ]


def test_agreeing_twice_is_one_agreement_and_may_be_given_again() -> None:
    noy = make_user()
    for _time in range(2):
        agree_to_be_reached(noy)
    assert Consent.objects.count() == 1
    for _time in range(2):
        withdraw_from_being_reached(noy)
    agree_to_be_reached(noy)
    assert Consent.objects.filter(withdrawn=None).count() == 1 and Consent.objects.count() == 2


def test_a_closed_account_is_not_reachable() -> None:
    noy = make_user()
    agree_to_be_reached(noy)
    User.objects.filter(pk=noy.pk).update(is_active=False)
    assert reachable_among([noy.pk]) == frozenset()


def test_after_agreeing_one_is_where_one_came_from_and_nowhere_else(client: Client) -> None:
    client.force_login(make_user())
    post = {"reachable": "on", "next": "/messages/to/7/"}
    assert client.post("/me/privacy/", post)["Location"] == "/messages/to/7/"
    post["next"] = "https://evil.example/"
    assert client.post("/me/privacy/", post)["Location"] == "/me/privacy/"
    page = client.get("/me/privacy/?next=/messages/to/7/").content.decode()
    assert 'name="next" value="/messages/to/7/"' in page


def test_a_block_keeps_both_apart_and_is_seen_by_one(client: Client) -> None:
    noy, sari, third = make_user("Noy"), make_user("Sari"), make_user("Third")
    for _time in range(2):
        block(noy, sari)
    assert apart_from(noy) == {sari.pk} and apart_from(sari) == {noy.pk} and apart_from(third) == frozenset()
    assert are_apart(noy.pk, sari.pk) and are_apart(sari.pk, noy.pk) and not are_apart(noy.pk, third.pk)
    assert [each.blocked for each in blocks_of(noy)] == [sari] and not blocks_of(sari)
    client.force_login(sari)
    for address in ("/me/privacy/", "/me/data/", "/me/inbox/"):
        assert "Noy" not in client.get(address).content.decode()
    assert Fact.objects.get().verb == "block.made"


def test_a_block_is_lifted_by_whoever_made_it_alone(client: Client) -> None:
    noy, sari = make_user("Noy"), make_user("Sari")
    block(noy, sari)
    unblock(sari, person_id=noy.pk)
    assert are_apart(noy.pk, sari.pk)
    block(sari, noy)
    client.force_login(noy)
    client.post(f"/me/privacy/unblock/{sari.pk}/")
    assert are_apart(noy.pk, sari.pk) and not blocks_of(noy)
    unblock(sari, person_id=noy.pk)
    unblock(sari, person_id=noy.pk)
    assert not are_apart(noy.pk, sari.pk)
    assert client.get(f"/me/privacy/unblock/{sari.pk}/").status_code == 405


def test_nobody_blocks_themselves() -> None:
    noy = make_user()
    with pytest.raises(Conflict):
        block(noy, noy)
    with pytest.raises(IntegrityError), transaction.atomic():
        Block.objects.create(blocker=noy, blocked=noy)


def listed(event: Event, name: str) -> User:
    person = make_attendee(event, name=name)
    agree_to_directory(person, event, audience="participants")
    return person


def test_blocked_people_are_not_in_each_others_list_of_participants(client: Client) -> None:
    event = make_event("tea-road")
    noy, sari, third = (listed(event, name) for name in ("Noy", "Sari", "Third"))
    organizer = make_organizer(event, name="Yang Mei")
    block(noy, sari)
    block(noy, organizer)

    def seen(viewer: User) -> set[str]:
        return {person.name for person in participants(viewer, event)}

    assert seen(noy) == {"Noy", "Third"}
    assert seen(sari) == {"Sari", "Third"}
    assert seen(third) == {"Noy", "Sari", "Third"}
    assert seen(organizer) == {"Sari", "Third"}
    client.force_login(sari)
    page = client.get("/tea-road/participants/").content.decode()
    assert "Third" in page and "Noy" not in page


def test_the_list_offers_to_write_to_those_who_agreed_and_not_to_oneself(client: Client) -> None:
    event = make_event("tea-road")
    noy, sari, third = (listed(event, name) for name in ("Noy", "Sari", "Third"))
    agree_to_be_reached(noy)
    agree_to_be_reached(sari)
    client.force_login(noy)
    page = client.get("/tea-road/participants/").content.decode()
    assert f"/messages/to/{sari.pk}/" in page
    assert f"/messages/to/{noy.pk}/" not in page and f"/messages/to/{third.pk}/" not in page
