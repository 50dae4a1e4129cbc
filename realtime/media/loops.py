"""What the front and the workers run on: an event loop, and logs."""

import asyncio
import logging
import sys

import structlog

try:
    from uvloop import new_event_loop
except ImportError:  # a platform without it: slower, otherwise the same
    new_event_loop = asyncio.new_event_loop  # type: ignore[assignment,unused-ignore]

__all__ = ["new_event_loop", "set_up_logging"]


def set_up_logging() -> None:
    """One JSON object a line on standard output, nothing in it by which a person could be known."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    # These name addresses of participants, and say nothing that our own lines do not.
    logging.getLogger("aioice").setLevel(logging.ERROR)
    logging.getLogger("aiortc").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
