"""The back office: who gets in, what they see there, and that a body never sees another."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from conference.admin import BODY_PATHS, GROUPS, within_bodies
from conference.core.journal import record
from conference.core.models import Event, Fact, OrganizingBody, Series
from conference.events.models import BodyMember
from conference.models import Consent, Day, Notification, Organisation, RoomRole, SpokenLanguage, Ticket, User
from realtime.models import Message, Publication
from tests.factories import (
    give_role,
    make_attendee,
    make_event,
    make_hall,
    make_session,
    make_speaker,
    make_track,
    make_user,
    release_all,
)

pytestmark = pytest.mark.django_db

MODELS = list(admin.site._registry)
SHARED: set[type[Model]] = {Organisation}


def path(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def staff_of(event: Event, **fields: Any) -> Any:
    """A member of the event's body who may enter the back office."""
    user = make_user(is_staff=True, **fields)
    BodyMember.objects.create(body=event.series.body, user=user)
    return user


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def filled_event(word: str, **fields: Any) -> Event:
    """An event with one row of everything, each marked with the word."""
    event = make_event(name={"en": f"{word} event"}, **fields)
    OrganizingBody.objects.filter(pk=event.series.body_id).update(name={"en": f"{word} body"})
    Series.objects.filter(pk=event.series_id).update(name={"en": f"{word} series"})
    event = Event.objects.get(pk=event.pk)
    place = Organisation.objects.create(name=f"{word} organisation")
    person = make_attendee(
        event, name=f"{word} attendee", organisation=place, email=f"{word.lower()}@example.org"
    )
    SpokenLanguage.objects.create(user=person, language="lo")
    give_role(person, event, "speaker")
    Consent.objects.create(user=person, event=event, purpose="directory", audience="participants")
    Day.objects.create(event=event, date=event.starts_on, label={"en": f"{word} day"})
    speaker = make_speaker(event, f"{word} speaker")
    session = make_session(
        event, f"{word} session", hall=make_hall(event, f"{word} hall"), track=make_track(event, f"{word} track"),
        speakers=(speaker,),
    )  # fmt: skip
    release_all(event)
    RoomRole.objects.create(room=session.room, user=person, role="speaker")
    Message.objects.create(
        room=session.room,
        author=person,
        text=f"{word} message",
        client_id="6f1c2a7e-0000-4000-8000-000000000001",
    )
    Publication.objects.create(room=session.room, user=person, source="camera")
    Notification.objects.create(
        user=person, event=event, kind="ticket.approved", data={"title": {"en": f"{word} notice"}}
    )
    record("event.edited", person, event)
    return event


def test_the_door_sends_strangers_to_sign_in_and_keeps_others_out():
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    attendee = make_attendee(make_event())
    assert signed_in(attendee).get("/admin/", follow=True).status_code == 403
    assert signed_in(attendee).get(path(Event, "changelist"), follow=True).status_code == 403
    assert signed_in(make_user(is_staff=True)).get("/admin/").status_code == 200


def test_every_record_is_in_the_side_bar_and_has_a_way_to_its_body():
    shown = {model for _title, models in GROUPS for model in models}
    assert shown == set(MODELS)
    unlimited = shown - set(BODY_PATHS)
    assert {model.__name__ for model in unlimited} == {"User", "Organisation"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("administrator", [True, False])
def test_every_list_and_every_record_opens(model, administrator):
    event = filled_event("Own")
    viewer = staff_of(event, is_superuser=administrator)
    client = signed_in(viewer)
    assert client.get(path(model, "changelist")).status_code == 200
    assert client.get(path(model, "changelist"), {"q": "own ' \" % ; --"}).status_code in (200, 302)
    adding = client.get(path(model, "add")).status_code
    request = RequestFactory().get("/")
    request.user = viewer
    model_admin = admin.site._registry[model]
    assert adding == (200 if model_admin.has_add_permission(request) else 403)
    row = model_admin.get_queryset(request).first()
    assert row is not None
    assert client.get(path(model, "change", row.pk)).status_code == 200
    assert client.get(path(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_member_of_staff_sees_nothing_of_another_body(model):
    own, foreign = filled_event("Own"), filled_event("Foreign", state="draft")
    staff_of(foreign, name="Foreign staff", email="foreign-staff@example.org")
    client = signed_in(staff_of(own))
    page = client.get(path(model, "changelist")).content.decode()
    assert "Foreign" not in page and "foreign" not in page
    page = client.get(path(model, "add")).content.decode()
    assert "Foreign" not in page
    request = RequestFactory().get("/")
    request.user = make_user(is_staff=True, is_superuser=True)
    seen = RequestFactory().get("/")
    seen.user = BodyMember.objects.get(body=own.series.body).user
    hidden = within_bodies(request, model._default_manager.all()).exclude(
        pk__in=within_bodies(seen, model._default_manager.all()).values("pk")
    )
    assert hidden.exists()
    for row in hidden[:3]:
        # Django's answer to a record that is not in one's list: back to the index, told that it may have been deleted.
        answer = client.get(path(model, "change", row.pk))
        assert answer.status_code == 302 and answer.headers["Location"] == "/admin/"
        assert client.post(path(model, "change", row.pk), {}).status_code in (302, 403)
        assert client.get(path(model, "delete", row.pk)).status_code in (302, 403)
        assert client.get(path(model, "history", row.pk)).status_code in (302, 403)


def test_staff_without_a_body_sees_no_rows_at_all():
    filled_event("Foreign")
    client = signed_in(make_user(is_staff=True))
    for model in MODELS:
        assert "Foreign" not in client.get(path(model, "changelist")).content.decode()


def test_choices_hold_only_what_is_ones_own():
    own, foreign = make_event(), make_event()
    staff = staff_of(own)
    client = signed_in(staff)
    page = client.get(path(Series, "add")).content.decode()
    assert own.series.body.name["en"] in page and foreign.series.body.name["en"] not in page
    sent = {"body": foreign.series.body_id, "slug": "stolen", "name_en": "Stolen"}
    answer = client.post(path(Series, "add"), sent)
    assert answer.status_code == 200 and not Series.objects.filter(slug="stolen").exists()
    answer = client.post(path(Series, "add"), {**sent, "body": own.series.body_id})
    assert answer.status_code == 302 and Series.objects.get(slug="stolen").body == own.series.body


def test_the_choice_of_a_person_finds_only_ones_own_people():
    own, foreign = make_event(), make_event()
    make_attendee(foreign, name="Findme Foreign")
    make_attendee(own, name="Findme Own")
    query = {"app_label": "conference", "model_name": "bodymember", "field_name": "user", "term": "findme"}
    answer = signed_in(make_user(is_staff=True, is_superuser=True)).get(reverse("admin:autocomplete"), query)
    assert len(answer.json()["results"]) == 2
    answer = signed_in(staff_of(own)).get(reverse("admin:autocomplete"), query)
    names = [found["text"] for found in answer.json()["results"]] if answer.status_code == 200 else []
    assert "Findme Foreign" not in names


def event_form(event: Event, **other: Any) -> dict[str, Any]:
    return {
        "acronym": event.acronym, "kind": event.kind, "admission": event.admission, "name_en": "Mended",
        "name_zh-hans": "已更正", "starts_on": "2026-11-24", "ends_on": "2026-11-26", "time_zone": event.time_zone,
        "city_en": "Kunming", "colour": event.colour, **other,
    }  # fmt: skip


def test_texts_are_edited_in_every_language_and_the_change_is_a_fact():
    event = make_event(name={"en": "Old", "lo": "ເກົ່າ"})
    staff = staff_of(event)
    client = signed_in(staff)
    assert "ເກົ່າ" in client.get(path(Event, "change", event.pk)).content.decode()
    answer = client.post(path(Event, "change", event.pk), event_form(event, name_lo="ໃໝ່"))
    assert answer.status_code == 302
    event.refresh_from_db()
    assert event.name == {"en": "Mended", "zh-hans": "已更正", "lo": "ໃໝ່"}
    fact = Fact.objects.get(verb="event.edited")
    assert fact.actor == staff and fact.event == event and "name" in fact.data["fields"]


def test_the_back_office_keeps_the_rules_of_an_event():
    event = make_event()
    client = signed_in(staff_of(event))
    page = client.post(path(Event, "change", event.pk), event_form(event, ends_on="2020-01-01"))
    assert page.status_code == 200
    sent = event_form(event, slug="stolen", state="archived", series=make_event().series_id)
    assert client.post(path(Event, "change", event.pk), sent).status_code == 302
    changed = Event.objects.get(pk=event.pk)
    assert (changed.slug, changed.state, changed.series) == (event.slug, event.state, event.series)
    administrator = signed_in(make_user(is_staff=True, is_superuser=True))
    new = event_form(event, slug="admin", series=event.series_id, state="draft")
    answer = administrator.post(path(Event, "add"), new)
    assert answer.status_code == 200 and "kept for the platform itself" in answer.content.decode()
    assert administrator.post(path(Event, "add"), {**new, "slug": "fine-one"}).status_code == 302


def test_an_archived_event_is_only_read():
    event = make_event(state="archived")
    client = signed_in(staff_of(event))
    page = client.get(path(Event, "change", event.pk)).content.decode()
    assert '<p class="mb-2" lang="zh-hans" dir="auto"><small>中文</small> 茶马会议</p>' in page
    assert page.count("茶马会议") == 1 and "&quot;zh-hans&quot;" not in page and "\\u" not in page
    assert client.post(path(Event, "change", event.pk), event_form(event)).status_code == 403
    event.refresh_from_db()
    assert event.name["en"] == "Tea Road Meeting"


READ_ONLY = [
    "User",
    "Ticket",
    "EventRole",
    "Session",
    "Slot",
    "Speaker",
    "Fact",
    "Release",
    "Message",
    "Consent",
]


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.__name__ in READ_ONLY], ids=lambda m: m.__name__
)
def test_what_has_pages_of_its_own_is_only_read(model):
    event = filled_event("Own")
    client = signed_in(staff_of(event))
    row = model._default_manager.first()
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert client.post(path(model, "change", row.pk), {"name": "Changed"}).status_code == 403
    assert client.post(path(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.post(path(model, "add"), {}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    client.post(path(model, "changelist"), action)
    assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_no_one_of_staff_makes_themself_an_administrator():
    event = make_event()
    staff = staff_of(event)
    client = signed_in(staff)
    model = type(staff)
    answer = client.post(
        path(model, "change", staff.pk), {"is_superuser": "on", "is_staff": "on", "is_active": "on"}
    )
    assert answer.status_code == 403
    staff.refresh_from_db()
    assert not staff.is_superuser
    administrator = signed_in(make_user(is_staff=True, is_superuser=True))
    person = make_user()
    languages = {"spoken_languages-TOTAL_FORMS": "0", "spoken_languages-INITIAL_FORMS": "0"}
    sent = {"is_active": "on", "is_staff": "on", "email": "stolen@example.org", **languages}
    assert administrator.post(path(model, "change", person.pk), sent).status_code == 302
    email = person.email
    person.refresh_from_db()
    assert person.is_staff and person.email == email


def test_an_administrator_makes_a_body_and_its_first_member():
    administrator = signed_in(make_user(is_staff=True, is_superuser=True))
    person = make_user()
    answer = administrator.post(path(OrganizingBody, "add"), {"slug": "tea-office", "name_en": "Tea Office"})
    assert answer.status_code == 302
    body = OrganizingBody.objects.get(slug="tea-office")
    answer = administrator.post(path(BodyMember, "add"), {"body": body.pk, "user": person.pk})
    assert answer.status_code == 302
    member = BodyMember.objects.get(body=body, user=person)
    assert administrator.post(path(BodyMember, "delete", member.pk), {"post": "yes"}).status_code == 302
    assert list(Fact.objects.order_by("pk").values_list("verb", flat=True)) == [
        "organizingbody.created", "bodymember.created", "bodymember.deleted",
    ]  # fmt: skip


def test_what_people_star_is_not_told():
    event = make_event()
    person = make_attendee(event)
    record("session.starred", person, event)
    record("event.edited", person, event)
    page = signed_in(staff_of(event)).get(path(Fact, "changelist")).content.decode()
    assert "event.edited" in page and "session.starred" not in page


def test_the_secret_of_a_ticket_is_not_shown():
    event = filled_event("Own")
    ticket = event.tickets.get()
    page = signed_in(staff_of(event)).get(path(type(ticket), "change", ticket.pk)).content.decode()
    assert ticket.code not in page


def test_the_policy_is_loosened_for_the_back_office_alone():
    administrator = signed_in(make_user(is_staff=True, is_superuser=True))
    assert "unsafe-inline" in administrator.get("/admin/").headers["Content-Security-Policy"]
    assert "unsafe" not in administrator.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("model", "guess"),
    [(User, "password__startswith"), (Ticket, "code__startswith"), (Notification, "link__startswith")],
)
def test_what_a_record_does_not_show_cannot_be_guessed_through_its_list(model, guess):
    event = filled_event("Lotus")
    office = signed_in(staff_of(event))
    assert office.get(path(model, "changelist")).status_code == 200
    assert office.get(path(model, "changelist"), {guess: "a"}).status_code == 400
    administrator = signed_in(make_user(is_staff=True, is_superuser=True))
    assert administrator.get(path(model, "changelist"), {guess: "a"}).status_code == 400
