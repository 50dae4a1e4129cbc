"""Simulcast: which size of a picture goes to which viewer. Times are given by hand."""

from itertools import pairwise

import pytest

from realtime.media.layers import FIRST_TRY, LONGEST_WAIT, OVERLOAD, TRIED, Layer, LayerSelector, Track
from realtime.media.negotiation import BadOffer, _simulcast
from realtime.media.packets import read_extension, read_packet, starts_vp8_keyframe

from .test_rewriting import DELTA, KEY, Viewer, extension_map, published

SMALL, MIDDLE, LARGE = 100_000.0, 400_000.0, 1_500_000.0
RATES = (SMALL, MIDDLE, LARGE)
ALL = (True, True, True)


def simulcast(now: float = 0.0) -> Track:
    """Three sizes that flow."""
    track = Track("video", 90000, starts_vp8_keyframe, [Layer("q"), Layer("h"), Layer("f")])
    for layer, rate in zip(track.layers, RATES, strict=True):
        layer.bits_per_second, layer.received_at = rate, now
    return track


def give(track: Track, number: int, sequence: int, payload: bytes, now: float, timestamp: int = 0) -> None:
    _, ssrc, packet = read_packet(published(sequence, timestamp, payload, ssrc=1000 + number), 0)
    track.receive(packet, ssrc, now, track.layers[number])


def test_a_viewer_goes_on_with_the_old_size_until_the_new_one_has_a_whole_frame() -> None:
    track, viewer, selector = simulcast(), Viewer(), LayerSelector(carries=LARGE * 2)
    track.add(viewer.leg, LayerSelector(most=0), 0.0)
    give(track, 0, 10, KEY, 0.1)
    assert track.reselect(viewer.leg, selector, 0.2) is not None
    give(track, 0, 11, DELTA, 0.3)
    give(track, 1, 500, DELTA, 0.3)
    give(track, 1, 501, KEY, 0.4)
    give(track, 0, 12, DELTA, 0.5)
    give(track, 1, 502, DELTA, 0.5)
    assert [packet.payload for packet in viewer.sent] == [KEY, DELTA, KEY, DELTA]
    assert {packet.ssrc for packet in viewer.sent} == {5555}
    assert all(after - before == 1 for before, after in pairwise(viewer.sequences))
    stamps = [packet.timestamp for packet in viewer.sent]
    assert stamps == sorted(stamps)


def test_every_viewer_has_a_size_of_their_own() -> None:
    track, phone, desktop = simulcast(), Viewer(), Viewer()
    track.add(phone.leg, LayerSelector(most=0), 0.0)
    track.add(desktop.leg, LayerSelector(carries=LARGE * 2), 0.0)
    for number in range(3):
        give(track, number, 1, KEY + bytes([number]), 0.1)
    assert [packet.payload[-1] for packet in phone.sent] == [0]
    assert [packet.payload[-1] for packet in desktop.sent] == [2]
    track.remove(phone.leg)
    give(track, 0, 2, DELTA, 0.2)
    assert len(phone.sent) == 1


def test_a_size_that_stops_is_left_for_one_that_flows_without_waiting_for_it() -> None:
    track, viewer, selector = simulcast(), Viewer(), LayerSelector(carries=LARGE * 2)
    track.add(viewer.leg, selector, 0.0)
    give(track, 2, 1, KEY, 0.1)
    for layer in track.layers[:2]:
        layer.received_at = 5.0
    asked = track.reselect(viewer.leg, selector, 5.0)
    assert asked is track.layers[1]
    give(track, 1, 1, KEY, 5.1)
    assert track.layer_of(viewer.leg) is track.layers[1]


def test_who_waits_for_a_size_that_never_comes_gets_another() -> None:
    track, viewer, selector = simulcast(), Viewer(), LayerSelector(carries=LARGE * 2)
    assert track.add(viewer.leg, selector, 0.0) is track.layers[2]
    track.layers[0].received_at = 3.0
    assert track.reselect(viewer.leg, selector, 3.0) is track.layers[0]
    give(track, 0, 1, KEY, 3.1)
    assert len(viewer.sent) == 1


def test_layers_are_put_in_order_by_what_flows() -> None:
    track = simulcast()
    track.layers.reverse()
    track.measure(0.1)
    assert [layer.name for layer in track.layers] == ["q", "h", "f"]


def test_a_publisher_who_comes_back_with_fewer_sizes_keeps_all_viewers() -> None:
    track, phone, desktop = simulcast(), Viewer(), Viewer()
    track.add(phone.leg, LayerSelector(most=0), 0.0)
    track.add(desktop.leg, LayerSelector(carries=LARGE * 2), 0.0)
    for number in range(3):
        give(track, number, 1, KEY, 0.1)
    track.start_anew([""], starts_vp8_keyframe)
    _, ssrc, packet = read_packet(published(9, 0, KEY, ssrc=77), 0)
    track.receive(packet, ssrc, 1.0)
    assert (len(phone.sent), len(desktop.sent)) == (2, 2)


# --- the selector ---


def test_the_first_size_is_in_the_middle_until_the_viewer_says_what_the_line_carries() -> None:
    assert LayerSelector().choose(RATES, ALL, None, 0.0) == 1
    assert LayerSelector(carries=200_000).choose(RATES, ALL, None, 0.0) == 0
    assert LayerSelector(carries=9e6).choose(RATES, ALL, None, 0.0) == 2
    assert LayerSelector(carries=10.0).choose(RATES, ALL, None, 0.0) == 0


def test_nobody_gets_more_than_they_want_unless_nothing_else_flows() -> None:
    chosen = LayerSelector(most=0, carries=9e6)
    assert chosen.choose(RATES, ALL, 0, 100.0) == 0
    assert chosen.choose(RATES, ALL, 2, 100.0) == 0
    assert chosen.choose(RATES, (False, False, True), None, 100.0) == 2
    assert chosen.choose(RATES, (False, False, False), None, 100.0) is None


def test_a_thin_line_gets_a_smaller_size_after_a_moment_and_not_for_one_bad_report() -> None:
    selector = LayerSelector()
    selector.hear(300_000)
    assert selector.choose(RATES, ALL, 2, 0.0) == 2
    selector.hear(9e6)
    assert selector.choose(RATES, ALL, 2, OVERLOAD + 0.1) == 2
    selector.hear(300_000)
    assert selector.choose(RATES, ALL, 2, 10.0) == 2
    assert selector.choose(RATES, ALL, 2, 10.0 + OVERLOAD) == 0


def test_heavy_loss_counts_as_a_thin_line() -> None:
    selector = LayerSelector(carries=9e6)
    for _report in range(4):
        selector.hear_loss(0.3)
    selector.choose(RATES, ALL, 2, 0.0)
    assert selector.choose(RATES, ALL, 2, OVERLOAD) == 1


def tries(selector: LayerSelector, seconds: float, *, holds: bool) -> list[float]:
    """When a viewer who gets the middle size is given the large one. The estimate never grows beyond half as much again as
    what arrives, as browsers' do; where the line does not hold the large size, the estimate falls."""
    found, current, now = [], 1, 0.0
    selector.choose(RATES, ALL, None, now)
    while now < seconds:
        now += 0.5
        selector.hear(RATES[current] * (1.5 if holds or current < 2 else 0.5))
        chosen = selector.choose(RATES, ALL, current, now)
        assert chosen is not None
        if chosen > current:
            found.append(now)
        current = chosen
    return found


def test_a_better_size_is_tried_though_the_estimate_cannot_ask_for_it() -> None:
    first = tries(LayerSelector(), 30.0, holds=True)
    assert len(first) == 1 and first[0] <= FIRST_TRY


def test_a_try_that_fails_is_repeated_ever_more_rarely() -> None:
    when = tries(LayerSelector(), 600.0, holds=False)
    pauses = [after - before for before, after in pairwise(when)]
    assert pauses[0] < pauses[1] < pauses[2]
    assert max(pauses) < LONGEST_WAIT * 1.5 + TRIED
    assert len(when) < 16


# --- what offers and packets say ---


def test_the_name_of_a_layer_is_read_from_the_packet() -> None:
    data = published(1)
    assert read_extension(data, 4) == b"9"  # the mid that the helper writes
    assert read_extension(data, 5) == b""
    assert extension_map(mid=4)  # the same map that the helper uses


OFFERED = ["a=rid:q send", "a=rid:h send max-width=640", "a=rid:f send"]


@pytest.mark.parametrize(
    ("line", "rids"),
    [
        ("a=simulcast:send q;h;f", ("q", "h", "f")),
        ("a=simulcast:send q;~h,f", ("q", "h")),
        ("a=simulcast:recv q;h", ()),
        ("a=simulcast:recv x send h;f", ("h", "f")),
        ("a=simulcast:send q", ()),
        ("a=sendonly", ()),
    ],
)
def test_a_simulcast_is_read_from_the_offer(line: str, rids: tuple[str, ...]) -> None:
    assert _simulcast([*OFFERED, line]) == rids


@pytest.mark.parametrize(
    "line", ["a=simulcast:send q;q", "a=simulcast:send a;b", "a=simulcast:send q;h;f;q;h"]
)
def test_a_simulcast_that_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(BadOffer):
        _simulcast([*OFFERED, line])
