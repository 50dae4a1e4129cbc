"""What people do with messages: threads, changes, deletions, reactions, marks; what waits to be looked at; and two at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from conference.accounts.models import Block, Consent, User
from conference.core.errors import Busy, Conflict, Denied, Invalid, Missing
from conference.core.models import Event, Fact, Stream
from conference.notifications.models import Notification
from conference.notifications.queries import notification_data
from conference.rooms.models import Restriction
from realtime.chat import actions
from realtime.chat.models import EMOJI, Mention, Message, MessageReaction, ReadMark, Translation
from realtime.chat.people import people_to_mention
from realtime.chat.queries import (
    chat_part,
    found_messages,
    held_part,
    messages_after,
    messages_around,
    messages_before,
    thread_of,
)
from realtime.rules.actions import set_rules
from realtime.snapshots import own_part
from tests.realtime.conftest import World
from tests.realtime.stored import rows

State = Message.State
THUMB, HEART = EMOJI[:2]


def say(world: World, person: User, text: str = "Sabaidee", **more: Any) -> Message:
    return actions.send_message(person, world.room.pk, client_id=uuid.uuid4(), text=text, **more)


def edit(world: World, person: User, message: Message, text: str, **more: Any) -> Message:
    return actions.edit_message(person, world.room.pk, message_id=message.pk, text=text, **more)


def delete(world: World, person: User, message: Message) -> None:
    actions.delete_message(person, world.room.pk, message_id=message.pk)


def react(world: World, person: User, message: Message, emoji: str = THUMB, wanted: bool = True) -> list[str]:
    return actions.react_to_message(person, world.room.pk, message_id=message.pk, emoji=emoji, wanted=wanted)


def approve(world: World, message: Message, by: User | None = None) -> Message:
    return actions.approve_message(by or world.moderator, world.room.pk, message_id=message.pk)


def rules(world: World, **changes: Any) -> None:
    set_rules(world.moderator, world.room.pk, changes=changes)


def shown(world: World) -> list[dict[str, Any]]:
    return chat_part(world.room)["state"]["message"]


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["text"] for row in rows]


def listed(world: World, person: User) -> User:
    """The person agrees to be listed to the participants of the event."""
    Consent.objects.create(user=person, event=world.event, purpose="directory", audience="participants")
    return person


# --- threads ---


def test_replies_stand_in_their_thread_and_are_counted_at_its_head(world: World) -> None:
    head = say(world, world.noy, "Which rice?")
    first = say(world, world.sari, "Sticky rice", parent_id=head.pk)
    say(world, world.noy, "Thank you", parent_id=first.pk)  # a reply to a reply goes into the same thread
    assert [(row["text"], row["replies"]) for row in shown(world)] == [("Which rice?", 2)]
    thread = thread_of(world.bounmy, world.room.pk, head.pk)
    assert (thread["message"]["id"], texts(thread["replies"])) == (head.pk, ["Sticky rice", "Thank you"])
    assert thread_of(world.bounmy, world.room.pk, first.pk)["message"]["id"] == head.pk
    delete(world, world.sari, first)
    assert shown(world)[0]["replies"] == 1
    assert texts(thread_of(world.noy, world.room.pk, head.pk)["replies"]) == ["", "Thank you"]
    delete(world, world.noy, head)
    assert texts(thread_of(world.noy, world.room.pk, head.pk)["replies"]) == ["", "Thank you"]
    with pytest.raises(Conflict):
        say(world, world.sari, "Too late", parent_id=head.pk)
    with pytest.raises(Missing):
        say(world, world.sari, "To nothing", parent_id=10**9)


def test_a_long_thread_comes_in_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.chat.queries.MOST_REPLIES", 2)
    head = say(world, world.noy, "Head")
    for number in range(3):
        say(world, world.sari, str(number), parent_id=head.pk)
    newest = thread_of(world.noy, world.room.pk, head.pk)
    assert (texts(newest["replies"]), newest["more"]) == (["1", "2"], True)
    older = thread_of(world.noy, world.room.pk, head.pk, newest["replies"][0]["id"])
    assert (texts(older["replies"]), older["more"]) == (["0"], False)


# --- changing and deleting ---


def test_ones_own_message_is_changed_for_a_while_and_says_so(world: World) -> None:
    message = say(world, world.noy, "Tiphoon https://example.org")
    edit(world, world.noy, message, "Typhoon")
    (row,) = shown(world)
    assert (row["text"], row["html"], row["edited"] is not None) == ("Typhoon", "", True)
    assert texts(found_messages(world.sari, world.room.pk, "tiphoon")["messages"]) == []
    for other in (world.sari, world.moderator):
        with pytest.raises(Denied):
            edit(world, other, message, "Not mine")
    Message.objects.filter(pk=message.pk).update(created=timezone.now() - timedelta(minutes=15, seconds=1))
    with pytest.raises(Conflict, match="15 minutes"):
        edit(world, world.noy, message, "Too late")
    assert texts(shown(world)) == ["Typhoon"]


def test_a_deleted_message_leaves_its_place_and_none_of_its_words(world: World) -> None:
    listed(world, world.sari)
    message = say(world, world.noy, "Secret @Sari https://example.org", mentions=[world.sari.pk])
    react(world, world.sari, message)
    actions.keep_translation(message.pk, of_text=message.text, language="zh-hans", text="秘密")
    delete(world, world.noy, message)
    (row,) = shown(world)
    assert (row["state"], row["text"], row["html"], row["reactions"]) == ("deleted", "", "", {})
    kept = str(list(Message.objects.values())) + str(list(Translation.objects.values()))
    assert "Secret" not in kept and "秘密" not in kept
    assert not Mention.objects.exists() and not MessageReaction.objects.exists()
    fact = Fact.objects.get(verb="message.deleted")
    assert (fact.actor, fact.data["by_hosts"]) == (world.noy, False)
    delete(world, world.noy, message)  # twice is harmless
    for wrong in (lambda: edit(world, world.noy, message, "Back"), lambda: react(world, world.sari, message)):
        with pytest.raises(Conflict):
            wrong()


def test_those_who_run_the_room_delete_what_others_wrote_and_attendees_do_not(world: World) -> None:
    one, two = say(world, world.noy, "One"), say(world, world.noy, "Two")
    with pytest.raises(Denied):
        delete(world, world.sari, one)
    delete(world, world.moderator, one)
    assert [(row["state"], row["by_hosts"]) for row in shown(world)] == [("deleted", True), ("shown", False)]
    # Long after, muted, and when the event is over: one's own words can be taken back.
    Message.objects.filter(pk=two.pk).update(created=timezone.now() - timedelta(days=9))
    Restriction.objects.create(room=world.room, user=world.noy, kind=Restriction.Kind.MUTED)
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    delete(world, world.noy, two)
    assert texts(shown(world)) == ["", ""]


# --- reactions ---


def test_a_person_gives_each_emoji_once_and_can_take_it_back(world: World) -> None:
    message = say(world, world.noy)
    for _twice in range(2):
        assert react(world, world.sari, message) == [THUMB]
    react(world, world.noy, message)
    assert react(world, world.sari, message, HEART) == [THUMB, HEART]
    assert shown(world)[0]["reactions"] == {THUMB: 2, HEART: 1}
    assert own_part(world.sari, world.room, "attendee")["reacted"] == [
        {"id": message.pk, "emoji": [THUMB, HEART]}
    ]
    for _twice in range(2):
        react(world, world.sari, message, HEART, wanted=False)
    assert shown(world)[0]["reactions"] == {THUMB: 2}
    # What changed a moment ago stands in everybody's own part: the kept one may be older.
    assert own_part(world.bounmy, world.room, "speaker")["reactions"] == [
        {"id": message.pk, "parent": None, "reactions": {THUMB: 2}}
    ]


# --- names ---


def test_one_may_name_whoever_agreed_to_be_listed_and_those_on_the_stage(world: World) -> None:
    listed(world, world.sari)
    hidden = world.attendee("Saruda")
    outside = listed(world, world.person("Sarinya"))  # agreed, and has no ticket
    found = people_to_mention(world.noy, world.room.pk, "sar")
    assert found == [world.sari]
    assert {person.name for person in people_to_mention(world.noy, world.room.pk, "")} == {
        "Sari",
        "Bounmy",
        "Thandar",
    }
    Block.objects.create(blocker=world.sari, blocked=world.noy)
    assert people_to_mention(world.noy, world.room.pk, "sar") == []
    for stranger in (world.stranger, None):
        with pytest.raises((Denied, Missing)):
            people_to_mention(stranger, world.room.pk, "s")
    text = "@Saruda @Sarinya @Sari"
    message = say(world, world.noy, text, mentions=[hidden.pk, outside.pk, world.sari.pk])
    assert (message.html, Notification.objects.count()) == ("", 0)


def test_who_is_named_gets_one_notice_with_the_way_there(world: World) -> None:
    listed(world, world.sari)
    message = say(world, world.noy, "@Sari and @Bounmy, see?", mentions=[world.sari.pk])
    assert message.html == f'<mark data-person="{world.sari.pk}">@Sari</mark> and @Bounmy, see?'
    edit(world, world.noy, message, "@Sari, see?", mentions=[world.sari.pk])
    edit(world, world.noy, message, "Nobody, see?", mentions=[world.sari.pk])
    edit(world, world.noy, message, "@Sari @Bounmy", mentions=[world.sari.pk, world.bounmy.pk])
    notices = Notification.objects.order_by("pk")
    assert [(notice.user, notice.to_mail) for notice in notices] == [
        (world.sari, False),
        (world.bounmy, False),
    ]
    assert notices[0].link.endswith(f"/rooms/{world.room.code}/messages/{message.pk}/")
    assert notification_data(notices[0])["subject"] == "Noy mentioned you in the chat: Event"
    client = Client()
    client.force_login(world.stranger)
    assert client.get(notices[0].link).status_code == 403


# --- what holds in the room ---


def test_a_closed_chat_and_one_for_hosts_take_what_they_say(world: World) -> None:
    before = say(world, world.noy, "Before")
    rules(world, chat="hosts")
    for act in (lambda: say(world, world.noy), lambda: edit(world, world.noy, before, "After")):
        with pytest.raises(Conflict):
            act()
    with pytest.raises(Conflict):
        say(world, world.bounmy, "A speaker does not run the room")
    say(world, world.moderator, "From the chair")
    rules(world, chat="closed")
    for act in (lambda: say(world, world.moderator), lambda: react(world, world.noy, before)):
        with pytest.raises(Conflict):
            act()
    assert texts(shown(world)) == ["Before", "From the chair"]


def test_the_muted_write_change_and_react_no_more(world: World) -> None:
    message = say(world, world.noy)
    Restriction.objects.create(room=world.room, user=world.noy, kind=Restriction.Kind.MUTED)
    before = _state()
    for act in (
        lambda: say(world, world.noy),
        lambda: edit(world, world.noy, message, "Changed"),
        lambda: react(world, world.noy, message),
    ):
        with pytest.raises(Denied, match="muted"):
            act()
    assert _state() == before


def test_slow_mode_says_how_long_to_wait_and_spares_the_stage(world: World) -> None:
    rules(world, slow_mode=60)
    client_id = uuid.uuid4()
    once = actions.send_message(world.noy, world.room.pk, client_id=client_id, text="Once")
    with pytest.raises(Busy) as refused:
        say(world, world.noy, "Twice")
    assert 55 <= refused.value.details["retry_after"] <= 61
    again = actions.send_message(world.noy, world.room.pk, client_id=client_id, text="Once")
    assert again == once  # sent again because its answer was lost
    for person in (world.bounmy, world.bounmy, world.moderator, world.moderator, world.sari):
        say(world, person)
    Message.objects.filter(pk=once.pk).update(created=timezone.now() - timedelta(seconds=61))
    say(world, world.noy, "A minute later")


def test_a_message_with_such_a_word_waits_seen_by_its_author_and_those_who_run_the_room(
    world: World,
) -> None:
    rules(world, held_words=["cheap", "便宜"])
    held, free = (
        say(world, world.noy, "CHEAP rice, @Bounmy", mentions=[world.bounmy.pk]),
        say(world, world.sari),
    )
    say(world, world.moderator, "No cheap rice, please")  # those who run the room are not held
    assert say(world, world.sari, "很便宜").state == State.HELD
    assert texts(shown(world)) == ["Sabaidee", "No cheap rice, please"]
    assert texts(held_part(world.room)["state"]["held"]) == ["CHEAP rice, @Bounmy", "很便宜"]
    assert texts(own_part(world.noy, world.room, "attendee")["held"]) == ["CHEAP rice, @Bounmy"]
    assert own_part(world.bounmy, world.room, "speaker")["held"] == []
    assert not Notification.objects.exists()
    for other in (world.sari, world.bounmy):
        with pytest.raises(Missing):
            react(world, other, held)
        with pytest.raises(Missing):
            thread_of(other, world.room.pk, held.pk)
    assert texts(found_messages(world.noy, world.room.pk, "rice")["messages"]) == ["No cheap rice, please"]
    approve(world, held)
    assert [row["id"] for row in shown(world)][:2] == [held.pk, free.pk]  # at its place
    assert own_part(world.noy, world.room, "attendee")["held"] == []
    assert Notification.objects.get().user == world.bounmy


def test_where_all_wait_a_dismissed_one_stays_with_its_author_who_is_told(world: World) -> None:
    rules(world, hold_messages=True)
    message = say(world, world.noy, "Hm")
    actions.dismiss_message(world.moderator, world.room.pk, message_id=message.pk)
    assert (shown(world), held_part(world.room)["state"]["held"]) == ([], [])
    (own,) = own_part(world.noy, world.room, "attendee")["held"]
    assert (own["state"], own["text"]) == ("dismissed", "Hm")
    for act in (lambda: approve(world, message), lambda: edit(world, world.noy, message, "Better")):
        with pytest.raises(Conflict, match="dismissed"):
            act()
    delete(world, world.noy, message)
    assert not Message.objects.exists()


def test_a_change_cannot_bring_in_what_would_have_been_held(world: World) -> None:
    rules(world, held_words=["cheap"])
    message = say(world, world.noy, "Rice")
    reply = say(world, world.sari, "Yes?", parent_id=message.pk)
    edit(world, world.noy, message, "Cheap rice")
    assert (shown(world), texts(held_part(world.room)["state"]["held"])) == ([], ["Cheap rice"])
    edit(world, world.noy, message, "Rice again")  # somebody looks at it all the same
    assert shown(world) == []
    approve(world, message)
    edit(world, world.sari, reply, "Cheap?")
    assert [(row["text"], row["replies"]) for row in shown(world)] == [("Rice again", 0)]
    approve(world, reply)
    assert shown(world)[0]["replies"] == 1


def test_one_person_cannot_fill_what_waits(world: World) -> None:
    rules(world, hold_messages=True)
    for number in range(actions.MOST_WAITING):
        say(world, world.noy, str(number))
    with pytest.raises(Conflict):
        say(world, world.noy, "One more")
    say(world, world.sari, "Another person's")


# --- finding, and how far one has read ---


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("大家好，滴灌带在村里坏了谁来修？", "滴灌"),
        ("ขอบคุณสำหรับการนำเสนอ", "การนำเสนอ"),
        ("ເຄື່ອງສູບນ້ຳພະລັງແສງຕາເວັນ", "ແສງຕາເວັນ"),
        ("បច្ចេកវិទ្យាស្រោចស្រព", "ស្រោចស្រព"),
        ("ဆည်မြောင်းစနစ်အကြောင်း", "စနစ်"),
        ("Công nghệ tưới tiêu", "cong NGHE"),
        ("Drip irrigation of tea", "tea drip"),
    ],
)
def test_messages_are_found_in_every_script(world: World, text: str, sought: str) -> None:
    message = say(world, world.noy, text)
    say(world, world.noy, "Something else, 100%_")
    assert [row["id"] for row in found_messages(world.sari, world.room.pk, sought)["messages"]] == [
        message.pk
    ]
    assert found_messages(world.sari, world.room.pk, "%")["messages"] != []
    assert found_messages(world.sari, world.room.pk, "_x")["messages"] == []
    with pytest.raises(Invalid):
        found_messages(world.sari, world.room.pk, "\u200b ")
    with pytest.raises(Denied):
        found_messages(world.stranger, world.room.pk, sought)


def test_a_found_message_stands_among_those_around_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.chat.queries.AROUND", 2)
    monkeypatch.setattr("realtime.chat.queries.SNAPSHOT_MESSAGES", 3)
    messages = [say(world, world.noy, str(number)) for number in range(9)]
    reply = say(world, world.sari, "Reply", parent_id=messages[4].pk)
    around = messages_around(world.noy, world.room.pk, reply.pk)
    assert (texts(around["messages"]), around["thread"], around["message"]) == (
        ["3", "4", "5", "6"],
        messages[4].pk,
        messages[4].pk,
    )
    assert (around["more"], around["newer"]) == (True, True)
    later = messages_after(world.noy, world.room.pk, messages[6].pk)
    assert (texts(later["messages"]), later["newer"]) == (["7", "8"], False)
    older = messages_before(world.noy, world.room.pk, messages[3].pk)
    assert (texts(older["messages"]), older["more"]) == (["0", "1", "2"], False)
    for look in (messages_around, messages_after, messages_before):
        with pytest.raises(Denied):
            look(world.stranger, world.room.pk, messages[4].pk)


def test_who_comes_back_is_told_how_much_is_new(world: World) -> None:
    assert own_part(world.noy, world.room, "attendee")["unread"] == 0  # never here: nothing is new
    first = say(world, world.sari, "Seen")
    actions.mark_read(world.noy, world.room.pk, message_id=first.pk)
    say(world, world.noy, "Mine")
    head = say(world, world.sari, "New")
    say(world, world.sari, "Reply", parent_id=head.pk)
    delete(world, world.sari, say(world, world.sari, "Gone"))
    own = own_part(world.noy, world.room, "attendee")
    assert (own["read"], own["unread"]) == ([{"id": world.room.pk, "message": first.pk}], 1)
    actions.mark_read(world.noy, world.room.pk, message_id=10**12)
    newest = Message.objects.order_by("-pk")[0].pk
    assert own_part(world.noy, world.room, "attendee")["read"] == [{"id": world.room.pk, "message": newest}]
    actions.mark_read(world.noy, world.room.pk, message_id=first.pk)  # never back
    assert own_part(world.noy, world.room, "attendee")["unread"] == 0


# --- who may ---

ACTS: dict[str, Callable[[User, World, Message], Any]] = {
    "edit": lambda who, w, m: edit(w, who, m, "Changed"),
    "delete": lambda who, w, m: delete(w, who, m),
    "approve": lambda who, w, m: approve(w, m, who),
    "dismiss": lambda who, w, m: actions.dismiss_message(who, w.room.pk, message_id=m.pk),
    "react": lambda who, w, m: react(w, who, m),
    "reply": lambda who, w, m: say(w, who, "Reply", parent_id=m.pk),
    "thread": lambda who, w, m: thread_of(who, w.room.pk, m.pk),
    "around": lambda who, w, m: messages_around(who, w.room.pk, m.pk),
    "read": lambda who, w, m: actions.mark_read(who, w.room.pk, message_id=m.pk),
}
# For a held message of somebody else, and for a shown one: what each role may do all the same.
MAY = {
    "attendee": {"held": {"read"}, "shown": {"react", "reply", "thread", "around", "read"}},
    "speaker": {"held": {"read"}, "shown": {"react", "reply", "thread", "around", "read"}},
    "moderator": {
        "held": {"delete", "approve", "dismiss", "thread", "around", "read"},
        "shown": {"delete", "react", "reply", "thread", "around", "read"},
    },
    "stranger": {"held": set(), "shown": set()},
    "removed": {"held": set(), "shown": set()},
}


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("state", ["held", "shown"])
def test_who_may_do_what_and_a_denial_changes_nothing(world: World, state: str, role: str) -> None:
    rules(world, hold_messages=state == "held")
    message = say(world, world.noy)
    who = {
        "attendee": world.sari,
        "speaker": world.bounmy,
        "moderator": world.moderator,
        "stranger": world.stranger,
        "removed": world.attendee("Removed"),
    }[role]
    if role == "removed":
        Restriction.objects.create(room=world.room, user=who, kind=Restriction.Kind.REMOVED)
    for name, act in ACTS.items():
        before = _state()
        with transaction.atomic():
            try:
                act(who, world, message)
                done = True
            except (Denied, Missing, Conflict):
                done = False
            assert done == (name in MAY[role][state]), name
            if not done:
                assert _state() == before, name
            transaction.set_rollback(True)


def _state() -> list[Any]:
    return rows(Message, Mention, MessageReaction, ReadMark, Notification, Fact, Stream)
