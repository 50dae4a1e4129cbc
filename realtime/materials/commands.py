"""What a browser may ask about the links and files of a room. Files come by upload (`views.materials`): frames are small."""

from __future__ import annotations

from typing import Any

from realtime.connection import in_database
from realtime.limits import Rate
from realtime.materials import actions
from realtime.materials.forms import EditForm, LinkForm, MaterialForm, MoveForm, PinForm
from realtime.materials.queries import material_data
from realtime.registry import Answer, Call, command, room_of

RUNNING = Rate(20, 0.5)


@command("material.link", LinkForm, Rate(10, 3.0, of_person=True))
async def link(call: Call) -> Answer:
    def work() -> Answer:
        material = actions.add_link(
            call.person,
            room_of(call),
            client_id=call.data["client_id"],
            title=call.data["title"],
            url=call.data["url"],
            shown=call.data["shown"] is not False,
        )
        return Answer(material_data(material))

    return await in_database(work)


async def _on_material(action: Any, call: Call, **more: Any) -> Answer:
    def work() -> Answer:
        return Answer(
            material_data(action(call.person, room_of(call), material_id=call.data["material"], **more))
        )

    return await in_database(work)


@command("material.edit", EditForm, RUNNING)
async def edit(call: Call) -> Answer:
    title = call.data["title"] or None
    return await _on_material(actions.edit_material, call, title=title, shown=call.data["shown"])


@command("material.pin", PinForm, RUNNING)
async def pin(call: Call) -> Answer:
    return await _on_material(actions.pin_material, call, pinned=call.data["pinned"])


@command("material.move", MoveForm, RUNNING)
async def move(call: Call) -> Answer:
    await in_database(
        actions.move_material,
        call.person,
        room_of(call),
        material_id=call.data["material"],
        before=call.data["before"],
    )
    return Answer()


@command("material.remove", MaterialForm, RUNNING)
async def remove(call: Call) -> Answer:
    await in_database(actions.remove_material, call.person, room_of(call), material_id=call.data["material"])
    return Answer()
