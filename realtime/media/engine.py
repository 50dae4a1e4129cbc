"""Who publishes and who watches: publications, sessions, and what becomes of them.

A publication outlives its publisher's session for a moment, so that a reload, or a second start of the same
camera, goes on for the viewers as if nothing had happened: the new session takes over with its first packet,
and only then is the old one closed. Everything here runs on one event loop; nothing blocks it.
"""

import asyncio
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import structlog
from aiortc.rtcicetransport import RTCIceParameters

from . import rtcp
from .forward import (
    KEYFRAME_INTERVAL,
    BadPacket,
    Leg,
    Packet,
    Profile,
    Track,
    always_starts,
    read_packet,
    starts_h264_keyframe,
    starts_vp8_keyframe,
)
from .grants import GRANT_LIFETIME, Grant
from .negotiation import (
    LEVEL_URI,
    MID_URI,
    MOST_KILOBITS,
    AcceptedMedia,
    BadOffer,
    Candidates,
    Codec,
    Kind,
    Offer,
    Stream,
    Transport,
    choose_codec,
    matching_codec,
    read_offer,
    write_answer,
)
from .transport import Certificate, Wire

CONNECT_TIMEOUT: Final = 15.0
SILENCE: Final = 15.0
"""A publisher of whom nothing arrives for so long is gone."""
LINGER: Final = 5.0
"""How long viewers wait for a publisher who is reloading the page."""
TICK: Final = 1.0
FIRST_NACK: Final = 0.02
NEXT_NACK: Final = 0.08
REMEMBERED_ENDINGS: Final = 2000

log = structlog.get_logger("media")

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

_STARTS: Final[dict[str, Callable[[bytes], bool]]] = {
    "opus": always_starts,
    "VP8": starts_vp8_keyframe,
    "H264": starts_h264_keyframe,
}


class Refused(Exception):
    """A request that cannot be granted, with the HTTP status and a code the browser can act on."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Limits:
    sessions: int = 400
    sessions_per_person: int = 32
    joins_per_second: float = 20.0
    joins_at_once: int = 60


@dataclass(slots=True)
class JoinRate:
    """Handshakes are what disturbs forwarding most; a crowd is let in at a pace."""

    per_second: float
    at_once: float
    _allowance: float = field(init=False)
    _at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._allowance = self.at_once

    def admits(self, now: float) -> bool:
        self._allowance = min(self.at_once, self._allowance + (now - self._at) * self.per_second)
        self._at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True


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
        self.ended = False
        self.peer_ufrag = ""
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

    def on_connected(self) -> None:
        raise NotImplementedError

    def on_rtp(self, data: bytes) -> None:
        """What arrives outside the agreement is dropped."""

    def on_rtcp(self, data: bytes) -> None:
        raise NotImplementedError

    def on_closed(self, said_goodbye: bool) -> None:
        self.engine.spawn(self.engine.end(self, "goodbye" if said_goodbye else "lost"))


class PublishSession(Session):
    def __init__(self, engine: "Engine", grant: Grant, codecs: dict[Kind, Codec], level_id: int) -> None:
        super().__init__(engine, grant)
        self.codecs = codecs
        self.ssrc = secrets.randbits(31) | 1
        self.publication: Publication | None = None
        self._level_id = level_id
        self._routes: dict[int, tuple[Kind, bool]] = {}
        for kind, codec in codecs.items():
            self._routes[codec.payload_type] = (kind, False)
            if codec.rtx_payload_type is not None:
                self._routes[codec.rtx_payload_type] = (kind, True)
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
            payload_type, ssrc, packet = read_packet(data, self._level_id)
        except BadPacket:
            return
        route = self._routes.get(payload_type)
        if route is None or self.ended:
            return
        if self.publication is None:
            self.engine.take_over(self)
        kind, repeated = route
        self._receive(kind, repeated, ssrc, packet, now)

    def _receive(self, kind: Kind, repeated: bool, ssrc: int, packet: Packet, now: float) -> None:
        if self.publication is None:
            return
        track = self.publication.tracks[kind]
        if repeated:
            track.receive_retransmission(packet, now)
            return
        track.receive(packet, ssrc, now)
        if kind == "video" and self._nacking is None and track.source is not None and track.source.missing:
            self._nacking = self.loop.call_later(FIRST_NACK, self._ask_again, track)

    def on_rtcp(self, data: bytes) -> None:
        now = self._heard_at = self.loop.time()
        if self.publication is None:
            return
        for message in rtcp.read(data):
            if isinstance(message, rtcp.Report):
                for track in self.publication.tracks.values():
                    track.take_report(message.ssrc, message.ntp, message.rtp, now)

    def _ask_again(self, track: Track) -> None:
        self._nacking = None
        source = track.source
        if self.ended or source is None:
            return
        due = source.due_nacks(self.loop.time())
        if due:
            self.wire.send_rtcp(rtcp.lost(reporter=self.ssrc, ssrc=source.ssrc, sequences=due))
        if source.missing:
            self._nacking = self.loop.call_later(NEXT_NACK, self._ask_again, track)

    def request_keyframe(self) -> None:
        """Ask for a whole frame, at most twice a second however many viewers need one."""
        track = self.publication.tracks.get("video") if self.publication else None
        if track is None or track.source is None or self.ended:
            return
        if track.keyframes.ask(self.loop.time()):
            self.wire.send_rtcp(rtcp.keyframe(reporter=self.ssrc, ssrc=track.source.ssrc))
        elif self._asking is None:
            self._asking = self.loop.call_later(KEYFRAME_INTERVAL, self._ask_pending)

    def _ask_pending(self) -> None:
        self._asking = None
        track = self.publication.tracks.get("video") if self.publication else None
        if track is not None and track.keyframes.pending:
            self.request_keyframe()

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
        sources = [track.source for track in tracks if track.source is not None]
        if sources:
            report = rtcp.receiver_report(
                reporter=self.ssrc, receptions={source.ssrc: source.reception(now) for source in sources}
            )
            most = rtcp.bandwidth(
                reporter=self.ssrc,
                bits_per_second=MOST_KILOBITS * 1000,
                ssrcs=[source.ssrc for source in sources],
            )
            self.wire.send_rtcp(report + most)
        if any(track.is_awaited for track in tracks if track.kind == "video"):
            self.request_keyframe()

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
        self._by_ssrc: dict[int, Kind] = {}

    def add_leg(self, codec: Codec, profile: Profile) -> Stream:
        """Prepare to send one kind; nothing flows before the connection stands."""
        ssrc, rtx_ssrc = secrets.randbits(32) | 1, secrets.randbits(32) & ~1
        self.legs[codec.kind] = Leg(
            ssrc=ssrc,
            payload_type=codec.payload_type,
            clock_rate=codec.clock_rate,
            profile=profile,
            starts=_STARTS[codec.name],
            buffer=Wire.buffer,
            send=self.wire.send,
            send_report=self._send_report,
            # In the lower half: SRTP loses count when the very first packets wrap around.
            first_sequence=secrets.randbits(15),
            first_timestamp=secrets.randbits(32),
            rtx_payload_type=codec.rtx_payload_type,
            rtx_ssrc=rtx_ssrc,
        )
        self._by_ssrc[ssrc] = codec.kind
        return Stream(ssrc, rtx_ssrc, self.cname, self.publication.name)

    def on_connected(self) -> None:
        for kind, leg in self.legs.items():
            self.publication.tracks[kind].legs.append(leg)
        self._request_keyframe()

    def detach(self) -> None:
        for kind, leg in self.legs.items():
            track = self.publication.tracks.get(kind)
            if track is not None and leg in track.legs:
                track.legs.remove(leg)

    def _request_keyframe(self) -> None:
        if "video" in self.legs and self.publication.publisher is not None:
            self.publication.publisher.request_keyframe()

    def _send_report(self, leg: Leg, ntp: int, rtp: int) -> None:
        self.wire.send_rtcp(
            rtcp.sender_report(
                ssrc=leg.ssrc, ntp=ntp, rtp=rtp, packets=leg.packets, octets=leg.octets, cname=self.cname
            )
        )

    def on_rtcp(self, data: bytes) -> None:
        for message in rtcp.read(data):
            kind = self._by_ssrc.get(message.ssrc)
            if kind is None:
                continue
            if isinstance(message, rtcp.Lost):
                self.legs[kind].retransmit(message.sequences, self.loop.time())
            elif isinstance(message, rtcp.Lacks) and kind == "video":
                self._request_keyframe()


class Engine:
    """All publications and sessions of one worker."""

    def __init__(
        self,
        *,
        addresses: tuple[str, ...],
        public_address: str | None = None,
        limits: Limits = Limits(),
        announce: Callable[[str, Publication], None] = lambda _event, _publication: None,
    ) -> None:
        self.addresses = addresses
        self.public_address = public_address
        self.limits = limits
        self.publications: dict[tuple[int, str], Publication] = {}
        self.sessions: dict[str, Session] = {}
        self.endings: OrderedDict[str, Ending] = OrderedDict()
        self._announce = announce
        self._certificate = Certificate.generateCertificate()
        self._per_person: Counter[str] = Counter()
        self._barred: dict[tuple[int, str], float] = {}
        self._closed: dict[int, tuple[float, frozenset[str]]] = {}
        self._rate = JoinRate(limits.joins_per_second, limits.joins_at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    def certificate(self) -> Certificate:
        if self._certificate.is_ageing:
            self._certificate = Certificate.generateCertificate()
        return self._certificate

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("media.task_failed", exc_info=task.exception())

    def flowing(self) -> list[dict[str, Any]]:
        """Every publication that flows, in the form Django is told."""
        return [publication.data() for publication in self.publications.values()]

    # Opening

    async def publish(self, grant: Grant, text: str) -> tuple[Session, str]:
        """A browser offers to publish: the new session and our answer."""
        self._admit(grant)
        offer = read_offer(text)
        accepted: dict[str, AcceptedMedia] = {}
        codecs: dict[Kind, Codec] = {}
        level_id = 0
        for media in offer.media:
            codec = choose_codec(media) if media.sends else None
            if codec is not None and codec.kind not in codecs:
                codecs[codec.kind] = codec
                accepted[media.mid] = AcceptedMedia(media, codec, "recvonly")
                if codec.kind == "audio":
                    level_id = media.extensions.get(LEVEL_URI, 0)
        if not accepted:
            raise BadOffer(
                "codec", "The offer sends nothing that can be forwarded: Opus, VP8 or H.264 is needed."
            )
        session = PublishSession(self, grant, codecs, level_id)
        return session, await self._open(session, offer, accepted)

    async def watch(self, grant: Grant, text: str) -> tuple[Session, str]:
        """A browser offers to watch: the new session and our answer."""
        self._admit(grant)
        offer = read_offer(text)
        publication = self.publications.get((grant.room, grant.publication))
        if publication is None or publication.publisher is None:
            raise Refused(
                409, "not-flowing", "Nothing is being sent yet. Please try again in a moment.", retry_after=1
            )
        session = WatchSession(self, grant, publication)
        accepted: dict[str, AcceptedMedia] = {}
        for media in offer.media:
            published = publication.codecs.get("audio" if media.kind == "audio" else "video")
            if published is None or published.kind in session.legs or not media.receives:
                continue
            codec = matching_codec(media, published)
            if codec is not None:
                profile = Profile(
                    mid_id=media.extensions.get(MID_URI, 0),
                    mid=media.mid.encode(),
                    level_id=media.extensions.get(LEVEL_URI, 0) if media.kind == "audio" else 0,
                )
                accepted[media.mid] = AcceptedMedia(media, codec, "sendonly", session.add_leg(codec, profile))
        if not accepted:
            await session.wire.close()
            raise BadOffer("codec", "This browser cannot play the format in which this is being sent.")
        publication.viewers.add(session)
        return session, await self._open(session, offer, accepted)

    async def _open(self, session: Session, offer: Offer, accepted: dict[str, AcceptedMedia]) -> str:
        self.sessions[session.id] = session
        self._per_person[session.grant.person] += 1
        try:
            answer = await session.answer(offer, accepted)
        except BaseException:
            await self.end(session, "unreachable")
            raise
        log.info(
            "media.session_opened",
            session=session.id[:6],
            action=session.grant.action,
            room=session.grant.room,
        )
        return answer

    def _admit(self, grant: Grant) -> None:
        barred_at = self._barred.get((grant.room, grant.person))
        if barred_at is not None and grant.issued_at.timestamp() <= barred_at:
            raise Refused(403, "removed", "You have been removed from this room.")
        closed_at, stays = self._closed.get(grant.room, (0.0, frozenset()))
        is_late = grant.issued_at.timestamp() <= closed_at
        if is_late and grant.action == "watch" and grant.person not in stays:
            raise Refused(401, "grant-expired", "This grant has expired. Please ask for a new one.")
        if len(self.sessions) >= self.limits.sessions:
            raise Refused(
                503, "full", "This media server is full. Please try again in a moment.", retry_after=5
            )
        if self._per_person[grant.person] >= self.limits.sessions_per_person:
            raise Refused(
                429,
                "too-many",
                "You have too many open connections. Please close another tab.",
                retry_after=5,
            )
        if not self._rate.admits(asyncio.get_running_loop().time()):
            raise Refused(
                503, "busy", "Many people are joining right now. Please try again in a moment.", retry_after=1
            )

    async def trickle(self, session: Session, fragment: Candidates) -> None:
        await session.wire.add_candidates(fragment.candidates)

    # Flowing

    def take_over(self, session: PublishSession) -> None:
        """The first packet of a publisher: from now on this session is the publication."""
        key = (session.grant.room, session.grant.publication)
        publication = self.publications.get(key)
        is_new = publication is None
        if publication is None:
            publication = self.publications[key] = Publication(
                session.grant.room, session.grant.person, key[1]
            )
        if publication.ends is not None:
            publication.ends.cancel()
            publication.ends = None
        old, kinds_before, codecs_before = publication.publisher, publication.kinds, publication.codecs
        publication.publisher = session
        publication.codecs = session.codecs
        session.publication = publication
        self._set_up_tracks(publication)
        if old is not None:
            self.spawn(self.end(old, "replaced"))
        if not is_new and not _can_go_on(codecs_before, session.codecs):
            for viewer in list(publication.viewers):
                self.spawn(self.end(viewer, "changed"))
        if is_new or publication.kinds != kinds_before:
            self._announce("publication.started", publication)
        log.info(
            "media.flows",
            room=publication.room,
            kinds=publication.kinds,
            viewers=len(publication.viewers),
            anew=not is_new,
        )

    def _set_up_tracks(self, publication: Publication) -> None:
        for kind in list(publication.tracks):
            if kind not in publication.codecs:
                del publication.tracks[kind]
        for kind, codec in publication.codecs.items():
            track = publication.tracks.get(kind)
            if track is None:
                publication.tracks[kind] = Track(kind, codec.clock_rate, _STARTS[codec.name])
            else:
                track.source = None
                track.starts = _STARTS[codec.name]

    # Ending

    async def end(self, session: Session, why: Ending) -> None:
        """End a session and free what it holds; a publication ends with its publisher, some of them after a
        pause."""
        if session.ended:
            return
        session.ended = True
        self.sessions.pop(session.id, None)
        self._per_person[session.grant.person] -= 1
        if self._per_person[session.grant.person] <= 0:
            del self._per_person[session.grant.person]
        self.endings[session.id] = why
        while len(self.endings) > REMEMBERED_ENDINGS:
            self.endings.popitem(last=False)
        log.info(
            "media.session_ended",
            session=session.id[:6],
            action=session.grant.action,
            room=session.grant.room,
            why=why,
        )
        if isinstance(session, WatchSession):
            session.detach()
            session.publication.viewers.discard(session)
        elif isinstance(session, PublishSession):
            session.stop_timers()
            self._without_publisher(session, why)
        await session.wire.close()

    def _without_publisher(self, session: PublishSession, why: Ending) -> None:
        publication = session.publication
        if publication is None or publication.publisher is not session:
            return
        publication.publisher = None
        if why in ("reloading", "goodbye"):
            publication.ends = session.loop.call_later(LINGER, self._stop, publication)
        else:
            self._stop(publication)

    def _stop(self, publication: Publication) -> None:
        publication.ends = None
        if self.publications.get((publication.room, publication.name)) is not publication:
            return
        del self.publications[(publication.room, publication.name)]
        for viewer in list(publication.viewers):
            self.spawn(self.end(viewer, "stopped"))
        self._announce("publication.stopped", publication)

    async def remove(self, room: int, person: str) -> int:
        """End everything this person sends and receives in this room, at once. How many sessions that were.

        Grants from before this moment open nothing any more; Django decides whether there will be new ones.
        """
        now = time.time()
        kept_for = GRANT_LIFETIME.total_seconds() + 60
        self._barred = {key: at for key, at in self._barred.items() if now - at < kept_for}
        self._barred[(room, person)] = now
        sessions = [
            each for each in self.sessions.values() if (each.grant.room, each.grant.person) == (room, person)
        ]
        await asyncio.gather(*(self.end(session, "removed") for session in sessions))
        for publication in list(self.publications.values()):
            if (publication.room, publication.person) == (room, person):
                self._stop(publication)
        return len(sessions)

    async def remove_audience(self, room: int, stays: frozenset[str]) -> int:
        """End what everyone but `stays` watches in this room. How many sessions that were.

        Grants to watch from before this moment open nothing any more for the others; whoever may still watch asks
        for a new one.
        """
        now = time.time()
        kept_for = GRANT_LIFETIME.total_seconds() + 60
        self._closed = {key: closed for key, closed in self._closed.items() if now - closed[0] < kept_for}
        self._closed[room] = (now, stays)
        sessions = [
            each
            for each in self.sessions.values()
            if each.grant.room == room and each.grant.action == "watch" and each.grant.person not in stays
        ]
        await asyncio.gather(*(self.end(session, "closed") for session in sessions))
        return len(sessions)

    async def close(self) -> None:
        """End everything with a goodbye, so that browsers begin to look for the next worker at once."""
        await asyncio.gather(*(self.end(session, "shutdown") for session in list(self.sessions.values())))
        for publication in self.publications.values():
            if publication.ends is not None:
                publication.ends.cancel()
        self.publications.clear()
        if self._tasks:
            _, unfinished = await asyncio.wait(list(self._tasks), timeout=2)
            for task in unfinished:
                task.cancel()
            if unfinished:
                await asyncio.wait(unfinished)


def _can_go_on(before: dict[Kind, Codec], now: dict[Kind, Codec]) -> bool:
    """Whether viewers of the old publisher can take in the new one without negotiating again."""
    return before.keys() == now.keys() and all(codec.is_same_as(now[kind]) for kind, codec in before.items())
