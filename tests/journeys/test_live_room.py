"""A session as it happens: picture, chat, and what becomes of both when something breaks."""

from __future__ import annotations

import os
import re
import secrets
import signal

from playwright.sync_api import Page, expect

from tests.journeys.platform import NewPage, RunningPlatform
from tests.journeys.steps import (
    REMEMBER_PEERS,
    connections,
    enter_live_session,
    go_on_stage,
    leave_stage,
    messages_in,
    see_message,
    see_moving_picture,
    wait_until,
    write_message,
)

CUT_SECONDS = 10


def enter(page: Page) -> Page:
    page.context.add_init_script(REMEMBER_PEERS)
    enter_live_session(page)
    return page


def test_attendees_see_the_speaker_talk_with_each_other_and_see_again_after_the_media_process_was_killed(
    platform: RunningPlatform, page_of: NewPage
) -> None:
    speaker, one, other = (enter(page_of(who)) for who in ("speaker", "kathmandu", "yangon"))
    expect(one.get_by_text("Nobody is on the stage at the moment.")).to_be_visible()
    go_on_stage(speaker)
    for viewer in (one, other):
        see_moving_picture(viewer)
        expect(viewer.get_by_role("region", name="Stage").get_by_text("ອານຸສອນ").first).to_be_visible()

    write_message(one, "Good morning from Kathmandu")
    see_message(other, "Good morning from Kathmandu")
    write_message(other, "And from Yangon · မင်္ဂလာပါ")
    for page in (speaker, one):
        see_message(page, "And from Yangon · မင်္ဂလာပါ")
    one.get_by_role("tab", name=re.compile("^People")).click()
    expect(one.get_by_role("tabpanel").get_by_text("ခင်မာလာ")).to_be_visible()

    # All workers die without a goodbye, the spare one too. Nobody touches a page.
    addresses = {page: page.evaluate("performance.timeOrigin") for page in (speaker, one, other)}
    made = {page: connections(page) for page in (one, other)}
    for worker in platform.processes("realtime.media.worker"):
        os.kill(worker, signal.SIGKILL)
    for viewer, before in made.items():
        see_moving_picture(viewer, after=before, seconds=40)
    one.get_by_role("tab", name=re.compile("^Chat")).click()
    write_message(one, "There you are again")
    see_message(other, "There you are again")
    for page, before in addresses.items():
        assert page.evaluate("performance.timeOrigin") == before, "The page was loaded anew."

    # What the speaker switches off is seen by the others, also by who comes later: no black picture, and no lips without a voice.
    stage = other.get_by_role("region", name="Stage")
    speaker.get_by_role("button", name="Stop camera").click()
    expect(stage.get_by_label("Camera of ອານຸສອນ")).to_be_hidden()
    expect(stage.get_by_text("ອ", exact=True)).to_be_visible()
    speaker.get_by_role("button", name="Mute", exact=True).click()
    other.reload()
    expect(stage.get_by_text("ອ", exact=True)).to_be_visible()
    expect(stage.get_by_text("The microphone is off.")).to_be_attached()
    made = connections(other) - 1
    speaker.get_by_role("button", name="Unmute").click()
    speaker.get_by_role("button", name="Start camera").click()
    expect(stage.get_by_text("The microphone is off.")).to_have_count(0)
    see_moving_picture(other, after=made)
    expect(stage.get_by_label("Camera of ອານຸສອນ")).to_be_visible()

    leave_stage(speaker)
    expect(one.get_by_text("Nobody is on the stage at the moment.")).to_be_visible()


def test_what_is_written_while_the_network_is_cut_arrives_once_and_in_order(page_of: NewPage) -> None:
    mark = f"cut {secrets.token_hex(3)}:"
    cut, there = enter(page_of("yangon")), enter(page_of("vientiane"))
    write_message(cut, f"{mark} before")
    see_message(there, f"{mark} before")
    write_message(there, f"{mark} I hear you")
    see_message(cut, f"{mark} I hear you")

    cut.context.set_offline(True)
    begun = cut.evaluate("performance.now()")
    write_message(cut, f"{mark} one without a line")
    write_message(there, f"{mark} one that you miss")
    expect(
        cut.get_by_text("You are offline. What you see may be old; nothing you wrote is lost.")
    ).to_be_visible()
    expect(
        cut.get_by_text(re.compile("^(No connection\\. Trying again in|Connecting again…)"))
    ).to_be_visible()
    write_message(cut, f"{mark} two without a line")
    write_message(there, f"{mark} another that you miss")
    expect(cut.get_by_text("Not sent yet. It is sent as soon as there is a connection.").last).to_be_visible()
    assert f"{mark} one that you miss" not in messages_in(cut)
    wait_until(
        cut, lambda: cut.evaluate("performance.now()") - begun > CUT_SECONDS * 1000, "ten seconds pass"
    )
    cut.context.set_offline(False)

    see_message(cut, f"{mark} another that you miss", seconds=30)
    see_message(there, f"{mark} two without a line", seconds=30)
    expect(cut.get_by_text("Not sent yet.")).to_have_count(0)
    expect(cut.get_by_text("You are offline.")).to_be_hidden()
    expect(cut.get_by_text(re.compile("^(No connection|Connecting again)"))).to_have_count(0)
    write_message(there, f"{mark} after")
    see_message(cut, f"{mark} after")

    def told(page: Page) -> list[str]:
        return [text for text in messages_in(page) if text.startswith(mark)]

    assert told(cut) == told(there)
    mine = [f"{mark} one without a line", f"{mark} two without a line"]
    theirs = [f"{mark} one that you miss", f"{mark} another that you miss"]
    assert [text for text in told(cut) if text in mine] == mine
    assert [text for text in told(cut) if text in theirs] == theirs
    assert sorted(told(cut)) == sorted(
        [f"{mark} before", f"{mark} I hear you", *mine, *theirs, f"{mark} after"]
    )

    # What the server kept is what the pages show.
    there.reload()
    see_message(there, f"{mark} after")
    assert told(there) == told(cut)
