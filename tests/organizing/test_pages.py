"""The list of events and the organizers' pages, as a browser asks for them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from conference.core.models import Event
from conference.events.models import BodyMember, EventRole
from conference.organizing.queries import event_list, phase_of
from conference.registration.models import Ticket
from tests.factories import make_attendee, make_event, make_organizer, make_ticket, make_user

pytestmark = pytest.mark.django_db

PAGES = ["organize", "organize_settings", "organize_people", "organize_registrations", "new_edition"]


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def settings_of(event: Event, **other: Any) -> dict[str, Any]:
    """What the browser sends when the settings are saved as they are."""
    return {
        "name_en": event.name["en"], "name_zh-hans": event.name.get("zh-hans", ""), "city_en": "Kunming", "city_zh-hans": "昆明",
        "starts_on": event.starts_on.isoformat(), "ends_on": event.ends_on.isoformat(), "time_zone": event.time_zone,
        "colour": event.colour, "admission": event.admission, **other,
    }  # fmt: skip


def test_a_stranger_sees_what_this_is_and_the_public_events(client):
    make_event(name={"en": "Public event"})
    make_event(state="draft", name={"en": "Hidden event"})
    page = client.get("/").content.decode()
    assert "Public event" in page and "Hidden event" not in page
    assert "Sign in" in page


def test_events_are_listed_by_what_they_are_now():
    running = make_event(starts_on=date(2026, 11, 22), ends_on=date(2026, 11, 24))
    coming = make_event(starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 2))
    past = make_event(starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 2))
    archived = make_event(starts_on=date(2026, 12, 5), ends_on=date(2026, 12, 5), state="archived")
    told = event_list(None, datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert [card.event for card in told.running] == [running]
    assert [card.event for card in told.coming] == [coming]
    assert [card.event for card in told.past] == [archived, past]


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        ((2026, 11, 21, 19, 59), "coming"),  # 03:59 in Kunming: the night before
        ((2026, 11, 21, 20, 0), "running"),  # 04:00
        ((2026, 11, 24, 19, 59), "running"),  # 03:59 of the night after the last day
        ((2026, 11, 24, 20, 0), "past"),
    ],
)
def test_an_event_runs_from_four_to_four_on_its_own_clock(moment, phase):
    event = make_event(starts_on=date(2026, 11, 22), ends_on=date(2026, 11, 24))
    assert phase_of(event, datetime(*moment, tzinfo=UTC)) == phase


def test_my_ticket_and_roles_stand_on_the_card():
    event = make_event(starts_on=date(2099, 1, 1), ends_on=date(2099, 1, 2), admission="approval")
    person = make_user(roles=(event, "interpreter"))
    assert "Registration with approval" in signed_in(person).get("/").content.decode()
    make_ticket(person, event, state="pending")
    page = signed_in(person).get("/").content.decode()
    assert "Your registration is being looked at" in page and "Interpreter" in page
    Ticket.objects.update(state="valid", mode="onsite")
    assert "You attend in the hall" in signed_in(person).get("/").content.decode()


def test_the_list_of_events_costs_the_same_for_one_and_for_three(django_assert_num_queries):
    person = make_user()
    counts = []
    for _number in range(2):
        event = make_event()
        make_ticket(person, event)
        with django_assert_num_queries(4):
            event_list(person)
        counts.append(event)
        make_event()


def test_the_page_of_a_series_lists_its_editions_and_not_its_drafts(client):
    event = make_event(name={"en": "First edition"})
    make_event(name={"en": "Secret edition"}, series=event.series, state="draft")
    page = client.get(reverse("series", args=[event.series.slug])).content.decode()
    assert "First edition" in page and "Secret edition" not in page
    assert client.get(reverse("series", args=["nothing-here"])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_organizers_pages_are_for_organizers(name):
    event, draft = make_event(), make_event(state="draft")
    path = reverse(name, args=[event.slug])
    assert Client().get(path).status_code == 302
    assert signed_in(make_organizer(event)).get(path).status_code == 200
    for stranger in (
        make_attendee(event),
        make_user(roles=(event, "moderator")),
        make_organizer(make_event()),
    ):
        assert signed_in(stranger).get(path).status_code == 403
        assert signed_in(stranger).get(reverse(name, args=[draft.slug])).status_code == 404


def test_posting_to_an_organizers_page_as_a_stranger_changes_nothing():
    event = make_event()
    organizer = make_organizer(event)
    ticket = make_ticket(make_user(), event, state="pending")
    role = EventRole.objects.get(user=organizer)
    stranger = signed_in(make_attendee(event))
    posts = {
        reverse("organize_settings", args=[event.slug]): settings_of(event, name_en="Taken over"),
        reverse("organize_logo", args=[event.slug]): {"remove": "1"},
        reverse("organize_state", args=[event.slug]): {"archive": "1"},
        reverse("organize_people", args=[event.slug]): {"email": organizer.email, "role": "speaker"},
        reverse("take_role", args=[event.slug, role.pk]): {},
        reverse("answer_ticket", args=[event.slug, ticket.pk]): {"approve": "1"},
        reverse("new_edition", args=[event.slug]): {"name_en": "X", "slug": "x-y", "starts_on": "2027-01-01"},
    }
    for path, data in posts.items():
        assert stranger.post(path, data).status_code == 403, path
        assert Client().post(path, data).status_code == 302, path
    event.refresh_from_db()
    ticket.refresh_from_db()
    assert (event.name["en"], event.state, ticket.state) == ("Tea Road Meeting", "published", "pending")
    assert Event.objects.count() == 1 and EventRole.objects.filter(event=event).count() == 1


def test_settings_are_saved_and_no_language_is_lost():
    event = make_event(name={"en": "Old", "zh-hans": "旧", "lo": "ເກົ່າ"})
    client = signed_in(make_organizer(event))
    path = reverse("organize_settings", args=[event.slug])
    assert "ເກົ່າ" in client.get(path).content.decode()
    sent = settings_of(event, name_en="New", name_lo="ໃໝ່", colour="#aabbcc", **{"tagline_zh-hans": "一句话"})
    assert client.post(path, sent).status_code == 302
    event.refresh_from_db()
    assert event.name == {"en": "New", "zh-hans": "旧", "lo": "ໃໝ່"}
    assert event.tagline == {"zh-hans": "一句话"} and event.colour == "#aabbcc"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name_en": "", "name_zh-hans": ""}, {"name_en": "x" * 201}, {"ends_on": "2020-01-01"}, {"ends_on": "never"},
        {"time_zone": "Asia/Atlantis"}, {"colour": "red"}, {"colour": "#12"}, {"admission": "nobody"},
        {"ends_on": "2099-01-01"},
    ],
)  # fmt: skip
def test_settings_that_do_not_hold_are_shown_again_with_what_was_typed(wrong):
    event = make_event()
    client = signed_in(make_organizer(event))
    answer = client.post(
        reverse("organize_settings", args=[event.slug]), settings_of(event, tagline_en="Kept words", **wrong)
    )
    assert answer.status_code == 422
    assert (
        "Kept words" in answer.content.decode()
        and "Please correct the marked fields" in answer.content.decode()
    )
    event.refresh_from_db()
    assert event.name["en"] == "Tea Road Meeting" and event.tagline == {}


def test_script_in_a_text_is_shown_as_text():
    event = make_event(
        name={"en": "<script>alert(1)</script>"}, tagline={"en": '"><img src=x onerror=alert(1)>'}
    )
    page = Client().get("/").content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page and "<img src=x" not in page
    board = signed_in(make_organizer(event)).get(reverse("organize", args=[event.slug])).content.decode()
    assert "<script>alert" not in board


def test_a_logo_must_be_a_picture():
    event = make_event()
    client = signed_in(make_organizer(event))
    path = reverse("organize_logo", args=[event.slug])
    answer = client.post(
        path, {"logo": SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>", "image/png")}
    )
    assert answer.status_code == 422 and "not a picture" in answer.content.decode()
    assert client.post(path, {}).status_code == 422
    picture = io.BytesIO()
    Image.new("RGB", (60, 60), "teal").save(picture, "PNG")
    answer = client.post(path, {"logo": SimpleUploadedFile("logo.png", picture.getvalue(), "image/png")})
    assert answer.status_code == 302
    event.refresh_from_db()
    answer = client.get(event.logo.url)
    assert answer.headers["Content-Type"] == "image/webp"
    assert b"".join(answer.streaming_content)[:4] == b"RIFF"  # type: ignore[arg-type]
    assert client.post(path, {"remove": "1"}).status_code == 302
    event.refresh_from_db()
    assert not event.logo


def test_an_oversized_logo_is_refused_with_a_sentence():
    event = make_event()
    client = signed_in(make_organizer(event))
    big = SimpleUploadedFile("logo.png", b"\x89PNG" + b"0" * (8 * 1024 * 1024), "image/png")
    answer = client.post(reverse("organize_logo", args=[event.slug]), {"logo": big})
    assert answer.status_code == 422 and "larger than 8 MB" in answer.content.decode()


def test_a_role_is_given_on_the_page_and_an_unknown_address_is_told():
    event = make_event()
    client = signed_in(make_organizer(event))
    person = make_user("ບຸນມີ", email="bounmy@example.org")
    make_user("A stranger who must not be listed", email="stranger@example.org")
    path = reverse("organize_people", args=[event.slug])
    assert "must not be listed" not in client.get(path).content.decode()
    answer = client.post(path, {"email": "bounm@example.org", "role": "speaker"})
    assert answer.status_code == 422 and "bounm@example.org" in answer.content.decode()
    assert client.post(path, {"email": "bounmy@example.org", "role": "speaker"}).status_code == 302
    page = client.get(path).content.decode()
    assert "ບຸນມີ" in page and "bounmy@example.org" not in page
    role = EventRole.objects.get(user=person)
    assert client.post(reverse("take_role", args=[event.slug, role.pk])).status_code == 302
    assert not EventRole.objects.filter(user=person).exists()


def test_an_organizer_who_gives_up_the_role_lands_on_the_list_of_events():
    event = make_event()
    make_organizer(event)
    me = make_organizer(event)
    role = EventRole.objects.get(user=me)
    assert signed_in(me).post(reverse("take_role", args=[event.slug, role.pk])).url == "/"


def test_waiting_registrations_come_first_and_are_answered():
    event = make_event(admission="approval")
    client = signed_in(make_organizer(event))
    make_attendee(event, name="Already in")
    waiting = make_ticket(make_user("Waiting person"), event, state="pending")
    refused = make_ticket(make_user("Zed"), event, state="pending")
    path = reverse("organize_registrations", args=[event.slug])
    page = client.get(path).content.decode()
    assert page.index("Waiting person") < page.index("Already in")
    assert "Already in" not in client.get(path, {"state": "pending"}).content.decode()
    assert "Zed" not in client.get(path, {"q": "waiting"}).content.decode()
    assert client.get(path, {"page": "99", "q": "x" * 300, "state": "'; --"}).status_code == 200
    client.post(reverse("answer_ticket", args=[event.slug, waiting.pk]), {"approve": "1"})
    client.post(reverse("answer_ticket", args=[event.slug, refused.pk]), {"refuse": "1"})
    waiting.refresh_from_db()
    refused.refresh_from_db()
    assert (waiting.state, refused.state) == ("valid", "refused")
    client.post(reverse("answer_ticket", args=[event.slug, waiting.pk]), {"withdraw": "1"})
    waiting.refresh_from_db()
    assert waiting.state == "refused"


def test_the_board_says_what_is_to_be_done():
    event = make_event(state="draft")
    client = signed_in(make_organizer(event))
    path = reverse("organize", args=[event.slug])
    page = client.get(path).content.decode()
    assert "Nobody but the organizers sees this event yet" in page
    assert "The programme has not been released yet" in page
    assert client.post(reverse("organize_state", args=[event.slug]), {"publish": "1"}).status_code == 302
    page = client.get(path).content.decode()
    assert "Nobody but the organizers" not in page and "The event was published" in page


def test_a_member_of_a_body_makes_a_series_an_event_and_the_next_edition():
    member = make_user()
    earlier = make_event()
    body = earlier.series.body
    BodyMember.objects.create(body=body, user=member)
    client = signed_in(member)
    answer = client.post(
        reverse("new_series"), {"body": body.pk, "series_name_en": "Tea Road", "series_slug": "tea-road"}
    )
    assert answer.url == "/events/new/?series=tea-road"
    series = body.series.get(slug="tea-road")
    sent = {
        "template": "docking", "series": series.pk, "name_en": "Tea meeting", "slug": "tea-1", "starts_on": "2027-03-01",
        "ends_on": "2027-03-01", "time_zone": "Asia/Kathmandu", "city_en": "Kathmandu",
    }  # fmt: skip
    kept = client.post(reverse("new_event"), {**sent, "slug": "admin"})
    assert kept.status_code == 422 and "Tea meeting" in kept.content.decode()
    assert client.post(reverse("new_event"), sent).url == "/tea-1/organize/"
    event = Event.objects.get(slug="tea-1")
    assert event.kind == "docking" and event.acronym == "tea_1" and event.time_zone == "Asia/Kathmandu"
    answer = client.post(
        reverse("new_edition", args=["tea-1"]),
        {"name_en": "Tea again", "slug": "tea-2", "starts_on": "2028-03-01"},
    )
    assert answer.url == "/tea-2/organize/"
    assert (
        client.post(
            reverse("new_edition", args=["tea-1"]),
            {"name_en": "Tea again", "slug": "tea-2", "starts_on": "2028-03-01"},
        ).status_code
        == 422
    )


def test_who_belongs_to_no_body_makes_no_event():
    event = make_event()
    client = signed_in(make_organizer(event))
    assert client.get(reverse("new_event")).status_code == 403
    assert client.post(reverse("new_series"), {}).status_code == 422
    assert client.get(reverse("body", args=[event.series.body.slug])).status_code == 404
    assert "New event" not in client.get("/").content.decode()


def test_a_series_of_another_body_cannot_be_chosen():
    mine, theirs = make_event(), make_event()
    member = make_user()
    BodyMember.objects.create(body=mine.series.body, user=member)
    client = signed_in(member)
    page = client.get(reverse("new_event")).content.decode()
    assert mine.series.name["en"] in page and theirs.series.name["en"] not in page
    sent = {
        "template": "docking", "series": theirs.series.pk, "name_en": "Intruder", "slug": "intruder",
        "starts_on": "2027-03-01", "ends_on": "2027-03-01", "time_zone": "Asia/Kathmandu", "city_en": "Kathmandu",
    }  # fmt: skip
    assert client.post(reverse("new_event"), sent).status_code == 422
    series = {"body": theirs.series.body.pk, "series_name_en": "Intruders", "series_slug": "intruders"}
    assert client.post(reverse("new_series"), series).status_code == 422
    assert not Event.objects.filter(slug="intruder").exists()


def test_members_of_a_body_are_managed_on_its_page():
    event = make_event()
    body = event.series.body
    member, colleague = make_user("Li"), make_user("Noy", email="noy@example.org")
    BodyMember.objects.create(body=body, user=member)
    client = signed_in(member)
    path = reverse("body", args=[body.slug])
    assert client.post(path, {"email": "unknown@example.org"}).status_code == 422
    assert client.post(path, {"email": "noy@example.org"}).status_code == 302
    assert "Noy" in client.get(path).content.decode()
    row = BodyMember.objects.get(user=colleague)
    assert signed_in(make_user()).post(reverse("remove_member", args=[body.slug, row.pk])).status_code == 404
    assert client.post(reverse("remove_member", args=[body.slug, row.pk])).status_code == 302
    own = BodyMember.objects.get(user=member)
    assert client.post(reverse("remove_member", args=[body.slug, own.pk])).status_code == 409


def test_the_pages_speak_chinese():
    make_event()
    client = Client()
    client.cookies["django_language"] = "zh-hans"
    page = client.get("/").content.decode()
    assert 'lang="zh-hans"' in page and "茶马会议" in page
