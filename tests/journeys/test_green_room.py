"""A session from its green room to its ratings: who sees and hears the stage when."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import Locator, Page, expect

from tests.journeys.platform import PHONE, NewPage, RunningPlatform
from tests.journeys.steps import (
    REMEMBER_PEERS,
    connections,
    frames_decoded,
    go_on_stage,
    message_box,
    see_moving_picture,
    wait_until,
)

TITLE = "Terraces that hold: forty years of one valley"

MAKE = """
from datetime import timedelta
from django.utils import timezone
from conference.accounts.models import User
from conference.core.models import Event
from conference.programme.models import Hall, Release, Session, SessionSpeaker, Slot, Speaker
from conference.rooms.models import Room, RoomRole
event = Event.objects.get(slug="demo")
who = User.objects.get(email="kathmandu@example.org")
room = Room.objects.create(event=event, green_room=True)
number = 9000 + Session.objects.filter(event=event, number__gte=9000).count()
session = Session.objects.create(event=event, room=room, code={code!r}, number=number, title={{"en": {title!r}}})
speaker, _made = Speaker.objects.get_or_create(
    event=event, user=who, defaults={{"name": who.name, "name_latin": who.name_latin, "number": 9000}}
)
SessionSpeaker.objects.create(session=session, speaker=speaker)
RoomRole.objects.create(room=room, user=who, role="speaker")
start = timezone.now() + timedelta(minutes=5)
for release in (None, Release.objects.filter(event=event).first()):
    Slot.objects.create(session=session, release=release, start=start, end=start + timedelta(minutes=50))
"""


def make_session(platform: RunningPlatform) -> str:
    """A session of the demo event that begins in five minutes, with a green room; one account speaks in it. Its code."""
    code = f"GR{secrets.token_hex(2).upper()}"
    platform.python(MAKE.format(code=code, title=TITLE))
    return code


def enter(page: Page, code: str) -> Page:
    page.context.add_init_script(REMEMBER_PEERS)
    page.goto(f"/demo/sessions/{code}/")
    expect(message_box(page)).to_be_enabled()
    return page


def hears(page: Page) -> float:
    """Seconds of sound that arrived on connections that stand."""
    return float(
        page.evaluate(
            """async () => {
              let most = 0;
              for (const peer of window.peers) {
                if (peer.connectionState !== "connected") continue;
                for (const report of (await peer.getStats()).values()) {
                  if (report.kind === "audio") most = Math.max(most, report.totalSamplesDuration ?? 0);
                }
              }
              return most;
            }"""
        )
    )


def sees(what: Locator) -> None:
    """Sooner or later: news of the others take their time on a busy machine."""
    expect(what).to_be_visible(timeout=20_000)


def confirm_all(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())


def test_from_the_green_room_through_the_broadcast_to_the_ratings(
    platform: RunningPlatform, page_of: NewPage
) -> None:
    code = make_session(platform)
    speaker = enter(page_of("kathmandu", viewport=PHONE), code)
    moderator = enter(page_of("moderator"), code)
    attendees = [enter(page_of(who), code) for who in ("yangon", "vientiane", "observer")]
    one = attendees[0]
    confirm_all(moderator)

    # Before: the speakers meet, the others wait and know for what.
    stage = one.get_by_role("region", name="Stage")
    sees(stage.get_by_role("heading", name="The speakers are getting ready"))
    sees(stage.get_by_text(TITLE))
    sees(stage.get_by_text(re.compile("^Planned to begin in [0-9]:[0-9]{2}$")))
    sees(stage.get_by_text(re.compile("5 people are here")))
    for page in (speaker, moderator):
        sees(page.get_by_text("Green room", exact=True))
    broadcast = moderator.get_by_role("group", name="Broadcast")
    sees(broadcast.get_by_text("is here, not on the stage yet."))
    go_on_stage(speaker)
    go_on_stage(moderator)
    for page in (speaker, moderator):
        see_moving_picture(page)
    sees(broadcast.get_by_text("is on the stage."))
    sees(broadcast.get_by_text("Your microphone is heard."))
    sees(broadcast.get_by_text("Ready: 3 of 3"))
    assert connections(one) == 0, "Nothing of the green room comes to an attendee."
    sees(stage.get_by_role("heading", name="The speakers are getting ready"))

    # Going live: everyone counts down, then sees and hears.
    broadcast.get_by_label("Countdown").select_option("60")
    broadcast.get_by_role("button", name="Go live").click()
    sees(stage.get_by_role("heading", name="It begins in a moment"))
    broadcast.get_by_role("button", name="Stop the countdown").click()
    sees(stage.get_by_role("heading", name="The speakers are getting ready"))
    assert connections(one) == 0, "Not before it is live."
    broadcast.get_by_label("Countdown").select_option("5")
    broadcast.get_by_role("button", name="Go live").click()
    for page in attendees:
        sees(page.get_by_role("group", name="Broadcast").get_by_text("Live", exact=True))
        see_moving_picture(page)
    wait_until(one, lambda: hears(one) > 1, "the sound arrives")
    expect(stage.get_by_role("heading", name="The speakers are getting ready")).to_be_hidden()

    # The end: for everyone but those on the stage.
    broadcast.get_by_role("button", name="End", exact=True).click()
    for page in attendees:
        sees(page.get_by_role("heading", name="Thank you for being there"))
        wait_until(page, lambda page=page: frames_decoded(page) == 0, "nothing arrives any more")
    see_moving_picture(speaker)
    sees(speaker.get_by_text("Only you on the stage see and hear this."))

    # What they think of it.
    stage.get_by_role("button", name="Send the rating").click()
    expect(stage.get_by_role("alert")).to_have_text("Choose from one to five stars.")
    for page, stars in zip(attendees, (5, 4, 4), strict=True):
        rating = page.get_by_role("region", name="Stage")
        rating.get_by_role("radio", name=f"{stars} stars").check(force=True)
        rating.get_by_label("What should those who made it know?").fill(f"From {stars} stars · ดีมาก")
        rating.get_by_role("button", name="Send the rating").click()
        sees(rating.get_by_text(f"Thank you. You gave {stars} stars."))
    organizer = enter(page_of("organizer"), code)
    ratings = organizer.get_by_role("group", name="Broadcast")
    ratings.get_by_text("4.3 of 5 stars from 3 people").click()
    ratings.get_by_role("button", name="Read what they wrote").click()
    sees(ratings.get_by_text("From 5 stars · ดีมาก"))
    expect(speaker.get_by_text("of 5 stars")).to_have_count(0)
    one.reload()
    expect(stage.get_by_role("radio", name="5 stars")).to_be_checked()
