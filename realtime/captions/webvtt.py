"""Captions as a WebVTT file (https://www.w3.org/TR/webvtt1/), which video players and editors read. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SHORTEST = timedelta(seconds=0.7)
LONGEST_READING = 7.0
READ_PER_SECOND = 15
"""Letters; a Chinese character counts as `WIDE` of them."""
WIDE = 2.5


@dataclass(frozen=True, slots=True)
class Cue:
    id: str
    start: datetime
    end: datetime
    text: str


def reading_time(text: str) -> timedelta:
    """How long a reader, or somebody who says it, needs for the text."""
    width = sum(WIDE if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return timedelta(seconds=min(LONGEST_READING, max(1.0, width / READ_PER_SECOND)))


def one_after_another(cues: Iterable[Cue]) -> list[Cue]:
    """The cues in the order of their times, each long enough to be read and over when the next begins. Lines that came at the
    same moment follow one another."""
    placed: list[Cue] = []
    for cue in sorted(cues, key=lambda each: each.start):
        start = max(cue.start, placed[-1].start + SHORTEST) if placed else cue.start
        placed.append(Cue(cue.id, start, max(cue.end, start + reading_time(cue.text)), cue.text))
    ends = [following.start for following in placed[1:]]
    return [
        Cue(cue.id, cue.start, min(cue.end, end), cue.text)
        for cue, end in zip(placed, [*ends, *(cue.end for cue in placed[-1:])], strict=True)
    ]


def write_webvtt(cues: Iterable[Cue], *, about: str, origin: datetime | None = None) -> str:
    """The file. Its clock begins at `origin`, else with the first cue; what is over by then is left out. `about` is a remark for
    whoever opens the file as text."""
    ordered = one_after_another(cues)
    zero = origin or (ordered[0].start if ordered else None)
    notes = [_remark(about)]
    if zero is not None:
        notes.append(f"00:00:00.000 = {zero.astimezone(UTC).isoformat(timespec='milliseconds')}")
    blocks = ["WEBVTT", "\n".join(["NOTE", *notes])]
    for cue in ordered:
        assert zero is not None
        if cue.end <= zero:
            continue
        times = f"{_clock(max(cue.start, zero) - zero)} --> {_clock(cue.end - zero)}"
        blocks.append(f"{cue.id}\n{times}\n{escape(cue.text)}")
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """One line of text in which nothing is markup."""
    line = " ".join(text.split())
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _remark(text: str) -> str:
    """A remark may hold anything but an arrow and an empty line."""
    return " ".join(text.split()).replace("-->", "->")


def _clock(passed: timedelta) -> str:
    """`HH:MM:SS.mmm`; hours grow as they need."""
    milliseconds = round(passed.total_seconds() * 1000)
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
