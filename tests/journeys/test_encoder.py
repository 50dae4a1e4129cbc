"""The cameras of a hall: set up by whoever runs the room, sent by an encoder, seen by everyone, and ended with the token."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.journeys.platform import PHONE, ROOT, NewPage
from tests.journeys.steps import REMEMBER_PEERS, enter_live_session, see_moving_picture


@contextmanager
def encoder(address: str, token: str) -> Iterator[subprocess.Popen[str]]:
    """One that sends, as soon as it was let in."""
    command = [sys.executable, "-m", "tests.journeys.whip", address, token]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


def test_the_hall_is_seen_by_its_token_until_that_is_taken_back(page_of: NewPage) -> None:
    moderator, phone = page_of("moderator"), page_of("yangon", viewport=PHONE)
    phone.add_init_script(REMEMBER_PEERS)
    enter_live_session(phone)
    enter_live_session(moderator)
    moderator.get_by_role("tab", name="In the hall").click()
    moderator.get_by_role("link", name="Encoder of the hall").click()
    moderator.get_by_label("Which encoder is it?").fill("Main hall 大厅")
    moderator.get_by_role("button", name="Make a token").click()
    token = moderator.get_by_role("main").locator("code").inner_text()
    address = moderator.get_by_label("Address").input_value()

    with encoder(address, token) as program:
        assert program.stdout is not None
        status, place = program.stdout.readline().split()
        assert (status, place.startswith("/media/encoders/")) == ("201", True)
        stage = phone.get_by_role("region", name="Stage")
        expect(stage.get_by_label("Camera of Main hall 大厅")).to_be_visible()
        see_moving_picture(phone)
        moderator.reload()
        expect(moderator.get_by_text("Sending", exact=True)).to_be_visible()

        # The token is taken back: the picture goes, and the encoder is not let in again.
        moderator.get_by_role("button", name="Take the token back").click()
        expect(moderator.get_by_text("There is no token yet.")).to_be_visible()
        expect(stage.get_by_label("Camera of Main hall 大厅")).to_have_count(0)
    with encoder(address, token) as program:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == "401"
