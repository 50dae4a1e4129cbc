"""What a browser may ask about the announcements of a room. Those to the whole event are made on the organizers' page."""

from __future__ import annotations

from realtime.announcements import actions
from realtime.announcements.forms import AnnounceForm, AnnouncementForm
from realtime.announcements.queries import announcement_data
from realtime.limits import Rate
from realtime.registry import Answer, Call, act, command


@command("announcement.make", AnnounceForm, Rate(5, 6.0, of_person=True))
async def make(call: Call) -> Answer:
    return await act(
        call,
        actions.announce_in_room,
        announcement_data,
        client_id=call.data["client_id"],
        text=call.data["text"],
        link=call.data["link"],
        urgent=bool(call.data["urgent"]),
    )


@command("announcement.withdraw", AnnouncementForm, Rate(10, 2.0))
async def withdraw(call: Call) -> Answer:
    return await act(call, actions.withdraw_in_room, announcement_id=call.data["announcement"])
