"""Muting, removing and letting back in; reports and what is decided about them: who may, who is told what, and two at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing, Refusal
from conference.core.models import Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from conference.notifications.kinds import body_of
from conference.notifications.models import Notification
from conference.rooms.models import Restriction
from realtime import queries
from realtime.chat.actions import delete_message, send_message
from realtime.chat.models import Message
from realtime.moderation import actions
from realtime.moderation.log import acts_in
from realtime.moderation.models import Report
from realtime.moderation.queries import hosts_part
from realtime.polls.actions import create_poll
from realtime.questions.actions import approve_question, ask_question, dismiss_question, raise_hand
from realtime.questions.models import Hand, Question
from realtime.rules.actions import set_rules
from realtime.snapshots import own_part
from realtime.stage.models import Publication
from realtime.timer.actions import start_timer
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import by_id, listen, rows

in_db = database_sync_to_async
Decision = Report.Decision


def say(world: World, person: User, text: str = "Buy my rice") -> Message:
    return send_message(person, world.room.pk, client_id=uuid.uuid4(), text=text)


def ask(world: World, person: User, **more: Any) -> Question:
    return ask_question(person, world.room.pk, client_id=uuid.uuid4(), text="Why?", **more)


def reported(world: World, person: User, message: Message, words: str = "") -> Report:
    return actions.report(person, world.room.pk, kind="message", thing=message.pk, reason="spam", words=words)


def decide(world: World, report: Report, decision: str, note: str = "", by: User | None = None) -> Report:
    return actions.decide_report(
        by or world.moderator, world.room.pk, report_id=report.pk, decision=decision, note=note
    )


def mute(world: World, person: User, by: User | None = None) -> None:
    actions.mute_person(by or world.moderator, world.room.pk, person_id=person.pk)


def remove(world: World, person: User, by: User | None = None) -> None:
    actions.remove_person(by or world.moderator, world.room.pk, person_id=person.pk)


# --- muted ---


def test_whoever_is_muted_reads_along_and_says_nothing(world: World) -> None:
    raise_hand(world.noy, world.room.pk)
    mute(world, world.noy)
    assert Hand.objects.count() == 0, "A muted person does not get the word."
    for speak in (
        lambda: say(world, world.noy),
        lambda: ask(world, world.noy),
        lambda: raise_hand(world.noy, world.room.pk),
    ):
        with pytest.raises(Denied, match="muted you"):
            speak()
    assert (Message.objects.count(), Question.objects.count(), Hand.objects.count()) == (0, 0, 0)
    assert own_part(world.noy, world.room, "attendee")["restriction"] == [
        {"id": world.room.pk, "muted": True, "removed": False}
    ]
    actions.unmute_person(world.moderator, world.room.pk, person_id=world.noy.pk)
    say(world, world.noy)
    raise_hand(world.noy, world.room.pk)
    assert own_part(world.noy, world.room, "attendee")["restriction"] == []


def test_muting_twice_is_told_once_and_another_room_is_not_concerned(world: World) -> None:
    mute(world, world.noy)
    mute(world, world.noy, by=world.organizer)
    assert Fact.objects.filter(verb="person.muted").count() == 1
    other = type(world.room).objects.create(event=world.event)
    send_message(world.noy, other.pk, client_id=uuid.uuid4(), text="Here I may")


@pytest.mark.parametrize("take", [mute, remove])
def test_those_who_run_the_room_and_oneself_cannot_be_restricted(
    world: World, take: Callable[..., None]
) -> None:
    for person in (world.moderator, world.organizer):
        with pytest.raises(Denied):
            take(world, person)
    with pytest.raises(Denied):
        take(world, world.organizer, by=world.moderator)
    with pytest.raises(Missing):
        take(world, world.stranger)
    assert Restriction.objects.count() == 0


@pytest.mark.django_db(transaction=True)
async def test_the_person_is_told_by_themselves_and_the_hosts_with_the_name(
    world: World, tab: OpenTab
) -> None:
    room = world.room
    moderator, noy, sari = [await tab(who, room) for who in (world.moderator, world.noy, world.sari)]
    assert (await moderator.ask("person.mute", room.pk, person=world.noy.pk))["data"] == {}
    own = await noy.frame()
    assert (own["stream"], own["update"]) == (f"person.{world.noy.pk}", "restriction.saved")
    assert own["data"] == {"id": room.pk, "muted": True, "removed": False}
    assert (await noy.frame())["update"] == "rights.saved"
    told = await moderator.frame()
    assert (told["stream"], told["update"]) == (f"room.{room.pk}.hosts", "restriction.saved")
    assert (told["data"]["id"], told["data"]["person"]["name"]) == (world.noy.pk, "Noy")
    assert (await in_db(hosts_part)(room))["state"]["restriction"] == [told["data"]]
    assert (await noy.say("Hi", room.pk))["error"]["code"] == "denied"
    await moderator.ask("person.unmute", room.pk, person=world.noy.pk)
    assert (await noy.frame())["update"] == "restriction.removed"
    assert (await moderator.frame())["data"] == {"id": world.noy.pk}
    assert await sari.silence()


# --- removed ---


@pytest.mark.django_db(transaction=True)
async def test_whoever_is_removed_leaves_at_once_hears_nothing_and_comes_back_when_let_in(
    world: World, tab: OpenTab
) -> None:
    room = world.room
    moderator, noy = await tab(world.moderator, room), await tab(world.noy, room)
    await moderator.ask("person.remove", room.pk, person=world.noy.pk)
    frames = {
        frame.get("update") or frame["signal"]: frame for frame in [await noy.frame() for _each in range(3)]
    }
    assert set(frames) == {"restriction.saved", "rights.saved", "closed"}
    closed = frames["closed"]["data"]
    assert closed["code"] == "denied"
    assert "removed you" in closed["message"]
    assert "organizers" in closed["message"], "The sentence says whom to ask."
    for command, data in (
        ("room.enter", {}),
        ("stream.resume", {"stream": f"room.{room.pk}", "seq": 0}),
        ("chat.history", {"before": 10}),
        ("room.people", {}),
    ):
        error = (await noy.ask(command, room.pk, **data))["error"]
        assert (error["code"], error["message"]) == ("denied", closed["message"]), command
    await moderator.say("Among us", room.pk)
    assert await noy.silence()
    await moderator.ask("person.readmit", room.pk, person=world.noy.pk)
    assert {(await noy.frame())["update"], (await noy.frame())["update"]} == {
        "restriction.removed",
        "rights.saved",
    }
    entered = (await noy.ask("room.enter", room.pk))["data"]
    assert [each["text"] for each in entered["state"]["message"]] == ["Among us"]


@pytest.mark.django_db(transaction=True)
async def test_a_speaker_who_is_removed_leaves_the_stage(world: World, tab: OpenTab) -> None:
    room = world.room
    await in_db(world.publication)(world.bounmy)
    speaker, noy = await tab(world.bounmy, room), await tab(world.noy, room)
    await in_db(remove)(world, world.bounmy)
    await speaker.signal("closed")
    assert (await noy.frame())["update"] == "publication.removed"


@pytest.mark.django_db(transaction=True)
async def test_whoever_is_removed_while_coming_in_does_not_get_in(
    world: World, tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    noy, room_now, waiting = await tab(world.noy), queries.room_now, threading.Event()

    def meanwhile(viewer: User, admission: Any) -> Any:
        found = room_now(viewer, admission)
        monkeypatch.setattr(queries, "room_now", room_now)
        remove(world, world.noy)
        waiting.wait(1)  # the server has looked at the rights of a page that is not in the room yet
        return found

    monkeypatch.setattr(queries, "room_now", meanwhile)
    reply = await noy.ask("room.enter", world.room.pk)
    assert "removed you" in reply["error"]["message"]
    await in_db(say)(world, world.moderator, "Among us")
    assert {frame["update"] for frame in noy.aside} <= {"restriction.saved", "rights.saved"}
    noy.aside.clear()
    assert await noy.silence()


def test_what_a_removed_person_sends_ends_without_a_page_in_the_room_too(world: World) -> None:
    world.publication(world.bounmy)
    remove(world, world.bounmy)
    assert Publication.objects.count() == 0


# --- reporting ---


def test_a_report_is_seen_by_those_who_run_the_room_without_who_made_it(world: World) -> None:
    message = say(world, world.noy)
    made = reported(world, world.sari, message, "He sells rice")
    (seen,) = hosts_part(world.room)["state"]["report"]
    assert (seen["id"], seen["kind"], seen["thing"], seen["reason"]) == (
        made.pk,
        "message",
        message.pk,
        "spam",
    )
    assert (seen["text"], seen["words"], seen["person"]["name"]) == ("Buy my rice", "He sells rice", "Noy")
    assert "Sari" not in DjangoJSONEncoder().encode(seen)
    assert Fact.objects.get(verb="report.made").actor is None
    notice = Notification.objects.get(kind="report.made")
    assert (notice.user, notice.link) == (
        world.organizer,
        f"/{world.event.slug}/rooms/{world.room.code}/console",
    )
    assert own_part(world.noy, world.room, "attendee")["restriction"] == []


def test_one_reports_a_thing_once_and_the_organizers_hear_of_it_once(world: World) -> None:
    message = say(world, world.noy)
    first = reported(world, world.sari, message)
    assert reported(world, world.sari, message, "Again") == first
    reported(world, world.bounmy, message)
    assert Report.objects.count() == 2
    assert Notification.objects.filter(kind="report.made").count() == 1


def test_what_one_cannot_see_and_what_is_ones_own_is_not_reported(world: World) -> None:
    message, waiting = say(world, world.noy), ask(world, world.noy)
    with pytest.raises(Invalid):
        reported(world, world.noy, message)
    for kind, thing in (
        ("question", waiting.pk),
        ("message", 999_999),
        ("person", world.stranger.pk),
        ("person", 999_999),
    ):
        with pytest.raises(Missing):
            actions.report(world.sari, world.room.pk, kind=kind, thing=thing, reason="spam")
    delete_message(world.noy, world.room.pk, message_id=message.pk)
    with pytest.raises(Missing):
        reported(world, world.sari, message)
    with pytest.raises(Conflict, match="organizers"):
        reported(world, world.sari, say(world, world.moderator))
    assert Report.objects.count() == 0


def test_a_person_can_be_reported_and_a_muted_person_can_report(world: World) -> None:
    mute(world, world.sari)
    actions.report(world.sari, world.room.pk, kind="person", thing=world.noy.pk, reason="insult")
    (seen,) = hosts_part(world.room)["state"]["report"]
    assert (seen["person"]["id"], seen["text"]) == (world.noy.pk, "")


def test_one_person_cannot_fill_the_list_of_reports(world: World) -> None:
    messages = [say(world, world.noy, f"Rice {number}") for number in range(actions.MOST_OPEN + 1)]
    for message in messages[:-1]:
        reported(world, world.sari, message)
    with pytest.raises(Conflict):
        reported(world, world.sari, messages[-1])


# --- deciding ---


@pytest.mark.parametrize("decision", Decision.values)
def test_a_decision_is_carried_out_and_told_to_whoever_reported(world: World, decision: str) -> None:
    message = say(world, world.noy)
    one, two = reported(world, world.sari, message), reported(world, world.bounmy, message)
    decided = decide(world, one, decision, "Thank you for telling us.")
    two.refresh_from_db()
    assert (decided.decision, two.decision, two.decided_by) == (decision, decision, world.moderator)
    assert decided.decided == two.decided, "By that the console knows them as one matter."
    message.refresh_from_db()
    assert (message.state == Message.State.DELETED) == (decision == Decision.MESSAGE_REMOVED)
    lost = set(Restriction.objects.filter(user=world.noy).values_list("kind", flat=True))
    assert lost == {"person_muted": {"muted"}, "person_removed": {"removed"}}.get(decision, set())
    notices = Notification.objects.filter(kind="report.decided")
    assert {notice.user for notice in notices} == {world.sari, world.bounmy}
    for notice in notices:
        body = body_of(notice.kind, notice.data)
        assert body.endswith("\nThank you for telling us.")
        assert not {"Sari", "Bounmy", "Noy"} & set(body.replace(".", " ").split())
    assert not Notification.objects.filter(user=world.noy).exists()


def test_a_reported_question_is_dismissed_and_without_a_name_only_that(world: World) -> None:
    set_rules(world.moderator, world.room.pk, changes={"anonymous_questions": True})
    question = ask(world, world.noy, anonymous=True)
    approve_question(world.moderator, world.room.pk, question_id=question.pk)
    made = actions.report(world.sari, world.room.pk, kind="question", thing=question.pk, reason="private")
    (seen,) = hosts_part(world.room)["state"]["report"]
    assert seen["person"] is None
    for decision in (Decision.PERSON_MUTED, Decision.PERSON_REMOVED):
        with pytest.raises(Invalid):
            decide(world, made, decision)
    decide(world, made, Decision.MESSAGE_REMOVED)
    question.refresh_from_db()
    assert question.state == Question.State.DISMISSED


def test_what_its_author_took_away_meanwhile_is_decided_about_all_the_same(world: World) -> None:
    message = say(world, world.noy)
    made = reported(world, world.sari, message)
    delete_message(world.noy, world.room.pk, message_id=message.pk)
    assert decide(world, made, Decision.MESSAGE_REMOVED).decision == Decision.MESSAGE_REMOVED
    (seen,) = hosts_part(world.room)["state"]["report"]
    assert seen["text"] == "Buy my rice", "What it said is kept for those who decide."


def test_a_person_is_not_taken_away_and_nobody_decides_about_themselves(world: World) -> None:
    made = actions.report(world.sari, world.room.pk, kind="person", thing=world.noy.pk, reason="other")
    with pytest.raises(Invalid):
        decide(world, made, Decision.MESSAGE_REMOVED)
    world.room.roles.create(user=world.noy, role="moderator")
    with pytest.raises(Denied):
        decide(world, made, Decision.NOTHING, by=world.noy)
    assert Report.objects.get().decision == ""


# --- who may ---

ACTS: dict[str, Callable[[User, World, Report], Any]] = {
    "mute": lambda who, w, r: mute(w, w.noy, by=who),
    "unmute": lambda who, w, r: actions.unmute_person(who, w.room.pk, person_id=w.sari.pk),
    "remove": lambda who, w, r: remove(w, w.noy, by=who),
    "readmit": lambda who, w, r: actions.readmit_person(who, w.room.pk, person_id=w.sari.pk),
    "decide": lambda who, w, r: decide(w, r, Decision.PERSON_MUTED, by=who),
}


@pytest.mark.parametrize("role", ["attendee", "speaker", "stranger"])
@pytest.mark.parametrize("act", ACTS)
def test_only_those_who_run_the_room_moderate_it(world: World, act: str, role: str) -> None:
    made = reported(world, world.sari, say(world, world.noy))
    mute(world, world.sari)
    who = {
        "attendee": world.attendee("Another"),
        "speaker": world.bounmy,
        "stranger": world.stranger,
    }[role]
    before = _state()
    with pytest.raises((Denied, Missing)):
        ACTS[act](who, world, made)
    assert _state() == before


def _state() -> list[Any]:
    return rows(Restriction, Report, Message, Hand, Notification, Fact, Stream)


@pytest.mark.parametrize("page", ["console", "log", "log.csv"])
@pytest.mark.parametrize(
    ("role", "status"),
    [("moderator", 200), ("organizer", 200), ("bounmy", 403), ("noy", 403), ("stranger", 403)],
)
def test_the_console_and_its_log_are_for_those_who_run_the_room(
    world: World, page: str, role: str, status: int
) -> None:
    client = Client()
    address = f"/{world.event.slug}/rooms/{world.room.code}/{page}"
    assert client.get(address).status_code == 302, "Whoever is not signed in is asked to."
    client.force_login(getattr(world, role))
    assert client.get(address).status_code == status
    assert client.get(f"/{world.event.slug}/rooms/ZZZZZZ/{page}").status_code == 404


# --- two at once ---


def _decide_both_at_once(world: World, made: Report) -> list[Any]:
    return together(
        lambda: decide(world, made, Decision.NOTHING, "It is fine.", by=world.moderator),
        lambda: decide(world, made, Decision.PERSON_MUTED, "It is not.", by=world.organizer),
    )


def test_of_two_who_decide_at_once_one_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = reported(world, world.sari, say(world, world.noy))
    monkeypatch.setattr(actions, "get_room_to_run", meeting(actions.get_room_to_run))
    monkeypatch.setattr(actions, "mute_person", lambda *args, **more: None)
    results = _decide_both_at_once(world, made)
    (lost,) = [each for each in results if isinstance(each, Conflict)]
    assert "has decided about this report already" in str(lost.message)
    assert Notification.objects.filter(kind="report.decided").count() == 1
    assert Fact.objects.filter(verb="report.decided").count() == 1


def test_without_the_lock_both_would_have_decided(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = reported(world, world.sari, say(world, world.noy))

    def read_without_lock(room: Any, report_id: int) -> Report:
        return Report.objects.select_related("person", "decided_by").get(pk=report_id)

    monkeypatch.setattr(actions, "_lock_room", lambda room: None)
    monkeypatch.setattr(actions, "get_report", meeting(read_without_lock))
    results = _decide_both_at_once(world, made)
    assert not any(isinstance(each, Conflict) for each in results)


def test_whoever_is_muted_while_raising_a_hand_does_not_get_into_the_line(world: World) -> None:
    for _round in range(5):
        together(lambda: mute(world, world.noy), lambda: raise_hand(world.noy, world.room.pk))
        assert Hand.objects.count() == 0
        actions.unmute_person(world.moderator, world.room.pk, person_id=world.noy.pk)


def test_deciding_deleting_and_voting_at_once_do_not_wait_for_each_other(world: World) -> None:
    """Locks are taken in one order: the room, the thing, the streams."""
    for number in range(6):
        message = say(world, world.noy, f"Rice {number}")
        made = reported(world, world.sari, message)
        results = together(
            lambda made=made: decide(world, made, Decision.MESSAGE_REMOVED),
            lambda message=message: delete_message(world.noy, world.room.pk, message_id=message.pk),
            lambda number=number: say(world, world.sari, f"Hm {number}"),
            lambda: mute(world, world.bounmy),
        )
        assert not [each for each in results if isinstance(each, Refusal)], results
        made.refresh_from_db()
        assert made.decision == Decision.MESSAGE_REMOVED
        message.refresh_from_db()
        assert message.state == Message.State.DELETED


# --- what is announced, kept and told ---


def test_updates_make_an_old_snapshot_a_fresh_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = listen(monkeypatch, actions)
    first, second = reported(world, world.sari, say(world, world.noy)), None
    second = actions.report(world.sari, world.room.pk, kind="person", thing=world.bounmy.pk, reason="other")
    decide(world, first, Decision.PERSON_MUTED, "Thanks")
    remove(world, world.noy)
    mute(world, world.bounmy)
    actions.unmute_person(world.moderator, world.room.pk, person_id=world.bounmy.pk)
    decide(world, second, Decision.NOTHING)
    gone = world.attendee("Gone")
    mute(world, gone)
    third = actions.report(world.sari, world.room.pk, kind="person", thing=gone.pk, reason="other")
    with transaction.atomic():
        actions.forget_reports(gone)
    assert third.pk

    state, hosts = hosts_part(world.room)["state"], f"room.{world.room.pk}.hosts"
    assert told[hosts, "report"] == by_id(state["report"])
    assert told[hosts, "restriction"] == by_id(state["restriction"])
    for person in (world.noy, world.bounmy):
        own = own_part(person, world.room, "attendee")["restriction"]
        assert told[f"person.{person.pk}", "restriction"] == by_id(own)


@pytest.mark.parametrize("count", [1, 3])
def test_what_the_console_shows_takes_as_many_queries_for_three_as_for_one(world: World, count: int) -> None:
    for number in range(count):
        person = world.attendee(f"Person {number}")
        decide(world, reported(world, world.sari, say(world, person)), Decision.PERSON_MUTED)
        reported(world, world.sari, say(world, world.bounmy, f"Hm {number}"))
    with CaptureQueriesContext(connection) as queries:
        hosts_part(world.room)
        own_part(world.noy, world.room, "attendee")
        acts_in(world.room)
    assert len(queries) == 5


def test_the_log_tells_what_was_done_by_whom_to_whom(world: World) -> None:
    room, chair = world.room.pk, world.moderator
    question = ask(world, world.noy)
    approve_question(chair, room, question_id=question.pk)
    dismiss_question(world.organizer, room, question_id=question.pk)
    set_rules(chair, room, changes={"slow_mode": 30})
    start_timer(chair, room, seconds=60)
    create_poll(chair, room, kind="rating", title="How?", options=[], most=1)
    own = say(world, world.sari, "Mine")
    delete_message(world.sari, room, message_id=own.pk)
    decide(world, reported(world, world.sari, say(world, world.noy)), Decision.MESSAGE_REMOVED)
    mute(world, world.noy)
    remove(world, world.bounmy)
    actions.readmit_person(chair, room, person_id=world.bounmy.pk)
    other = type(world.room).objects.create(event=world.event)
    set_rules(world.organizer, other.pk, changes={"hands": False})
    acts = [(act.who, act.what, act.whom) for act in acts_in(world.room)]
    assert acts[::-1] == [
        ("Thandar", "Put a question into the queue", ""),
        ("Yang Mei", "Dismissed a question", ""),
        ("Thandar", "Changed the rules", ""),
        ("Thandar", "Started the timer", ""),
        ("Thandar", "Made a poll", ""),
        ("Thandar", "Deleted a message", "Noy"),
        ("Thandar", "Decided about a report", "Noy"),
        ("Thandar", "Muted", "Noy"),
        ("Thandar", "Removed from the room", "Bounmy"),
        ("Thandar", "Let back in", "Bounmy"),
    ]
    assert [act.what for act in acts_in(world.room, group="people")] == [
        "Let back in",
        "Removed from the room",
        "Muted",
    ]
    assert not any("Sari" in str(act) for act in acts_in(world.room)), "Who reported is told to nobody."
    changed = next(act for act in acts_in(world.room) if act.what == "Changed the rules")
    assert changed.details == "Seconds between two messages of one person: 30"
    newest, older = acts_in(world.room, most=1)[0], acts_in(world.room)[1]
    assert acts_in(world.room, before=newest.number)[0] == older


def test_the_log_is_paged_filtered_and_downloaded(world: World) -> None:
    for number in range(60):
        set_rules(world.moderator, world.room.pk, changes={"slow_mode": number + 1})
    mute(world, world.noy)
    User.objects.filter(pk=world.noy.pk).update(name="=HYPERLINK(1)")
    client = Client()
    client.force_login(world.moderator)
    address = f"/{world.event.slug}/rooms/{world.room.code}/log"
    page = client.get(address).content.decode()
    assert page.count("Changed the rules") == 49
    older = client.get(address, {"before": acts_in(world.room)[-1].number}).content.decode()
    assert older.count("Changed the rules") == 11
    people = client.get(address, {"group": "people"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in people
    assert (people.count("Muted"), people.count("Changed the rules")) == (1, 0)
    assert client.get(address, {"group": "'; --", "before": "x"}).status_code == 200
    table = client.get(f"{address}.csv")
    lines = table.content.decode("utf-8-sig").splitlines()
    assert (len(lines), table["Cache-Control"]) == (62, "private, no-store")
    assert "Muted,'=HYPERLINK(1)," in lines[1]


def test_whoever_leaves_for_good_leaves_no_words_and_the_reporter_no_name(world: World) -> None:
    made = reported(world, world.sari, say(world, world.noy), "He sells rice")
    mute(world, world.noy)
    assert [each["words"] for each in personal_data(world.sari)["reports"]] == ["He sells rice"]
    assert len(personal_data(world.noy)["restrictions"]) == 1
    assert personal_data(world.noy)["reports"] == []
    with transaction.atomic():
        erase_everywhere(world.sari)
        erase_everywhere(world.noy)
    made.refresh_from_db()
    assert (made.reporter, made.person, made.text) == (None, None, "")
    assert Restriction.objects.count() == 0
