"""What a browser may ask of the stage."""

from __future__ import annotations

from realtime.connection import in_database
from realtime.limits import Rate
from realtime.registry import Answer, Call, command, room_of
from realtime.stage import actions
from realtime.stage.forms import PublicationForm, SourceForm, SwitchesForm


@command("stage.publish", SourceForm, Rate(10, 2.0, of_person=True))
async def publish(call: Call) -> Answer:
    grant = await in_database(
        actions.grant_publishing,
        call.person,
        room_of(call),
        source=call.data["source"],
        media_url=call.connection.media_url,
    )
    return Answer(grant)


@command("stage.watch", PublicationForm, Rate(40, 0.5, of_person=True))
async def watch(call: Call) -> Answer:
    grant = await in_database(
        actions.grant_watching,
        call.person,
        room_of(call),
        publication_id=call.data["publication"],
        media_url=call.connection.media_url,
    )
    return Answer(grant)


@command("stage.switches", SwitchesForm, Rate(20, 1.0))
async def switches(call: Call) -> Answer:
    await in_database(
        actions.show_switches,
        call.person,
        room_of(call),
        publication_id=call.data["publication"],
        muted=call.data["muted"],
        dark=call.data["dark"],
    )
    return Answer()


@command("stage.stop", PublicationForm, Rate(10, 1.0))
async def stop(call: Call) -> Answer:
    await in_database(
        actions.stop_publication, call.person, room_of(call), publication_id=call.data["publication"]
    )
    return Answer()
