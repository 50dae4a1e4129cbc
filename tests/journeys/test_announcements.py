"""Announcements to everyone and to one room, and what speakers pin to it: seen at once, by each in their language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.platform import PHONE, NewPage, RunningPlatform
from tests.journeys.steps import enter_live_session, wait_until

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
ENGLISH = "The bus to the tea mountain leaves at 17:30."
CHINESE = "前往茶山的班车17:30出发。"
LAO = "ອາຫານທ່ຽງຢູ່ຫ້ອງ 3"


@pytest.fixture
def nothing_left(platform: RunningPlatform, demo: str) -> Iterator[None]:
    """Other journeys look at pages without banners."""
    yield
    platform.python(
        """
from conference.core.models import Event
from realtime.announcements.actions import withdraw_announcement
from realtime.announcements.models import Announcement
from conference.accounts.models import User
organizer = User.objects.get(email="organizer@example.org")
event = Event.objects.get(slug="demo")
for each in Announcement.objects.filter(event=event, withdrawn=None):
    withdraw_announcement(organizer, event, announcement_id=each.pk)
"""
    )


def in_chinese(page: Page) -> Page:
    """The same page in Chinese, as the language switch would have it."""
    origin = page.evaluate("location.origin")
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": origin}])
    page.reload()
    return page


def notices(page: Page) -> Page:
    page.get_by_role("tab", name=re.compile("^(Notices|公告)")).click()
    return page


def test_what_is_announced_reaches_everyone_in_their_language(page_of: NewPage, nothing_left: None) -> None:
    organizer, moderator = page_of("organizer"), page_of("moderator")
    reader, programme = page_of("kathmandu", viewport=PHONE), page_of("vientiane")
    enter_live_session(moderator)
    enter_live_session(reader)
    programme.goto("/demo/schedule/")
    expect(in_chinese(programme).locator("html")).to_have_attribute("lang", "zh-hans")

    # To the whole event, from the organizers' page, looked at in each language before.
    organizer.goto("/demo/organize/")
    organizer.get_by_role("link", name="Announcements").click()
    organizer.get_by_label("English").fill(ENGLISH)
    organizer.get_by_label("简体中文").fill(CHINESE)
    organizer.get_by_label("Urgent").check()
    organizer.get_by_role("button", name="Preview").click()
    expect(organizer.locator(".banner")).to_have_text([re.compile(ENGLISH), re.compile(CHINESE)])
    organizer.get_by_role("button", name="Announce").click()
    expect(organizer.get_by_role("listitem").filter(has_text=ENGLISH)).to_be_visible()

    for page, words in ((reader, ENGLISH), (moderator, ENGLISH), (programme, CHINESE)):
        expect(page.locator(".banner").filter(has_text=words)).to_be_visible()
        expect(page.locator("[role=status]").filter(has_text=words)).to_have_count(1)  # said to the ear, too

    # Closed by keyboard it stays closed; who has not closed it meets it on the next page.
    programme.locator(".banner").get_by_role("button").press("Enter")
    expect(programme.locator(".banner")).to_have_count(0)
    programme.reload()
    expect(programme.locator(".day").first).to_be_visible()
    expect(programme.locator(".banner")).to_have_count(0)
    reader.goto("/demo/schedule/")
    expect(reader.locator(".banner").filter(has_text=ENGLISH)).to_be_visible()

    # The inbox keeps it, in the reader's language.
    def in_the_inbox() -> bool:
        programme.goto("/me/inbox/")
        return programme.get_by_text(CHINESE).count() == 1

    wait_until(programme, in_the_inbox, "the announcement is in the inbox")

    # To one room, by those who run it.
    enter_live_session(reader)
    notices(moderator)
    moderator.get_by_role("button", name="Announce", exact=True).click()
    expect(moderator.get_by_text("Write what you want to announce.")).to_be_visible()
    moderator.get_by_role("tabpanel").get_by_label("English").fill(LAO)
    moderator.get_by_role("button", name="Announce", exact=True).click()
    entry = notices(reader).get_by_role("tabpanel").get_by_role("listitem").filter(has_text=LAO)
    expect(entry).to_be_visible()
    expect(entry.locator("[lang=lo]")).to_have_text(LAO)
    moderator.get_by_role("listitem").filter(has_text=LAO).get_by_role("button", name="Withdraw").click()
    expect(entry).to_have_count(0)

    # Withdrawn, it goes from every page, and the inbox says so.
    organizer.get_by_role("button", name=re.compile("^Withdraw")).first.click()
    expect(organizer.get_by_text("The announcement is withdrawn.")).to_be_visible()
    expect(reader.locator(".banner")).to_have_count(0)

    def withdrawn_in_the_inbox() -> bool:
        programme.goto("/me/inbox/")
        return programme.get_by_text(CHINESE).count() == 0

    wait_until(programme, withdrawn_in_the_inbox, "the inbox says that it was withdrawn")


def test_a_speaker_brings_slides_and_everyone_downloads_them_when_they_are_shown(page_of: NewPage) -> None:
    moderator, speaker = page_of("moderator"), page_of("speaker")
    reader = page_of("kathmandu", viewport=PHONE)
    for page in (moderator, speaker, reader):
        enter_live_session(page)
    expect(reader.get_by_role("tab", name="Materials")).to_be_hidden()

    for page in (speaker, moderator):
        page.get_by_role("tab", name="Materials").click()
        page.get_by_text("Add a link or a file").click()
    add = speaker.get_by_role("tabpanel").get_by_role("button", name="Add", exact=True)
    add.click()
    expect(speaker.get_by_text("Give a web address, or choose a file.")).to_be_visible()
    choose = speaker.get_by_label("or a file: PDF, PPTX, DOCX, XLSX, ODP, PNG or JPEG")
    choose.set_input_files({"name": "slides.svg.pdf", "mimeType": "application/pdf", "buffer": PDF})
    add.click()
    expect(speaker.get_by_text(re.compile("two endings"))).to_be_visible()
    choose.set_input_files({"name": "ຊົນລະປະທານ.pdf", "mimeType": "application/pdf", "buffer": PDF})
    speaker.get_by_label("Everyone in the room sees it").uncheck()
    add.click()
    for page in (speaker, moderator):
        expect(page.get_by_role("listitem").filter(has_text="ຊົນລະປະທານ")).to_contain_text("Not shown yet")
    expect(reader.get_by_role("tab", name="Materials")).to_be_hidden()

    speaker.get_by_role("button", name="Show to everyone").click()
    reader.get_by_role("tab", name="Materials").click()
    link = reader.get_by_role("link", name="ຊົນລະປະທານ")
    with reader.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "ຊົນລະປະທານ.pdf"
    assert download.value.path().read_bytes() == PDF

    # The moderator adds a link and puts it before the file, by keyboard, then on top.
    moderator.get_by_label("Title (a file may go without)").fill("Map of the valley")
    moderator.get_by_label("Web address").fill("javascript:alert(1)")
    moderator.get_by_label("Web address").press("Enter")
    expect(moderator.get_by_text(re.compile("Give a whole web address"))).to_be_visible()
    moderator.get_by_label("Web address").fill("https://example.org/map")
    moderator.get_by_label("Web address").press("Enter")
    titles = reader.get_by_role("tabpanel").get_by_role("listitem").get_by_role("link")
    expect(titles).to_have_text(["ຊົນລະປະທານ", re.compile("^Map of the valley")])
    moderator.get_by_role("button", name="Move up: Map of the valley").press("Enter")
    expect(titles).to_have_text([re.compile("^Map of the valley"), "ຊົນລະປະທານ"])
    entry = moderator.get_by_role("listitem").filter(has_text="ຊົນລະປະທານ")
    entry.get_by_role("button", name="Put on top").click()
    expect(titles).to_have_text(["ຊົນລະປະທານ", re.compile("^Map of the valley")])
    expect(reader.get_by_text("On top")).to_be_visible()

    # When both are taken away, the file is gone and the tab too.
    address = link.get_attribute("href") or ""
    for left in (2, 1):
        expect(moderator.get_by_role("tabpanel").get_by_role("listitem")).to_have_count(left)
        first = moderator.get_by_role("tabpanel").get_by_role("listitem").first
        first.get_by_text("Take away", exact=True).click()
        first.get_by_role("button", name="Yes, take it away").click()
    expect(reader.get_by_role("tab", name="Materials")).to_be_hidden()
    assert reader.request.get(address).status == 404
