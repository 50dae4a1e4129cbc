"""Markup from elsewhere is made harmless before it is kept, shown or passed on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.programme.markup import harmless


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>Tea &amp; <b>coffee</b></p>", "<p>Tea &amp; <b>coffee</b></p>"),
        ("<svg onload=alert(1)>", ""),
        ("<p onclick=alert(1)>x</p><script>alert(1)</script>", "<p>x</p>"),
        ("if a < b and b > c", "if a < b and b > c"),
        ("R&D, 5 < 7 <3", "R&D, 5 < 7 <3"),
    ],
)
def test_only_harmless_tags_stay_and_plain_text_is_untouched(written: str, kept: str) -> None:
    assert harmless(written) == kept


def test_a_link_that_acts_loses_its_address() -> None:
    assert "javascript" not in harmless('<a href="javascript:alert(1)">press</a>')


@given(st.text(alphabet=st.sampled_from("<>/ abpiscrt='\"&;=\n茶"), max_size=60))
def test_making_harmless_twice_changes_nothing(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)
