"""Writing the programme: who may, what changes, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from conference.core.errors import Conflict, Denied, Invalid, Missing, Refusal
from conference.core.models import Event, Fact
from conference.core.streams import position
from conference.events.models import EventRole
from conference.notifications.models import Notification
from conference.programme import actions
from conference.programme.models import (
    AgendaFeed,
    Day,
    Hall,
    Release,
    Session,
    SessionSpeaker,
    Slot,
    Speaker,
    Star,
    Track,
)
from conference.programme.queries import pending_changes, released_sessions
from conference.rooms.models import Room, RoomRole
from conference.rooms.queries import role_in
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
TITLE = {"en": "Tea", "zh-hans": "茶"}


class World:
    """An event with one of everything, and what it looks like from the database."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.account = make_user(email="speaker@example.org")
        self.hall, self.free_hall = make_hall(event), make_hall(event)
        self.track, self.free_track = make_track(event), make_track(event)
        self.day = Day.objects.create(event=event, date=date(2026, 11, 24))
        self.speaker, self.free_speaker = make_speaker(event), make_speaker(event)
        self.linked = make_speaker(event, user=make_user())
        self.session = make_session(event, hall=self.hall, track=self.track, speakers=(self.speaker,))
        self.cancelled = make_session(event, cancelled=True)
        release_all(event)
        self.draft = make_session(event)

    def state(self) -> list[Any]:
        models = (
            Session,
            Slot,
            Hall,
            Track,
            Day,
            Speaker,
            SessionSpeaker,
            Release,
            Star,
            Room,
            RoomRole,
            EventRole,
            Fact,
        )
        return [list(model._default_manager.order_by("pk").values()) for model in models]


ORGANIZERS_ONLY: dict[str, Callable[[Any, World], object]] = {
    "create_session": lambda actor, w: actions.create_session(actor, w.event, title=TITLE),
    "edit_session": lambda actor, w: actions.edit_session(actor, w.event, w.session.code, title=TITLE),
    "move_session": lambda actor, w: actions.move_session(
        actor, w.event, w.session.code, start=START + HOUR, end=START + 2 * HOUR, hall=None
    ),
    "cancel_session": lambda actor, w: actions.cancel_session(actor, w.event, w.session.code),
    "restore_session": lambda actor, w: actions.restore_session(actor, w.event, w.cancelled.code),
    "delete_session": lambda actor, w: actions.delete_session(actor, w.event, w.draft.code),
    "save_hall": lambda actor, w: actions.save_hall(
        actor, w.event, w.hall.pk, name=TITLE, kind="online", capacity=None, description={}
    ),
    "delete_hall": lambda actor, w: actions.delete_hall(actor, w.event, w.free_hall.pk),
    "save_track": lambda actor, w: actions.save_track(actor, w.event, None, name=TITLE),
    "delete_track": lambda actor, w: actions.delete_track(actor, w.event, w.free_track.pk),
    "save_day": lambda actor, w: actions.save_day(actor, w.event, None, date=date(2026, 11, 25), label={}),
    "delete_day": lambda actor, w: actions.delete_day(actor, w.event, w.day.pk),
    "create_speaker": lambda actor, w: actions.create_speaker(actor, w.event, name="Noy"),
    "edit_speaker": lambda actor, w: actions.edit_speaker(actor, w.event, w.speaker.code, name="Noy"),
    "set_speaker_photo": lambda actor, w: actions.set_speaker_photo(
        actor, w.event, w.speaker.code, photo=None
    ),
    "delete_speaker": lambda actor, w: actions.delete_speaker(actor, w.event, w.free_speaker.code),
    "link_speaker": lambda actor, w: actions.link_speaker(
        actor, w.event, w.speaker.code, email=w.account.email
    ),
    "unlink_speaker": lambda actor, w: actions.unlink_speaker(actor, w.event, w.linked.code),
    "release": lambda actor, w: actions.release(actor, w.event, version="9.9"),
}


@pytest.mark.parametrize("name", ORGANIZERS_ONLY)
def test_only_organizers_write_and_a_denied_action_changes_nothing(name: str) -> None:
    world = World(make_event())
    strangers = [
        AnonymousUser(),
        make_user(),
        make_attendee(world.event),
        make_user(roles=(world.event, "speaker")),
        make_user(roles=(world.event, "moderator")),
        make_organizer(make_event()),
    ]
    before = world.state()
    for stranger in strangers:
        with pytest.raises(Denied), transaction.atomic():
            ORGANIZERS_ONLY[name](stranger, world)
    assert world.state() == before
    ORGANIZERS_ONLY[name](make_organizer(world.event), world)
    assert world.state() != before


@pytest.mark.parametrize("name", ORGANIZERS_ONLY)
def test_an_archived_programme_is_not_changed(name: str) -> None:
    world = World(make_event(state=Event.State.ARCHIVED))
    organizer = make_organizer(world.event)
    before = world.state()
    with pytest.raises(Conflict), transaction.atomic():
        ORGANIZERS_ONLY[name](organizer, world)
    assert world.state() == before


MAKES_ITS_OWN = {"create_session", "save_track", "save_day", "create_speaker", "release"}


@pytest.mark.parametrize("name", [name for name in ORGANIZERS_ONLY if name not in MAKES_ITS_OWN])
def test_nothing_of_another_event_can_be_reached_through_ones_own(name: str) -> None:
    theirs, own = World(make_event()), make_event()
    organizer = make_organizer(own)
    before = theirs.state()
    theirs.event = own
    with pytest.raises(Missing), transaction.atomic():
        ORGANIZERS_ONLY[name](organizer, theirs)
    assert theirs.state() == before


def test_a_new_session_has_a_room_a_code_and_its_place_in_the_draft() -> None:
    event = make_event()
    organizer, speaker, hall = make_organizer(event), make_speaker(event, user=make_user()), make_hall(event)
    session = actions.create_session(
        organizer,
        event,
        start=START,
        end=START + HOUR,
        hall=hall,
        parts={speaker.pk: "moderator"},
        title=TITLE,
    )
    slot = Slot.objects.get(session=session)
    assert (slot.release, slot.start, slot.hall) == (None, START, hall)
    assert session.room.event == event
    assert dict(session.room.roles.values_list("user", "role")) == {speaker.user_id: "moderator"}
    assert len(session.code) == 6
    assert actions.create_session(organizer, event, title=TITLE).number == session.number + 1
    assert Fact.objects.filter(verb="session.created").count() == 2


@pytest.mark.parametrize(
    ("kind", "staged"), [("panel", True), ("opening", True), ("docking", False), ("other", False)]
)
def test_what_happens_on_a_stage_gets_a_room_with_a_green_room(kind: str, staged: bool) -> None:
    event = make_event()
    organizer = make_organizer(event)
    session = actions.create_session(organizer, event, title=TITLE, kind=kind)
    assert session.room.green_room is staged
    # As long as nobody has been let in the room follows the type; afterwards it stays as people know it.
    other = "docking" if staged else "panel"
    actions.edit_session(organizer, event, session.code, kind=other)
    session.room.refresh_from_db()
    assert session.room.green_room is not staged
    Room.objects.update(open=True)
    actions.edit_session(organizer, event, session.code, kind=kind)
    session.room.refresh_from_db()
    assert session.room.green_room is not staged


def test_content_holds_at_once_and_the_place_with_the_next_release() -> None:
    event = make_event()
    organizer, hall = make_organizer(event), make_hall(event)
    session = make_session(event, "Before")
    release_all(event)
    actions.edit_session(organizer, event, session.code, title={"en": "After"})
    actions.move_session(organizer, event, session.code, start=START + HOUR, end=START + 2 * HOUR, hall=hall)
    shown = released_sessions(None, event).get()
    assert (str(shown.session), shown.start) == ("After", START)
    actions.release(organizer, event, version="2.0")
    assert released_sessions(None, event).get().start == START + HOUR


def test_whoever_saves_second_is_told_and_overwrites_nothing() -> None:
    event = make_event()
    first, second = make_organizer(event), make_organizer(event)
    session = make_session(event, "Before")
    seen = session.changed
    actions.edit_session(first, event, session.code, seen=seen, title={"en": "Mine"})
    with pytest.raises(Conflict, match="Someone else"):
        actions.edit_session(second, event, session.code, seen=seen, title={"en": "Yours"})
    with pytest.raises(Conflict, match="Someone else"):
        actions.move_session(second, event, session.code, seen=seen, start=None, end=None, hall=None)
    session.refresh_from_db()
    assert session.title == {"en": "Mine"}


def test_a_move_is_a_change_for_whoever_has_the_form_open() -> None:
    event = make_event()
    organizer = make_organizer(event)
    session = make_session(event)
    seen = session.changed
    actions.move_session(organizer, event, session.code, start=None, end=None, hall=None)
    with pytest.raises(Conflict):
        actions.edit_session(organizer, event, session.code, seen=seen, title=TITLE)


def test_what_does_not_hold_is_refused_with_a_sentence_at_its_field() -> None:
    event, other = make_event(), make_event()
    organizer = make_organizer(event)
    session = make_session(event)
    wrong: dict[str, Callable[[], object]] = {
        "title": lambda: actions.edit_session(organizer, event, session.code, title={}),
        "track": lambda: actions.edit_session(organizer, event, session.code, track=make_track(other)),
        "kind": lambda: actions.edit_session(organizer, event, session.code, kind="nonsense"),
        "end": lambda: actions.move_session(
            organizer, event, session.code, start=START, end=START, hall=None
        ),
        "hall": lambda: actions.move_session(
            organizer, event, session.code, start=START, end=START + HOUR, hall=make_hall(other)
        ),
        "start": lambda: actions.move_session(
            organizer, event, session.code, start=START, end=None, hall=None
        ),
        "version": lambda: actions.release(organizer, event, version=" "),
        "name": lambda: actions.create_speaker(organizer, event, name=" "),
    }
    for field, attempt in wrong.items():
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert field in refusal.value.details["fields"], field
    with pytest.raises(Invalid):
        actions.edit_session(organizer, event, session.code, parts={make_speaker(other).pk: "speaker"})


def test_what_people_saw_is_cancelled_and_not_deleted() -> None:
    event = make_event()
    organizer = make_organizer(event)
    session = make_session(event)
    release_all(event)
    with pytest.raises(Conflict):
        actions.delete_session(organizer, event, session.code)
    actions.cancel_session(organizer, event, session.code)
    with pytest.raises(Conflict):
        actions.cancel_session(organizer, event, session.code)
    assert not released_sessions(None, event).get().cancelled
    actions.release(organizer, event, version="2.0")
    assert released_sessions(None, event).get().cancelled
    actions.restore_session(organizer, event, session.code)
    with pytest.raises(Conflict):
        actions.restore_session(organizer, event, session.code)


def test_deleting_a_draft_session_takes_its_room_along() -> None:
    event = make_event()
    session = make_session(event)
    actions.delete_session(make_organizer(event), event, session.code)
    assert not Session.objects.exists() and not Room.objects.exists()


def test_rooms_tracks_and_speakers_in_use_stay() -> None:
    world = World(make_event())
    organizer = make_organizer(world.event)
    for attempt in (
        lambda: actions.delete_hall(organizer, world.event, world.hall.pk),
        lambda: actions.delete_track(organizer, world.event, world.track.pk),
        lambda: actions.delete_speaker(organizer, world.event, world.speaker.code),
    ):
        with pytest.raises(Conflict):
            attempt()


def test_a_day_is_listed_once_and_tracks_get_addresses_in_every_script() -> None:
    event = make_event()
    organizer = make_organizer(event)
    actions.save_day(organizer, event, None, date=event.starts_on, label={})
    with pytest.raises(Invalid):
        actions.save_day(organizer, event, None, date=event.starts_on, label={})
    names = [{"en": "Green energy"}, {"en": "Green energy"}, {"zh-hans": "绿色能源"}]
    slugs = [actions.save_track(organizer, event, None, name=name).slug for name in names]
    assert slugs == ["green-energy", "green-energy-1", "track-1"]


def test_a_linked_speaker_speaks_in_the_rooms_of_their_sessions() -> None:
    event = make_event()
    organizer, person = make_organizer(event), make_user(email="noy@example.org")
    speaker = make_speaker(event)
    session = make_session(event, speakers=(speaker,))
    actions.link_speaker(organizer, event, speaker.code, email="NOY@example.org")
    assert RoomRole.objects.get(room=session.room, user=person).role == "speaker"
    assert EventRole.objects.filter(event=event, user=person, role="speaker").exists()
    with pytest.raises(Conflict):
        actions.link_speaker(organizer, event, speaker.code, email="noy@example.org")
    with pytest.raises(Invalid):
        actions.link_speaker(organizer, event, make_speaker(event).code, email="noy@example.org")
    with pytest.raises(Invalid):
        actions.link_speaker(organizer, event, make_speaker(event).code, email="nobody@example.org")
    actions.edit_session(organizer, event, session.code, parts={})
    assert not RoomRole.objects.filter(user=person).exists()
    actions.edit_session(organizer, event, session.code, parts={speaker.pk: "interpreter"})
    assert RoomRole.objects.get(user=person).role == "interpreter"
    actions.unlink_speaker(organizer, event, speaker.code)
    assert not RoomRole.objects.filter(user=person).exists()
    assert not EventRole.objects.filter(user=person).exists()


def test_a_release_counts_up_what_moved_and_only_that() -> None:
    event = make_event()
    organizer = make_organizer(event)
    moved, still = make_session(event, "Moved"), make_session(event, "Still")
    first = actions.release(organizer, event, version="1.0", note={"en": "Hello"})
    assert [change["what"] for change in first.changes] == [["new"], ["new"]]
    actions.move_session(organizer, event, moved.code, start=START + HOUR, end=START + 2 * HOUR, hall=None)
    fresh = make_session(event, "Fresh")
    second = actions.release(organizer, event, version="2.0")
    assert {change["code"]: change["what"] for change in second.changes} == {
        moved.code: ["time"],
        fresh.code: ["new"],
    }
    for session, sequence in ((moved, 1), (still, 0), (fresh, 0)):
        session.refresh_from_db()
        assert session.sequence == sequence, session
    assert second.number == 2
    assert Slot.objects.filter(release=second).count() == 3
    assert Slot.objects.filter(release=first).count() == 2


def test_what_falls_out_of_the_programme_is_told_and_counted() -> None:
    event = make_event()
    organizer, person = make_organizer(event), make_attendee(event)
    session = make_session(event)
    make_session(event)
    release_all(event)
    make_star(person, session)
    actions.move_session(organizer, event, session.code, start=None, end=None, hall=None)
    release = actions.release(organizer, event, version="2.0")
    assert [change["what"] for change in release.changes] == [["removed"]]
    session.refresh_from_db()
    assert session.sequence == 1
    assert Notification.objects.get(user=person).data["count"] == 1


def test_a_release_needs_something_to_release() -> None:
    event = make_event()
    organizer = make_organizer(event)
    make_session(event, start=None)
    with pytest.raises(Conflict):
        actions.release(organizer, event, version="1.0")
    make_session(event)
    actions.release(organizer, event, version="1.0")
    with pytest.raises(Conflict):
        actions.release(organizer, event, version="2.0")
    make_session(event)
    with pytest.raises(Invalid):
        actions.release(organizer, event, version="1.0")


def test_the_room_of_a_session_opens_to_tickets_with_the_release_that_shows_it() -> None:
    event = make_event()
    organizer, person, speaker = (
        make_organizer(event),
        make_attendee(event),
        make_speaker(event, user=make_user()),
    )
    parts = {speaker.pk: "speaker"}
    session = actions.create_session(
        organizer, event, start=START, end=START + HOUR, parts=parts, title=TITLE
    )
    assert role_in(person, session.room) is None
    assert role_in(speaker.user, session.room) == RoomRole.Role.SPEAKER
    actions.release(organizer, event, version="1.0")
    session.room.refresh_from_db()
    assert role_in(person, session.room) == RoomRole.Role.ATTENDEE
    Room.objects.filter(pk=session.room_id).update(open=False)  # closed by hand since
    actions.create_session(organizer, event, start=START + HOUR, end=START + 2 * HOUR, title=TITLE)
    actions.release(organizer, event, version="2.0")
    session.room.refresh_from_db()
    assert not session.room.open


def test_what_was_not_looked_at_is_not_released() -> None:
    event = make_event()
    organizer = make_organizer(event)
    make_session(event)
    seen = actions.fingerprint(pending_changes(organizer, event))
    make_session(event)
    with pytest.raises(Conflict, match="changed since"):
        actions.release(organizer, event, version="1.0", seen=seen)
    actions.release(
        organizer, event, version="1.0", seen=actions.fingerprint(pending_changes(organizer, event))
    )


def test_people_whose_agenda_is_touched_get_one_notice_that_names_their_sessions() -> None:
    event = make_event()
    organizer = make_organizer(event)
    starred, also, untouched = make_user(), make_user(), make_user()
    speaker = make_user()
    moved = make_session(
        event, {"en": "Moved", "zh-hans": "移动"}, speakers=(make_speaker(event, user=speaker),)
    )
    cancelled = make_session(event, "Cancelled one")
    still = make_session(event, "Still")
    release_all(event)
    make_star(starred, moved)
    make_star(starred, cancelled)
    make_star(also, cancelled)
    make_star(untouched, still)
    actions.move_session(organizer, event, moved.code, start=START + HOUR, end=START + 2 * HOUR, hall=None)
    actions.cancel_session(organizer, event, cancelled.code)
    actions.release(organizer, event, version="2.0")
    notices = {notice.user: notice for notice in Notification.objects.all()}
    assert set(notices) == {starred, also, speaker}
    assert notices[starred].kind == "agenda.changed"
    assert notices[starred].data["count"] == 2
    told = "\n".join(line["en"] for line in notices[starred].data["lines"])
    assert "Moved" in told and "Cancelled one" in told and "Still" not in told
    assert "移动" in notices[speaker].data["lines"][0]["zh-hans"]
    assert notices[also].data["count"] == 1
    assert notices[also].link.endswith("/agenda/")


def test_the_first_release_tells_nobody() -> None:
    event = make_event()
    make_star(make_user(), make_session(event))
    actions.release(make_organizer(event), event, version="1.0")
    assert not Notification.objects.exists()


def test_open_pages_hear_of_a_release_and_of_new_words_but_not_of_the_draft() -> None:
    event = make_event()
    organizer = make_organizer(event)
    session = make_session(event)
    stream = f"event.{event.pk}"
    actions.release(organizer, event, version="1.0")
    assert position(stream) == 1
    actions.edit_session(organizer, event, session.code, title=TITLE)
    assert position(stream) == 2
    actions.move_session(organizer, event, session.code, start=START + HOUR, end=START + 2 * HOUR, hall=None)
    assert position(stream) == 2


def test_a_star_is_for_released_sessions_and_signed_in_people() -> None:
    event = make_event()
    person, organizer = make_attendee(event), make_organizer(event)
    session, draft = make_session(event), make_session(event, start=None)
    release_all(event)
    actions.star(person, event, session.code)
    actions.star(person, event, session.code)
    assert Star.objects.count() == 1
    assert Fact.objects.filter(verb="session.starred").count() == 1
    refused: list[tuple[type[Refusal], Callable[[], object]]] = [
        (Denied, lambda: actions.star(AnonymousUser(), event, session.code)),  # type: ignore[arg-type]
        (Denied, lambda: actions.unstar(AnonymousUser(), event, session.code)),  # type: ignore[arg-type]
        (Denied, lambda: actions.feed_address(AnonymousUser(), event)),  # type: ignore[arg-type]
        (Denied, lambda: actions.revoke_feed(AnonymousUser(), event)),  # type: ignore[arg-type]
        (Missing, lambda: actions.star(person, event, draft.code)),
        (Conflict, lambda: actions.star(organizer, event, draft.code)),
        (Conflict, lambda: actions.revoke_feed(person, event)),
    ]
    for refusal, attempt in refused:
        with pytest.raises(refusal):
            attempt()
    assert Star.objects.count() == 1
    actions.unstar(person, event, session.code)
    actions.unstar(person, event, session.code)
    assert not Star.objects.exists()


def test_a_draft_event_is_missing_to_strangers_who_star() -> None:
    event = make_event(state=Event.State.DRAFT)
    session = make_session(event)
    release_all(event)
    with pytest.raises(Missing):
        actions.star(make_user(), event, session.code)
    assert not Star.objects.exists()


def test_the_secret_address_stays_until_it_is_revoked() -> None:
    event = make_event()
    person = make_attendee(event)
    first = actions.feed_address(person, event).secret
    assert actions.feed_address(person, event).secret == first
    assert len(first) > 40
    actions.revoke_feed(person, event)
    assert actions.feed_address(person, event).secret != first
    assert AgendaFeed.objects.count() == 1


def test_a_deleted_account_leaves_no_agenda_and_the_programme_keeps_the_speaker() -> None:
    event = make_event()
    person = make_attendee(event)
    speaker = make_speaker(event, user=person)
    make_star(person, make_session(event))
    actions.feed_address(person, event)
    actions.agenda.erase_person(person)
    speaker.refresh_from_db()
    assert speaker.user is None
    assert not Star.objects.exists() and not AgendaFeed.objects.exists()
