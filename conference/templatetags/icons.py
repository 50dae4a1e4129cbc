"""Icons: `{% icon "calendar" %}` draws one symbol of the sprite `static/img/icons.svg`; `docs/design.md` lists the names."""

from __future__ import annotations

import functools
import re

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

POINTING = frozenset(
    {"next", "back", "forward", "return", "send", "sign-in", "sign-out", "undo", "list", "history"}
)
"""Icons that point along the line of reading: mirrored where that runs from right to left."""


@functools.cache
def icon_names() -> frozenset[str]:
    """The symbols that the sprite has."""
    sprite = (settings.BASE_DIR / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol id="([a-z-]+)"', sprite))


@register.simple_tag
@functools.cache
def icon(name: str) -> SafeString:
    """The symbol `name`, hidden from screen readers: the words beside it speak. A name that is not drawn is a bug.

    Kept for the life of the process: a page of 300 sessions shows icons a thousand times."""
    if name not in icon_names():
        raise ValueError(f"There is no icon {name!r} in static/img/icons.svg.")
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        " mirror" if name in POINTING else "",
        static("img/icons.svg"),
        name,
    )
