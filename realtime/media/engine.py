"""Who publishes and who watches: publications, sessions, and what becomes of them.

A publication outlives its publisher's session for a moment, so that a reload, or a second start of the same
camera, goes on for the viewers as if nothing had happened: the new session takes over with its first packet,
and only then is the old one closed. Everything here runs on one event loop; nothing blocks it.
"""

import asyncio
import contextlib
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import structlog

from .answers import Refused
from .grants import GRANT_LIFETIME, Grant
from .layers import Track
from .loudness import Speakers, Voice
from .measures import Measures, measure
from .negotiation import (
    LEVEL_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    AcceptedMedia,
    BadOffer,
    Candidates,
    Codec,
    Kind,
    Offer,
    choose_codec,
    matching_codec,
    read_offer,
)
from .packets import (
    Profile,
)
from .placement import Pace
from .sessions import STARTS, Ending, Publication, Published, PublishSession, Session, WatchSession
from .transport import Certificate

LINGER: Final = 5.0
"""How long viewers wait for a publisher who is reloading the page."""
RETURN: Final = 10.0
"""Seconds after the death of a worker in which its browsers come back to the one in its place."""
HOLD: Final = 3.0
LISTEN_EVERY: Final = 0.25
TELL_SPEAKERS_EVERY: Final = 0.5
REMEMBERED_ENDINGS: Final = 2000

log = structlog.get_logger("media")


@dataclass(frozen=True, slots=True)
class Limits:
    sessions: int = 400
    sessions_per_person: int = 32
    joins_per_second: float = 20.0
    joins_at_once: int = 60


class Engine:
    """All publications and sessions of one worker."""

    def __init__(
        self,
        *,
        addresses: tuple[str, ...],
        public_address: str | None = None,
        limits: Limits = Limits(),
        announce: Callable[[str, Publication], None] = lambda _event, _publication: None,
        tell_speakers: Callable[[int, list[str], str | None], None] = lambda _room, _names, _active: None,
        replaces: bool = False,
    ) -> None:
        self.addresses = addresses
        self.public_address = public_address
        self.limits = limits
        self.publications: dict[tuple[int, str], Publication] = {}
        self.sessions: dict[str, Session] = {}
        self.endings: OrderedDict[str, Ending] = OrderedDict()
        self.measures = Measures()
        self._announce = announce
        self._tell_speakers = tell_speakers
        self._speakers: dict[int, Speakers] = {}
        self._listening: asyncio.TimerHandle | None = None
        self._certificate = Certificate.generateCertificate()
        self._per_person: Counter[str] = Counter()
        self._barred: dict[tuple[int, str], float] = {}
        self._closed: dict[int, tuple[float, frozenset[str]]] = {}
        self._silenced: dict[tuple[int, str], tuple[float, bool]] = {}
        # Handshakes are what disturbs forwarding most; a crowd is let in at a pace.
        self._rate = Pace(limits.joins_per_second, limits.joins_at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        # In the place of a worker that died: publishers and viewers are on their way back, in any order.
        self._return_until = time.monotonic() + RETURN if replaces else 0.0
        self._returning: dict[tuple[int, str], asyncio.Event] = {}

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

    def rooms(self) -> dict[int, int]:
        """How many sessions each room has."""
        return Counter(session.grant.room for session in self.sessions.values())

    def measure(self, *, each: bool = False) -> dict[str, Any]:
        """All numbers of this moment; with `each`, of every stream and leg."""
        self.measures.forget(self.rooms(), time.monotonic())
        return measure(self.measures, self.sessions.values(), each=each)

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
        rids: dict[Kind, tuple[str, ...]] = {}
        ids = {LEVEL_URI: 0, RID_URI: 0, REPAIRED_RID_URI: 0}
        for media in offer.media:
            codec = choose_codec(media) if media.sends else None
            if codec is not None and codec.kind not in codecs:
                codecs[codec.kind] = codec
                # Without the extension nothing says which packet belongs to which of the streams.
                layered = media.rids if codec.kind == "video" and RID_URI in media.extensions else ()
                accepted[media.mid] = AcceptedMedia(media, codec, "recvonly", rids=layered)
                if layered:
                    rids[codec.kind] = layered
                for uri in (LEVEL_URI,) if codec.kind == "audio" else (RID_URI, REPAIRED_RID_URI):
                    ids[uri] = media.extensions.get(uri, 0)
        if not accepted:
            raise BadOffer(
                "codec", "The offer sends nothing that can be forwarded: Opus, VP8 or H.264 is needed."
            )
        published = Published(codecs, rids, ids[LEVEL_URI], ids[RID_URI], ids[REPAIRED_RID_URI])
        session = PublishSession(self, grant, published)
        session.silent = self._is_silent(grant)
        return session, await self._open(session, offer, accepted)

    async def watch(self, grant: Grant, text: str) -> tuple[Session, str]:
        """A browser offers to watch: the new session and our answer."""
        self._admit(grant)
        offer = read_offer(text)
        publication = self._flowing_publication(grant)
        if publication is None and time.monotonic() < self._return_until:
            await self._publisher_returns(grant)
            self._check_rights(grant)
            publication = self._flowing_publication(grant)
        if publication is None:
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

    def _flowing_publication(self, grant: Grant) -> Publication | None:
        publication = self.publications.get((grant.room, grant.publication))
        return publication if publication is not None and publication.publisher is not None else None

    async def _publisher_returns(self, grant: Grant) -> None:
        """Wait a moment for a publisher who is likely to be back: viewers who had to ask again would lose a second by it."""
        started = self._returning.setdefault((grant.room, grant.publication), asyncio.Event())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(started.wait(), HOLD)

    def _check_rights(self, grant: Grant) -> None:
        barred_at = self._barred.get((grant.room, grant.person))
        if barred_at is not None and grant.issued_at.timestamp() <= barred_at:
            raise Refused(403, "removed", "You have been removed from this room.")
        closed_at, stays = self._closed.get(grant.room, (0.0, frozenset()))
        is_late = grant.issued_at.timestamp() <= closed_at
        if is_late and grant.action == "watch" and grant.person not in stays:
            raise Refused(401, "grant-expired", "This grant has expired. Please ask for a new one.")

    def _admit(self, grant: Grant) -> None:
        self._check_rights(grant)
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

    async def restart(self, session: Session, fragment: Candidates) -> str:
        """The browser is on another network: our half of the ICE restart. The media goes on as it did."""
        if not session.wire.is_connected:
            raise Refused(409, "not-connected", "The connection does not stand yet, or not any more.")
        if not self._rate.admits(asyncio.get_running_loop().time()):
            raise Refused(
                503, "busy", "Many people are joining right now. Please try again in a moment.", retry_after=1
            )
        log.info("media.ice_restarted", session=session.id[:6], room=session.grant.room)
        return await session.restart(fragment)

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
        returned = self._returning.pop(key, None)
        if returned is not None:
            returned.set()
        old, kinds_before, codecs_before = publication.publisher, publication.kinds, publication.codecs
        publication.publisher = session
        publication.codecs = session.published.codecs
        session.publication = publication
        self._set_up_tracks(publication, session.published)
        if old is not None:
            self.spawn(self.end(old, "replaced"))
        if not is_new and not _can_go_on(codecs_before, publication.codecs):
            for viewer in list(publication.viewers):
                self.spawn(self.end(viewer, "changed"))
        if is_new or publication.kinds != kinds_before:
            self._announce("publication.started", publication)
        if self._listening is None:
            self._listen()
        log.info(
            "media.flows",
            room=publication.room,
            kinds=publication.kinds,
            viewers=len(publication.viewers),
            anew=not is_new,
        )

    def _listen(self) -> None:
        """Tell who speaks, as long as anything flows."""
        loop = asyncio.get_running_loop()
        now, voices = loop.time(), defaultdict[int, dict[str, Voice]](dict)
        for (room, name), publication in self.publications.items():
            voices[room][name] = publication.voice
        for room in self._speakers.keys() | voices.keys():
            speakers = self._speakers.setdefault(room, Speakers())
            names = speakers.listen(voices[room], now)
            if speakers.is_news(names, now, TELL_SPEAKERS_EVERY):
                self._tell_speakers(room, names, speakers.active)
            if not voices[room] and speakers.told == (frozenset(), None):
                del self._speakers[room]
        self._listening = loop.call_later(LISTEN_EVERY, self._listen) if self._speakers else None

    def _set_up_tracks(self, publication: Publication, published: Published) -> None:
        for kind in list(publication.tracks):
            if kind not in publication.codecs:
                del publication.tracks[kind]
        for kind, codec in publication.codecs.items():
            track = publication.tracks.setdefault(kind, Track(kind, codec.clock_rate, STARTS[codec.name]))
            track.start_anew(published.layers(kind), STARTS[codec.name])

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

    async def remove(self, room: int, person: str, at: float | None = None) -> int:
        """End everything this person sends and receives in this room, at once. How many sessions that were.

        Grants from before this moment (`at`: when it was asked for) open nothing any more; Django decides whether there will
        be new ones.
        """
        now = time.time() if at is None else min(at, time.time())
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

    async def end_publication(self, room: int, name: str) -> int:
        """End one publication at once; whoever has a grant may send it again. How many sessions that were."""
        publication = self.publications.get((room, name))
        if publication is None:
            return 0
        publisher = publication.publisher
        if publisher is not None:
            await self.end(publisher, "removed")
        if self.publications.get((room, name)) is publication:
            self._stop(publication)
        return int(publisher is not None)

    def silence(self, room: int, person: str, silent: bool, at: float | None = None) -> int:
        """Pass on no sound of what this person publishes in this room, or pass it on again. How many sessions that were."""
        now = time.time() if at is None else min(at, time.time())
        kept_for = GRANT_LIFETIME.total_seconds() + 60
        self._silenced = {
            key: known for key, known in self._silenced.items() if known[1] or now - known[0] < kept_for
        }
        self._silenced[(room, person)] = (now, silent)
        sessions = [
            each
            for each in self.sessions.values()
            if isinstance(each, PublishSession) and (each.grant.room, each.grant.person) == (room, person)
        ]
        for session in sessions:
            session.silent = silent
        return len(sessions)

    def _is_silent(self, grant: Grant) -> bool:
        """What was decided last: when the grant was signed, or after."""
        at, silent = self._silenced.get((grant.room, grant.person), (0.0, False))
        return silent if at > grant.issued_at.timestamp() else grant.silent

    async def remove_audience(self, room: int, stays: frozenset[str], at: float | None = None) -> int:
        """End what everyone but `stays` watches in this room. How many sessions that were.

        Grants to watch from before this moment (`at`: when it was asked for) open nothing any more for the others; whoever
        may still watch asks for a new one.
        """
        now = time.time() if at is None else min(at, time.time())
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
        if self._listening is not None:
            self._listening.cancel()
        if self._tasks:
            _, unfinished = await asyncio.wait(list(self._tasks), timeout=2)
            for task in unfinished:
                task.cancel()
            if unfinished:
                await asyncio.wait(unfinished)


def _can_go_on(before: dict[Kind, Codec], now: dict[Kind, Codec]) -> bool:
    """Whether viewers of the old publisher can take in the new one without negotiating again."""
    return before.keys() == now.keys() and all(codec.is_same_as(now[kind]) for kind, codec in before.items())
