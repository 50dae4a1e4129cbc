"""The event's colour stays readable, whatever it is."""

from __future__ import annotations

import pytest

from conference.programme.colour import AA, NIGHT, PAPER, contrast, hue, readable_on, text_on

COLOURS = ["#ffff00", "#1f6f5c", "#000000", "#ffffff", "#777777", "#ff0000", "#00ff88", "#d4af37"]


@pytest.mark.parametrize("colour", COLOURS)
def test_text_in_and_on_every_colour_reaches_aa(colour: str) -> None:
    for ground in (PAPER, NIGHT):
        assert contrast(readable_on(colour, ground), ground) >= AA
    assert contrast(text_on(colour), colour) >= AA


def test_a_readable_colour_is_left_as_it_is() -> None:
    assert readable_on("#1f6f5c", PAPER) == "#1f6f5c"


def test_black_on_white_is_twenty_one() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21


def test_a_grey_has_no_hue() -> None:
    assert hue("#808080") is None
    assert abs((hue("#00ff00") or 0) - 142) < 2
