"""RTP packets on bytes: taking them apart as far as forwarding needs. No sockets, no clock, no aiortc."""

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .forward import Source

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
        "picture_at",
        "sequence",
        "source",
        "timestamp",
        "tl0_at",
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
        # Where in the payload VP8 numbers the picture and its base layer; 0 where it does not.
        self.picture_at = 0
        self.tl0_at = 0

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
        if level_id and (profile == 0xBEDE or profile & 0xFFF0 == 0x1000):
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


def read_extension(data: bytes, identity: int) -> bytes:
    """The value of one header extension (RFC 8285); empty where the packet does not carry it. For packets that
    `read_packet` took."""
    position = 12 + 4 * (data[0] & 0x0F)
    if not data[0] & 0x10 or not identity:
        return b""
    profile, words = _EXTENSION_HEADER.unpack_from(data, position)
    position += 4
    if profile != 0xBEDE and profile & 0xFFF0 != 0x1000:
        return b""
    return _extensions(data, position, position + 4 * words, profile == 0xBEDE).get(identity, b"")


def _read_level(data: bytes, position: int, end: int, one_byte: bool, level_id: int) -> int | None:
    value = _extensions(data, position, end, one_byte).get(level_id)
    return value[0] if value else None


def _extensions(data: bytes, position: int, end: int, one_byte: bool) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
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
        found[identity] = data[position : position + length]
        position += length
    return found


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


def find_vp8_numbers(payload: bytes) -> tuple[int, int]:
    """Where the payload numbers its picture (15 bits) and its base layer (TL0PICIDX), RFC 7741; 0 where it does not."""
    if len(payload) < 6 or not payload[0] & 0x80 or not payload[1] & 0x80 or not payload[2] & 0x80:
        return 0, 0
    return 2, 4 if payload[1] & 0x40 else 0


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
