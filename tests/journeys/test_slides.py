"""Slides: brought by the speaker, turned for everyone, looked back at by one, and light enough for a weak line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import PHONE, ROOT, NewPage
from tests.journeys.steps import enter_live_session, wait_until

SLIDES = ROOT / "conference" / "demo" / "slides" / "envoy.pdf"
LINE = 60_000 / 8
"""Bytes a second of a weak line."""


def slides(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile(r"^Slide\. "))


def stands(page: Page, number: int) -> None:
    """The picture of this slide is there, decoded."""
    expect(slides(page).get_by_role("img", name=re.compile(rf"^Slide {number} of 8"))).to_be_visible()


def bring(page: Page, file: Path = SLIDES) -> Locator:
    page.get_by_role("tab", name="Slides").click()
    page.get_by_text("Add slides", exact=True).click()
    page.get_by_label("PDF file").set_input_files(file)
    page.get_by_role("button", name="Add the slides").click()
    return page.get_by_role("tabpanel", name="Slides").get_by_role("listitem").last


def test_the_speaker_brings_slides_and_everyone_sees_the_same_page(page_of: NewPage, tmp_path: Path) -> None:
    speaker, phone = page_of("speaker"), page_of("kathmandu", viewport=PHONE, has_touch=True, is_mobile=True)
    for page in (speaker, phone):
        enter_live_session(page)
    expect(phone.get_by_role("tab", name="Slides")).to_be_hidden()

    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnot really\n%%EOF")
    entry = bring(speaker, broken)
    expect(entry).to_contain_text("The file cannot be read as PDF.", timeout=30_000)
    entry.get_by_text("Take away").click()
    entry.get_by_role("button", name="Yes, take them away").click()
    expect(speaker.get_by_text("No slides yet.")).to_be_visible()

    entry = bring(speaker)
    expect(entry).to_contain_text("8 pages", timeout=60_000)
    expect(slides(phone)).to_be_hidden()
    entry.get_by_role("button", name="Show to everyone").click()
    for page in (speaker, phone):
        stands(page, 1)
    expect(slides(phone).get_by_role("img")).to_have_attribute("alt", re.compile("Bringing a machine home"))

    # The keyboard is on the slide already.
    for key in ("ArrowRight", "PageDown", "ArrowDown", "ArrowLeft"):
        speaker.keyboard.press(key)
    for page in (speaker, phone):
        stands(page, 3)
        expect(page.get_by_role("status").filter(has_text="Slide 3 of 8")).to_be_attached()
    speaker.keyboard.press("End")
    stands(phone, 8)
    speaker.keyboard.press("Home")
    stands(phone, 1)

    # Somebody looks back, is not taken along, and returns.
    phone.get_by_role("button", name="Next slide").click()
    stands(phone, 2)
    speaker.keyboard.press("PageDown")
    speaker.keyboard.press("PageDown")
    speaker.keyboard.press("PageDown")
    stands(speaker, 4)
    stands(phone, 2)
    phone.get_by_role("button", name="Words of this slide").click()
    expect(phone.get_by_role("region", name="Words of this slide")).to_contain_text("村里自己能修的水泵")
    phone.get_by_role("button", name="With the speaker").click()
    stands(phone, 4)
    expect(phone.get_by_role("region", name="Words of this slide")).to_contain_text("干燥房里的温度")

    # Who reloads the page, and who comes late.
    phone.reload()
    stands(phone, 4)
    late = page_of("yangon")
    enter_live_session(late)
    stands(late, 4)
    slides(late).focus()
    late.keyboard.press("Home")
    stands(late, 1)

    speaker.get_by_role("button", name="Stop showing the slides").click()
    for page in (speaker, phone, late):
        expect(slides(page)).to_be_hidden()


def test_on_a_line_of_60_kbit_the_next_slide_is_there_when_it_is_shown(page_of: NewPage) -> None:
    speaker, listener = page_of("speaker"), page_of("kathmandu", viewport=PHONE)
    for page in (speaker, listener):
        enter_live_session(page)
    listener.evaluate("""() => localStorage.setItem("chama.network", JSON.stringify({mode: "audio"}))""")
    listener.reload()
    entry = bring(speaker)
    expect(entry).to_contain_text("8 pages", timeout=60_000)

    came: list[tuple[str, int]] = []
    wire = listener.context.new_cdp_session(listener)
    wire.send("Network.enable")
    urls: dict[str, str] = {}
    wire.on(
        "Network.requestWillBeSent", lambda each: urls.update({each["requestId"]: each["request"]["url"]})
    )
    wire.on("Network.loadingFinished", lambda each: _note(came, urls, each))
    conditions = {"offline": False, "latency": 150, "downloadThroughput": LINE, "uploadThroughput": LINE}
    wire.send("Network.emulateNetworkConditions", conditions)

    entry.get_by_role("button", name="Show to everyone").click()
    stands(listener, 1)
    wait_until(
        listener, lambda: any("/2-small.webp" in url for url, _size in came), "the next slide is fetched"
    )
    speaker.keyboard.press("PageDown")
    expect(slides(speaker).get_by_role("img", name=re.compile("^Slide 2"))).to_be_visible()
    # From its own store: 25 kB over this line would take three seconds.
    expect(slides(listener).get_by_role("img", name=re.compile("^Slide 2"))).to_be_visible(timeout=1500)
    pictures = [size for url, size in came if url.endswith(".webp")]
    assert not [url for url, _size in came if "-large" in url]
    assert len(pictures) == 2 and max(pictures) < 60_000
    # With a slide every 20 seconds and a voice of 32 kbit/s and its headers (16) the line holds it.
    assert sum(size for _url, size in came) / 2 * 8 / 20 < 60_000 - 48_000


def _note(came: list[tuple[str, int]], urls: dict[str, str], told: dict[str, Any]) -> None:
    url = urls.get(told["requestId"], "")
    if "/slides/" in url:
        came.append((url, int(told["encodedDataLength"])))
