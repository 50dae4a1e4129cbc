"""Finding a session by a piece of its text, in every script of the region.

Why not PostgreSQL's full-text search: it cuts text into words at spaces, and Chinese, Thai, Lao, Khmer and Burmese write
none, so that a whole sentence becomes one word and nothing inside it is ever found. Dictionaries that cut these languages
are large, differ by version, and fail on names. What does work for all of them alike is to look for the asked characters
anywhere in the text. A programme has hundreds of sessions, not millions, so reading through them takes milliseconds and
needs no index.

For that to hold, both sides are folded alike by `folded`: compatibility forms (full-width letters, ligatures, the two ways
to write the Thai and Lao "am"), case, the marks on Latin letters ("Tieng Viet" finds "Tiếng Việt"), the digits of
every script, and the invisible characters with which Khmer, Lao and Burmese text marks where a line may break.

`Session.search_text` holds the folded text. Its first line is the title in all its languages, so that hits in a title can be
told from others and shown first. The actions that save a session, a speaker or a track fill it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from conference.programme.models import Session, Speaker

MAX_TERMS = 8
"""More words than this narrow nothing down, and each costs a pass over the text."""

# Zero-width space, joiners, direction marks, word joiner, invisible operators, byte order mark, soft hyphen.
_INVISIBLE = dict.fromkeys(
    [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
_LATIN_SPECIAL = str.maketrans({"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})
_MARKED_LATIN = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_DIGIT = re.compile(r"\d")
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>")


def folded(text: str) -> str:
    """`text` as it is compared: see the module's text. Runs of space, line ends too, become one blank."""
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold().translate(_LATIN_SPECIAL)
    text = _MARKED_LATIN.sub(lambda found: unicodedata.normalize("NFD", found[0])[0], text)
    text = _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    return " ".join(text.split())


def terms_of(asked: str) -> list[str]:
    """What must all be found: the folded, blank-separated pieces of what was typed."""
    return list(dict.fromkeys(folded(asked).split()))[:MAX_TERMS]


def joined(*parts: Iterable[str]) -> str:
    """Search text from groups of texts, one folded line for each group; the first group is the title."""
    return "\n".join(folded(" ".join(_plain(text) for text in group if text)) for group in parts)


def is_title_hit(search_text: str, terms: Iterable[str]) -> bool:
    """Whether every term stands in the title."""
    title = search_text.partition("\n")[0]
    return all(term in title for term in terms)


def speaker_search_text(speaker: Speaker) -> str:
    """For `Speaker.search_text`: the names in all scripts first."""
    return joined([speaker.name, speaker.name_latin, speaker.name_chinese], [speaker.affiliation])


def session_search_text(
    session: Session, speakers: Iterable[Speaker], track_name: Mapping[str, str] | None = None
) -> str:
    """For `Session.search_text`. `speakers` are the people of its parts; `track_name` the name of its track."""
    people = [
        name
        for speaker in speakers
        for name in (speaker.name, speaker.name_latin, speaker.name_chinese, speaker.affiliation)
    ]
    return joined(
        session.title.values(),
        session.subtitle.values(),
        people,
        (track_name or {}).values(),
        [session.code, session.kind_name],
        session.abstract.values(),
        session.description.values(),
    )


def _plain(text: str) -> str:
    """Imported texts may hold HTML; its tags are not what anybody looks for."""
    return (
        html.unescape(nh3.clean(_MARKUP.sub(lambda found: f" {found[0]}", text), tags=set()))
        if _MARKUP.search(text)
        else text
    )
