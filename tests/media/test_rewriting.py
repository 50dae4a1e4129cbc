"""Forwarding on bytes, with aiortc's own parser as the judge of what comes out."""

from dataclasses import dataclass, field

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, RtpPacket, unwrap_rtx, wrap_rtx
from hypothesis import given
from hypothesis import strategies as st

from realtime.media import rtcp
from realtime.media.fanout import PythonLegs, new_state
from realtime.media.forward import RING, Leg
from realtime.media.layers import KEYFRAME_INTERVAL, KeyframeRequests, Layer, Track
from realtime.media.packets import (
    BadPacket,
    Profile,
    always_starts,
    read_packet,
    starts_h264_keyframe,
    starts_vp8_keyframe,
)

KEY = b"\x10\x00keyframe"  # a VP8 descriptor that starts a partition, and a frame header that says keyframe
DELTA = b"\x10\x01difference"
MID, LEVEL = "urn:ietf:params:rtp-hdrext:sdes:mid", "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


def extension_map(**ids: int) -> HeaderExtensionsMap:
    uris = {"mid": MID, "level": LEVEL}
    found = HeaderExtensionsMap()
    found.configure(
        RTCRtpParameters(
            headerExtensions=[
                RTCRtpHeaderExtensionParameters(id=number, uri=uris[name]) for name, number in ids.items()
            ]
        )
    )
    return found


PUBLISHED = extension_map(mid=4, level=7)
WATCHED = extension_map(mid=1, level=2)


def published(
    sequence: int,
    timestamp: int = 0,
    payload: bytes = KEY,
    *,
    ssrc: int = 1111,
    marker: int = 0,
    **more: object,
) -> bytes:
    packet = RtpPacket(
        payload_type=96,
        marker=marker,
        sequence_number=sequence & 0xFFFF,
        timestamp=timestamp & 0xFFFFFFFF,
        ssrc=ssrc,
        payload=payload,
    )
    packet.extensions = HeaderExtensions(mid="9", audio_level=(True, 33))
    packet.padding_size = int(str(more.get("padding", 0)))
    return packet.serialize(PUBLISHED)


@dataclass
class Viewer:
    """A leg, and what came out of it."""

    rtx: int | None = None
    payload_type: int = 120
    starts: object = starts_vp8_keyframe
    profile: Profile = Profile(mid_id=1, mid=b"0", level_id=2)
    sent: list[RtpPacket] = field(default_factory=list)
    reports: list[tuple[int, int]] = field(default_factory=list)
    first_sequence: int = 100

    def __post_init__(self) -> None:
        buffer = bytearray(2048)
        self.leg = Leg(
            ssrc=5555,
            payload_type=self.payload_type,
            clock_rate=90000,
            profile=self.profile,
            starts=self.starts,  # type: ignore[arg-type]
            buffer=buffer,
            send=lambda length: self.sent.append(RtpPacket.parse(bytes(buffer[:length]), WATCHED)),
            send_report=lambda _leg, ntp, rtp: self.reports.append((ntp, rtp)),
            first_sequence=self.first_sequence,
            first_timestamp=7_000_000,
            rtx_payload_type=self.rtx,
            rtx_ssrc=6666,
            state=new_state(),
        )

    @property
    def sequences(self) -> list[int]:
        return [packet.sequence_number for packet in self.sent]


def track(*viewers: Viewer, starts: object = starts_vp8_keyframe) -> Track:
    return Track("video", 90000, starts, layers=[Layer(legs=PythonLegs(viewer.leg for viewer in viewers))])  # type: ignore[arg-type]


def give(to: Track, data: bytes, now: float = 0.0) -> bool:
    _, ssrc, packet = read_packet(data, 7)
    return to.receive(packet, ssrc, now)


def test_a_packet_reaches_the_viewer_with_the_viewers_numbers_and_the_publishers_content() -> None:
    viewer = Viewer()
    give(track(viewer), published(60000, 123456, KEY, marker=1))
    (packet,) = viewer.sent
    assert (packet.ssrc, packet.payload_type, packet.sequence_number, packet.timestamp) == (
        5555,
        120,
        100,
        7_000_000,
    )
    assert (packet.marker, packet.payload) == (1, KEY)
    assert (packet.extensions.mid, packet.extensions.audio_level) == ("0", (True, 33))


def test_viewers_who_negotiated_no_extensions_get_none() -> None:
    viewer = Viewer(profile=Profile())
    give(track(viewer), published(1))
    assert viewer.sent[0].extensions == HeaderExtensions()
    assert viewer.sent[0].payload == KEY


def test_viewers_with_different_payload_types_and_extension_ids_get_their_own() -> None:
    one, other = Viewer(payload_type=96), Viewer(payload_type=45, profile=Profile(level_id=2))
    give(track(one, other), published(1))
    assert [viewer.sent[0].payload_type for viewer in (one, other)] == [96, 45]
    assert [viewer.sent[0].extensions.mid for viewer in (one, other)] == ["0", None]


def test_padding_is_passed_on_so_that_the_numbering_has_no_holes() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    give(the_track, published(1))
    give(the_track, published(2, payload=b"", padding=20))
    assert viewer.sequences == [100, 101]
    assert (viewer.sent[1].payload, viewer.sent[1].padding_size) == (b"", 20)


@given(
    start=st.integers(0, 0xFFFF),
    first=st.integers(0, 0x7FFF),
    time=st.integers(0, 0xFFFFFFFF),
    payloads=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=40),
)
def test_numbers_and_times_keep_their_distances_across_every_wrap(
    start: int, first: int, time: int, payloads: list[bytes]
) -> None:
    viewer = Viewer(starts=always_starts, first_sequence=first)
    the_track = track(viewer, starts=always_starts)
    for index, payload in enumerate(payloads):
        assert give(the_track, published(start + index, time + 3000 * index, payload))
    assert viewer.sequences == [(first + index) & 0xFFFF for index in range(len(payloads))]
    assert [packet.timestamp for packet in viewer.sent] == [
        7_000_000 + 3000 * index for index in range(len(payloads))
    ]
    assert [packet.payload for packet in viewer.sent] == payloads


def test_seventy_thousand_packets_stay_in_step() -> None:
    viewer = Viewer(starts=always_starts)
    the_track = track(viewer, starts=always_starts)
    for number in range(70_000):
        give(the_track, published(65_000 + number, number * 960, b"sound"))
        if len(viewer.sent) > 1:
            del viewer.sent[0]
    assert viewer.sequences == [(100 + 69_999) & 0xFFFF]
    assert viewer.leg.state.packets == 70_000


def test_a_picture_begins_with_a_keyframe() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    give(the_track, published(1, payload=DELTA))
    assert viewer.sent == [] and the_track.layers[0].is_awaited
    give(the_track, published(2, payload=KEY))
    give(the_track, published(3, payload=DELTA))
    assert [packet.payload for packet in viewer.sent] == [KEY, DELTA] and not the_track.layers[0].is_awaited
    assert viewer.sequences == [100, 101]


def test_disorder_and_repetition_from_the_publisher_pass_through_once() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    for number in (10, 11, 13, 12, 13, 12, 14):
        give(the_track, published(number))
    assert viewer.sequences == [100, 101, 103, 102, 104]


def test_packets_from_before_the_viewers_first_frame_are_not_sent_after_it() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    give(the_track, published(10, payload=DELTA))
    give(the_track, published(12, payload=KEY))
    give(the_track, published(11, payload=DELTA))
    assert [packet.payload for packet in viewer.sent] == [KEY]


def test_a_publisher_who_reloads_goes_on_in_the_same_numbering_and_time() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    for number in range(3):
        give(the_track, published(500 + number, 3000 * number), now=number / 30)
    # Another camera: other SSRC, other numbers, other clock; its first packet that arrives is no keyframe.
    give(the_track, published(40_000, 9_969_999, DELTA, ssrc=2222), now=2.0)
    give(the_track, published(40_001, 9_969_999 + 3000, KEY, ssrc=2222), now=2.1)
    give(the_track, published(40_002, 9_969_999 + 6000, DELTA, ssrc=2222), now=2.2)
    assert viewer.sequences == [100, 101, 102, 103, 104]
    assert [packet.payload for packet in viewer.sent[3:]] == [KEY, DELTA]
    assert {packet.ssrc for packet in viewer.sent} == {5555}
    gap = viewer.sent[3].timestamp - viewer.sent[2].timestamp
    assert gap == pytest.approx((2.1 - 2 / 30) * 90000, abs=2)
    assert viewer.sent[4].timestamp - viewer.sent[3].timestamp == 3000


def test_a_stream_that_starts_anew_under_the_same_name_is_followed() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    give(the_track, published(100))
    for number in range(5):
        give(the_track, published(30_000 + number), now=1.0)
    assert viewer.sequences == [100, 101, 102, 103]


def test_a_viewer_who_lost_packets_gets_them_again_from_the_ring() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    for number in range(40):
        give(the_track, published(1000 + number, 3000 * number))
    before = list(viewer.sent)
    viewer.sent.clear()
    viewer.leg.retransmit([105, 107, 90, 139, 140, 60_000], now=1.0)
    assert viewer.sequences == [105, 107, 139]
    for packet in viewer.sent:
        original = before[packet.sequence_number - 100]
        assert (packet.payload, packet.timestamp, packet.marker, packet.ssrc) == (
            original.payload,
            original.timestamp,
            original.marker,
            5555,
        )


def test_with_rtx_lost_packets_come_wrapped_as_aiortc_would_wrap_them() -> None:
    viewer = Viewer(rtx=121)
    the_track = track(viewer)
    for number in range(10):
        give(the_track, published(1000 + number, 3000 * number, KEY + bytes([number])))
    original = viewer.sent[4]
    viewer.leg.retransmit([104, 105], now=1.0)
    again = viewer.sent[10]
    expected = wrap_rtx(original, payload_type=121, sequence_number=again.sequence_number, ssrc=6666)
    assert again.serialize(WATCHED) == expected.serialize(WATCHED)
    assert unwrap_rtx(again, payload_type=120, ssrc=5555).serialize(WATCHED) == original.serialize(WATCHED)
    assert viewer.sent[11].sequence_number == again.sequence_number + 1


def test_packets_older_than_the_ring_and_floods_of_requests_are_not_answered() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    for number in range(RING + 50):
        give(the_track, published(number, 3000 * number))
    viewer.sent.clear()
    viewer.leg.retransmit([100, 149, 150], now=1.0)
    assert viewer.sequences == [150]
    viewer.leg.retransmit([200] * 1000, now=1.0)
    assert len(viewer.sent) == 300
    viewer.leg.retransmit([200] * 1000, now=1.1)
    assert len(viewer.sent) == 330


def test_what_the_publisher_repeats_fills_the_gap_for_everybody() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    for number in (1, 2, 5):
        give(the_track, published(number))
    source = the_track.layers[0].source
    assert source is not None
    assert source.due_nacks(1.0) == [3, 4] and source.due_nacks(1.01) == []
    wrapped = wrap_rtx(
        RtpPacket.parse(published(3, 777), PUBLISHED), payload_type=97, sequence_number=9, ssrc=1112
    )
    _, _, packet = read_packet(wrapped.serialize(PUBLISHED), 7)
    assert the_track.receive_retransmission(packet, 1.1)
    assert viewer.sequences == [100, 101, 104, 102]
    assert source.due_nacks(1.2) == [4]
    give(the_track, published(4))
    assert source.due_nacks(9.0) == []


def test_padding_on_the_retransmission_stream_is_not_forwarded() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    give(the_track, published(1))
    probe = RtpPacket(payload_type=97, sequence_number=4, ssrc=1112)
    probe.padding_size = 200
    _, _, packet = read_packet(probe.serialize(PUBLISHED), 7)
    assert not the_track.receive_retransmission(packet, 0.0)
    assert len(viewer.sent) == 1


def test_a_lost_packet_is_asked_for_a_few_times_and_then_given_up() -> None:
    the_track = track()
    for number in (1, 3):
        give(the_track, published(number))
    source = the_track.layers[0].source
    assert source is not None
    asked = [source.due_nacks(second / 2) for second in range(20)]
    assert asked[:8] == [[2]] * 8 and not any(asked[8:])
    assert not source.missing


def test_sender_reports_are_translated_into_the_viewers_clock() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    give(the_track, published(1, 50_000))
    the_track.take_report(1111, 0xAABBCCDD_11223344, 53_000, 0.0)
    assert viewer.reports == [(0xAABBCCDD_11223344, 7_003_000)]
    the_track.take_report(9999, 1, 1, 0.0)
    assert len(viewer.reports) == 1
    late = Viewer()
    the_track.layers[0].legs.append(late.leg)
    give(the_track, published(2, 53_000))
    assert late.reports == [(0xAABBCCDD_11223344, 7_000_000)]


def test_reception_counts_what_was_lost_since_the_last_report() -> None:
    the_track = track()
    for number in (0, 1, 2, 4, 5, 7, 8, 9):
        give(the_track, published(number, 3000 * number), now=number / 30)
    source = the_track.layers[0].source
    assert source is not None
    first = source.reception(1.0)
    assert (first.fraction_lost, first.lost, first.highest) == ((2 << 8) // 10, 2, 9)
    assert source.reception(2.0).fraction_lost == 0
    (report,) = rtcp.RtcpPacket.parse(rtcp.receiver_report(reporter=1, receptions={1111: first}))
    assert (report.reports[0].ssrc, report.reports[0].packets_lost) == (1111, 2)


def test_packets_lost_where_the_numbering_begins_anew_are_asked_for_in_one_message() -> None:
    (message,) = rtcp.read(rtcp.lost(reporter=1, ssrc=2, sequences=[65534, 65535, 0, 3]))
    assert isinstance(message, rtcp.Lost) and set(message.sequences) == {65534, 65535, 0, 3}


def test_many_requests_for_a_keyframe_become_two_a_second() -> None:
    requests = KeyframeRequests()
    asked = [moment / 100 for moment in range(300) if requests.ask(moment / 100)]
    assert len(asked) == 6
    assert all(later - earlier >= KEYFRAME_INTERVAL for earlier, later in zip(asked, asked[1:], strict=False))
    assert requests.pending and requests.count == 6
    assert requests.ask(3.1) and not requests.pending


@given(st.binary(max_size=80))
def test_garbage_is_refused_and_breaks_nothing(data: bytes) -> None:
    the_track = track(Viewer(starts=always_starts), starts=always_starts)
    try:
        _, ssrc, packet = read_packet(data, 7)
    except BadPacket:
        pass
    else:
        the_track.receive(packet, ssrc, 0.0)
    starts_vp8_keyframe(data)
    starts_h264_keyframe(data)
    list(rtcp.read(data))


@given(
    payload=st.binary(max_size=60),
    sequence=st.integers(0, 0xFFFF),
    csrcs=st.lists(st.integers(0, 0xFFFFFFFF), max_size=4),
    level=st.none() | st.integers(0, 127),
    padding=st.integers(0, 30),
)
def test_packets_are_read_as_aiortc_reads_them(
    payload: bytes, sequence: int, csrcs: list[int], level: int | None, padding: int
) -> None:
    packet = RtpPacket(
        payload_type=100, marker=1, sequence_number=sequence, timestamp=5, ssrc=42, payload=payload
    )
    packet.csrc = csrcs
    packet.padding_size = padding
    packet.extensions = HeaderExtensions(mid="audio", audio_level=None if level is None else (False, level))
    payload_type, ssrc, read = read_packet(packet.serialize(PUBLISHED), 7)
    assert (payload_type, ssrc, read.sequence, read.timestamp, read.marker) == (100, 42, sequence, 5, 0x80)
    assert read.level == level
    assert read.payload[: len(payload)] == payload and len(read.payload) == len(payload) + padding


@pytest.mark.parametrize(
    ("payload", "whole"),
    [
        (b"\x10\x00", True),
        (b"\x10\x01", False),
        (b"\x00\x00", False),  # not the start of a partition
        (b"\x11\x00", False),  # the second partition
        (b"\x90\x80\x05\x00", True),  # with a short picture id
        (b"\x90\x80\x85\x05\x01", False),  # with a long one, and a difference
        (b"\x90\xf0\x85\x05\x01\x02\x00", True),
        (b"\x90", False),
        (b"", False),
    ],
)
def test_vp8_keyframes_are_recognised(payload: bytes, whole: bool) -> None:
    assert starts_vp8_keyframe(payload) is whole


@pytest.mark.parametrize(
    ("payload", "whole"),
    [
        (b"\x67\x42", True),  # parameter set
        (b"\x65\x88", True),  # IDR
        (b"\x41\x9a", False),
        (b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", True),  # parameter sets in one packet
        (b"\x78\x00\x02\x41\x9a", False),
        (b"\x7c\x85\x00", True),  # the beginning of a fragmented IDR
        (b"\x7c\x05\x00", False),  # its middle
        (b"\x65", False),
    ],
)
def test_h264_keyframes_are_recognised(payload: bytes, whole: bool) -> None:
    assert starts_h264_keyframe(payload) is whole
