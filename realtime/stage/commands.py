"""What a browser may ask of the stage."""

from __future__ import annotations

from realtime.connection import in_database
from realtime.fields import NothingForm
from realtime.limits import Rate
from realtime.registry import Answer, Call, command, room_of
from realtime.stage import actions
from realtime.stage.forms import (
    LayoutForm,
    PersonForm,
    PlaceForm,
    PublicationForm,
    SourceForm,
    SwitchesForm,
)
from realtime.stage.queries import invitation_data, scene_data


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


@command("stage.arrange", LayoutForm, Rate(10, 1.0))
async def arrange(call: Call) -> Answer:
    scene = await in_database(actions.arrange_stage, call.person, room_of(call), layout=call.data["layout"])
    return Answer(scene_data(scene))


@command("stage.hand_over", PlaceForm, Rate(10, 1.0))
async def hand_over(call: Call) -> Answer:
    scene = await in_database(actions.hand_over, call.person, room_of(call), person_id=call.data["person"])
    return Answer(scene_data(scene))


@command("stage.invite", PersonForm, Rate(10, 1.0))
async def invite(call: Call) -> Answer:
    invitation = await in_database(
        actions.invite_to_stage, call.person, room_of(call), person_id=call.data["person"]
    )
    return Answer(invitation_data(invitation))


@command("stage.withdraw", PersonForm, Rate(10, 1.0))
async def withdraw(call: Call) -> Answer:
    await in_database(actions.withdraw_invitation, call.person, room_of(call), person_id=call.data["person"])
    return Answer()


@command("stage.accept", NothingForm, Rate(10, 1.0))
async def accept(call: Call) -> Answer:
    await in_database(actions.accept_invitation, call.person, room_of(call))
    return Answer()


@command("stage.decline", NothingForm, Rate(10, 1.0))
async def decline(call: Call) -> Answer:
    await in_database(actions.decline_invitation, call.person, room_of(call))
    return Answer()


@command("stage.back", PersonForm, Rate(10, 1.0))
async def back(call: Call) -> Answer:
    await in_database(actions.send_back, call.person, room_of(call), person_id=call.data["person"])
    return Answer()


@command("stage.mute", PersonForm, Rate(10, 1.0))
async def mute(call: Call) -> Answer:
    await in_database(actions.mute_on_stage, call.person, room_of(call), person_id=call.data["person"])
    return Answer()


@command("stage.unmute", PersonForm, Rate(10, 1.0))
async def unmute(call: Call) -> Answer:
    await in_database(actions.unmute_on_stage, call.person, room_of(call), person_id=call.data["person"])
    return Answer()
