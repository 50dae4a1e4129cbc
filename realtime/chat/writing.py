"""What is in the words of a message: links, names, its language, words for which it is looked at first. Pure.

**Links.** Only what begins with `http://` or `https://` and has a host of plain Latin letters, digits and hyphens with a dot
in it becomes a link, and what is seen is where it leads: no names and passwords before the host (`https://bank.example@evil.example`),
no backslashes, no letters of other alphabets that look like Latin ones, nothing that turns the direction of the text. An
address ends where other letters begin, so that a sentence in Chinese or Lao may follow without a space. The marked text
goes through `nh3`, which lets nothing pass but these links and the marks of mentions.

**Words.** Languages that write no spaces are searched for the characters anywhere, the others for the whole word; both
sides are folded as in the search, so that case, full-width letters and invisible characters hide nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import nh3

from conference.core.languages import language_of_writing
from conference.programme.search import folded

MAX_LINK = 1000

_LINK = re.compile(r"https?://[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+", re.IGNORECASE)
_HOST = re.compile(
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z][a-z0-9-]{0,61}[a-z0-9]|[0-9]{1,3})", re.IGNORECASE
)
_TRAILING = ".,:;!?'"
_BRACKETS = {")": "(", "]": "["}

# Scripts that write no spaces between words, as Unicode begins the names of their letters.
_NO_SPACES = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "BOPOMOFO",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
    "YI ",
    "NEW TAI",
    "TAI ",
)

# What languages of the pages are written in, where more than one language shares the letters.
_SHARED = {"DEVANAGARI": ("hi", "ne"), "ARABIC": ("ur", "fa", "ps")}
_LATIN = ("en", "vi", "id", "ms", "tl", "fr", "de", "es")


def links_in(text: str) -> list[tuple[int, int]]:
    """Where links stand in the text: begin and end of each."""
    found = []
    for match in _LINK.finditer(text):
        begin, end = match.start(), _end_of(match[0]) + match.start()
        before = text[begin - 1 : begin]
        if end - begin <= MAX_LINK and not _word_goes_on(before) and _leads_where_it_says(text, begin, end):
            found.append((begin, end))
    return found


def _end_of(address: str) -> int:
    """Without the full stop of the sentence, or the bracket that the address stands in."""
    end = len(address)
    while end:
        last = address[end - 1]
        if (
            last in _TRAILING
            or last in _BRACKETS
            and address[:end].count(last) > address[:end].count(_BRACKETS[last])
        ):
            end -= 1
        else:
            break
    return end


def _leads_where_it_says(text: str, begin: int, end: int) -> bool:
    try:
        parts = urlsplit(text[begin:end])
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return False
    if "@" in parts.netloc or not _HOST.fullmatch(parts.hostname or ""):
        return False
    following = text[end : end + 1]
    in_host = not parts.path and not parts.query and not parts.fragment
    # "example.com" followed by a letter that looks Latin and is not: the word goes on, and the host is another one.
    return not (in_host and _word_goes_on(following))


def _word_goes_on(character: str) -> bool:
    return character.isalnum() and not _writes_no_spaces(character)


def marked(text: str, names: Mapping[int, Iterable[str]] | None = None) -> tuple[str, set[int]]:
    """The text as HTML with its links, and with the names in it that stand after an "@" (`names`: person -> how they may be
    called); "" where there is nothing to mark. And the people found."""
    pieces: list[tuple[int, int, int | None]] = [(begin, end, None) for begin, end in links_in(text)]
    people: set[int] = set()
    called = sorted(
        ((name, person) for person, all_names in (names or {}).items() for name in all_names if name),
        key=lambda each: -len(each[0]),
    )
    for found in re.finditer("[@\uff20]", text):
        at = found.start()
        if text[at - 1 : at].isalnum() and text[at - 1 : at].isascii() and at:
            continue  # an e-mail address
        if any(begin <= at < end for begin, end, _person in pieces):
            continue
        for name, person in called:
            if text.startswith(name, at + 1):
                pieces.append((at, at + 1 + len(name), person))
                people.add(person)
                break
    if not pieces:
        return "", people
    parts, done = [], 0
    for begin, end, mentioned in sorted(pieces):
        words = html.escape(text[begin:end])
        parts.append(html.escape(text[done:begin]))
        parts.append(
            f'<a href="{words}">{words}</a>'
            if mentioned is None
            else f'<mark data-person="{mentioned}">{words}</mark>'
        )
        done = end
    parts.append(html.escape(text[done:]))
    safe = nh3.clean(
        "".join(parts),
        tags={"a", "mark"},
        attributes={"a": {"href"}, "mark": {"data-person"}},
        url_schemes={"http", "https"},
        link_rel="noopener nofollow ugc",
    )
    return safe, people


def language_of(text: str, page: str) -> str:
    """The language of a text by someone who reads the pages in the language `page`: what the letters tell, else what the page
    tells where its language is written in such letters; "" where nobody knows."""
    told = language_of_writing(text)
    if told != "en":
        return told
    primary = page.split("-")[0]
    letters = [unicodedata.name(letter, "").split(" ")[0] for letter in text[:400] if letter.isalpha()]
    most = max(set(letters), key=letters.count) if letters else ""
    if most in _SHARED:
        return page if primary in _SHARED[most] else ""
    if most != "LATIN":
        return ""
    return page if primary in _LATIN else "en"


def holds_one_of(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the text."""
    whole = folded(text)
    return any(_stands_in(whole, folded(word)) for word in words)


def _stands_in(text: str, word: str) -> bool:
    if not word:
        return False
    if any(_writes_no_spaces(letter) for letter in word):
        return word in text
    at = text.find(word)
    while at >= 0:
        if not _goes_on(text[at - 1 : at] if at else "") and not _goes_on(text[at + len(word) :][:1]):
            return True
        at = text.find(word, at + 1)
    return False


def _goes_on(character: str) -> bool:
    """Whether a word goes on with this character: a letter, its mark, or a digit, of a script with spaces."""
    return (
        bool(character) and unicodedata.category(character)[0] in "LMN" and not _writes_no_spaces(character)
    )


def _writes_no_spaces(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_NO_SPACES)
