"""What a browser may ask about the announcements of a room. Those to the whole event are made on the organizers' page."""

from __future__ import annotations

from realtime.announcements import actions
from realtime.announcements.forms import AnnounceForm, AnnouncementForm
from realtime.announcements.queries import announcement_data
from realtime.connection import in_database
from realtime.limits import Rate
from realtime.registry import Answer, Call, command, room_of


@command("announcement.make", AnnounceForm, Rate(5, 6.0, of_person=True))
async def make(call: Call) -> Answer:
    def work() -> Answer:
        announcement = actions.announce_in_room(
            call.person,
            room_of(call),
            client_id=call.data["client_id"],
            text=call.data["text"],
            link=call.data["link"],
            urgent=bool(call.data["urgent"]),
        )
        return Answer(announcement_data(announcement))

    return await in_database(work)


@command("announcement.withdraw", AnnouncementForm, Rate(10, 2.0))
async def withdraw(call: Call) -> Answer:
    await in_database(
        actions.withdraw_in_room,
        call.person,
        room_of(call),
        announcement_id=call.data["announcement"],
    )
    return Answer()
