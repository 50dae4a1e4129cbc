"""Caption files: read by a parser that is not ours, in order, and nothing in a text becomes markup."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.captions.webvtt import Cue, escape, one_after_another, reading_time, write_webvtt

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def cue(number: int, start: float, seconds: float = 2, text: str = "Line") -> Cue:
    begins = NOON + timedelta(seconds=start)
    return Cue(str(number), begins, begins + timedelta(seconds=seconds), text)


def read(text: str) -> list[tuple[str, str, str]]:
    return [(each.start, each.end, each.raw_text) for each in webvtt.from_buffer(io.StringIO(text))]


def test_the_clock_begins_with_the_first_line_or_when_the_recording_did() -> None:
    cues = [cue(1, 0, text="Good morning."), cue(2, 3661.5, text="各位来宾,大家好。")]
    assert read(write_webvtt(cues, about="English")) == [
        ("00:00:00.000", "00:00:02.000", "Good morning."),
        ("01:01:01.500", "01:01:03.500", "各位来宾,大家好。"),
    ]
    from_noon = write_webvtt(cues, about="English", origin=NOON + timedelta(seconds=1))
    assert [start for start, _end, _text in read(from_noon)] == ["00:00:00.000", "01:01:00.500"]
    later = write_webvtt(cues, about="English", origin=NOON + timedelta(hours=1))
    assert [text for _start, _end, text in read(later)] == ["各位来宾,大家好。"]


def test_lines_that_overlap_or_came_at_once_follow_one_another() -> None:
    placed = one_after_another([cue(2, 5), cue(1, 4, 30), cue(3, 5), cue(4, 5, 0)])
    assert [each.id for each in placed] == ["1", "2", "3", "4"]
    for one, other in zip(placed, placed[1:], strict=False):
        assert one.start < one.end <= other.start


def test_a_line_stays_as_long_as_one_needs_to_read_it() -> None:
    assert reading_time("Yes") == timedelta(seconds=1)
    assert reading_time("x" * 45) == timedelta(seconds=3)
    assert reading_time("水稻" * 6) == timedelta(seconds=2)
    assert reading_time("x" * 500) == timedelta(seconds=7)
    assert read(write_webvtt([cue(1, 0, 0, "x" * 45)], about="")) == [
        ("00:00:00.000", "00:00:03.000", "x" * 45)
    ]


def test_nothing_in_a_text_is_markup() -> None:
    assert escape("A <b> & c --> d\n\nNOTE x") == "A &lt;b&gt; &amp; c --&gt; d NOTE x"
    text = write_webvtt(
        [cue(1, 0, text="<v Somebody> --> & \u2028 done")], about="Remark --> with\n\nan arrow"
    )
    assert len(read(text)) == 1
    assert text.count("-->") == 1
    assert text.startswith(
        "WEBVTT\n\nNOTE\nRemark -> with an arrow\n00:00:00.000 = 2026-11-23T04:00:00.000+00:00\n\n"
    )


def test_a_room_in_which_nothing_was_said_has_an_empty_file() -> None:
    assert read(write_webvtt([], about="English")) == []


@given(
    st.lists(
        st.tuples(
            st.floats(0, 20_000),
            st.floats(0, 600),
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
                lambda text: bool(" ".join(text.split()))
            ),
        ),
        max_size=15,
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_was_said_is_read_back_whole_and_in_order(lines: list[tuple[float, float, str]]) -> None:
    cues = [cue(number, start, seconds, text) for number, (start, seconds, text) in enumerate(lines)]
    found = read(write_webvtt(cues, about="Any"))
    ordered = sorted(cues, key=lambda each: each.start)
    assert [text for _start, _end, text in found] == [escape(each.text) for each in ordered]
    times = [moment for start, end, _text in found for moment in (start, end)]
    assert times == sorted(times)
