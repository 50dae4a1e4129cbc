"""What a first visit costs on a weak line, and that it is told to nobody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.journeys.platform import PHONE, NewPage, RunningPlatform

MOST_BYTES = 150_000


class Transfers:
    """What came over the line for a page: bytes as they were sent, by address."""

    def __init__(self, page: Page) -> None:
        self._addresses: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        session: CDPSession = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._finished)

    def _sent(self, told: dict[str, object]) -> None:
        address = told["request"]["url"]  # type: ignore[index]  # DevTools gives plain dictionaries
        self._addresses[str(told["requestId"])] = address
        self.kinds[address] = str(told.get("type"))

    def _finished(self, told: dict[str, object]) -> None:
        address = self._addresses.get(str(told["requestId"]), "")
        self.bytes[address] = self.bytes.get(address, 0) + int(told["encodedDataLength"])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("address", "heading"), [("/", None), ("/demo/", None), ("/demo/schedule/", "Programme")]
)
def test_a_first_visit_is_light_and_stays_with_us(
    address: str, heading: str | None, platform: RunningPlatform, demo: str, new_page: NewPage
) -> None:
    page = new_page(viewport=PHONE)
    line = Transfers(page)
    page.goto(address, wait_until="networkidle")
    if heading:
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        shown = re.search(r"(\d+) sessions shown", page.get_by_role("main").inner_text())
        assert shown
        assert int(shown[1]) >= 36
    elsewhere = [
        each for each in line.kinds if not each.startswith((platform.base_url + "/", "data:", "blob:"))
    ]
    assert elsewhere == []
    # The Han font's own style sheet is part of the font: it comes after the page and only where there is Han text.
    counted = {
        each: size
        for each, size in line.bytes.items()
        if line.kinds[each] != "Font" and "/noto-sans-sc/" not in each
    }
    assert len(counted) > 5
    told = "\n".join(f"{size:8} {each}" for each, size in sorted(counted.items(), key=lambda one: -one[1]))
    assert sum(counted.values()) <= MOST_BYTES, f"{sum(counted.values())} bytes:\n{told}"
