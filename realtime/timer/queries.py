"""The clock of whoever speaks, for those with a part on the stage."""

from __future__ import annotations

from typing import Any

from conference.rooms.models import Room
from realtime.snapshots import shows_to_stage
from realtime.timer.models import Timer


def timer_data(timer: Timer) -> dict[str, Any]:
    """The public form; `ends` is by the server's clock, which browsers know from `hello`."""
    return {
        "id": timer.room_id,
        "label": timer.label,
        "seconds": timer.seconds,
        "ends": timer.ends,
        "called": timer.called,
    }


@shows_to_stage
def timer_part(room: Room) -> dict[str, Any]:
    """The one clock, where one runs."""
    return {"state": {"timer": [timer_data(timer) for timer in Timer.objects.filter(room=room)]}}
