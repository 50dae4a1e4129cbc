"""Before joining devices and network are tried, by keyboard and on a phone; a refusal is explained; what was chosen is used."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.looking import Look
from tests.journeys.platform import PHONE, NewPage, RunningPlatform
from tests.journeys.steps import enter_live_session, go_on_stage, wait_until
from tools.setup import find_chromium

NO_WINDOW = ("--disable-gpu", "--no-first-run", "--no-sandbox", "--disable-background-networking")

# Before any script of the page: what it asks of the devices, and where its sound goes.
REMEMBER_ASKED = """
(() => {
  window.asked = [];
  const native = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = function (wanted) {
    window.asked.push(wanted);
    return native.call(this, wanted);
  };
})();
"""


def enter(page: Page) -> Page:
    page.context.add_init_script(REMEMBER_ASKED)
    enter_live_session(page)
    return page


def check_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Check devices and network")


def suggested(check: Locator) -> Locator:
    """Marks beside what suits the line; there is one for each choice, of which one is shown."""
    return check.get_by_text("Suggested", exact=True).filter(visible=True)


def picture_moves(page: Page, video: Locator) -> None:
    first = video.evaluate("video => video.currentTime")
    wait_until(page, lambda: video.evaluate("video => video.currentTime") > first + 0.3, "the preview moves")


def test_a_speaker_tries_everything_by_keyboard_and_goes_on_stage_with_what_was_chosen(
    looker: Look,
) -> None:
    eyes = looker("speaker")
    speaker = enter(eyes.page)
    speaker.get_by_role("button", name="Check devices").press("Enter")
    check = check_of(speaker)

    # Allowed before, so it begins at once: seen and heard, here alone; devices by their names.
    preview = check.get_by_label("Your camera")
    expect(preview).to_be_visible()
    picture_moves(speaker, preview)
    expect(check.get_by_text("Your microphone is heard.")).to_be_visible()
    level = check.get_by_label("How loud your microphone is")
    wait_until(speaker, lambda: level.evaluate("meter => meter.value") > 0.3, "the level moves")
    for label in ("Which camera", "Which microphone", "Which loudspeaker"):
        names = check.get_by_label(label).locator("option").all_inner_texts()
        assert names and all(re.search(r"\w{4}", name) for name in names), names

    # Another microphone and loudspeaker.
    microphones = check.get_by_label("Which microphone")
    microphones.select_option(index=1)
    chosen = microphones.input_value()
    expect(check.get_by_text("Your microphone is heard.")).to_be_visible()
    check.get_by_label("Which loudspeaker").select_option(index=1)
    loudspeaker = check.get_by_label("Which loudspeaker").input_value()

    # A sound, only when asked for; and the network, with what suits it.
    check.get_by_role("button", name="Play a sound").press("Enter")
    expect(check.get_by_text("Did you hear three notes?")).to_be_visible()
    check.get_by_role("button", name="I hear nothing").press("Enter")
    expect(check.get_by_text("Turn up the volume of the device")).to_be_visible()
    check.get_by_role("button", name="Try the network").press("Enter")
    told = check.get_by_text(re.compile("arrive, .* leave, an answer takes .* Suggested: "))
    expect(told).to_be_visible(timeout=40_000)
    expect(suggested(check)).to_have_count(1)

    eyes.look("the check of devices and network")
    assert not eyes.findings, eyes.report()

    # It ends with the dialog, and is kept.
    preview.evaluate("video => { window.tried = video.srcObject }")
    speaker.keyboard.press("Escape")
    expect(check).to_be_hidden()
    wait_until(
        speaker,
        lambda: speaker.evaluate("window.tried.getTracks().every(({readyState}) => readyState === 'ended')"),
        "the camera goes out",
    )
    kept = json.loads(speaker.evaluate("localStorage.getItem('chama.devices')"))
    assert kept["microphone"]["id"] == chosen
    assert kept["loudspeaker"]["id"] == loudspeaker
    speaker.reload()
    go_on_stage(speaker)
    assert speaker.evaluate("window.asked.at(-1).audio.deviceId.ideal") == chosen
    # Another choice while on the stage: the others have it at once.
    speaker.get_by_role("button", name="Picture and sound:").click()
    speaker.get_by_role("button", name="Check devices and network").click()
    check.get_by_label("Which microphone").select_option(index=0)
    wait_until(
        speaker,
        lambda: speaker.evaluate("window.asked.filter(({audio, video}) => audio && !video).length") >= 2,
        "the microphone is changed",
    )


def test_a_refusal_is_explained_and_taken_back_on_a_phone(
    platform: RunningPlatform, page_of: NewPage, browser: Browser, cookies: dict[str, Any]
) -> None:
    page_of("speaker").close()  # signed in, for a browser that asks
    chromium = os.environ.get("CHROMIUM") or find_chromium()
    asks = browser.browser_type.launch(
        executable_path=chromium, args=[*NO_WINDOW, "--use-fake-device-for-media-stream"]
    )
    try:
        context = asks.new_context(
            base_url=platform.base_url, viewport=PHONE, storage_state=cookies["speaker"]
        )  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.grant_permissions(["notifications"])  # all others are refused
        speaker = enter(context.new_page())
        speaker.get_by_role("button", name="Check devices").click()
        check = check_of(speaker)
        expect(check.get_by_text("Nobody sees or hears you before you go on the stage.")).to_be_visible()
        check.get_by_role("button", name="Try camera and microphone").click()
        told = check.get_by_role("alert")
        expect(told.get_by_text("does not let this page use your camera and microphone.")).to_be_visible()
        how = "In Chrome and Edge: press the symbol at the start of the address"
        expect(told.get_by_text(how)).to_be_visible()
        again = told.get_by_role("button", name="Try again")
        again.click()
        expect(again).to_be_visible()
        assert speaker.evaluate("document.documentElement.scrollWidth <= innerWidth")

        # Without them one can still listen, and learn what the line carries.
        check.get_by_role("button", name="Try the network").click()
        expect(suggested(check)).to_have_count(1, timeout=40_000)
        check.get_by_role("button", name="Done").click()

        # The same words on the way to the stage.
        speaker.get_by_role("button", name="Start camera and microphone").click()
        expect(speaker.get_by_text(how).last).to_be_visible()
        speaker.get_by_role("button", name="Check devices").click()
        check.get_by_role("button", name="Try camera and microphone").click()
        expect(again).to_be_visible()

        # Allowed in the browser: it goes on by itself.
        context.grant_permissions(["camera", "microphone"])
        expect(check.get_by_label("Your camera")).to_be_visible()
        expect(again).to_be_hidden()
    finally:
        asks.close()
