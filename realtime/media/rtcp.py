"""The control packets of RTP (RTCP): what both sides say about the streams. On bytes; packing is aiortc's."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

from .forward import Reception

_CNAME: Final = 1


@dataclass(frozen=True, slots=True)
class Report:
    """The sender says which moment a timestamp means."""

    ssrc: int
    ntp: int
    rtp: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The receiver misses these packets."""

    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lacks:
    """The receiver needs a keyframe."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class Received:
    """The receiver says how a stream arrives: the share lost since the last report, and times to reckon the round trip by,
    in 1/65536 s."""

    ssrc: int
    fraction_lost: float
    last_report: int
    since_last_report: int


@dataclass(frozen=True, slots=True)
class Carries:
    """The receiver estimates what its line carries, for all streams together (REMB)."""

    bits_per_second: int


def read(data: bytes) -> Iterator[Report | Lost | Lacks | Received | Carries]:
    """What concerns a forwarder in these control packets. Garbage says nothing."""
    try:
        packets = RtcpPacket.parse(data)
    except (ValueError, struct.error, IndexError):
        return
    for packet in packets:
        if isinstance(packet, RtcpSrPacket):
            yield Report(packet.ssrc, packet.sender_info.ntp_timestamp, packet.sender_info.rtp_timestamp)
            yield from _receptions(packet.reports)
        elif isinstance(packet, RtcpRrPacket):
            yield from _receptions(packet.reports)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            yield Lost(packet.media_ssrc, tuple(packet.lost))
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI:
            yield Lacks(packet.media_ssrc)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_FIR:
            # FIR names its streams in the body, eight bytes each.
            for position in range(0, len(packet.fci) - 7, 8):
                yield Lacks(struct.unpack_from("!L", packet.fci, position)[0])
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            try:
                yield Carries(unpack_remb_fci(packet.fci)[0])
            except (ValueError, struct.error, IndexError):
                continue  # another application's message


def _receptions(reports: list[RtcpReceiverInfo]) -> Iterator[Received]:
    for each in reports:
        yield Received(each.ssrc, each.fraction_lost / 256, each.lsr, each.dlsr)


def sender_report(*, ssrc: int, ntp: int, rtp: int, packets: int, octets: int, cname: str) -> bytes:
    info = RtcpSenderInfo(
        ntp_timestamp=ntp,
        rtp_timestamp=rtp,
        packet_count=packets & 0xFFFFFFFF,
        octet_count=octets & 0xFFFFFFFF,
    )
    name = RtcpSdesPacket(chunks=[RtcpSourceInfo(ssrc=ssrc, items=[(_CNAME, cname.encode())])])
    return bytes(RtcpSrPacket(ssrc=ssrc, sender_info=info)) + bytes(name)


def receiver_report(*, reporter: int, receptions: dict[int, Reception]) -> bytes:
    return bytes(
        RtcpRrPacket(
            ssrc=reporter,
            reports=[
                RtcpReceiverInfo(
                    ssrc=ssrc,
                    fraction_lost=each.fraction_lost,
                    packets_lost=each.lost,
                    highest_sequence=each.highest,
                    jitter=each.jitter,
                    lsr=each.last_report,
                    dlsr=each.since_last_report,
                )
                for ssrc, each in receptions.items()
            ],
        )
    )


def bandwidth(*, reporter: int, bits_per_second: int, ssrcs: list[int]) -> bytes:
    """Tells a sender how much it may send at most (REMB)."""
    fci = pack_remb_fci(bits_per_second, ssrcs)
    return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=reporter, media_ssrc=0, fci=fci))


def lost(*, reporter: int, ssrc: int, sequences: list[int]) -> bytes:
    """Asks a sender for packets again."""
    # In order of number: aiortc packs them as distances, which must not be negative where the numbering begins anew.
    numbers = sorted(set(sequences))
    return bytes(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=reporter, media_ssrc=ssrc, lost=numbers))


def keyframe(*, reporter: int, ssrc: int) -> bytes:
    return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=reporter, media_ssrc=ssrc))
