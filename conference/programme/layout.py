"""How a programme is laid out on a page: cards under hours, or a grid of rooms and five-minute rows. Pure: the rows are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from conference.core.models import Event
from conference.core.times import event_day
from conference.programme import colour
from conference.programme.models import Hall, Session, Slot, Track

TRACK_HUES = (40, 160, 250, 350, 85, 200, 300, 130, 20, 225, 325, 275)
"""Of the classes track-1 to track-12 in static/css/parts.css, which keep one lightness so that text beside them is read."""

ROW = timedelta(minutes=5)
MAX_ROWS, MAX_SPAN, MAX_COLUMNS = 288, 144, 40
"""As many places as static/css/grid.css has."""


def track_numbers(tracks: Iterable[Track]) -> dict[int, int]:
    """Track id -> 1..12: the free class nearest to the track's own colour, else the next free one; from the thirteenth track on
    they begin again."""
    numbers: dict[int, int] = {}
    free: list[int] = []
    for track in tracks:
        free = free or list(range(1, len(TRACK_HUES) + 1))
        hue = colour.hue(track.colour) if track.colour else None
        number = free[0] if hue is None else min(free, key=lambda number: _apart(TRACK_HUES[number - 1], hue))
        free.remove(number)
        numbers[track.pk] = number
    return numbers


def _apart(first: float, second: float) -> float:
    return min(abs(first - second), 360 - abs(first - second))


@dataclass(frozen=True, slots=True)
class Card:
    """One session as a list or the grid shows it to one reader at one moment."""

    slot: Slot
    session: Session
    url: str
    track: int | None
    starred: bool = False
    speaks: bool = False
    on: bool = False
    past: bool = False
    clash: bool = False

    @property
    def is_break(self) -> bool:
        return self.session.kind == Session.Kind.BREAK

    @property
    def classes(self) -> str:
        return " ".join(
            [
                *([f"track-{self.track}"] if self.track else []),
                *(["now"] if self.on else []),
                *(["cancelled"] if self.slot.cancelled else []),
                *(["break"] if self.is_break else []),
                *(["clash"] if self.clash else []),
            ]
        )


def cards(
    event: Event,
    slots: Iterable[Slot],
    *,
    tracks: Mapping[int, int],
    at: datetime,
    starred: Collection[int] = (),
    part_in: Collection[int] = (),
    clashing: Collection[int] = (),
    url_name: str = "session",
) -> list[Card]:
    """A card for each slot; `clashing` are slot ids, the others session ids."""
    pattern = reverse(url_name, args=[event.slug, "CODE"])
    made = []
    for slot in slots:
        timed = slot.start is not None and slot.end is not None
        made.append(
            Card(
                slot=slot,
                session=slot.session,
                url=pattern.replace("CODE", slot.session.code),
                track=tracks.get(slot.session.track_id) if slot.session.track_id else None,
                starred=slot.session_id in starred,
                speaks=slot.session_id in part_in,
                on=timed and not slot.cancelled and slot.start <= at < slot.end,  # type: ignore[operator]
                past=timed and slot.end <= at,  # type: ignore[operator]
                clash=slot.pk in clashing,
            )
        )
    return made


@dataclass(slots=True)
class Hour:
    """The cards that start at one time."""

    start: datetime
    cards: list[Card] = field(default_factory=list)

    @property
    def past(self) -> bool:
        return all(card.past for card in self.cards)


def hours(ordered: Iterable[Card]) -> list[Hour]:
    """Cards ordered by start, under their starts."""
    found: list[Hour] = []
    for card in ordered:
        start = card.slot.start
        if start is not None:
            if not found or found[-1].start != start:
                found.append(Hour(start))
            found[-1].cards.append(card)
    return found


@dataclass(frozen=True, slots=True)
class DayList:
    """A day as a list shows it: while the event runs, what is over (`earlier`) is folded away, so that the page begins with
    what is on. `current` marks the day with the first hour that is not over."""

    day: Any
    earlier: list[Hour]
    hours: list[Hour]
    current: bool

    @property
    def over(self) -> int:
        """How many sessions are folded away."""
        return sum(len(hour.cards) for hour in self.earlier)


def day_lists(days: Iterable[tuple[Any, Iterable[Card]]]) -> list[DayList]:
    """Days, each with its cards ordered by start. Before the event and after it nothing is folded."""
    grouped = [(day, hours(group)) for day, group in days]
    past = [hour.past for _day, group in grouped for hour in group]
    if all(past) or not any(past):
        return [DayList(day, [], group, current=False) for day, group in grouped]
    lists: list[DayList] = []
    for day, group in grouped:
        later = [hour for hour in group if not hour.past]
        is_current = bool(later) and not any(each.current for each in lists)
        lists.append(DayList(day, [hour for hour in group if hour.past], later, is_current))
    return lists


@dataclass(frozen=True, slots=True)
class Cell:
    """A card in its place: column and row from 1, `half` 1 or 2 where two share a place."""

    card: Card
    column: int
    row: int
    span: int
    half: int = 0


@dataclass(frozen=True, slots=True)
class HourLine:
    """A full hour at the edge of the grid."""

    start: datetime
    row: int
    span: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A day: columns are halls, with None for sessions without one."""

    columns: list[Hall | None]
    lines: list[HourLine]
    cells: list[Cell]
    now_row: int | None


def grid(day_cards: Sequence[Card], halls: Sequence[Hall], zone: ZoneInfo, at: datetime) -> Grid:
    """Lay a day's cards out. Halls without a session that day have no column."""
    placed = [
        (card, card.slot.start, card.slot.end) for card in day_cards if card.slot.start and card.slot.end
    ]
    if not placed:
        return Grid([], [], [], None)
    used = {card.slot.hall_id for card, _start, _end in placed}
    columns: list[Hall | None] = [hall for hall in halls if hall.pk in used]
    if None in used:
        columns.append(None)
    column_of = {hall.pk if hall else None: place for place, hall in enumerate(columns[:MAX_COLUMNS], 1)}
    earliest = min(start for _card, start, _end in placed).astimezone(zone)
    first = earliest.replace(minute=0, second=0, microsecond=0)
    last = min(max(end for _card, _start, end in placed), first + ROW * MAX_ROWS)
    cells: list[Cell] = []
    busy: dict[int, Cell] = {}
    for card, start, end in placed:
        column = column_of.get(card.slot.hall_id, MAX_COLUMNS)
        row = _rows(start - first)
        span = max(2, min(MAX_SPAN, -(-(end - start) // ROW)))
        if row >= MAX_ROWS:
            continue
        cell = Cell(card, column, row + 1, span)
        above = busy.get(column)
        if above is not None and cell.row < above.row + above.span:
            if above.half == 0:
                cells[cells.index(above)] = Cell(above.card, above.column, above.row, above.span, 1)
            cell = Cell(card, column, row + 1, span, 1 if above.half == 2 else 2)
        busy[column] = cell
        cells.append(cell)
    lines = []
    rows = _rows(last - first - timedelta(microseconds=1)) + 1
    for row in range(0, rows, 12):
        lines.append(HourLine(first + ROW * row, row + 1, 12))
    now_row = _rows(at - first) + 1 if first <= at < last else None
    return Grid(columns[:MAX_COLUMNS], lines, cells, now_row)


def _rows(length: timedelta) -> int:
    return int(length // ROW)


def opening_day(event: Event, days: Sequence[date], at: datetime) -> date | None:
    """The day a reader wants first: today if it is one, else the next; after the event, the first."""
    today = event_day(at, ZoneInfo(event.time_zone))
    return next((day for day in days if day >= today), days[0] if days else None)
