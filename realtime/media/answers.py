"""What every HTTP answer of the media process has in common, in its front and in its workers: refusals as JSON, whose pages
may call, and reading the tokens that come with requests."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiohttp import web

from .grants import BadGrant, Grant, ServiceAction, read_grant, read_service

LARGEST_OFFER: Final = 64 * 1024
SDP: Final = "application/sdp"
METHODS: Final = "POST, PATCH, DELETE, OPTIONS"

log = structlog.get_logger("media.http")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_GRANT_REASONS: Final = {
    "expired": "This grant has expired. Please ask for a new one.",
    "forged": "This grant is not genuine.",
    "wrong": "This token does not grant this.",
}


class Refused(Exception):
    """A request that cannot be granted, with the HTTP status and a code the browser can act on."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def token_in(request: web.Request) -> str:
    """The token of the request."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(401, "grant-missing", "A grant is needed. Please ask for one.")
    return token.strip()


def grant_in(request: web.Request, secret: str, *, even_expired: bool = False) -> Grant:
    """The grant that comes with the request."""
    try:
        return read_grant(token_in(request), secret, even_expired=even_expired)
    except BadGrant as error:
        raise Refused(401, f"grant-{error.reason}", _GRANT_REASONS[error.reason]) from None


def check_service(request: web.Request, secret: str, action: ServiceAction) -> None:
    """Returns when one of our own processes asks."""
    try:
        read_service(token_in(request), secret, action)
    except BadGrant as error:
        raise Refused(401, f"grant-{error.reason}", _GRANT_REASONS[error.reason]) from None


async def options(_request: web.Request) -> web.Response:
    """What a client may send to an address of WHIP or WHEP."""
    return web.Response(status=204, headers={"Accept-Post": SDP, "Allow": METHODS})


def problem(status: int, code: str, message: str, *, retry_after: int | None = None) -> web.Response:
    """A refusal, for pages (the code) and people (the message)."""
    body: dict[str, Any] = {"code": code, "message": message}
    response = web.json_response(body, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


@web.middleware
async def speak_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as JSON with a code; what nobody foresaw as a logged 500."""
    try:
        return await handler(request)
    except Refused as error:
        return problem(error.status, error.code, error.message, retry_after=error.retry_after)
    except web.HTTPException as error:
        code = {404: "not-found", 405: "method"}.get(error.status, "refused")
        response = problem(error.status, code, f"{error.reason}.")
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return response
    except Exception:
        log.exception("media.request_failed", method=request.method)
        return problem(500, "failed", "The media server made a mistake. Please try again.")


def cors(allowed: frozenset[str]) -> Any:
    """Pages of our own origins may call; pages of others may not, whatever grant they got hold of."""

    @web.middleware
    async def check_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and origin not in allowed:
            return problem(403, "origin", "This address may not be called from that page.")
        response = await handler(request)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Location, ETag, Link, Retry-After"
            response.headers["Vary"] = "Origin"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = METHODS
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
                response.headers["Access-Control-Max-Age"] = "600"
        return response

    return check_origin
