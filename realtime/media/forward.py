"""Forwarding of RTP without decoding, on bytes. No sockets, no clock, no aiortc: time comes in as a number.

    Source   one stream as one publisher sends it: one SSRC, its last packets, what got lost on the way here
    Track    the picture or the sound of a publication; outlives its source when the publisher reloads
    Leg      a track as one viewer receives it: own SSRC, own numbering, own payload type

Everything behind the twelve bytes of the fixed header is the same for all viewers who negotiated the same
(`Profile`), so it is made once per packet; per viewer only those twelve bytes are written.

A leg numbers its packets by adding an offset to the source's. When another source takes the track over, the
offset changes so that the viewer sees one uninterrupted stream; a picture waits for a whole frame (a
keyframe) first.

Simulcast fits in as several sources per track with a leg choosing one; a faster fan-out replaces
`Track._fan_out`.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

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

KEYFRAME_INTERVAL: Final = 0.5
"""Publishers are asked for a keyframe at most twice a second, however many viewers ask."""

RETRANSMISSIONS_PER_SECOND: Final = 300
"""Per viewer. More than that is not loss but a line too thin, and repeating makes it thinner."""

_HEADER: Final = struct.Struct("!BBHLL")
_EXTENSION_HEADER: Final = struct.Struct("!HH")
_SEQUENCE: Final = struct.Struct("!H")


class BadPacket(ValueError):
    """The bytes are no RTP packet."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Which header extensions a viewer negotiated under which ids (0: not negotiated), and the name of the
    m-line."""

    mid_id: int = 0
    mid: bytes = b""
    level_id: int = 0


class Packet:
    """One RTP packet of a source, taken apart as far as forwarding needs."""

    __slots__ = (
        "blocks",
        "bodies",
        "extended",
        "level",
        "marker",
        "padding",
        "payload",
        "sequence",
        "source",
        "timestamp",
    )

    def __init__(
        self, *, marker: int, padding: int, sequence: int, timestamp: int, level: int | None, payload: bytes
    ) -> None:
        self.marker = marker  # 0 or 0x80, as it stands in the header
        self.padding = padding  # 0 or 0x20
        self.sequence = sequence
        self.timestamp = timestamp
        self.level = level
        self.payload = payload
        self.extended = sequence
        self.source: Source | None = None
        self.blocks: dict[Profile, bytes] = {}
        self.bodies: dict[Profile, bytes] = {}

    def extension_block(self, profile: Profile) -> bytes:
        """The header extensions for viewers with this profile, with their own ids."""
        block = self.blocks.get(profile)
        if block is None:
            block = self.blocks[profile] = _extension_block(profile, self.level)
        return block

    def body(self, profile: Profile) -> bytes:
        """Everything behind the fixed header, for viewers with this profile."""
        body = self.bodies.get(profile)
        if body is None:
            body = self.bodies[profile] = self.extension_block(profile) + self.payload
        return body


def _extension_block(profile: Profile, level: int | None) -> bytes:
    values = b""
    if profile.mid_id and profile.mid:
        values += bytes([profile.mid_id << 4 | len(profile.mid) - 1]) + profile.mid
    if profile.level_id and level is not None:
        values += bytes([profile.level_id << 4, level])
    if not values:
        return b""
    values += bytes(-len(values) % 4)
    return _EXTENSION_HEADER.pack(0xBEDE, len(values) // 4) + values


def read_packet(data: bytes, level_id: int) -> tuple[int, int, Packet]:
    """The payload type, SSRC and rest of an RTP packet; `BadPacket` when it is none.

    `level_id` is the publisher's header extension id for the loudness of sound (0: not negotiated).
    """
    size = len(data)
    if size < 12:
        raise BadPacket("shorter than a header")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise BadPacket("not version 2")
    position = 12 + 4 * (first & 0x0F)
    level: int | None = None
    if first & 0x10:
        if size < position + 4:
            raise BadPacket("cut inside the extension header")
        profile, words = _EXTENSION_HEADER.unpack_from(data, position)
        position += 4
        end = position + 4 * words
        if size < end:
            raise BadPacket("cut inside the extensions")
        if profile == 0xBEDE or profile & 0xFFF0 == 0x1000:
            level = _read_level(data, position, end, profile == 0xBEDE, level_id)
        position = end
    if size < position:
        raise BadPacket("cut inside the contributing sources")
    padding = first & 0x20
    if padding and not 0 < data[-1] <= size - position:
        raise BadPacket("padding longer than the payload")
    packet = Packet(
        marker=second & 0x80,
        padding=padding,
        sequence=sequence,
        timestamp=timestamp,
        level=level,
        payload=data[position:],
    )
    return second & 0x7F, ssrc, packet


def _read_level(data: bytes, position: int, end: int, one_byte: bool, level_id: int) -> int | None:
    level: int | None = None
    while position < end:
        if data[position] == 0:  # padding between extensions
            position += 1
            continue
        if one_byte:
            identity, length = data[position] >> 4, (data[position] & 0x0F) + 1
            if identity == 15:  # reserved: stop reading
                break
            position += 1
        else:
            if position + 2 > end:
                raise BadPacket("cut inside an extension")
            identity, length = data[position], data[position + 1]
            position += 2
        if position + length > end:
            raise BadPacket("cut inside an extension")
        if identity == level_id and length:
            level = data[position]
        position += length
    return level


def unwrap_retransmission(packet: Packet) -> bool:
    """Turn a packet of the RTX stream into the one that was lost (RFC 4588). False: it was only padding."""
    payload = packet.payload
    if packet.padding:
        payload = payload[: -payload[-1]]
        packet.padding = 0
    if len(payload) <= 2:
        return False
    packet.sequence = _SEQUENCE.unpack_from(payload)[0]
    packet.payload = payload[2:]
    return True


def starts_vp8_keyframe(payload: bytes) -> bool:
    """Whether this payload is the beginning of a VP8 keyframe (RFC 7741)."""
    size = len(payload)
    if size < 1:
        return False
    first = payload[0]
    if not first & 0x10 or first & 0x07:  # not the start of the first partition
        return False
    position = 1
    if first & 0x80:
        if size < 2:
            return False
        flags = payload[1]
        position = 2
        if flags & 0x80:
            if size < 3:
                return False
            position += 2 if payload[2] & 0x80 else 1
        if flags & 0x40:
            position += 1
        if flags & 0x30:
            position += 1
    return position < size and not payload[position] & 0x01


def starts_h264_keyframe(payload: bytes) -> bool:
    """Whether a decoder can start with this payload: it carries a parameter set or the start of an IDR slice
    (RFC 6184)."""
    if len(payload) < 2:
        return False
    kind = payload[0] & 0x1F
    if kind in (5, 7):
        return True
    if kind == 24:  # several units in one packet
        position = 1
        while position + 3 <= len(payload):
            length = _SEQUENCE.unpack_from(payload, position)[0]
            if payload[position + 2] & 0x1F in (5, 7):
                return True
            position += 2 + length
        return False
    return kind == 28 and bool(payload[1] & 0x80) and payload[1] & 0x1F in (5, 7)


def always_starts(_payload: bytes) -> bool:
    """For sound: every packet stands alone."""
    return True


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
        "received",
        "report",
        "ring",
        "ssrc",
        "strays",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.highest = -1
        self.ring: list[Packet | None] = [None] * RING
        self.missing: dict[int, tuple[float, int]] = {}
        self.received = 0
        self.strays = 0
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
        packet.source = self
        self.ring[packet.extended % RING] = packet
        return True

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
        "_first",
        "_last_sent_at",
        "_last_timestamp",
        "_offset",
        "_rtx_sequence",
        "_second_byte",
        "_send",
        "_source",
        "_starts",
        "_timestamp_offset",
        "octets",
        "packets",
        "profile",
        "retransmitted",
        "rtx_payload_type",
        "rtx_ssrc",
        "send_report",
        "ssrc",
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
    ) -> None:
        self.ssrc = ssrc
        self.profile = profile
        self.rtx_payload_type = rtx_payload_type
        self.rtx_ssrc = rtx_ssrc
        self.waiting = True
        self.packets = 0
        self.octets = 0
        self.retransmitted = 0
        self.send_report = send_report
        self._second_byte = payload_type
        self._clock_rate = clock_rate
        self._starts = starts
        self._buffer = buffer
        self._send = send
        self._source: Source | None = None
        self._first = 0
        # Numbers as if the packet before `first_sequence` had just gone out.
        self._offset = (first_sequence - 1) & 0xFFFF
        self._last_timestamp = first_timestamp
        self._last_sent_at: float | None = None
        self._timestamp_offset = 0
        self._rtx_sequence = first_sequence
        self._allowance = float(RETRANSMISSIONS_PER_SECOND)
        self._allowance_at = 0.0

    def forward(self, packet: Packet, now: float) -> None:
        """Send the packet on in this viewer's numbering, or drop it while waiting for a frame to start
        with."""
        if packet.source is not self._source and not self._take_over(packet, now):
            return
        if packet.extended < self._first:
            return
        body = packet.bodies.get(self.profile) or packet.body(self.profile)
        length = 12 + len(body)
        timestamp = packet.timestamp + self._timestamp_offset & 0xFFFFFFFF
        buffer = self._buffer
        _HEADER.pack_into(
            buffer,
            0,
            (0x90 if len(body) > len(packet.payload) else 0x80) | packet.padding,
            packet.marker | self._second_byte,
            packet.extended + self._offset & 0xFFFF,
            timestamp,
            self.ssrc,
        )
        buffer[12:length] = body
        self._last_timestamp = timestamp
        self._last_sent_at = now
        self.packets += 1
        self.octets += len(packet.payload)
        self._send(length)

    def _take_over(self, packet: Packet, now: float) -> bool:
        """Go on with another source so that the viewer notices nothing. False while it has not begun a whole
        frame."""
        if not self._starts(packet.payload):
            self.waiting = True
            return False
        source = packet.source
        assert source is not None
        old = self._source
        last = (old.highest + self._offset if old is not None else self._offset) & 0xFFFF
        if old is None or self._last_sent_at is None:
            timestamp = self._last_timestamp
        else:
            passed = max(int((now - self._last_sent_at) * self._clock_rate), self._clock_rate // 50)
            timestamp = self._last_timestamp + passed
        self._offset = last + 1 - packet.extended
        self._timestamp_offset = timestamp - packet.timestamp
        self._first = packet.extended
        self._source = source
        self.waiting = False
        if source.report is not None:
            self.pass_report(source, source.report)
        return True

    def pass_report(self, source: Source, report: SenderReport) -> None:
        """Tell the viewer which moment its timestamps mean; without it picture and sound drift apart."""
        if source is self._source:
            self.send_report(self, report.ntp, report.rtp + self._timestamp_offset & 0xFFFFFFFF)

    def retransmit(self, sequences: Iterable[int], now: float) -> None:
        """Answer a viewer who lost packets, from the source's ring."""
        source = self._source
        if source is None:
            return
        self._allowance = min(
            float(RETRANSMISSIONS_PER_SECOND),
            self._allowance + (now - self._allowance_at) * RETRANSMISSIONS_PER_SECOND,
        )
        self._allowance_at = now
        highest = source.highest + self._offset & 0xFFFF
        for sequence in sequences:
            if self._allowance < 1:
                return
            behind = highest - sequence & 0xFFFF
            extended = source.highest - behind
            if behind >= RING or extended < self._first:
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
                self._second_byte,
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
            packet.timestamp + self._timestamp_offset & 0xFFFFFFFF,
            ssrc,
        )
        self._buffer[12:length] = body
        self._send(length)


@dataclass(slots=True)
class KeyframeRequests:
    """Many viewers ask; the publisher hears it at most every `KEYFRAME_INTERVAL` seconds."""

    asked_at: float = -1e9
    pending: bool = False

    def ask(self, now: float) -> bool:
        """Whether the request may go out now. If not, it stays pending and `due` will say when."""
        if now - self.asked_at >= KEYFRAME_INTERVAL:
            self.asked_at = now
            self.pending = False
            return True
        self.pending = True
        return False

    def due(self, now: float) -> bool:
        return self.pending and self.ask(now)


@dataclass(slots=True)
class Track:
    """The picture or the sound of a publication."""

    kind: str
    clock_rate: int
    starts: Callable[[bytes], bool]
    source: Source | None = None
    legs: list[Leg] = field(default_factory=list)
    keyframes: KeyframeRequests = field(default_factory=KeyframeRequests)
    received_at: float = -1e9

    def receive(self, packet: Packet, ssrc: int, now: float) -> bool:
        """Take in a packet from the publisher and send it to every viewer. False when it was dropped."""
        source = self.source
        if source is None or source.ssrc != ssrc:
            source = self.source = Source(ssrc, self.clock_rate)
        if not source.accept(packet, now):
            if not source.has_jumped:
                return False
            source = self.source = Source(ssrc, self.clock_rate)
            source.accept(packet, now)
        self.received_at = now
        self._fan_out(packet, now)
        return True

    def receive_retransmission(self, packet: Packet, now: float) -> bool:
        """Take in what came on the RTX stream."""
        source = self.source
        if source is None or not unwrap_retransmission(packet):
            return False
        return self.receive(packet, source.ssrc, now)

    def _fan_out(self, packet: Packet, now: float) -> None:
        for leg in self.legs:
            leg.forward(packet, now)

    def take_report(self, ssrc: int, ntp: int, rtp: int, now: float) -> None:
        source = self.source
        if source is not None and source.ssrc == ssrc:
            source.report = SenderReport(ntp, rtp, now)
            for leg in self.legs:
                leg.pass_report(source, source.report)

    @property
    def is_awaited(self) -> bool:
        """Whether a viewer waits for a frame to start with."""
        return any(leg.waiting for leg in self.legs)
