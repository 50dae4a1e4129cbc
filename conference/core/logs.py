"""What must not reach the logs: addresses that hold secrets, and what a program had in its hands when it failed."""

from __future__ import annotations

import logging

from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

tracebacks = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
"""Where it failed, without the values of the variables there: codes, addresses and passwords are among them."""


class RouteInsteadOfPath(logging.Filter):
    """Django's own lines end with the path of the request, and a path may be a key: a mailed link, the address of an
    agenda. The route says as much to whoever reads the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None and isinstance(record.args, tuple) and str(record.args[-1:]).startswith("('/"):
            match = getattr(request, "resolver_match", None)
            record.args = (*record.args[:-1], match.route if match else "no route")
        return True
