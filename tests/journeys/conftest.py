"""Whole stories in a real browser against the real platform.

A journey is a plain (not async) function that uses `platform` and `new_page`. It knows what a user knows: pages, mails,
files; what has no page yet it does by `platform.run_manage` or `platform.python`. It does not use Django's models
itself: they would talk to the database of the unit tests, and Playwright's event loop runs in this thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.journeys import steps
from tests.journeys.looking import Look, looks_with
from tests.journeys.platform import DESKTOP, ROOT, NewPage, RunningPlatform, start_platform, stop_platform
from tools.setup import find_chromium

LOCALES = {"en": "en-GB", "zh-hans": "zh-CN"}
RESULTS = ROOT / "test-results"


@pytest.fixture(scope="session")
def platform() -> Iterator[RunningPlatform]:
    """The running platform, without events or people; shared by all journeys, so each makes its own of both."""
    running = start_platform()
    yield running
    stop_platform(running)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium with a made-up camera and microphone. Ends with the last journey: async tests may follow."""
    chromium = os.environ.get("CHROMIUM") or find_chromium()
    if not chromium:
        pytest.fail(
            "There is no Chromium for the browser tests. Install one, or name it in the variable CHROMIUM."
        )
    arguments = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
        # A machine without a network has only this way between browser and media process.
        "--allow-loopback-in-peer-connection",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        # Pages out of sight of each other are all on stage here.
        "--disable-backgrounding-occluded-windows",
        "--disable-background-timer-throttling",
        "--disable-renderer-backgrounding",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        started.close()


@pytest.fixture
def new_page(
    browser: Browser, platform: RunningPlatform, request: pytest.FixtureRequest
) -> Iterator[NewPage]:
    """`new_page(lang="en", viewport=DESKTOP, **options)`: a page in a browser profile of its own, that is, one person.

    Options go to Playwright's `new_context`. A script error or a breach of the content policy in any of the pages fails
    the journey; a screenshot of each page of a failed journey is left in test-results/.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            problems.append(message.text)

    def make(lang: str = "en", viewport: dict[str, int] | None = None, **options: Any) -> Page:
        context = browser.new_context(
            base_url=platform.base_url,
            locale=LOCALES.get(lang, lang),
            viewport=viewport or DESKTOP,  # type: ignore[arg-type]  # Playwright's own TypedDict
            **{"timezone_id": "Asia/Kathmandu", **options},
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", listen)
        return page

    yield make
    report = request.node.stash.get(REPORT, None)
    if problems or (report and report.failed):
        _photograph(contexts, request.node.name)
    for context in contexts:
        context.close()
    assert not problems, "In the browser: " + "\n".join(problems)


@pytest.fixture(scope="session")
def demo(platform: RunningPlatform) -> str:
    """The demo event is there, at /demo/; this is the password of its accounts."""
    platform.run_manage("load_demo", "--yes")
    return (platform.var / "demo-password").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="session")
def cookies() -> dict[str, Any]:
    """What the browsers of people who signed in have kept."""
    return {}


OWN_ROOMS = """
from conference.programme.models import Session
from conference.rooms.models import Room, RoomRole
live = Session.objects.filter(event__slug="demo", speakers__name__startswith="{speaker}")
for session in live.select_related("room").distinct():
    used = session.room
    session.room = Room.objects.create(event=used.event, green_room=used.green_room)
    session.save(update_fields=["room"])
    RoomRole.objects.bulk_create(
        RoomRole(room=session.room, user_id=role.user_id, role=role.role) for role in used.roles.all()
    )
"""


@pytest.fixture
def own_room(platform: RunningPlatform, demo: str) -> None:
    """The session that is always live has a room in which nothing was said or done yet: no story sees what another left."""
    platform.python(OWN_ROOMS.format(speaker=steps.ALWAYS_LIVE))


@pytest.fixture
def page_of(new_page: NewPage, demo: str, own_room: None, cookies: dict[str, Any]) -> NewPage:
    """`page_of("speaker", ...)`: a page where that account of the demo is signed in; "" is nobody. Options as of `new_page`."""

    def make(who: str, **options: Any) -> Page:
        if who and who not in cookies:
            page = new_page()
            steps.sign_in_by_password(page, f"{who}@example.org", demo)
            cookies[who] = page.context.storage_state()
            page.close()
        return new_page(**({"storage_state": cookies[who]} if who else {}), **options)

    return make


@pytest.fixture
def looker(page_of: NewPage) -> Look:
    """`looker("speaker")`: that person, who looks whether pages are accessible."""
    return looks_with(page_of)


REPORT = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keep the outcome where the fixture finds it."""
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


def _photograph(contexts: list[BrowserContext], name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    stem = re.sub(r"\W+", "-", name)[:80]
    for number, page in enumerate(page for context in contexts for page in context.pages):
        page.screenshot(path=str(Path(RESULTS) / f"{stem}-{number}.png"))
