"""Forwarding of RTP without decoding, on bytes. No sockets, no clock, no aiortc: time comes in as a number.

    Source   one stream as one publisher sends it: one SSRC, its last packets, what got lost on the way here
    Leg      a track as one viewer receives it: own SSRC, own numbering, own payload type

Which source goes to which leg is decided in `layers`.

Everything behind the twelve bytes of the fixed header is the same for all viewers who negotiated the same
(`packets.Profile`), so it is made once per packet; per viewer only those twelve bytes are written.

A leg numbers its packets by adding an offset to the source's. When another source takes over (the publisher reloaded the
page, or the viewer's line carries another size now), the offset changes so that the viewer sees one uninterrupted stream; a
picture waits for a whole frame (a keyframe) first.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from .packets import Packet, Profile, find_vp8_numbers

RING: Final = 512
"""Packets kept per source for viewers who lost one: about three seconds of a 1 Mb/s picture."""

SCRATCH_SIZE: Final = 2048
LARGEST_PACKET: Final = 1500

FURTHEST_JUMP: Final = 4096
"""A sequence number further ahead than this is a new stream, not a loss."""
STRAYS_TO_START_ANEW: Final = 3

NACK_AGAIN: Final = 0.08
NACK_TRIES: Final = 8
NACK_WINDOW: Final = 256

RETRANSMISSIONS_PER_SECOND: Final = 300
"""Per viewer. More than that is not loss but a line too thin, and repeating makes it thinner."""

_numbers = count(1)
_HEADER: Final = struct.Struct("!BBHLL")
_SEQUENCE: Final = struct.Struct("!H")


@dataclass(slots=True)
class SenderReport:
    """What a publisher said last about which moment an RTP timestamp means (RTCP SR)."""

    ntp: int
    rtp: int
    arrived: float


class Source:
    """One stream as one publisher sends it."""

    __slots__ = (
        "_earliest",
        "_expected_before",
        "_jitter",
        "_last_transit",
        "_received_before",
        "clock_rate",
        "highest",
        "missing",
        "number",
        "octets",
        "picture",
        "received",
        "report",
        "ring",
        "ssrc",
        "strays",
        "tl0",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.number = next(_numbers)
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.highest = -1
        self.ring: list[Packet | None] = [None] * RING
        self.missing: dict[int, tuple[float, int]] = {}
        self.received = 0
        self.octets = 0
        self.strays = 0
        # The numbers that VP8 gave to the newest picture and base layer.
        self.picture = 0
        self.tl0 = 0
        self.report: SenderReport | None = None
        self._earliest = 0
        self._expected_before = 0
        self._received_before = 0
        self._jitter = 0.0
        self._last_transit: float | None = None

    def accept(self, packet: Packet, now: float) -> bool:
        """Take a packet in. False when it is a repetition, too late, or from a stretch far away
        (`has_jumped`)."""
        if self.highest < 0:
            # Far from zero, so that a packet from just before the first one still has a positive number.
            packet.extended = packet.sequence + (1 << 16)
            self.highest = self._earliest = packet.extended
        else:
            ahead = (packet.sequence - self.highest + 0x8000 & 0xFFFF) - 0x8000
            if not -RING < ahead < FURTHEST_JUMP:
                self.strays += 1
                return False
            packet.extended = self.highest + ahead
            if ahead > 0:
                for lost in range(max(self.highest + 1, packet.extended - NACK_WINDOW), packet.extended):
                    self.missing[lost] = (float("-inf"), 0)
                self.highest = packet.extended
                self._measure_jitter(packet.timestamp, now)
            else:
                self.missing.pop(packet.extended, None)
                kept = self.ring[packet.extended % RING]
                if kept is not None and kept.extended >= packet.extended:
                    return False
        self.strays = 0
        self.received += 1
        self.octets += len(packet.payload)
        packet.source = self
        self.ring[packet.extended % RING] = packet
        return True

    @property
    def lost(self) -> int:
        """How many packets never came, so far."""
        return max(0, self.highest - self._earliest + 1 - self.received) if self.highest >= 0 else 0

    @property
    def jitter(self) -> float:
        """How unevenly packets arrive, in seconds (RFC 3550)."""
        return self._jitter / self.clock_rate

    def number_picture(self, packet: Packet) -> None:
        """Note where this packet of a VP8 picture has its numbers, and which they are."""
        packet.picture_at, packet.tl0_at = find_vp8_numbers(packet.payload)
        if packet.picture_at and packet.extended == self.highest:
            self.picture = _SEQUENCE.unpack_from(packet.payload, packet.picture_at)[0] & 0x7FFF
            if packet.tl0_at:
                self.tl0 = packet.payload[packet.tl0_at]

    @property
    def has_jumped(self) -> bool:
        """Packets keep coming from somewhere else in the numbering: the sender started anew under the same
        SSRC."""
        return self.strays >= STRAYS_TO_START_ANEW

    def find(self, extended: int) -> Packet | None:
        packet = self.ring[extended % RING]
        return packet if packet is not None and packet.extended == extended else None

    def due_nacks(self, now: float) -> list[int]:
        """The sequence numbers to ask the publisher for again now."""
        due = []
        for extended, (asked, tries) in list(self.missing.items()):
            if tries >= NACK_TRIES or extended < self.highest - NACK_WINDOW:
                del self.missing[extended]
            elif now - asked >= NACK_AGAIN:
                self.missing[extended] = (now, tries + 1)
                due.append(extended & 0xFFFF)
        return due

    def _measure_jitter(self, timestamp: int, now: float) -> None:
        transit = now * self.clock_rate - timestamp
        if self._last_transit is not None:
            difference = abs(transit - self._last_transit)
            if difference < self.clock_rate * 10:  # not across a wrap of the timestamp
                self._jitter += (difference - self._jitter) / 16
        self._last_transit = transit

    def reception(self, now: float) -> "Reception":
        """What a receiver report says about this stream. Loss is counted since the last call."""
        expected = self.highest - self._earliest + 1 if self.highest >= 0 else 0
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.received - self._received_before)
        self._expected_before, self._received_before = expected, self.received
        fraction = (lost_now << 8) // expected_now if expected_now > 0 and lost_now > 0 else 0
        since = int((now - self.report.arrived) * 65536) if self.report else 0
        return Reception(
            fraction_lost=min(fraction, 255),
            lost=max(0, min(expected - self.received, 0x7FFFFF)),
            highest=max(self.highest - (1 << 16), 0) & 0xFFFFFFFF,
            jitter=int(self._jitter),
            last_report=self.report.ntp >> 16 & 0xFFFFFFFF if self.report else 0,
            since_last_report=max(0, min(since, 0xFFFFFFFF)),
        )


@dataclass(frozen=True, slots=True)
class Reception:
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    since_last_report: int


class State:
    """The numbers of one leg. The compiled fan-out keeps them in a C struct of the same names (`fanout.c`)."""

    __slots__ = (
        "first",
        "last_sent_at",
        "last_timestamp",
        "octets",
        "offset",
        "packets",
        "payload_type",
        "picture_offset",
        "profile",
        "source",
        "ssrc",
        "timestamp_offset",
        "tl0_offset",
        "unsent",
    )

    def __init__(self) -> None:
        self.source = 0
        """The number of the source that the leg is in step with; 0 before the first."""
        self.first = 0
        self.offset = 0
        self.timestamp_offset = 0
        self.picture_offset = 0
        self.tl0_offset = 0
        self.last_timestamp = 0
        self.last_sent_at = 0.0
        self.packets = 0
        self.octets = 0
        self.unsent = 0
        """Packets that the compiled fan-out could not send; in Python the wire counts them."""
        self.ssrc = 0
        self.payload_type = 0
        self.profile = 0


class Leg:
    """A track as one viewer receives it.

    `send(length)` is called when `length` bytes of `buffer` hold a packet to go out; `report(...)` when there
    is a sender report to pass on.
    """

    __slots__ = (
        "_allowance",
        "_allowance_at",
        "_buffer",
        "_clock_rate",
        "_rtx_sequence",
        "_send",
        "_source",
        "_starts",
        "profile",
        "retransmitted",
        "rtx_payload_type",
        "rtx_ssrc",
        "send_report",
        "ssrc",
        "state",
        "waiting",
    )

    def __init__(
        self,
        *,
        ssrc: int,
        payload_type: int,
        clock_rate: int,
        profile: Profile,
        starts: Callable[[bytes], bool],
        buffer: bytearray,
        send: Callable[[int], None],
        send_report: Callable[["Leg", int, int], None],
        first_sequence: int,
        first_timestamp: int,
        rtx_payload_type: int | None = None,
        rtx_ssrc: int = 0,
        state: Any = None,
    ) -> None:
        self.ssrc = ssrc
        self.profile = profile
        self.rtx_payload_type = rtx_payload_type
        self.rtx_ssrc = rtx_ssrc
        self.waiting = True
        self.retransmitted = 0
        self.send_report = send_report
        self.state = state = State() if state is None else state
        state.ssrc = ssrc
        state.payload_type = payload_type
        # Numbers as if the packet before `first_sequence` had just gone out.
        state.offset = (first_sequence - 1) & 0xFFFF
        state.last_timestamp = first_timestamp
        self._clock_rate = clock_rate
        self._starts = starts
        self._buffer = buffer
        self._send = send
        self._source: Source | None = None
        self._rtx_sequence = first_sequence
        self._allowance = float(RETRANSMISSIONS_PER_SECOND)
        self._allowance_at = 0.0

    def forward(self, packet: Packet, now: float) -> None:
        """Send the packet on in this viewer's numbering, or drop it while waiting for a frame to start
        with."""
        if packet.source is not self._source and not self.take_over(packet, now):
            self.waiting = True
            return
        state = self.state
        if packet.extended < state.first:
            return
        body = packet.bodies.get(self.profile) or packet.body(self.profile)
        length = 12 + len(body)
        timestamp = packet.timestamp + state.timestamp_offset & 0xFFFFFFFF
        buffer = self._buffer
        _HEADER.pack_into(
            buffer,
            0,
            (0x90 if len(body) > len(packet.payload) else 0x80) | packet.padding,
            packet.marker | state.payload_type,
            packet.extended + state.offset & 0xFFFF,
            timestamp,
            self.ssrc,
        )
        buffer[12:length] = body
        if packet.picture_at:
            self._number_picture(packet, length)
        state.last_timestamp = timestamp
        state.last_sent_at = now
        state.packets = state.packets + 1 & 0xFFFFFFFF
        state.octets = state.octets + len(packet.payload) & 0xFFFFFFFF
        self._send(length)

    def _number_picture(self, packet: Packet, length: int) -> None:
        """VP8 numbers its pictures too. Decoders wait for what is missing between two numbers, so another source's must go on
        where the last one's ended."""
        buffer, payload = self._buffer, length - len(packet.payload)
        at = payload + packet.picture_at
        number = (_SEQUENCE.unpack_from(buffer, at)[0] + self.state.picture_offset) & 0x7FFF
        _SEQUENCE.pack_into(buffer, at, 0x8000 | number)
        if packet.tl0_at:
            at = payload + packet.tl0_at
            buffer[at] = buffer[at] + self.state.tl0_offset & 0xFF

    def take_over(self, packet: Packet, now: float) -> bool:
        """Go on with another source so that the viewer notices nothing. False while it has not begun a whole
        frame."""
        if not self._starts(packet.payload):
            return False
        source = packet.source
        assert source is not None
        state, old = self.state, self._source
        last = (old.highest + state.offset if old is not None else state.offset) & 0xFFFF
        if old is None or not state.packets:
            timestamp = state.last_timestamp
        else:
            passed = max(int((now - state.last_sent_at) * self._clock_rate), self._clock_rate // 50)
            timestamp = state.last_timestamp + passed
        if old is not None and packet.picture_at:
            payload = packet.payload
            picture = _SEQUENCE.unpack_from(payload, packet.picture_at)[0]
            state.picture_offset = old.picture + state.picture_offset + 1 - picture & 0x7FFF
            tl0 = payload[packet.tl0_at] if packet.tl0_at else 0
            state.tl0_offset = old.tl0 + state.tl0_offset + 1 - tl0 & 0xFF
        state.offset = last + 1 - packet.extended & 0xFFFFFFFF
        state.timestamp_offset = timestamp - packet.timestamp & 0xFFFFFFFF
        state.first = packet.extended
        state.source = source.number
        self._source = source
        self.waiting = False
        if source.report is not None:
            self.pass_report(source, source.report)
        return True

    def pass_report(self, source: Source, report: SenderReport) -> None:
        """Tell the viewer which moment its timestamps mean; without it picture and sound drift apart."""
        if source is self._source:
            self.send_report(self, report.ntp, report.rtp + self.state.timestamp_offset & 0xFFFFFFFF)

    def retransmit(self, sequences: Iterable[int], now: float) -> None:
        """Answer a viewer who lost packets, from the source's ring."""
        source, state = self._source, self.state
        if source is None:
            return
        self._allowance = min(
            float(RETRANSMISSIONS_PER_SECOND),
            self._allowance + (now - self._allowance_at) * RETRANSMISSIONS_PER_SECOND,
        )
        self._allowance_at = now
        highest = source.highest + state.offset & 0xFFFF
        for sequence in sequences:
            if self._allowance < 1:
                return
            behind = highest - sequence & 0xFFFF
            extended = source.highest - behind
            if behind >= RING or extended < state.first:
                continue
            packet = source.find(extended)
            if packet is None:
                continue
            self._allowance -= 1
            self.retransmitted += 1
            self._send_again(packet, sequence)

    def _send_again(self, packet: Packet, sequence: int) -> None:
        block = packet.extension_block(self.profile)
        if self.rtx_payload_type is None:
            payload_type, ssrc, numbered, body = (
                self.state.payload_type,
                self.ssrc,
                sequence,
                block + packet.payload,
            )
        else:
            payload_type, ssrc, numbered = self.rtx_payload_type, self.rtx_ssrc, self._rtx_sequence
            body = block + _SEQUENCE.pack(sequence) + packet.payload
            self._rtx_sequence = self._rtx_sequence + 1 & 0xFFFF
        length = 12 + len(body)
        _HEADER.pack_into(
            self._buffer,
            0,
            (0x90 if block else 0x80) | packet.padding,
            packet.marker | payload_type,
            numbered,
            packet.timestamp + self.state.timestamp_offset & 0xFFFFFFFF,
            ssrc,
        )
        self._buffer[12:length] = body
        if packet.picture_at:
            self._number_picture(packet, length)
        self._send(length)
