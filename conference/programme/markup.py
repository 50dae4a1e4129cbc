"""Markup in running text that came from elsewhere: the harmless tags stay, everything that could act goes."""

from __future__ import annotations

import re

import nh3

TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "blockquote", "code", "pre", "a"}
_MARKUP = re.compile(
    r"</?(p|br|ul|ol|li|strong|em|b|i|blockquote|code|pre|a|div|span|h[1-6]|svg|img|script|style|iframe|object|embed|form|input"
    r"|video|audio|math|link|meta|base|table)(\s[^<>]*)?/?>",
    re.IGNORECASE,
)


def has_markup(text: str) -> bool:
    """Whether the text was written with tags; "a < b" was not."""
    return bool(_MARKUP.search(text))


def harmless(text: str) -> str:
    """Text with tags comes back with the harmless ones only; plain text comes back as it is. Doing it twice changes nothing."""
    if not has_markup(text):
        return text
    return nh3.clean(
        text,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
