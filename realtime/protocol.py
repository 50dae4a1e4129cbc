"""The words of the socket: what frames look like, what they are called, and how large they may be.

Pure: text in, values out. `docs/protocol.md` tells the same to people, and a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from conference.core.errors import Refusal
from conference.core.streams import encode

MAX_FRAME = 8 * 1024
"""Bytes of a frame from a browser. A longer one is answered with an error."""

MAX_UNSENT = 256 * 1024
"""Bytes waiting for a slow reader after which its socket is closed; it resumes when it can."""

MAX_UNSENT_SIGNALS = 64 * 1024
"""Bytes waiting after which passing signals are left out."""

MAX_UNANSWERED = 4 * 1024 * 1024
"""Bytes waiting, replies included, after which even someone who asked for them is let go."""

MAX_STREAMS = 8
"""Streams that one socket may follow."""

CLOSE_AWAY = 1012
CLOSE_SIGNED_OUT = 4401
CLOSE_FOREIGN = 4403
CLOSE_SLOW = 4008
CLOSE_BUSY = 4429

_LARGEST_ID = 2**53 - 1


class BadFrame(Refusal):
    """What came is not a frame of this protocol. `reply` is the id to answer to, where one could be read."""

    code = "bad_frame"

    def __init__(self, message: Any, reply: int | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.reply = reply


class Unknown(BadFrame):
    code = "unknown_command"


class TooLarge(BadFrame):
    code = "too_large"
    status = 413


class SignedOut(Refusal):
    """The socket has no person behind it (any more)."""

    code = "signed_out"
    status = 401


class Foreign(Refusal):
    """A page of another site opened the socket."""

    code = "foreign"
    status = 403


class Gap(Refusal):
    """The updates since then are not kept any more: enter the room again."""

    code = "gap"
    status = 410


class Failed(Refusal):
    """A mistake of ours."""

    code = "failed"
    status = 500


@dataclass(frozen=True, slots=True)
class CommandFrame:
    """What a browser asks: answer to `id`."""

    id: int
    command: str
    room: int | None
    data: dict[str, Any]


def read_command(text: str | None) -> CommandFrame:
    """The command in a frame (None: a binary one), or `BadFrame` with a sentence that says what is wrong."""
    if text is None:
        raise BadFrame(_("A frame must be text, not bytes."))
    if len(text) > MAX_FRAME or len(text.encode("utf-8", "replace")) > MAX_FRAME:
        raise TooLarge(
            _("This is too long: a frame may have at most %(limit)d bytes.") % {"limit": MAX_FRAME},
            limit=MAX_FRAME,
        )
    try:
        frame = json.loads(text, parse_constant=_refuse_constant)
        # JSON can spell halves of characters, which no database or browser takes.
        json.dumps(frame, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise BadFrame(_("This frame is not JSON.")) from None
    if not isinstance(frame, dict):
        raise BadFrame(_("A frame must be a JSON object."))
    number = frame.get("id")
    if type(number) is not int or not 0 <= number <= _LARGEST_ID:
        raise BadFrame(_("A frame must have an “id”: a whole number, not below 0."))
    name = frame.get("command")
    if not isinstance(name, str):
        raise BadFrame(_("A frame must have a “command”: the name of what is asked."), reply=number)
    room = frame.get("room")
    if room is not None and (type(room) is not int or not 0 < room <= _LARGEST_ID):
        raise BadFrame(_("“room” must be the number of a room."), reply=number)
    data = frame.get("data", {})
    if not isinstance(data, dict):
        raise BadFrame(_("“data” must be a JSON object."), reply=number)
    return CommandFrame(number, name, room, data)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def reply_frame(number: int, data: dict[str, Any], encoded: str = "") -> str:
    """The answer to one command: `data`, and in it further members that are JSON already."""
    if not encoded:
        return encode({"reply": number, "data": data})
    before = encode(data)[:-1]
    return f'{{"reply":{number},"data":{before}{"," if data else ""}{encoded}}}}}'


def error_frame(number: int | None, error: Refusal) -> str:
    """A refusal in answer to a command; `reply` is null where no id could be read."""
    return encode({"reply": number, "error": error.as_data()})


def signal_frame(stream: str, name: str, data: dict[str, Any]) -> str:
    """A signal to one socket, such as the wish that it resumes."""
    return encode({"stream": stream, "signal": name, "data": data})


def join_frames(texts: Sequence[str]) -> str:
    """Frames as one message: one stands alone, several as a list."""
    return texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"
