"""What is in the words of a message: links that lead where they say, names, the language, words that hold it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.chat.writing import holds_one_of, language_of, links_in, marked


def links(text: str) -> list[str]:
    return [text[begin:end] for begin, end in links_in(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://example.org/a?b=1#c.", ["https://example.org/a?b=1#c"]),
        ("(https://example.org/wiki/Tea_(drink))", ["https://example.org/wiki/Tea_(drink)"]),
        ("看https://example.org/路很好", ["https://example.org/"]),
        ("เว็บ https://example.orgดีมาก", ["https://example.org"]),
        ("http://192.0.2.7:8080/x, https://xn--fsq.example!", ["http://192.0.2.7:8080/x", "https://xn--fsq.example"]),
        ("HTTPS://EXAMPLE.ORG", ["HTTPS://EXAMPLE.ORG"]),
        ("https://shop.example\\@evil.example", ["https://shop.example"]),
    ],
)  # fmt: skip
def test_addresses_become_links(text: str, found: list[str]) -> None:
    assert links(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "https://bank.example@evil.example/",
        "https://bank.example:secret@evil.example",
        "https://b\u0430nk.example",  # a Cyrillic letter
        "https://bank.ex\u00e4mple",
        "https://bank.example\u0430",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "ftp://example.org",
        "mailto:someone@example.org",
        "//example.org",
        "https://localhost/",
        "https:///example.org",
        "https://-.example",
        "https://example.org:99999",
        "ahttps://example.org",
    ],
)
def test_what_could_deceive_or_act_becomes_no_link(text: str) -> None:
    assert links(text) == []
    assert marked(text) == ("", set())


def test_the_text_of_a_link_is_where_it_leads_and_it_carries_its_rel() -> None:
    html, _people = marked('Tea & "rice" <b> https://example.org/?a=1&b=<script>')
    assert 'rel="noopener nofollow ugc"' in html
    (href,) = re.findall(r'href="([^"]*)"', html)
    (seen,) = re.findall(r">([^<]*)</a>", html)
    assert href == seen == "https://example.org/?a=1&amp;b="
    assert "<b>" not in html
    assert "<script" not in html


@given(st.text(alphabet=st.sampled_from("ahtps:/.@<>\"'&=x1 \\\u202e看ก"), max_size=120))
def test_whatever_is_written_no_markup_but_ours_comes_out(text: str) -> None:
    html, _people = marked(text, {7: ["a", "看"]})
    tags = re.findall(r"<[^>]*>", html)
    ours = r'<a href="https?://[^"]*" rel="noopener nofollow ugc">|</a>|<mark data-person="7">|</mark>'
    assert all(re.fullmatch(ours, tag, re.IGNORECASE) for tag in tags), html


def test_names_are_marked_after_an_at_the_longest_first() -> None:
    names = {1: ["Noy"], 2: ["Noy Keomany", "Keomany"], 3: ["段晓雯"]}
    html, people = marked("@Noy Keomany and @Noy，请问＠段晓雯 or a@Noy.example", names)
    assert people == {1, 2, 3}
    assert re.findall(r'<mark data-person="(\d)">([^<]*)</mark>', html) == [
        ("2", "@Noy Keomany"), ("1", "@Noy"), ("3", "＠段晓雯"),
    ]  # fmt: skip
    assert marked("Noy Keomany without a sign", names) == ("", set())


@pytest.mark.parametrize(
    ("text", "page", "language"),
    [
        ("Good morning", "en", "en"),
        ("Good morning", "zh-hans", "en"),
        ("Chào buổi sáng", "vi", "vi"),
        ("早上好", "en", "zh-hans"),
        ("おはようございます", "en", "ja"),
        ("ສະບາຍດີ", "en", "lo"),
        ("အားလုံးမင်္ဂလာပါ", "zh-hans", "my"),
        ("सुप्रभात", "ne", "ne"),
        ("सुप्रभात", "en", ""),
        ("صبح بخیر", "ur", "ur"),
        ("👍 12", "en", ""),
    ],
)
def test_the_language_is_what_the_letters_or_the_page_tell(text: str, page: str, language: str) -> None:
    assert language_of(text, page) == language


@pytest.mark.parametrize(
    ("text", "words", "held"),
    [
        ("Buy CHEAP tickets", ["cheap"], True),
        ("Ｃｈｅａｐ tickets", ["cheap"], True),
        ("ch\u200beap tickets", ["cheap"], True),
        ("cheaper tickets", ["cheap"], False),
        ("Scunthorpe", ["thor"], False),
        ("buy   now!", ["buy now"], True),
        ("这里卖便宜票吗", ["便宜"], True),
        ("ขายตั๋วราคาถูก", ["ตั๋ว"], True),
        ("ဈေးပေါတယ်", ["ဈေးပေါ"], True),
        ("नमकीन", ["नमक"], False),
        ("नमक चाहिए", ["नमक"], True),
        ("nothing of it", [], False),
        ("nothing of it", ["", "  "], False),
    ],
)  # fmt: skip
def test_words_are_found_whole_or_anywhere_as_the_script_has_it(
    text: str, words: list[str], held: bool
) -> None:
    assert holds_one_of(text, words) is held
