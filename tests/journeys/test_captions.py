"""A captioned session: typed in two languages, sent by a service, read on a phone as its reader wants it, and taken home."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import PHONE, NewPage, RunningPlatform
from tests.journeys.steps import enter_live_session, wait_until

CHINESE = "各位来宾,大家上午好,欢迎来到昆明。"

# What the browser's own reader of WebVTT makes of a file.
READ_VTT = """
async (address) => {
  const video = document.createElement("video");
  const track = document.createElement("track");
  track.kind = "captions";
  const text = await (await fetch(address)).text();
  track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
  track.default = true;
  video.append(track);
  document.body.append(video);
  track.track.mode = "hidden";
  await new Promise((done, failed) => { track.onload = done; track.onerror = failed; });
  const cues = [...track.track.cues].map(({ startTime, endTime, text }) => [startTime, endTime, text]);
  video.remove();
  return cues;
}
"""


def shown(page: Page) -> Locator:
    """What stands over or under the picture."""
    return page.get_by_role("region", name="Captions", exact=True)


def add_language(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Language", exact=True).select_option(label=name)
    page.get_by_role("button", name="Add", exact=True).click()


def desk(page: Page, address: str) -> Locator:
    page.goto(address)
    box = page.get_by_label("What is being said")
    expect(box).to_be_enabled()
    return box


def test_a_session_is_captioned_in_two_languages_and_by_a_service(
    page_of: NewPage, platform: RunningPlatform
) -> None:
    moderator, reader = page_of("moderator"), page_of("kathmandu", viewport=PHONE)
    enter_live_session(reader)
    expect(reader.get_by_role("tab", name="Captions")).to_be_hidden()

    # Those who run the room set it up.
    enter_live_session(moderator)
    moderator.get_by_role("tab", name="Captions").click()
    moderator.get_by_role("link", name="Write or set up captions").click()
    setup = moderator.url
    add_language(moderator, "English")
    add_language(moderator, "中文 (Chinese)")
    moderator.get_by_label("E-mail address").fill("yangon@example.org")
    moderator.get_by_role("button", name="Let them caption").click()
    expect(moderator.get_by_text("can caption this room now")).to_be_visible()

    # The captioner types in English, with short forms; somebody else in Chinese. Both by keyboard alone.
    captioner = page_of("yangon")
    english, chinese = desk(captioner, f"{setup}en/"), desk(moderator, f"{setup}zh/")
    captioner.get_by_text("Short forms").click()
    captioner.get_by_label("One on each line, such as kmg = Kunming").fill("kmg = Kunming")
    english.press_sequentially("Welcome to kmg ")
    expect(english).to_have_value("Welcome to Kunming ")
    # The reader's page is in English, so that is what it shows, word by word.
    expect(shown(reader)).to_have_text("Welcome to Kunming")
    english.press_sequentially("everybody.")
    english.press("Enter")
    expect(english).to_have_value("")
    expect(shown(reader)).to_have_text("Welcome to Kunming everybody.")
    chinese.fill(CHINESE)
    chinese.press("Enter")

    # A mistake is mended by keyboard, for everybody.
    english.press("ArrowUp")
    captioner.get_by_label("Correct the line").fill("Welcome to Kunming, everybody.")
    captioner.keyboard.press("Enter")
    expect(shown(reader)).to_have_text("Welcome to Kunming, everybody.")
    expect(english).to_be_focused()

    # The reader changes language, size and colours, and finds them again.
    reader.get_by_label("Language of the captions").first.select_option(label="中文")
    expect(shown(reader)).to_have_text(CHINESE)
    assert shown(reader).get_attribute("lang") == "zh"
    small = shown(reader).evaluate("(box) => parseFloat(getComputedStyle(box).fontSize)")
    reader.get_by_role("button", name="How captions look").click()
    look = reader.get_by_role("dialog", name="How captions look")
    look.get_by_label("Large").check()
    look.get_by_label("Yellow on black").check()
    look.get_by_label("Below the picture").check()
    look.get_by_label("Have my screen reader read the captions.").check()
    look.get_by_role("button", name="Done").click()
    reader.reload()
    chinese.fill("今天我们谈水稻。")
    chinese.press("Enter")
    expect(shown(reader)).to_contain_text("今天我们谈水稻。")
    # What comes from now on is also read aloud.
    chinese.fill("谢谢大家。")
    chinese.press("Enter")
    spoken = reader.locator("room-captions [aria-live=polite]")
    expect(spoken).to_have_text("谢谢大家。")
    assert spoken.get_attribute("lang") == "zh"
    size, colour, ground = shown(reader).evaluate(
        "(box) => { const look = getComputedStyle(box); return [parseFloat(look.fontSize), look.color, look.backgroundColor]; }"
    )
    assert size > small and (colour, ground) == ("rgb(255, 230, 0)", "rgb(0, 0, 0)")
    below = shown(reader).evaluate(
        """(box) => {
          const picture = document.querySelector(".stage-empty, .tiles:not([hidden])").getBoundingClientRect();
          return box.getBoundingClientRect().top >= picture.bottom - 1;
        }"""
    )
    assert below

    # A service sends its lines with a token.
    moderator.goto(setup)
    moderator.get_by_text("Captioning service", exact=True).first.click()
    moderator.get_by_label("Name of the service").first.fill("Speech recognition")
    moderator.get_by_role("button", name="Make a token").first.click()
    secret = moderator.get_by_role("status").locator("code").inner_text()
    address = moderator.get_by_text("POST http").first.inner_text().removeprefix("POST ")
    reader.get_by_label("Language of the captions").first.select_option(label="English")
    half = {"id": "1", "text": "Sent by a service <not markup>", "final": False}

    def half_is_seen() -> bool:
        send(address, secret, half, 202)  # it is kept nowhere: services say it again and again
        return "Sent by a service <not markup>" in shown(reader).inner_text()

    wait_until(reader, half_is_seen, "what is not final is shown")
    send(address, secret, {"id": "1", "text": "Sent by a service <not markup>."}, 200)
    expect(shown(reader)).to_contain_text("Sent by a service <not markup>.")

    # All of it can be read again, searched, and taken home.
    reader.get_by_role("tab", name="Captions").click()
    said = reader.get_by_role("region", name="What was said")
    expect(said.get_by_role("listitem")).to_have_count(2)
    reader.get_by_label("Search in what was said").fill("SERVICE")
    expect(reader.get_by_text("1 line found")).to_be_visible()
    expect(said.get_by_role("listitem")).to_have_count(1)
    with reader.expect_download() as download:
        reader.get_by_role("link", name="Download as WebVTT").click()
    assert download.value.suggested_filename.endswith("-en.vtt")
    cues = reader.evaluate(READ_VTT, download.value.url)
    assert [re.sub(r"&lt;|&gt;", "", text) for _start, _end, text in cues] == [
        "Welcome to Kunming, everybody.",
        "Sent by a service not markup.",
    ]
    assert cues[0][0] >= 0 and all(start < end for start, end, _text in cues)
    assert cues[0][1] <= cues[1][0]

    # Switched off, they stay off; the token is revoked, and opens nothing.
    reader.get_by_role("button", name="Captions", exact=True).click()
    expect(shown(reader)).to_be_hidden()
    reader.reload()
    expect(reader.get_by_role("button", name="Captions", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    moderator.get_by_role("button", name="Revoke the token for Speech recognition").click()
    expect(moderator.get_by_text("It opens nothing any more.")).to_be_visible()
    send(address, secret, {"text": "Too late"}, 403)


def send(address: str, secret: str, line: dict[str, object], status: int) -> None:
    """What an outside service does, with nothing but HTTP."""
    request = urllib.request.Request(
        address,
        json.dumps(line).encode(),
        {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            assert answer.status == status
    except urllib.error.HTTPError as error:
        assert error.code == status, error.read()
