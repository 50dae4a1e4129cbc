"""The live session once more: in Chinese, on a phone, by touch.

The words come from the catalogue that the pages use, so that a better translation does not break the story; that they are
Chinese at all is what is tested.
"""

from __future__ import annotations

import gettext
import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.platform import PHONE, ROOT, NewPage, RunningPlatform
from tests.journeys.steps import (
    REMEMBER_PEERS,
    enter_live_session,
    go_on_stage,
    leave_stage,
    message_box,
    see_message,
    see_moving_picture,
    write_message,
)

HAN = re.compile("[\\u4e00-\\u9fff]")


class Words:
    """`words("Join")`: what stands there in Chinese."""

    def __init__(self) -> None:
        directory = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
        self._catalogues = []
        for name in ("djangojs.mo", "django.mo"):
            with (directory / name).open("rb") as file:
                self._catalogues.append(gettext.GNUTranslations(file))

    def __call__(self, english: str) -> str:
        for catalogue in self._catalogues:
            if HAN.search(chinese := catalogue.gettext(english)):
                return chinese
        raise AssertionError(f"“{english}” has no Chinese.")


@pytest.fixture
def words(platform: RunningPlatform) -> Words:
    """The start of the platform compiles the catalogues."""
    return Words()


def on_a_phone(page_of: NewPage, who: str) -> Page:
    page = page_of(
        who, lang="zh-hans", viewport=PHONE, has_touch=True, is_mobile=True, timezone_id="Asia/Shanghai"
    )
    page.context.add_init_script(REMEMBER_PEERS)
    return page


def choose_chinese(page: Page) -> None:
    """By the menu, in whatever language the page is now."""
    page.goto("/demo/")
    page.get_by_role("banner").locator("summary").first.tap()
    page.get_by_role("button", name="简体中文").tap()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh-hans$", re.IGNORECASE))


def test_a_session_is_joined_in_chinese_on_a_phone(page_of: NewPage, words: Words) -> None:
    speaker, viewer = on_a_phone(page_of, "speaker"), on_a_phone(page_of, "recruiter")
    for page in (speaker, viewer):
        choose_chinese(page)

    # Now, and the programme.
    places = viewer.get_by_role("navigation", name=words("Places"))
    for place in ("Now", "Agenda", "Me"):
        expect(places.get_by_role("link", name=words(place))).to_be_in_viewport()
    expect(viewer.get_by_role("heading", name=words("On now"))).to_be_visible()
    expect(viewer.get_by_text(re.compile(r"\d\d:\d\d–\d\d:\d\d\s*昆明")).first).to_be_visible()
    places.get_by_role("link", name=words("Agenda")).tap()
    expect(viewer.get_by_role("heading", level=1, name=words("Programme"))).to_be_visible()
    expect(viewer.get_by_role("link", name="一百种草药的指纹")).to_be_visible()
    assert viewer.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    # The live session.
    join = words("Join: %(title)s").partition("%")[0]
    for page in (speaker, viewer):
        enter_live_session(page, join=join)
    go_on_stage(speaker, start=words("Start camera and microphone"), leave=words("Leave the stage"))
    see_moving_picture(viewer)
    text = f"大家好,昆明! {secrets.token_hex(3)}"
    write_message(viewer, text)
    see_message(speaker, text)
    message_box(speaker).tap()
    message_box(speaker).fill("ສະບາຍດີ " + text)
    speaker.get_by_role("tabpanel").get_by_role("button", name=words("Send")).tap()
    see_message(viewer, "ສະບາຍດີ " + text)
    assert viewer.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    viewer.context.set_offline(True)
    offline = words("You are offline. What you see may be old; nothing you wrote is lost.")
    expect(viewer.get_by_text(offline)).to_be_visible()
    viewer.context.set_offline(False)
    write_message(viewer, f"{text} 又回来了")
    see_message(speaker, f"{text} 又回来了", seconds=30)
    leave_stage(speaker, start=words("Start camera and microphone"), leave=words("Leave the stage"))
