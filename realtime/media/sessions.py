"""One browser's connection, whichever way the media flows, and the publication it belongs to.

Everything here runs on one event loop; nothing blocks it. Who may open a session, and what becomes of a publication when its
publisher comes and goes, is decided in `engine`.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal

from aiortc.rtcicetransport import RTCIceParameters

from . import rtcp
from .fanout import new_state
from .forward import Leg, Reception, Source
from .grants import Grant
from .layers import KEYFRAME_INTERVAL, Layer, LayerSelector, Track
from .loudness import Voice
from .measures import Measured, count_leg, count_lost
from .negotiation import (
    MOST_KILOBITS,
    AcceptedMedia,
    Candidates,
    Codec,
    Kind,
    Offer,
    Stream,
    Transport,
    write_answer,
    write_fragment,
)
from .packets import (
    BadPacket,
    Packet,
    Profile,
    always_starts,
    read_extension,
    read_packet,
    starts_h264_keyframe,
    starts_vp8_keyframe,
)
from .transport import Wire

if TYPE_CHECKING:
    from .engine import Engine

CONNECT_TIMEOUT: Final = 15.0
SILENCE: Final = 15.0
"""A publisher of whom nothing arrives for so long is gone."""
TICK: Final = 1.0
FIRST_NACK: Final = 0.02
NEXT_NACK: Final = 0.08
SOUND_FORGETS: Final = 0.8
"""What a viewer lost of the sound counts so much less each second: a line that was bad is likely to be bad again."""
REPORTS_KEPT: Final = 8
"""Sender reports of which we remember when they went out, to reckon the round trip by."""
MOST_STREAMS: Final = 32
"""Streams (SSRCs) of one publisher that are told apart: layers and their retransmissions, before and after reloads."""

Ending = Literal[
    "left",
    "reloading",
    "goodbye",
    "lost",
    "unreachable",
    "replaced",
    "removed",
    "stopped",
    "changed",
    "closed",
    "shutdown",
]

STARTS: Final[dict[str, Callable[[bytes], bool]]] = {
    "opus": always_starts,
    "VP8": starts_vp8_keyframe,
    "H264": starts_h264_keyframe,
}


@dataclass(eq=False)
class Publication:
    """What one person shows in one room: a camera with microphone, or a screen."""

    room: int
    person: str
    name: str
    tracks: dict[Kind, Track] = field(default_factory=dict)
    codecs: dict[Kind, Codec] = field(default_factory=dict)
    publisher: "PublishSession | None" = None
    viewers: "set[WatchSession]" = field(default_factory=set)
    ends: asyncio.TimerHandle | None = None
    voice: Voice = field(default_factory=Voice)

    @property
    def kinds(self) -> list[Kind]:
        return sorted(self.codecs)

    def data(self) -> dict[str, Any]:
        return {"room": self.room, "person": self.person, "publication": self.name, "kinds": self.kinds}


class Session:
    """One browser's connection, whichever way the media flows."""

    def __init__(self, engine: "Engine", grant: Grant) -> None:
        self.engine = engine
        self.grant = grant
        self.id = secrets.token_urlsafe(18)
        self.etag = f'"{secrets.token_urlsafe(6)}"'
        self.loop = asyncio.get_running_loop()
        self.totals = engine.measures.of(grant.room)
        self.ended = False
        self.peer_ufrag = ""
        self.mids: tuple[str, ...] = ()
        self.wire = Wire(
            certificate=engine.certificate(),
            addresses=engine.addresses,
            on_rtp=self.on_rtp,
            on_rtcp=self.on_rtcp,
            on_closed=self.on_closed,
        )

    async def answer(self, offer: Offer, accepted: dict[str, AcceptedMedia]) -> str:
        """Open our end of the transport, begin to connect, and describe it."""
        self.peer_ufrag = offer.ice_ufrag
        self.mids = tuple(mid for mid in accepted)
        await self.wire.gather()
        await self.wire.add_candidates(offer.candidates)
        as_client = offer.peer_is != "client"
        transport = Transport(
            ufrag=self.wire.ufrag,
            password=self.wire.password,
            candidates=self.wire.candidates(self.engine.public_address),
            fingerprints=self.engine.certificate().fingerprints(),
            we_are="client" if as_client else "server",
        )
        self.engine.spawn(self._connect(offer, as_client))
        return write_answer(offer, accepted, transport, secrets.randbits(62))

    async def _connect(self, offer: Offer, as_client: bool) -> None:
        ice = RTCIceParameters(offer.ice_ufrag, offer.ice_password, offer.ice_lite)
        if await self.wire.connect(ice, offer.dtls, as_client=as_client, timeout=CONNECT_TIMEOUT):
            if not self.ended:
                self.on_connected()
        else:
            await self.engine.end(self, "unreachable")

    async def restart(self, fragment: Candidates) -> str:
        """ICE begins anew: our new half, as a fragment."""
        self.peer_ufrag = fragment.ufrag or ""
        self.etag = f'"{secrets.token_urlsafe(6)}"'
        ice = RTCIceParameters(fragment.ufrag, fragment.password)
        await self.wire.restart(ice, fragment.candidates)
        self.engine.spawn(self._reconnect())
        candidates = self.wire.candidates(self.engine.public_address)
        return write_fragment(self.mids, self.wire.ufrag, self.wire.password, candidates)

    async def _reconnect(self) -> None:
        if not await self.wire.reconnect(timeout=CONNECT_TIMEOUT):
            await self.engine.end(self, "unreachable")

    def on_connected(self) -> None:
        raise NotImplementedError

    def count(self) -> None:
        """Add to the room's counts what has not been added yet."""

    def measure(self, room: dict[str, Any], streams: list[Any] | None, legs: list[Any] | None) -> None:
        """Add to the room's numbers of this moment, and a line for each stream or leg where lists are given."""
        raise NotImplementedError

    def on_rtp(self, data: bytes) -> None:
        """What arrives outside the agreement is dropped."""

    def on_rtcp(self, data: bytes) -> None:
        raise NotImplementedError

    def on_closed(self, said_goodbye: bool) -> None:
        self.engine.spawn(self.engine.end(self, "goodbye" if said_goodbye else "lost"))


@dataclass(frozen=True, slots=True)
class Published:
    """What a publisher's offer came to: a codec for each kind, the names of its layers, and the numbers of the header
    extensions (0: not negotiated)."""

    codecs: dict[Kind, Codec]
    rids: dict[Kind, tuple[str, ...]]
    level_id: int = 0
    rid_id: int = 0
    repaired_rid_id: int = 0

    def layers(self, kind: Kind) -> tuple[str, ...]:
        """The names of the layers, the smallest first, as browsers list them."""
        return self.rids.get(kind) or ("",)


class PublishSession(Session):
    def __init__(self, engine: "Engine", grant: Grant, published: Published) -> None:
        super().__init__(engine, grant)
        self.published = published
        self.ssrc = secrets.randbits(31) | 1
        self.publication: Publication | None = None
        self.silent = False
        """Those who run the room have muted this person: no sound is passed on."""
        self._lost: dict[int, Measured] = {}
        self._routes: dict[int, tuple[Kind, bool]] = {}
        for kind, codec in published.codecs.items():
            self._routes[codec.payload_type] = (kind, False)
            if codec.rtx_payload_type is not None:
                self._routes[codec.rtx_payload_type] = (kind, True)
        self._rids: dict[int, str] = {}
        self._heard_at = self.loop.time()
        self._ticking: asyncio.TimerHandle | None = None
        self._nacking: asyncio.TimerHandle | None = None
        self._asking: asyncio.TimerHandle | None = None

    def on_connected(self) -> None:
        self._heard_at = self.loop.time()
        self._tick()

    def on_rtp(self, data: bytes) -> None:
        now = self._heard_at = self.loop.time()
        try:
            payload_type, ssrc, packet = read_packet(data, self.published.level_id)
            route = self._routes.get(payload_type)
            if route is None or self.ended:
                return
            kind, repeated = route
            rid = self._rid(data, kind, repeated, ssrc) if kind in self.published.rids else ""
        except BadPacket:
            return
        if rid is None:
            return
        if self.publication is None:
            self.engine.take_over(self)
        began = perf_counter()
        self._receive(kind, repeated, ssrc, packet, now, rid)
        totals = self.totals
        totals.received_packets += 1
        totals.received_bytes += len(data)
        totals.busy_seconds += perf_counter() - began

    def _rid(self, data: bytes, kind: Kind, repeated: bool, ssrc: int) -> str | None:
        """The layer of a packet. Browsers name it in the first packets of each stream only."""
        rid = self._rids.get(ssrc)
        if rid is None:
            identity = self.published.repaired_rid_id if repeated else self.published.rid_id
            named = read_extension(data, identity).decode("ascii", "replace")
            if named in self.published.rids[kind]:
                if len(self._rids) >= MOST_STREAMS:
                    self._rids.clear()
                rid = self._rids[ssrc] = named
        return rid

    def _receive(self, kind: Kind, repeated: bool, ssrc: int, packet: Packet, now: float, rid: str) -> None:
        if self.publication is None:
            return
        track = self.publication.tracks[kind]
        layer = next((each for each in track.layers if each.name == rid), None)
        if layer is None:
            return
        if self.silent and kind == "audio":
            layer.source = None  # what comes after the silence is a new beginning, not the end of a loss
            return
        if packet.level is not None:
            self.publication.voice.hear(packet.level & 0x7F, now)
        if repeated:
            track.receive_retransmission(packet, now, layer)
            return
        track.receive(packet, ssrc, now, layer)
        if layer.source is not None and layer.source.missing:
            if not self._asks(kind):
                layer.source.missing.clear()
            elif self._nacking is None:
                self._nacking = self.loop.call_later(FIRST_NACK, self._ask_again)

    def _asks(self, kind: Kind) -> bool:
        """Whether this publisher sends again what got lost of this kind."""
        return kind == "video" or "nack" in self.published.codecs["audio"].feedback

    def on_rtcp(self, data: bytes) -> None:
        now = self._heard_at = self.loop.time()
        if self.publication is None:
            return
        for message in rtcp.read(data):
            if isinstance(message, rtcp.Report):
                for track in self.publication.tracks.values():
                    track.take_report(message.ssrc, message.ntp, message.rtp, now)

    def _ask_again(self) -> None:
        self._nacking = None
        if self.ended or self.publication is None:
            return
        tracks = [track for kind, track in self.publication.tracks.items() if self._asks(kind)]
        sources = [source for track in tracks for source in track.sources]
        for source in sources:
            due = source.due_nacks(self.loop.time())
            if due:
                self.wire.send_rtcp(rtcp.lost(reporter=self.ssrc, ssrc=source.ssrc, sequences=due))
        if any(source.missing for source in sources):
            self._nacking = self.loop.call_later(NEXT_NACK, self._ask_again)

    def request_keyframe(self, layer: Layer | None) -> None:
        """Ask for a whole frame of a layer, at most twice a second however many viewers need one."""
        if layer is None or layer.source is None or self.ended:
            return
        if layer.keyframes.ask(self.loop.time()):
            self.totals.keyframe_requests += 1
            self.wire.send_rtcp(rtcp.keyframe(reporter=self.ssrc, ssrc=layer.source.ssrc))
        elif self._asking is None:
            self._asking = self.loop.call_later(KEYFRAME_INTERVAL, self._ask_pending)

    def _ask_pending(self) -> None:
        self._asking = None
        for layer in self._video_layers():
            if layer.keyframes.pending:
                self.request_keyframe(layer)

    def _video_layers(self) -> list[Layer]:
        track = self.publication.tracks.get("video") if self.publication else None
        return track.layers if track else []

    def _tick(self) -> None:
        if self.ended:
            return
        now = self.loop.time()
        self._ticking = self.loop.call_later(TICK, self._tick)
        if now - self._heard_at > SILENCE:
            self.engine.spawn(self.engine.end(self, "lost"))
            return
        if self.publication is None:
            return
        tracks = self.publication.tracks.values()
        sources = [source for track in tracks for source in track.sources]
        self._count_lost(sources)
        for viewer in self.publication.viewers:
            viewer.measure_sound()
        if sources:
            report = rtcp.receiver_report(reporter=self.ssrc, receptions=self._receptions(now))
            most = rtcp.bandwidth(
                reporter=self.ssrc,
                bits_per_second=MOST_KILOBITS * 1000,
                ssrcs=[source.ssrc for source in sources],
            )
            self.wire.send_rtcp(report + most)
        if "video" in self.publication.tracks:
            self.publication.tracks["video"].measure(now)
        for viewer in self.publication.viewers:
            viewer.choose_layer(now)
        for layer in self._video_layers():
            if layer.is_awaited:
                self.request_keyframe(layer)

    def _receptions(self, now: float) -> dict[int, Reception]:
        """How each stream arrives; for sound, at the viewer who loses most: browsers then send each piece of it a second time,
        coarser, with the next (Opus in-band FEC). The count of all that was lost stays ours, by which browsers judge their line.
        """
        assert self.publication is not None
        tracks = self.publication.tracks
        found = {source.ssrc: source.reception(now) for each in tracks.values() for source in each.sources}
        worst = min(int(256 * max((each.sound_lost for each in self.publication.viewers), default=0.0)), 255)
        for source in tracks["audio"].sources if "audio" in tracks else ():
            own = found[source.ssrc]
            found[source.ssrc] = replace(own, fraction_lost=max(own.fraction_lost, worst))
        return found

    def measure(self, room: dict[str, Any], streams: list[Any] | None, legs: list[Any] | None) -> None:
        if self.publication is None or self.publication.publisher is not self:
            return
        for kind, track in self.publication.tracks.items():
            for layer in track.layers:
                source = layer.source
                if source is not None and streams is not None:
                    streams.append(
                        {
                            "room": self.grant.room,
                            "publication": self.grant.publication,
                            "kind": kind,
                            "layer": layer.name,
                            "packets": source.received,
                            "bytes": source.octets,
                            "lost": source.lost,
                            "jitter": source.jitter,
                            "keyframe_requests": layer.keyframes.count,
                        }
                    )

    def _count_lost(self, sources: list[Source]) -> None:
        known, self._lost = self._lost, {}
        for source in sources:
            self._lost[source.number] = known.get(source.number) or Measured()
            count_lost(self.totals, source, self._lost[source.number])

    def stop_timers(self) -> None:
        for timer in (self._ticking, self._nacking, self._asking):
            if timer is not None:
                timer.cancel()


class WatchSession(Session):
    def __init__(self, engine: "Engine", grant: Grant, publication: Publication) -> None:
        super().__init__(engine, grant)
        self.publication = publication
        self.cname = secrets.token_hex(8)
        self.legs: dict[Kind, Leg] = {}
        self.selector = LayerSelector()
        self.paused = False
        self.connected = False
        self.sound_lost = 0.0
        self._sound_reported = 0.0
        self._asked_again: set[int] = set()
        self._sent_before = 0
        self.round_trip: float | None = None
        self.losses: dict[Kind, float] = {}
        self._by_ssrc: dict[int, Kind] = {}
        self._counted: dict[Kind, Measured] = {}
        self._unsent = 0
        self._reported: dict[int, float] = {}

    def add_leg(self, codec: Codec, profile: Profile) -> Stream:
        """Prepare to send one kind; nothing flows before the connection stands."""
        ssrc, rtx_ssrc = secrets.randbits(32) | 1, secrets.randbits(32) & ~1
        self.legs[codec.kind] = Leg(
            ssrc=ssrc,
            payload_type=codec.payload_type,
            clock_rate=codec.clock_rate,
            profile=profile,
            starts=STARTS[codec.name],
            buffer=Wire.buffer,
            send=self.wire.send,
            send_report=self._send_report,
            # In the lower half: SRTP loses count when the very first packets wrap around.
            first_sequence=secrets.randbits(15),
            first_timestamp=secrets.randbits(32),
            rtx_payload_type=codec.rtx_payload_type,
            rtx_ssrc=rtx_ssrc,
            state=new_state(),
        )
        self.wire.serve(self.legs[codec.kind].state)
        self._by_ssrc[ssrc] = codec.kind
        return Stream(ssrc, rtx_ssrc, self.cname, self.publication.name)

    def on_connected(self) -> None:
        self.connected = True
        for kind, leg in self.legs.items():
            if kind == "video" and self.paused:
                continue
            layer = self.publication.tracks[kind].add(leg, self.selector, self.loop.time())
            if kind == "video":
                self._request_keyframe(layer)

    def measure(self, room: dict[str, Any], streams: list[Any] | None, legs: list[Any] | None) -> None:
        if self.round_trip is not None:
            room["round_trips"].append(self.round_trip)
        room["losses"].extend(self.losses.values())
        if legs is None:
            return
        for kind, leg in self.legs.items():
            track = self.publication.tracks.get(kind)
            layer = track.layer_of(leg) if track is not None else None
            legs.append(
                {
                    "room": self.grant.room,
                    "publication": self.grant.publication,
                    "kind": kind,
                    "leg": self.id[:8],
                    "layer": layer.name if layer is not None else "",
                    "packets": leg.state.packets,
                    "bytes": leg.state.octets,
                    "retransmitted": leg.retransmitted,
                    "loss": self.losses.get(kind, 0.0),
                    "round_trip": self.round_trip,
                }
            )

    def count(self) -> None:
        for kind, leg in self.legs.items():
            count_leg(self.totals, leg, self._counted.setdefault(kind, Measured()))
        self.totals.dropped_packets += self.wire.unsent - self._unsent
        self._unsent = self.wire.unsent

    def detach(self) -> None:
        self.count()
        for kind, leg in self.legs.items():
            track = self.publication.tracks.get(kind)
            if track is not None:
                track.remove(leg)

    def want(self, largest: str | None, paused: bool) -> bool:
        """What the viewer wants of the picture: no layer above the one of this name (None: whatever the line carries), or
        nothing for now. False where there is no such layer."""
        leg, track = self.legs.get("video"), self.publication.tracks.get("video")
        if leg is None or track is None:
            return largest is None
        names = [layer.name for layer in track.layers]
        if largest is not None and largest not in names:
            return False
        self.selector.most = None if largest is None else names.index(largest)
        now = self.loop.time()
        if paused != self.paused:
            self.paused = paused
            track.remove(leg)
            if not paused and self.connected:
                self._request_keyframe(track.add(leg, self.selector, now))
        self.choose_layer(now)
        return True

    def measure_sound(self) -> None:
        """Once a second: which share of the sound gets lost on the way here. What comes because it was sent again does not count
        as lost in the viewer's reports, and is often too late to be heard; and the reports of mere sound are five seconds apart.
        """
        leg = self.legs.get("audio")
        if leg is None:
            return
        sent, before = leg.state.packets, self._sent_before
        asked = min(len(self._asked_again) / max(1, sent - before), 1.0)
        self.sound_lost = max(asked, self._sound_reported, self.sound_lost * SOUND_FORGETS)
        self._sent_before = sent
        self._asked_again.clear()

    def choose_layer(self, now: float) -> None:
        """Look again at which size of the picture suits this viewer's line."""
        leg, track = self.legs.get("video"), self.publication.tracks.get("video")
        if leg is not None and track is not None and self.connected and not self.paused and not self.ended:
            self._request_keyframe(track.reselect(leg, self.selector, now))

    def _request_keyframe(self, layer: Layer | None) -> None:
        if layer is not None and self.publication.publisher is not None:
            self.publication.publisher.request_keyframe(layer)

    def _send_report(self, leg: Leg, ntp: int, rtp: int) -> None:
        self._reported[ntp >> 16 & 0xFFFFFFFF] = self.loop.time()
        while len(self._reported) > REPORTS_KEPT:
            del self._reported[next(iter(self._reported))]
        self.wire.send_rtcp(
            rtcp.sender_report(
                ssrc=leg.ssrc,
                ntp=ntp,
                rtp=rtp,
                packets=leg.state.packets,
                octets=leg.state.octets,
                cname=self.cname,
            )
        )

    def _take_reception(self, kind: Kind, message: rtcp.Received) -> None:
        """How a stream arrives, and how long a word takes to the viewer and back (RFC 3550, section 6.4.1)."""
        self.losses[kind] = message.fraction_lost
        sent_at = self._reported.get(message.last_report)
        if sent_at is not None:
            round_trip = self.loop.time() - sent_at - message.since_last_report / 65536
            self.round_trip = min(max(round_trip, 0.0), 60.0)

    def on_rtcp(self, data: bytes) -> None:
        for message in rtcp.read(data):
            if isinstance(message, rtcp.Carries):
                self.selector.hear(message.bits_per_second)
                continue
            kind = self._by_ssrc.get(message.ssrc)
            if kind is None:
                continue
            if isinstance(message, rtcp.Received):
                self._take_reception(kind, message)
            if isinstance(message, rtcp.Lost):
                self.legs[kind].retransmit(message.sequences, self.loop.time())
                if kind == "audio":
                    self._asked_again.update(message.sequences)
            elif kind == "video" and isinstance(message, rtcp.Lacks):
                self._request_keyframe(self.publication.tracks["video"].layer_of(self.legs["video"]))
            elif kind == "video" and isinstance(message, rtcp.Received):
                self.selector.hear_loss(message.fraction_lost)
            elif isinstance(message, rtcp.Received):
                self._sound_reported = message.fraction_lost
