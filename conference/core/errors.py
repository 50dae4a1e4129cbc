"""Refusals: the one way an action or a query says no.

A refusal is an answer, not a bug: a full, translated sentence for the person who asked. It is turned into a response
in exactly two places, `core.middleware.RefusalMiddleware` for HTTP and the consumer for the socket. Any other exception
is a bug and is left to crash loudly.
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Something asked for is not done. `message` is shown to the person; `details` must hold no personal data."""

    code = "refused"
    status = 400

    def __init__(self, message: Any, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def as_data(self) -> dict[str, Any]:
        """The public form, the same in JSON answers and in socket error frames."""
        return {"code": self.code, "message": str(self.message), **self.details}


class Denied(Refusal):
    """The person may not do this."""

    code = "denied"
    status = 403


class Missing(Refusal):
    """No such thing, or none that this person may know of: the two are never told apart."""

    code = "missing"
    status = 404


class Conflict(Refusal):
    """It was possible a moment ago; the state has moved on."""

    code = "conflict"
    status = 409


class Invalid(Refusal):
    """The input does not hold. `fields` maps a field's name to its sentences."""

    code = "invalid"
    status = 422


class Busy(Refusal):
    """Too much at once. `retry_after` is in seconds."""

    code = "busy"
    status = 429
