"""Who may give which command: every role in a room by every command, through the socket. Who may not changes nothing.

What a command does is tested with its subject. Here each is given once by each of eight people, about things made afresh, and the
answer is `denied` or `missing` for exactly those whom the table leaves out.
"""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async
from django.core.cache import cache

from conference.accounts.models import User
from conference.core.models import Event
from conference.events.models import EventRole
from conference.rooms.models import Restriction, RoomRole
from realtime.commands import COMMANDS
from realtime.models import Conversation, Publication, Report
from realtime.reactions import totals
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import everything
from tests.realtime.test_protocol import DATA, prepared

in_db = database_sync_to_async

ROLES = ("stranger", "removed", "muted", "attendee", "interpreter", "speaker", "moderator", "host")
ALL = frozenset(ROLES)
IN_ROOM = ALL - {"stranger", "removed"}
WITH_A_VOICE = IN_ROOM - {"muted"}
ON_STAGE = frozenset({"interpreter", "speaker", "moderator", "host"})
RUNS = frozenset({"moderator", "host"})
NOBODY_HERE: frozenset[str] = frozenset()
"""About something of somebody else's, whoever asks, or something that nobody may do with it as it is."""

WHO: dict[str, frozenset[str]] = {
    "ping": ALL,
    "room.leave": ALL,
    "room.enter": IN_ROOM,
    "room.people": IN_ROOM,
    "room.find": RUNS,
    "event.follow": frozenset({"host"}),  # the event is a draft here
    "stream.resume": IN_ROOM,
    "chat.send": WITH_A_VOICE,
    "chat.history": IN_ROOM,
    "chat.thread": IN_ROOM,
    "chat.search": IN_ROOM,
    "chat.people": IN_ROOM,
    "chat.translate": IN_ROOM,
    "chat.read": IN_ROOM,
    "chat.typing": WITH_A_VOICE,
    "chat.react": WITH_A_VOICE,
    "chat.edit": NOBODY_HERE,
    "chat.delete": RUNS,
    "chat.approve": RUNS,
    "chat.dismiss": RUNS,
    "question.ask": WITH_A_VOICE,
    "question.vote": IN_ROOM,
    "question.withdraw": NOBODY_HERE,
    **{f"question.{act}": RUNS for act in ("approve", "dismiss", "take", "return", "answer", "pin", "merge")},
    "hand.raise": WITH_A_VOICE,
    **{f"hand.{act}": RUNS for act in ("lower", "add", "call", "move")},
    "poll.vote": NOBODY_HERE,  # the poll is a draft here
    **{f"poll.{act}": RUNS for act in ("create", "edit", "delete", "open", "close", "show", "results")},
    "reaction.send": WITH_A_VOICE,
    "reaction.totals": RUNS,
    "rules.set": RUNS,
    **{f"person.{act}": RUNS for act in ("mute", "unmute", "remove", "readmit")},
    "report.make": IN_ROOM,
    "report.decide": RUNS,
    **{f"timer.{act}": RUNS for act in ("start", "add", "call", "stop")},
    **{f"announcement.{act}": RUNS for act in ("make", "withdraw")},
    "material.link": frozenset({"speaker"}) | RUNS,
    **{f"material.{act}": RUNS for act in ("edit", "pin", "move", "remove")},  # what the moderator brought
    **{f"slides.{act}": ON_STAGE for act in ("show", "next", "previous", "hide")},
    "slides.remove": RUNS,  # what the moderator brought
    "captions.follow": IN_ROOM,
    "captions.history": IN_ROOM,
    **{f"caption.{act}": frozenset({"interpreter"}) | RUNS for act in ("write", "say", "correct", "delete")},
    **{f"broadcast.{act}": RUNS for act in ("start", "cancel", "end", "reopen", "ratings")},
    "broadcast.look": IN_ROOM,
    "broadcast.rate": IN_ROOM - ON_STAGE,
    "broadcast.unrate": IN_ROOM,
    "stage.publish": ON_STAGE,
    "stage.watch": IN_ROOM,
    "stage.switches": NOBODY_HERE,
    "stage.stop": RUNS,
    **{
        f"stage.{act}": RUNS
        for act in ("arrange", "hand_over", "invite", "withdraw", "back", "mute", "unmute")
    },
    **{
        f"stage.{act}": NOBODY_HERE for act in ("accept", "decline")
    },  # nobody of the eight is asked to the stage
    # Between two people who agreed to it; none of the eight is one of them. Why not is told to people of the same event.
    **{f"direct.{act}": NOBODY_HERE for act in ("read", "typing", "accept", "ignore")},
    "direct.send": NOBODY_HERE,
    "direct.history": ALL - {"stranger"},
}


def person(world: World, role: str) -> User:
    """Somebody with that part in the room, and no other."""
    made = {
        "stranger": lambda: world.person("Stranger"),
        "removed": world.attendee,
        "muted": world.attendee,
        "attendee": world.attendee,
        "host": lambda: world.person("Host"),
    }.get(role, lambda: world.speaker(role.title(), RoomRole.Role(role)))()
    if role in ("muted", "removed"):
        Restriction.objects.create(room=world.room, user=made, kind=role)
    if role == "host":
        EventRole.objects.create(event=world.event, user=made, role=EventRole.Role.ORGANIZER)
    return made


def clear(world: World, who: User) -> None:
    """Take away what there can be only one of, and what the command before did to people."""
    for model in (Publication, Report, Conversation):
        model.objects.all().delete()
    Restriction.objects.exclude(user=who).delete()
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.PUBLISHED)
    world.event.refresh_from_db()
    cache.clear()  # the rates are another test's


def test_the_table_has_every_command() -> None:
    assert set(WHO) == set(COMMANDS) == set(DATA)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ROLES)
async def test_each_command_is_for_those_in_the_table_and_changes_nothing_for_others(
    world: World, tab: OpenTab, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "WRITE_AFTER", 600)  # figures are written later, whoever asks then
    who = await in_db(person)(world, role)
    one, wrong = await tab(who), []
    for command, allowed in WHO.items():
        await in_db(clear)(world, who)
        data = await in_db(prepared)(world, command)
        before = await in_db(everything)()
        answer = await one.ask(command, world.room.pk if COMMANDS[command].in_room else None, **data)
        refused = answer.get("error", {}).get("code") in {"denied", "missing"}
        if refused == (role in allowed):
            wrong.append((command, answer))
        if refused and await in_db(everything)() != before:
            wrong.append((command, "changed something"))
    assert not wrong, "\n".join(f"{command}: {str(what)[:300]}" for command, what in wrong)
