"""The HTTP side: WHIP (RFC 9725) to publish, WHEP to watch, and what Django and operators ask.

A grant opens a session; the room and the publication come from it, the address only has to agree. Errors are
JSON, `{"code", "message"}`: the code is for our own pages, which translate it; the message for everybody
else.
"""

import json
import time
from typing import Any, Final

from aiohttp import web

from .answers import (
    LARGEST_OFFER,
    SDP,
    Handler,
    Refused,
    check_service,
    cors,
    grant_in,
    options,
    speak_json,
)
from .configuration import Configuration, IceServer
from .engine import Engine
from .grants import Action, Grant
from .negotiation import BadOffer, read_fragment
from .sessions import Ending, Session, WatchSession
from .turn import turn_credentials

_FRAGMENT: Final = "application/trickle-ice-sdpfrag"

# How a session that is no more is told from one that never was. The browser comes back after all but these.
_FOR_GOOD: Final[dict[Ending, str]] = {
    "replaced": "This has been taken over from another tab or device.",
    "removed": "You have been removed from this room.",
}


def create_app(configuration: Configuration, engine: Engine) -> web.Application:
    """The application; it does not start or stop the engine."""
    started = time.monotonic()

    async def publish(request: web.Request) -> web.Response:
        grant = _granted(request, configuration, "publish")
        session, answer = await engine.publish(grant, await _body(request, SDP))
        return _created(request, configuration, session, answer)

    async def watch(request: web.Request) -> web.Response:
        grant = _granted(request, configuration, "watch")
        session, answer = await engine.watch(grant, await _body(request, SDP))
        return _created(request, configuration, session, answer)

    async def trickle(request: web.Request) -> web.Response:
        session = _session(request, configuration, engine)
        fragment = read_fragment(await _body(request, _FRAGMENT))
        restarts = fragment.ufrag is not None and fragment.ufrag != session.peer_ufrag
        condition = request.headers.get("If-Match")
        if condition is None:
            raise Refused(
                428, "precondition", "An If-Match header with the session's entity tag is required."
            )
        if condition not in (session.etag, "*"):
            raise Refused(412, "precondition", "The entity tag does not belong to this session.")
        if restarts:
            if fragment.password is None:
                raise Refused(400, "malformed", "An ICE restart needs a new name and a new password.")
            answer = await engine.restart(session, fragment)
            return web.Response(text=answer, content_type=_FRAGMENT, headers={"ETag": session.etag})
        await engine.trickle(session, fragment)
        return web.Response(status=204, headers={"ETag": session.etag})

    async def choose_layer(request: web.Request) -> web.Response:
        session = _session(request, configuration, engine)
        wanted = _json(await _body(request, "application/json"))
        largest, paused = wanted.get("layer"), wanted.get("paused", False)
        if not isinstance(session, WatchSession):
            raise Refused(409, "not-watching", "Only viewers choose a layer.")
        if not (largest is None or isinstance(largest, str)) or not isinstance(paused, bool):
            raise Refused(422, "malformed", "A layer is a name or null, and paused is true or false.")
        if not session.want(largest, paused):
            raise Refused(422, "layer", "There is no layer of that name.")
        return web.Response(status=204)

    async def leave(request: web.Request) -> web.Response:
        session = _session(request, configuration, engine)
        await engine.end(session, "reloading" if "reloading" in request.query else "left")
        return web.Response(status=200)

    async def remove(request: web.Request) -> web.Response:
        check_service(request, configuration.secret, "control")
        ended = await engine.remove(_room(request), request.match_info["person"], _asked_at(request))
        return web.json_response({"ended": ended})

    async def end_publication(request: web.Request) -> web.Response:
        check_service(request, configuration.secret, "control")
        ended = await engine.end_publication(_room(request), request.match_info["publication"])
        return web.json_response({"ended": ended})

    async def silence(request: web.Request) -> web.Response:
        check_service(request, configuration.secret, "control")
        silent = _json(await _body(request, "application/json")).get("silent")
        if not isinstance(silent, bool):
            raise Refused(422, "malformed", "Silent is true or false.")
        person = request.match_info["person"]
        return web.json_response(
            {"sessions": engine.silence(_room(request), person, silent, _asked_at(request))}
        )

    async def remove_audience(request: web.Request) -> web.Response:
        check_service(request, configuration.secret, "control")
        stays = frozenset(filter(None, request.query.get("except", "").split(",")))
        ended = await engine.remove_audience(_room(request), stays, _asked_at(request))
        return web.json_response({"ended": ended})

    async def rooms(request: web.Request) -> web.Response:
        check_service(request, configuration.secret, "control")
        return web.json_response({"rooms": engine.rooms()})

    async def measures(request: web.Request) -> web.Response:
        check_service(request, configuration.secret, "control")
        return web.json_response(engine.measure(each="each" in request.query))

    async def health(_request: web.Request) -> web.Response:
        return web.json_response(
            {
                "status": "ok",
                "sessions": len(engine.sessions),
                "publications": len(engine.publications),
                "uptime": round(time.monotonic() - started),
            }
        )

    app = web.Application(
        middlewares=[cors(configuration.allowed_origins), speak_json, _judge_offers],
        client_max_size=LARGEST_OFFER,
    )
    session_path = r"/{room:\d{1,18}}/{session:[A-Za-z0-9_-]{8,64}}"
    for prefix, opened in (("/whip", publish), ("/whep", watch)):
        app.router.add_post(prefix + r"/{room:\d{1,18}}", opened)
        app.router.add_options(prefix + r"/{room:\d{1,18}}", options)
        app.router.add_patch(prefix + session_path, trickle)
        app.router.add_delete(prefix + session_path, leave)
        app.router.add_options(prefix + session_path, options)
    app.router.add_post("/whep" + session_path + "/layer", choose_layer)
    app.router.add_options("/whep" + session_path + "/layer", options)
    app.router.add_delete(r"/control/rooms/{room:\d{1,18}}/people/{person}", remove)
    app.router.add_delete(r"/control/rooms/{room:\d{1,18}}/publications/{publication}", end_publication)
    app.router.add_put(r"/control/rooms/{room:\d{1,18}}/people/{person}/silence", silence)
    app.router.add_delete(r"/control/rooms/{room:\d{1,18}}/audience", remove_audience)
    app.router.add_get("/control/rooms", rooms)
    app.router.add_get("/control/measures", measures)
    app.router.add_get("/healthz", health)
    return app


def _room(request: web.Request) -> int:
    return int(request.match_info["room"])


def _asked_at(request: web.Request) -> float | None:
    """When it was asked for: a worker that has just begun is told again what was decided before it."""
    try:
        return float(request.query["at"])
    except (KeyError, ValueError):
        return None


def _granted(request: web.Request, configuration: Configuration, action: Action) -> Grant:
    grant = grant_in(request, configuration.secret)
    if grant.action != action:
        raise Refused(403, "grant-action", "This grant is for something else.")
    if grant.room != _room(request):
        raise Refused(403, "grant-room", "This grant is for another room.")
    return grant


def _session(request: web.Request, configuration: Configuration, engine: Engine) -> Session:
    """The session of the address, for whoever opened it."""
    grant = grant_in(request, configuration.secret, even_expired=True)
    identity = request.match_info["session"]
    session = engine.sessions.get(identity)
    if session is None:
        why = engine.endings.get(identity)
        if why in _FOR_GOOD:
            raise Refused(410, why, _FOR_GOOD[why])
        raise Refused(404, "gone", "This session does not exist any more.")
    opened = session.grant
    if (grant.person, grant.room, grant.publication, grant.action) != (
        opened.person,
        opened.room,
        opened.publication,
        opened.action,
    ) or grant.room != _room(request):
        raise Refused(403, "grant-session", "This session belongs to someone else.")
    return session


async def _body(request: web.Request, content_type: str) -> str:
    if request.content_type != content_type:
        raise Refused(415, "content-type", f"The content type must be {content_type}.")
    if (request.content_length or 0) > LARGEST_OFFER:
        raise Refused(413, "too-large", "The session description is larger than 64 KiB.")
    try:
        return (await request.read()).decode()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(413, "too-large", "The session description is larger than 64 KiB.") from None
    except UnicodeDecodeError:
        raise Refused(400, "malformed", "The session description is not UTF-8 text.") from None


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Refused(400, "malformed", "The body must be a JSON object.")
    return data


def _created(
    request: web.Request, configuration: Configuration, session: Session, answer: str
) -> web.Response:
    response = web.Response(status=201, text=answer, content_type=SDP)
    # Relative to the address that was called, so that it holds behind a proxy which serves us under a prefix.
    response.headers["Location"] = f"{session.grant.room}/{session.id}"
    response.headers["ETag"] = session.etag
    for server in _ice_servers(configuration, session.grant.person):
        for link in _links(server):
            response.headers.add("Link", link)
    return response


def _ice_servers(configuration: Configuration, person: str) -> tuple[IceServer, ...]:
    """The servers that help a browser to reach us; the TURN server with credentials of this person's own."""
    if not configuration.turn_urls:
        return configuration.ice_servers
    credentials = turn_credentials(configuration.turn_secret, person, time.time())
    return (*configuration.ice_servers, IceServer(configuration.turn_urls, *credentials))


def _links(server: IceServer) -> list[str]:
    credentials = ""
    if server.username:
        credentials = (
            f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        )
    return [f'<{url}>; rel="ice-server"{credentials}' for url in server.urls]


@web.middleware
async def _judge_offers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What is wrong with a session description, as a refusal."""
    try:
        return await handler(request)
    except BadOffer as error:
        raise Refused(422 if error.code == "codec" else 400, error.code, str(error)) from None
