"""What a browser may ask about the links and files of a room. Files come by upload (`views.materials`): frames are small."""

from __future__ import annotations

from typing import Any

from realtime.limits import Rate
from realtime.materials import actions
from realtime.materials.forms import EditForm, LinkForm, MaterialForm, MoveForm, PinForm
from realtime.materials.queries import material_data
from realtime.registry import Answer, Call, act, command

RUNNING = Rate(20, 0.5)


@command("material.link", LinkForm, Rate(10, 3.0, of_person=True))
async def link(call: Call) -> Answer:
    return await act(
        call,
        actions.add_link,
        material_data,
        client_id=call.data["client_id"],
        title=call.data["title"],
        url=call.data["url"],
        shown=call.data["shown"] is not False,
    )


async def _on_material(action: Any, call: Call, **more: Any) -> Answer:
    return await act(call, action, material_data, material_id=call.data["material"], **more)


@command("material.edit", EditForm, RUNNING)
async def edit(call: Call) -> Answer:
    title = call.data["title"] or None
    return await _on_material(actions.edit_material, call, title=title, shown=call.data["shown"])


@command("material.pin", PinForm, RUNNING)
async def pin(call: Call) -> Answer:
    return await _on_material(actions.pin_material, call, pinned=call.data["pinned"])


@command("material.move", MoveForm, RUNNING)
async def move(call: Call) -> Answer:
    data = call.data
    return await act(call, actions.move_material, material_id=data["material"], before=data["before"])


@command("material.remove", MaterialForm, RUNNING)
async def remove(call: Call) -> Answer:
    return await act(call, actions.remove_material, material_id=call.data["material"])
