"""Text in several languages, and time on two clocks."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from conference.core import languages
from conference.core.models import Event
from conference.core.text import TranslatedField, TranslatedFormField, language_of, localise, validate_text
from conference.core.times import event_day, time_pair, validate_time_zone, zone_named

# --- Text ---


@pytest.mark.parametrize(
    ("text", "reader", "shown"),
    [
        ({"en": "Tea", "zh-hans": "茶"}, "en", "Tea"),
        ({"en": "Tea", "zh-hans": "茶"}, "zh-hans", "茶"),
        ({"en": "Tea", "zh-hans": "茶"}, "th", "Tea"),
        ({"zh-hans": "茶"}, "en", "茶"),
        ({"en": "", "zh-hans": "茶"}, "en", "茶"),
        ({"zh": "茶"}, "zh-hans", "茶"),
        ({"zh-hant": "茶葉"}, "zh-hans", "茶葉"),
        ({"lo": "ຊາ"}, "en", "ຊາ"),
        ({"de-formal": "Tee", "lo": "ຊາ"}, "de", "Tee"),
        ({"en": ""}, "en", ""),
        ({}, "en", ""),
        (None, "en", ""),
        ("Tea", "zh-hans", "Tea"),
    ],
)
def test_a_text_is_shown_in_the_readers_language_or_the_nearest(text, reader, shown):
    assert localise(text, reader) == shown


def test_browsers_pick_the_same_version():
    """The table that the test of the browser's `pick` reads too (tests/js/realtime/announcements.test.js)."""
    for row in json.loads((Path(__file__).parent.parent / "js/realtime/texts.json").read_text("utf-8")):
        assert language_of(row["text"], row["language"]) == row["tag"], row


def test_the_active_language_is_the_readers():
    text = {"en": "Tea", "zh-hans": "茶"}
    with translation.override("zh-hans"):
        assert localise(text) == "茶" and language_of(text) == "zh-hans"
    with translation.override("en"):
        assert localise(text) == "Tea"


@given(
    st.dictionaries(st.sampled_from(["en", "zh-hans", "lo", "my", "zh"]), st.text(max_size=5)),
    st.sampled_from(["en", "zh-hans", "ur"]),
)
def test_a_text_is_never_empty_while_any_version_exists(text, reader):
    assert bool(localise(text, reader)) == any(text.values())


@pytest.mark.parametrize(
    "value", [[], "x", {"EN": "x"}, {"en": 1}, {"<b>": "x"}, {1: "x"}, {"en_US": "x"}, {"": "x"}]
)
def test_what_is_no_text_in_languages_is_refused(value):
    with pytest.raises(ValidationError):
        validate_text(value)


def test_each_language_has_the_same_limit():
    field = TranslatedField(max_length=3)
    field.clean({"en": "abc", "zh-hans": "一二三"}, None)
    with pytest.raises(ValidationError):
        field.clean({"en": "abc", "lo": "abcd"}, None)


class TextForm(forms.Form):
    name = TranslatedFormField(max_length=10)
    note = TranslatedFormField(max_length=500, multiline=True, required=False, languages=[("lo", "ລາວ")])


def test_a_form_asks_for_one_language_at_least():
    assert TextForm({"name_en": " Tea "}).is_valid()
    form = TextForm({"name_en": "Tea", "name_zh-hans": "茶", "note_lo": "ຊາ"})
    assert form.is_valid() and form.cleaned_data == {
        "name": {"en": "Tea", "zh-hans": "茶"},
        "note": {"lo": "ຊາ"},
    }
    for nothing in ({}, {"name_en": "  "}, {"name_lo": "ຊາ"}):
        assert not TextForm(nothing).is_valid()
    assert not TextForm({"name_en": "x" * 11}).is_valid()


def test_each_input_of_a_form_has_a_label_and_its_language():
    drawn = str(TextForm(initial={"name": {"en": "Tea", "zh-hans": "茶"}})["name"])
    assert 'lang="zh-hans"' in drawn and 'dir="auto"' in drawn and 'value="茶"' in drawn
    assert 'for="id_name_0"' in drawn and 'id="id_name_0"' in drawn and "简体中文" in drawn


def test_a_form_knows_whether_a_text_was_changed():
    field = TranslatedFormField()
    assert not field.has_changed({"en": "Tea", "zh-hans": "茶"}, ["Tea", "茶"])
    assert field.has_changed({"en": "Tea", "zh-hans": "茶"}, ["Tea", ""])


def test_a_language_is_named_twice_only_where_its_names_differ():
    with translation.override("zh-hans"):
        named = dict(languages.choices())
    assert (named["zh"], named["en"]) == ("中文", "English (英语)")
    with translation.override("en"):
        named = dict(languages.choices())
    assert (named["zh"], named["en"]) == ("中文 (Chinese)", "English")


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("Coffee after the rust", "en"),
        ("Café, naïve", "en"),
        ("ကော်ဖီစိုက်တောင်သူများ", "my"),
        ("ការផ្ទេរបច្ចេកវិទ្យា IoT", "km"),
    ],
)
def test_what_is_written_in_another_script_is_marked_as_its_language_in_whatever_field(
    written: str, tag: str
):
    shown = Template("{% load chama %}{{ text|local_lang }}").render(Context({"text": {"en": written}}))
    assert shown == tag


def test_a_form_offers_the_languages_that_a_text_came_with():
    assert languages.offered({"lo": "ຊາ", "en": "Tea"}) == [
        ("en", "English"),
        ("zh-hans", "简体中文"),
        ("lo", "ລາວ"),
    ]


def test_every_language_has_its_own_name():
    assert languages.own_name("lo") == "ລາວ"
    assert languages.own_name("zh-Hans-CN") == "中文"
    assert languages.own_name("tlh") == "tlh"
    assert all(own for own, _name in languages.LANGUAGES.values())
    assert dict(languages.choices())["ur"].startswith("اردو")


# --- Times ---


def told(moment: datetime, event: Event, reader: str, **more: Any) -> str:
    template = Template("{% load chama %}{% times start event end %}")
    with timezone.override(ZoneInfo(reader)), translation.override("en"):
        drawn = template.render(Context({"start": moment, "event": event, "end": more.get("end")}))
    return " ".join(drawn.replace("<", " <").split())


KUNMING = Event(time_zone="Asia/Shanghai", city={"en": "Kunming", "zh-hans": "昆明"})


def test_a_time_is_told_on_both_clocks():
    drawn = told(datetime(2026, 11, 24, 8, 30, tzinfo=UTC), KUNMING, "Asia/Kathmandu")
    assert "14:15" in drawn and "16:30" in drawn and "your time" in drawn and "Kunming" in drawn
    assert drawn.index("14:15") < drawn.index("16:30")


def test_one_clock_is_told_once():
    drawn = told(datetime(2026, 11, 24, 8, 30, tzinfo=UTC), KUNMING, "Asia/Singapore")
    assert "16:30" in drawn and "your time" not in drawn


@pytest.mark.parametrize(
    ("hour", "reader", "mark"),
    [
        (17, "Asia/Kathmandu", "−1 day"),
        (15, "Pacific/Auckland", "+1 day"),
        (2, "America/Lima", "−1 day"),
        (4, "Asia/Kathmandu", None),
        (5, "America/Lima", None),
    ],
)
def test_another_day_is_marked(hour, reader, mark):
    drawn = told(datetime(2026, 11, 24, hour, 0, tzinfo=UTC), KUNMING, reader)
    assert (mark in drawn) if mark else ("day" not in drawn)


def test_the_pair_says_by_how_many_days_the_clocks_differ():
    with timezone.override(ZoneInfo("Pacific/Honolulu")):
        pair = time_pair(datetime(2026, 11, 24, 8, 0, tzinfo=UTC), "Asia/Shanghai")
    assert pair.day_shift == -1 and not pair.same_clock
    with timezone.override(ZoneInfo("Asia/Manila")):
        assert time_pair(datetime(2026, 11, 24, 8, 0, tzinfo=UTC), "Asia/Shanghai").same_clock


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        ((24, 3, 59), 23),
        ((24, 4, 0), 24),
        ((24, 23, 59), 24),
        ((25, 0, 30), 24),
        ((25, 3, 59), 24),
        ((25, 4, 0), 25),
    ],
)
def test_a_conference_day_lasts_from_four_to_four(clock, day):
    zone = ZoneInfo("Asia/Shanghai")
    number, hour, minute = clock
    moment = datetime(2026, 11, number, hour, minute, tzinfo=zone).astimezone(UTC)
    assert event_day(moment, zone) == date(2026, 11, day)


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "Asia", "x" * 500, "Asia/Kathmandu\0"])
def test_a_name_that_is_no_zone_is_refused(name):
    assert zone_named(name) is None
    with pytest.raises(ValidationError):
        validate_time_zone(name)


def test_every_zone_of_the_region_is_known():
    for name in (
        "Asia/Shanghai",
        "Asia/Yangon",
        "Asia/Kathmandu",
        "Asia/Kabul",
        "Asia/Colombo",
        "Asia/Thimphu",
        "Indian/Maldives",
    ):
        assert zone_named(name) is not None
