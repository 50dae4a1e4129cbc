"""Session descriptions: reading a browser's offer and writing the answer. Pure; parsing is aiortc's.

The answer is written here rather than by `RTCPeerConnection`, because a forwarder must choose exactly one
codec per kind (what one publisher sends is what every viewer gets), name its own streams, and give Chromium a
start bitrate.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.sdp import (
    MediaDescription,
    SessionDescription,
    candidate_from_sdp,
    candidate_to_sdp,
    grouplines,
    parse_h264_profile_level_id,
)

Kind = Literal["audio", "video"]

MID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
RID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"

START_KILOBITS: Final = 1200
MOST_KILOBITS: Final = 2500
"""Chromium begins at 300 kb/s and climbs for more than ten seconds unless the answer says otherwise."""

MOST_CANDIDATES: Final = 16
MOST_MEDIA: Final = 8
MOST_LAYERS: Final = 4

_UFRAG: Final = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9+/=_-]{22,256}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]{1,16}")
_RID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")

_H264_FMTP: Final = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={}"


class BadOffer(ValueError):
    """The session description is malformed, or asks for what a forwarder cannot give. The message says
    which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec as one side numbers it."""

    name: str
    clock_rate: int
    payload_type: int
    rtx_payload_type: int | None = None
    profile: str = ""
    fmtp: str = ""
    feedback: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return "audio" if self.name == "opus" else "video"

    def is_same_as(self, other: "Codec") -> bool:
        """Whether what one sends as this the other can decode."""
        if self.name != other.name:
            return False
        return self.name != "H264" or _h264_profile(self.profile) == _h264_profile(other.profile)


@dataclass(frozen=True, slots=True)
class OfferedMedia:
    kind: str
    mid: str
    protocol: str
    formats: tuple[str, ...]
    codecs: tuple[Codec, ...]
    extensions: dict[str, int]
    ssrcs: tuple[int, ...]
    sends: bool
    receives: bool
    rids: tuple[str, ...] = ()
    """The streams of a simulcast, as the offer orders them (RFC 8853); empty without one."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a browser offers: one transport (everything bundled) and its m-lines, in order."""

    media: tuple[OfferedMedia, ...]
    ice_ufrag: str
    ice_password: str
    ice_lite: bool
    candidates: tuple[RTCIceCandidate, ...]
    dtls: RTCDtlsParameters
    peer_is: Literal["auto", "client", "server"]


@dataclass(frozen=True, slots=True)
class Transport:
    """Our end of the transport, for the answer."""

    ufrag: str
    password: str
    candidates: tuple[RTCIceCandidate, ...]
    fingerprints: tuple[RTCDtlsFingerprint, ...]
    we_are: Literal["client", "server"]


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream we send, for the answer to a viewer."""

    ssrc: int
    rtx_ssrc: int
    cname: str
    stream_id: str


@dataclass(frozen=True, slots=True)
class AcceptedMedia:
    """How one m-line is answered."""

    media: OfferedMedia
    codec: Codec
    direction: Literal["recvonly", "sendonly"]
    stream: Stream | None = None
    rids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a trickled fragment brings (RFC 8840)."""

    ufrag: str | None
    password: str | None
    candidates: tuple[RTCIceCandidate, ...] = field(default=())


def read_offer(text: str) -> Offer:
    """The browser's offer, or `BadOffer` with the reason."""
    try:
        session = SessionDescription.parse(text)
    except (
        Exception
    ):  # the parser asserts, indexes and unpacks as it goes; whatever it trips over, the text is at fault
        raise BadOffer("malformed", "The session description is malformed.") from None
    if not session.media:
        raise BadOffer("malformed", "The session description has no media section.")
    if len(session.media) > MOST_MEDIA:
        raise BadOffer("malformed", "The session description has too many media sections.")
    first = session.media[0]
    ice = first.ice or RTCIceParameters()
    bundle = next((group.items for group in session.group if group.semantic == "BUNDLE"), [])
    if len(session.media) > 1 and {str(mid) for mid in bundle} != {
        media.rtp.muxId for media in session.media
    }:
        raise BadOffer("unbundled", "All media sections must be bundled on one transport.")
    if not _UFRAG.fullmatch(ice.usernameFragment or "") or not _PASSWORD.fullmatch(ice.password or ""):
        raise BadOffer("malformed", "The ICE credentials are missing or malformed.")
    if first.dtls is None or not first.dtls.fingerprints:
        raise BadOffer("malformed", "The DTLS fingerprint or setup attribute is missing.")
    candidates = [candidate for media in session.media for candidate in media.ice_candidates]
    _, sections = grouplines(text)
    return Offer(
        media=tuple(_offered(media, lines) for media, lines in zip(session.media, sections, strict=True)),
        ice_ufrag=ice.usernameFragment or "",
        ice_password=ice.password or "",
        ice_lite=ice.iceLite,
        candidates=usable_candidates(candidates),
        dtls=first.dtls,
        peer_is="client"
        if first.dtls.role == "client"
        else "server"
        if first.dtls.role == "server"
        else "auto",
    )


def _offered(media: MediaDescription, lines: list[str]) -> OfferedMedia:
    # Port 0 means that a section is not wanted, unless it only rides on another's port (Firefox, GStreamer).
    wanted = media.port != 0 or "a=bundle-only" in lines
    mid = media.rtp.muxId
    if not _TOKEN.fullmatch(mid):
        raise BadOffer("malformed", "A media section has no usable identification tag (mid).")
    if media.kind in ("audio", "video") and not media.rtcp_mux:
        raise BadOffer("unmuxed", "RTP and RTCP must share one port (rtcp-mux).")
    return OfferedMedia(
        kind=media.kind,
        mid=mid,
        protocol=media.profile,
        formats=tuple(str(number) for number in media.fmt),
        codecs=tuple(_codecs(media)) if media.kind in ("audio", "video") else (),
        extensions={
            extension.uri: extension.id for extension in media.rtp.headerExtensions if 0 < extension.id < 15
        },
        ssrcs=tuple(description.ssrc for description in media.ssrc),
        sends=wanted and media.direction in (None, "sendrecv", "sendonly"),
        receives=wanted and media.direction in (None, "sendrecv", "recvonly"),
        rids=_simulcast(lines),
    )


def _simulcast(lines: list[str]) -> tuple[str, ...]:
    """The streams that the browser would send at once, of each alternative the first. aiortc's parser leaves them out."""
    named = {line[6:].split(" ")[0] for line in lines if line.startswith("a=rid:") and " send" in line}
    for line in lines:
        words = line.removeprefix("a=simulcast:").split(" ")
        if line.startswith("a=simulcast:") and "send" in words[:-1]:
            streams = words[words.index("send") + 1].split(";")
            rids = [stream.split(",")[0].removeprefix("~") for stream in streams]
            if len(rids) > MOST_LAYERS or len(set(rids)) < len(rids):
                raise BadOffer("malformed", "The simulcast has too many streams, or two of one name.")
            if all(_RID.fullmatch(rid) and rid in named for rid in rids):
                return tuple(rids) if len(rids) > 1 else ()
            raise BadOffer("malformed", "The simulcast names a stream that the offer does not describe.")
    return ()


def _codecs(media: MediaDescription) -> list[Codec]:
    rtx = {
        codec.parameters.get("apt"): codec.payloadType
        for codec in media.rtp.codecs
        if codec.name.lower() == "rtx"
    }
    found: list[Codec] = []
    for codec in media.rtp.codecs:
        number = codec.payloadType
        if number is None or not 0 <= number <= 127 or 64 <= number <= 95:
            continue
        feedback = tuple(
            f"{each.type} {each.parameter}" if each.parameter else each.type for each in codec.rtcpFeedback
        )
        name = codec.name.lower()
        if media.kind == "audio" and name == "opus" and codec.clockRate == 48000:
            found.append(Codec("opus", 48000, number, fmtp="minptime=10;useinbandfec=1", feedback=feedback))
        elif media.kind == "video" and name == "vp8" and codec.clockRate == 90000:
            found.append(Codec("VP8", 90000, number, rtx.get(number), feedback=feedback))
        elif media.kind == "video" and name == "h264" and codec.clockRate == 90000:
            profile = str(codec.parameters.get("profile-level-id", "42e01f"))
            if str(codec.parameters.get("packetization-mode", "0")) == "1" and _h264_profile(profile):
                fmtp = _H264_FMTP.format(profile)
                found.append(Codec("H264", 90000, number, rtx.get(number), profile, fmtp, feedback))
    return found


def _h264_profile(text: str) -> str:
    try:
        profile = parse_h264_profile_level_id(text)[0].name
    except ValueError:
        return ""
    # Every WebRTC decoder of (constrained) baseline decodes what encoders of either send.
    return "BASELINE" if profile.endswith("BASELINE") else ""


def usable_candidates(candidates: list[RTCIceCandidate]) -> tuple[RTCIceCandidate, ...]:
    """Those worth a check. Names ending in `.local` are not looked up: such browsers reach us first."""
    return tuple(
        candidate
        for candidate in candidates
        if candidate.component == 1
        and candidate.protocol.lower() == "udp"
        and 0 < candidate.port < 65536
        and 0 <= candidate.priority < 2**32
        and _is_somewhere(candidate.ip)
    )[:MOST_CANDIDATES]


def _is_somewhere(text: str) -> bool:
    """Whether this is the address of one machine. Nobody makes us send to many, or look up names."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or text == "255.255.255.255")


def choose_codec(media: OfferedMedia) -> Codec | None:
    """What a publisher shall send: Opus; VP8 before H.264, because every browser here has it without a
    licence."""
    for name in ("opus", "VP8", "H264"):
        for codec in media.codecs:
            if codec.name == name:
                return codec
    return None


def matching_codec(media: OfferedMedia, published: Codec) -> Codec | None:
    """The viewer's number for what the publisher sends."""
    return next((codec for codec in media.codecs if codec.is_same_as(published)), None)


def read_fragment(text: str) -> Candidates:
    """Candidates sent after the offer (`application/trickle-ice-sdpfrag`)."""
    ufrag = password = None
    candidates: list[RTCIceCandidate] = []
    for line in text.splitlines():
        if line.startswith("a=ice-ufrag:"):
            ufrag = line[12:].strip()
        elif line.startswith("a=ice-pwd:"):
            password = line[10:].strip()
        elif line.startswith("a=candidate:"):
            try:
                candidates.append(candidate_from_sdp(line[12:]))
            except (AssertionError, ValueError, IndexError):
                raise BadOffer("malformed", "A candidate is malformed.") from None
    if ufrag is not None and not _UFRAG.fullmatch(ufrag):
        raise BadOffer("malformed", "The ICE credentials are missing or malformed.")
    if password is not None and not _PASSWORD.fullmatch(password):
        raise BadOffer("malformed", "The ICE credentials are missing or malformed.")
    if ufrag is None and not candidates and "a=end-of-candidates" not in text:
        raise BadOffer("malformed", "The fragment holds neither ICE credentials nor candidates.")
    return Candidates(ufrag, password, usable_candidates(candidates))


def write_fragment(
    mids: tuple[str, ...], ufrag: str, password: str, candidates: tuple[RTCIceCandidate, ...]
) -> str:
    """Our half of an ICE restart (RFC 9725, section 4.3.3), for the first of the bundled sections."""
    lines = [
        f"a=group:BUNDLE {' '.join(mids)}",
        "m=application 9 UDP/TLS/RTP/SAVPF 0",
        f"a=mid:{mids[0]}",
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        *(f"a=candidate:{candidate_to_sdp(candidate)}" for candidate in candidates),
        "a=end-of-candidates",
    ]
    return "\r\n".join(lines) + "\r\n"


def write_answer(
    offer: Offer, accepted: dict[str, AcceptedMedia], transport: Transport, session_id: int
) -> str:
    """The answer: m-lines in the offered order, those not in `accepted` (by mid) refused."""
    bundle = " ".join(media.mid for media in offer.media if media.mid in accepted)
    lines = [
        "v=0",
        f"o=- {session_id} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {bundle}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
        # Again in each section that is accepted; GStreamer looks for it in refused ones too.
        *_fingerprints(transport),
    ]
    for media in offer.media:
        answer = accepted.get(media.mid)
        lines += _refused(media) if answer is None else _accepted(answer, transport)
    return "\r\n".join(lines) + "\r\n"


def _fingerprints(transport: Transport) -> list[str]:
    return [f"a=fingerprint:{each.algorithm} {each.value}" for each in transport.fingerprints]


def _refused(media: OfferedMedia) -> list[str]:
    formats = " ".join(media.formats) or "0"
    return [
        f"m={media.kind} 0 {media.protocol} {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{media.mid}",
        "a=inactive",
    ]


def _accepted(answer: AcceptedMedia, transport: Transport) -> list[str]:
    media, codec = answer.media, answer.codec
    formats = str(codec.payload_type) + (f" {codec.rtx_payload_type}" if codec.rtx_payload_type else "")
    lines = [
        f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{transport.ufrag}",
        f"a=ice-pwd:{transport.password}",
        "a=ice-options:trickle",
        *_fingerprints(transport),
        f"a=setup:{'active' if transport.we_are == 'client' else 'passive'}",
        f"a=mid:{media.mid}",
        *(
            f"a=extmap:{media.extensions[uri]} {uri}"
            for uri in (MID_URI, LEVEL_URI, *((RID_URI, REPAIRED_RID_URI) if answer.rids else ()))
            if uri in media.extensions
        ),
        f"a={answer.direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    if answer.stream is not None:
        lines.append(f"a=msid:{answer.stream.stream_id} {answer.stream.stream_id}-{media.kind}")
    if media.kind == "audio":
        lines += [f"a=rtpmap:{codec.payload_type} opus/48000/2", f"a=fmtp:{codec.payload_type} {codec.fmtp}"]
        # Browsers that offered it ask for lost sound again.
        if "nack" in codec.feedback:
            lines.append(f"a=rtcp-fb:{codec.payload_type} nack")
    else:
        lines += _video(answer)
    if answer.stream is not None:
        lines += _ssrcs(answer.stream, codec)
    if answer.rids:
        lines += [f"a=rid:{rid} recv" for rid in answer.rids]
        lines.append(f"a=simulcast:recv {';'.join(answer.rids)}")
    # Written even when empty of candidates: aiortc's are all known by now.
    lines += [f"a=candidate:{candidate_to_sdp(candidate)}" for candidate in transport.candidates]
    lines.append("a=end-of-candidates")
    return lines


def _video(answer: AcceptedMedia) -> list[str]:
    codec = answer.codec
    number = codec.payload_type
    lines = [f"a=rtpmap:{number} {codec.name}/90000"]
    lines += [
        f"a=rtcp-fb:{number} {feedback}"
        for feedback in ("goog-remb", "ccm fir", "nack", "nack pli")
        if feedback in codec.feedback
    ]
    parameters = [codec.fmtp] if codec.fmtp else []
    if answer.direction == "recvonly":
        parameters += [f"x-google-start-bitrate={START_KILOBITS}", f"x-google-max-bitrate={MOST_KILOBITS}"]
    if parameters:
        lines.append(f"a=fmtp:{number} {';'.join(parameters)}")
    if codec.rtx_payload_type:
        lines += [
            f"a=rtpmap:{codec.rtx_payload_type} rtx/90000",
            f"a=fmtp:{codec.rtx_payload_type} apt={number}",
        ]
    return lines


def _ssrcs(stream: Stream, codec: Codec) -> list[str]:
    ssrcs = [stream.ssrc]
    lines = []
    if codec.rtx_payload_type:
        ssrcs.append(stream.rtx_ssrc)
        lines.append(f"a=ssrc-group:FID {stream.ssrc} {stream.rtx_ssrc}")
    return lines + [f"a=ssrc:{ssrc} cname:{stream.cname}" for ssrc in ssrcs]
