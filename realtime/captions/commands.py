"""What a browser may ask about captions."""

from __future__ import annotations

from django.utils.translation import gettext as _

from conference.core.errors import Conflict
from realtime.captions import actions, queries
from realtime.captions.forms import (
    CaptionForm,
    CorrectForm,
    FollowForm,
    HistoryForm,
    SayForm,
    WrittenForm,
)
from realtime.captions.models import CaptionFeed
from realtime.captions.queries import caption_data, captions_stream
from realtime.connection import Connection, in_database
from realtime.limits import Rate
from realtime.registry import Answer, Call, act, command, room_of


@command("captions.follow", FollowForm, Rate(20, 1.0))
async def follow(call: Call) -> Answer:
    """Read captions in these languages from now on, and in no others: follow first, read second."""
    connection, room_id = call.connection, room_of(call)
    feeds = await in_database(queries.feeds_to_read, call.person, room_id, call.data["languages"])
    if room_id not in connection.rooms:
        raise Conflict(_("Enter the room first."))
    return await follow_feeds(connection, room_id, feeds)


async def follow_feeds(connection: Connection, room_id: int, feeds: list[CaptionFeed]) -> Answer:
    """Follow these languages of a room and no others of it, and tell where they stand."""
    streams = {captions_stream(room_id, feed.language) for feed in feeds}
    every = captions_stream(room_id, "")
    for stream in [each for each in connection.streams if each.startswith(every) and each not in streams]:
        connection.unfollow(stream)
    for stream in sorted(streams):
        await connection.follow(stream)
    return Answer(encoded=await in_database(queries.captions_now, feeds))


@command("captions.history", HistoryForm, Rate(20, 0.5))
async def history(call: Call) -> Answer:
    return Answer(
        await in_database(
            queries.captions_before,
            call.person,
            room_of(call),
            call.data["language"],
            call.data["before"],
        )
    )


@command("caption.write", WrittenForm, Rate(10, 0.3, of_person=True))
async def write(call: Call) -> Answer:
    return await act(call, actions.show_writing, **call.data)


@command("caption.say", SayForm, Rate(10, 0.5, of_person=True))
async def say(call: Call) -> Answer:
    return await act(call, actions.say, caption_data, **call.data)


@command("caption.correct", CorrectForm, Rate(10, 0.5))
async def correct(call: Call) -> Answer:
    data = call.data
    return await act(
        call, actions.correct_caption, caption_data, caption_id=data["caption"], text=data["text"]
    )


@command("caption.delete", CaptionForm, Rate(10, 0.5))
async def delete(call: Call) -> Answer:
    return await act(call, actions.delete_caption, caption_id=call.data["caption"])
