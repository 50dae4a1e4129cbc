"""Messages in the reader's language, where the installation has a translator. It is off by default: whoever sets
`CHAT_TRANSLATOR` gives the words of the chat to whatever service that function asks.

The setting names a function by its dotted path:

    def translate(text: str, source: str, target: str) -> str:
        ...

`source` is the tag of the message's language, "" where nobody knows; `target` that of the reader's pages. It is called in
threads of its own, so that a slow service holds up no socket; what it answers is kept with the message, and of many who
ask for the same at once one does. It may raise what it likes: the reader is told that there is no translation now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from conference.core.errors import Busy, Conflict

PATIENCE = 15.0
"""Seconds that a reader waits."""
MOST = 8000
"""Characters of a translation that are kept."""
THREADS = 4

log = structlog.get_logger(__name__)

_threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="translations")
_asked: dict[tuple[int, str, str], asyncio.Future[str]] = {}


def check_translator() -> None:
    """`Conflict` where messages are not translated."""
    if not settings.CHAT_TRANSLATOR:
        raise Conflict(_("Messages are not translated on this platform."))


async def translate(message_id: int, text: str, source: str, target: str) -> str:
    """The text in the language `target`, or `Busy` where the translator does not answer."""
    key = (message_id, text, target)
    if key not in _asked:
        _asked[key] = asyncio.get_running_loop().run_in_executor(_threads, _ask, text, source, target)
        _asked[key].add_done_callback(lambda _done: _asked.pop(key, None))
    try:
        return await asyncio.wait_for(asyncio.shield(_asked[key]), PATIENCE)
    except Exception as error:
        log.warning("chat.not_translated", error=type(error).__name__)
        raise Busy(
            _("There is no translation at the moment. Try again in a minute."), retry_after=60
        ) from error


def _ask(text: str, source: str, target: str) -> str:
    function: Callable[[str, str, str], str] = import_string(settings.CHAT_TRANSLATOR)
    answer = function(text, source, target)
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError("A translator answers with text.")
    return answer.strip()[:MOST]
