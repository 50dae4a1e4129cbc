"""The HTTP side: WHIP (RFC 9725) to publish, WHEP to watch, and what Django and operators ask.

A grant opens a session; the room and the publication come from it, the address only has to agree. Errors are
JSON, `{"code", "message"}`: the code is for our own pages, which translate it; the message for everybody
else.
"""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiohttp import web

from .configuration import Configuration, IceServer
from .engine import Engine, Refused
from .grants import Action, BadGrant, Grant, read_grant, read_service
from .negotiation import BadOffer, read_fragment
from .sessions import Ending, Session, WatchSession

LARGEST_OFFER: Final = 64 * 1024
_SDP: Final = "application/sdp"
_FRAGMENT: Final = "application/trickle-ice-sdpfrag"
_METHODS: Final = "POST, PATCH, DELETE, OPTIONS"

log = structlog.get_logger("media.http")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_GRANT_REASONS: Final = {
    "expired": "This grant has expired. Please ask for a new one.",
    "forged": "This grant is not genuine.",
    "wrong": "This token does not grant this.",
}
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
        session, answer = await engine.publish(grant, await _body(request, _SDP))
        return _created(request, configuration, session, answer)

    async def watch(request: web.Request) -> web.Response:
        grant = _granted(request, configuration, "watch")
        session, answer = await engine.watch(grant, await _body(request, _SDP))
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

    async def options(request: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Accept-Post": _SDP, "Allow": _METHODS})

    async def remove(request: web.Request) -> web.Response:
        _check_control(request, configuration)
        ended = await engine.remove(_room(request), request.match_info["person"])
        return web.json_response({"ended": ended})

    async def silence(request: web.Request) -> web.Response:
        _check_control(request, configuration)
        silent = _json(await _body(request, "application/json")).get("silent")
        if not isinstance(silent, bool):
            raise Refused(422, "malformed", "Silent is true or false.")
        return web.json_response(
            {"sessions": engine.silence(_room(request), request.match_info["person"], silent)}
        )

    async def remove_audience(request: web.Request) -> web.Response:
        _check_control(request, configuration)
        stays = frozenset(filter(None, request.query.get("except", "").split(",")))
        return web.json_response({"ended": await engine.remove_audience(_room(request), stays)})

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
        middlewares=[_cors(configuration.allowed_origins), _speak_json], client_max_size=LARGEST_OFFER
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
    app.router.add_put(r"/control/rooms/{room:\d{1,18}}/people/{person}/silence", silence)
    app.router.add_delete(r"/control/rooms/{room:\d{1,18}}/audience", remove_audience)
    app.router.add_get("/healthz", health)
    return app


def _check_control(request: web.Request, configuration: Configuration) -> None:
    """Only our own processes control."""
    try:
        read_service(_token(request), configuration.secret, "control")
    except BadGrant as error:
        raise Refused(401, f"grant-{error.reason}", _GRANT_REASONS[error.reason]) from None


def _room(request: web.Request) -> int:
    return int(request.match_info["room"])


def _token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(401, "grant-missing", "A grant is needed. Please ask for one.")
    return token.strip()


def _read(request: web.Request, configuration: Configuration, *, even_expired: bool = False) -> Grant:
    try:
        return read_grant(_token(request), configuration.secret, even_expired=even_expired)
    except BadGrant as error:
        raise Refused(401, f"grant-{error.reason}", _GRANT_REASONS[error.reason]) from None


def _granted(request: web.Request, configuration: Configuration, action: Action) -> Grant:
    grant = _read(request, configuration)
    if grant.action != action:
        raise Refused(403, "grant-action", "This grant is for something else.")
    if grant.room != _room(request):
        raise Refused(403, "grant-room", "This grant is for another room.")
    return grant


def _session(request: web.Request, configuration: Configuration, engine: Engine) -> Session:
    """The session of the address, for whoever opened it."""
    grant = _read(request, configuration, even_expired=True)
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
    response = web.Response(status=201, text=answer, content_type=_SDP)
    # Relative to the address that was called, so that it holds behind a proxy which serves us under a prefix.
    response.headers["Location"] = f"{session.grant.room}/{session.id}"
    response.headers["ETag"] = session.etag
    for server in configuration.ice_servers:
        for link in _links(server):
            response.headers.add("Link", link)
    return response


def _links(server: IceServer) -> list[str]:
    credentials = ""
    if server.username:
        credentials = (
            f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        )
    return [f'<{url}>; rel="ice-server"{credentials}' for url in server.urls]


@web.middleware
async def _speak_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as JSON with a code; what nobody foresaw as a logged 500."""
    try:
        return await handler(request)
    except BadOffer as error:
        return _problem(422 if error.code == "codec" else 400, error.code, str(error))
    except Refused as error:
        return _problem(error.status, error.code, error.message, retry_after=error.retry_after)
    except web.HTTPException as error:
        code = {404: "not-found", 405: "method"}.get(error.status, "refused")
        response = _problem(error.status, code, f"{error.reason}.")
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return response
    except Exception:
        log.exception("media.request_failed", method=request.method)
        return _problem(500, "failed", "The media server made a mistake. Please try again.")


def _problem(status: int, code: str, message: str, *, retry_after: int | None = None) -> web.Response:
    body: dict[str, Any] = {"code": code, "message": message}
    response = web.json_response(body, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _cors(allowed: frozenset[str]) -> Any:
    @web.middleware
    async def cors(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Pages of our own origins may call; pages of others may not, whatever grant they got hold of."""
        origin = request.headers.get("Origin")
        if origin is not None and origin not in allowed:
            return _problem(403, "origin", "This address may not be called from that page.")
        response = await handler(request)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Location, ETag, Link, Retry-After"
            response.headers["Vary"] = "Origin"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = _METHODS
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
                response.headers["Access-Control-Max-Age"] = "600"
        return response

    return cors
