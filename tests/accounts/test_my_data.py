"""See, take along, delete: what is known of a person, in every package."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import translation

from conference.accounts.actions import (
    agree_to_be_reached,
    agree_to_directory,
    arrive,
    block,
    delete_account,
    set_photo,
)
from conference.accounts.models import Block, Consent, SpokenLanguage, User
from conference.accounts.queries import person_data
from conference.core.errors import Conflict
from conference.core.files import clean_image
from conference.core.models import Fact
from conference.core.personal_data import erase_everywhere, personal_data, sections
from conference.events.models import BodyMember, EventRole
from conference.notifications.actions import notify
from conference.notifications.models import Notification
from conference.programme.models import AgendaFeed, Star
from conference.registration.models import Ticket
from conference.rooms.models import RoomRole
from realtime.direct.actions import send_direct
from realtime.direct.queries import talk
from realtime.models import DirectMessage, Message
from tests.accounts.test_profile import picture
from tests.factories import make_event, make_session, make_speaker, make_ticket, make_user

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture
def known(settings: Any) -> User:
    """A person of whom every package knows something."""
    event = make_event("tea-road")
    session = make_session(event, "Hydropower")
    person = make_user(
        "सीता शर्मा", name_latin="Sita Sharma", job_title="Engineer", country="NP", introduction="Rivers.", sectors=["E1"],
        came_for=["find"], time_zone="Asia/Kathmandu", language="zh-hans", email="sita@example.org",
    )  # fmt: skip
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    set_photo(person, picture=clean_image(SimpleUploadedFile("me.png", picture(), "image/png")))
    SpokenLanguage.objects.create(user=person, language="ne", level=4)
    Authenticator.objects.create(
        user=person, type="webauthn", data={"name": "Sita's phone", "credential": {}}
    )
    SocialAccount.objects.create(user=person, provider="google", uid="1")
    make_ticket(person, event)
    agree_to_directory(person, event, audience="participants")
    EventRole.objects.create(user=person, event=event, role="speaker")
    BodyMember.objects.create(user=person, body=event.series.body)
    RoomRole.objects.create(user=person, room=session.room, role="speaker")
    Star.objects.create(user=person, session=session)
    AgendaFeed.objects.create(user=person, event=event, secret="s" * 40)
    make_speaker(event, "Sita Sharma", user=person)
    with transaction.atomic():
        notify([person], "session.moved", event=event, title={"en": "Hydropower"})
    Message.objects.create(room=session.room, author=person, text="नमस्ते from Sita", client_id=uuid.uuid4())
    noy = make_user("Noy Keomany")
    make_ticket(noy, event)
    for each in (person, noy):
        agree_to_be_reached(each)
    first = send_direct(person, person_id=noy.pk, client_id=uuid.uuid4(), text="ऋतु from Sita")
    send_direct(noy, person_id=person.pk, client_id=uuid.uuid4(), text="An answer of Noy")
    assert first.first
    block(person, make_user("Spam Mer"))
    block(make_user("Somebody Cross"), person)
    LogEntry.objects.create(
        user=person, content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk),
        object_repr="Sita Sharma", action_flag=2, change_message="Sita",
    )  # fmt: skip
    return person


def test_the_page_tells_every_section_in_words(client: Client, known: User) -> None:
    client.force_login(known)
    page = client.get("/me/data/").content.decode()
    for text in (
        "सीता शर्मा",
        "sita@example.org",
        "Hydropower",
        "नमस्ते from Sita",
        "ऋतु from Sita",
        "Spam Mer",
        "Tea Road Meeting",
        "Nepal",
        "नेपाली",
    ):
        assert text in page, text
    titles = [str(section.title) for section in sections()]
    assert titles[:2] == ["Profile", "What you agreed to"]
    for title in titles:
        assert title in page


def test_the_export_is_json_with_everything(signed_in: SignIn, known: User) -> None:
    response = signed_in(known).get("/me/data/export.json")
    assert response["Content-Disposition"] == 'attachment; filename="my-data.json"'
    told = json.loads(response.content)
    assert told["profile"]["name"] == "सीता शर्मा"
    assert {"profile", "consents", "roles", "notices", "tickets", "chat"} <= told.keys()
    assert told["tickets"][0]["event"] and told["consents"][0]["given"] and len(told["roles"]) == 2
    assert told["chat"][0]["text"] == "नमस्ते from Sita"
    assert [(each["to"], each["text"]) for each in told["direct"]] == [("Noy Keomany", "ऋतु from Sita")]
    assert [each["name"] for each in told["blocks"]] == ["Spam Mer"]
    assert "Somebody Cross" not in json.dumps(told) and "An answer of Noy" not in json.dumps(told)
    assert any("Hydropower" in json.dumps(part, ensure_ascii=False) for part in told.values())


def test_nobody_gets_the_data_of_another(signed_in: SignIn, known: User) -> None:
    other = signed_in(make_user("Other"))
    assert "Sita" not in other.get("/me/data/export.json").content.decode()
    assert "Sita" not in other.get("/me/data/").content.decode()


def test_deleting_wipes_the_identity_everywhere_and_leaves_what_others_need(
    signed_in: SignIn, known: User, django_capture_on_commit_callbacks: Any
) -> None:
    photo, storage = known.photo.name, known.photo.storage
    client = signed_in(known)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/me/data/delete/", {"email": " SITA@example.org "})
    assert response["Location"] == "/account/deleted/"
    assert "_auth_user_id" not in client.session
    assert client.get("/account/deleted/").status_code == 200
    gone = User.objects.get(pk=known.pk)
    assert gone.deleted is not None and not gone.is_active and not gone.has_usable_password()
    assert gone.email.startswith("left-") and gone.email.endswith("@deleted.invalid")
    row = User.objects.filter(pk=gone.pk).values().get()
    kept = json.dumps(
        {name: value for name, value in row.items() if name not in ("password", "email")}, default=str
    )
    for trace in ("Sita", "सीता", "sita@", "Rivers", "Engineer", "Kathmandu", "NP", "E1", "webp"):
        assert trace not in kept, trace
    assert not storage.exists(photo)
    with translation.override("en"):
        assert person_data(gone)["name"] == "Someone who left" == str(gone)
    for model in (
        SpokenLanguage,
        EmailAddress,
        Authenticator,
        SocialAccount,
        EventRole,
        BodyMember,
        RoomRole,
    ):
        assert not model.objects.filter(user=gone).exists(), model
    for model in (Star, AgendaFeed, Notification):
        assert not model.objects.filter(user=gone).exists(), model
    assert Ticket.objects.get(user=gone).state == Ticket.State.CANCELLED
    assert Consent.objects.filter(user=gone).count() == 2
    assert not Consent.objects.filter(user=gone, withdrawn=None).exists()
    assert not Block.objects.exists()
    noy = User.objects.get(name="Noy Keomany")
    assert DirectMessage.objects.get(author=gone).text == "ऋतु from Sita"
    with translation.override("en"):
        kept_by_noy = talk(noy, gone.pk)
    assert (kept_by_noy["other"]["name"], len(kept_by_noy["messages"])) == ("Someone who left", 2)
    assert "Sita Sharma" not in json.dumps(kept_by_noy, default=str)
    assert kept_by_noy["hindrance"]["message"] == "This person has left. What was written stays here."
    assert Message.objects.get(author=gone).text == "नमस्ते from Sita"
    assert LogEntry.objects.get().object_repr == ""
    fact = Fact.objects.get(verb="account.deleted")
    assert (fact.actor, fact.data, fact.subject) == (None, {}, f"user:{gone.pk}")
    assert [message.to for message in mail.outbox] == [["sita@example.org"]]


def test_other_sessions_end_and_the_address_is_free_again(client: Client, known: User) -> None:
    client.force_login(known)
    delete_account(known)
    assert client.get("/me/")["Location"].startswith("/account/sign-in/")
    again, created = arrive("sita@example.org")
    assert created and again.pk != known.pk


def test_another_address_than_ones_own_deletes_nothing(signed_in: SignIn, known: User) -> None:
    client = signed_in(known)
    for typed in ("", "other@example.org", "sita"):
        assert client.post("/me/data/delete/", {"email": typed}).status_code == 422
    known.refresh_from_db()
    assert known.deleted is None and known.name == "सीता शर्मा"


def test_the_only_administrator_stays(known: User) -> None:
    User.objects.filter(pk=known.pk).update(is_superuser=True)
    with pytest.raises(Conflict):
        delete_account(known)
    known.refresh_from_db()
    assert known.deleted is None
    make_user(is_superuser=True)
    delete_account(known)
    known.refresh_from_db()
    assert known.deleted is not None and not known.is_superuser


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_fails_half_way_deletes_nothing_and_mails_nobody(
    known: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_data: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("conference.accounts.actions.record", fail)
    with pytest.raises(RuntimeError):
        delete_account(known)
    known.refresh_from_db()
    assert known.name == "सीता शर्मा"
    assert known.photo.storage.exists(known.photo.name)
    assert Star.objects.filter(user=known).exists() and EmailAddress.objects.filter(user=known).exists()
    assert not mail.outbox


@pytest.mark.django_db(transaction=True)
def test_erasing_outside_a_deletion_is_a_mistake_that_crashes() -> None:
    with pytest.raises(RuntimeError):
        erase_everywhere(make_user())


def test_every_table_that_points_to_a_person_is_told_or_known_to_be_public(known: User) -> None:
    """A new table that holds people must decide what it tells and wipes."""
    handled = {
        "spokenlanguage", "consent", "bodymember", "eventrole", "notification", "ticket", "roomrole", "star", "agendafeed",
        "message", "block", "emailaddress", "authenticator", "socialaccount", "logentry",
    }  # fmt: skip
    public = {"fact", "release", "speaker"}
    """Facts and releases name a nameless mark after a deletion; a speaker's entry belongs to the programme."""
    pointing = {
        relation.related_model._meta.model_name
        for relation in User._meta.related_objects
        if not relation.many_to_many
    }
    assert pointing - handled - public == set()
    assert {"profile", "chat"} <= personal_data(known).keys()
