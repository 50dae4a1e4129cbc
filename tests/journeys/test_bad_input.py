"""What people and programs send that they should not: each gets a clear answer, and nothing else happens."""

from __future__ import annotations

import json
import re
import secrets
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import ClientConnection, connect

from tests.journeys.platform import NewPage, RunningPlatform
from tests.journeys.steps import (
    ask_for_code,
    enter_live_session,
    message_box,
    messages_in,
    see_message,
    write_message,
)

NASTY = "<script>alert(1)</script>'; DROP TABLE conference_user; --"
MEGABYTE = 1024 * 1024


# --- Codes ---


def test_a_wrong_and_an_old_code_are_refused_in_words(platform: RunningPlatform, new_page: NewPage) -> None:
    page = new_page()
    email = f"wrong-{secrets.token_hex(4)}@example.org"
    code = ask_for_code(page, platform, email)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    page.get_by_label("Code from the mail").fill(wrong)
    page.get_by_role("button", name="Go on").click()
    expect(
        page.get_by_text("That is not the code in the newest mail. You have 4 more tries.")
    ).to_be_visible()

    # A quarter of an hour later.
    platform.python(
        "from conference.core.streams import cache_server\n"
        "server = cache_server()\n"
        "[server.delete(key) for key in server.scan_iter('challenge:*')]"
    )
    page.get_by_label("Code from the mail").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1, name="This mail is no longer good")).to_be_visible()
    page.goto("/me/")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


# --- Files ---


def choose_file(page: Page, name: str, content: bytes) -> None:
    page.goto("/demo/organize/programme/import/")
    page.get_by_label("File").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )


def test_a_broken_programme_names_its_line_and_changes_nothing(page_of: NewPage) -> None:
    page = page_of("organizer")
    before = programme(page)
    choose_file(
        page, "broken.json", b'{\n  "schedule": {\n    "version": "1",\n    "conference": ]\n  }\n}\n'
    )
    page.get_by_role("button", name="Show what it will do").click()
    expect(page.get_by_role("heading", level=1, name="This file cannot be imported")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Line 4")).to_be_visible()
    expect(page.get_by_role("button", name="Import for real")).to_have_count(0)
    assert programme(page) == before


def programme(page: Page) -> str:
    """The released programme and the draft, as they are told."""
    page.goto("/demo/organize/programme/")
    draft = page.get_by_role("main").inner_text()
    return draft + page.request.get("/demo/schedule.json").text()


def test_an_oversized_upload_is_refused_with_a_sentence(
    platform: RunningPlatform, page_of: NewPage, tmp_path: Path
) -> None:
    page = page_of("organizer")
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (21 * MEGABYTE))
    page.goto("/demo/organize/programme/import/")
    page.get_by_label("File").set_input_files(large)
    page.get_by_role("button", name="Show what it will do").click()
    expect(page.get_by_text("The file is larger than 20 MB.")).to_be_visible(timeout=30_000)

    # More than any form takes is not even read, whoever sends it.
    asked = urllib.request.Request(f"{platform.base_url}/demo/register/", data=b" " * (33 * MEGABYTE))
    try:
        urllib.request.urlopen(asked, timeout=20)
    except urllib.error.HTTPError as refused:
        with refused as answer:
            assert answer.code == 413
            assert "larger than 32 MB. Choose a smaller file." in answer.read().decode()
    except urllib.error.URLError as cut:
        assert isinstance(cut.reason, ConnectionError)  # the answer came while we were still sending
    else:
        raise AssertionError("It was taken.")


# --- Words that are no words ---


def test_script_and_sql_are_shown_as_the_text_they_are(page_of: NewPage) -> None:
    dialogs: list[str] = []

    def watched(page: Page) -> Page:
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        return page

    person = watched(page_of("exhibitor"))
    person.goto("/me/profile/")
    person.get_by_label("Your name").fill(NASTY)
    person.get_by_label("Organisation", exact=False).first.fill(NASTY)
    person.get_by_label("One sentence about you").fill(NASTY)
    person.get_by_role("main").get_by_role("button", name="Save").first.click()
    for address in ("/me/", "/demo/me/", "/me/profile/", "/me/data/"):
        person.goto(address)
        expect(person.get_by_role("main")).to_be_visible()
    organizer = watched(page_of("organizer"))
    organizer.goto("/demo/organize/programme/sessions/DEMO19/")
    title = organizer.get_by_role("group", name="Title", exact=True).get_by_label("English")
    before = title.input_value()
    title.fill(NASTY)
    organizer.get_by_role("form", name="Content").get_by_role("button", name="Save").click()
    expect(organizer.get_by_role("heading", level=1, name=NASTY)).to_be_visible()

    reader = watched(page_of("kathmandu"))
    reader.goto("/demo/participants/?q=DROP+TABLE")
    expect(reader.get_by_role("main").get_by_text(NASTY).first).to_be_visible()
    # Which day the grid opens with depends on the hour.
    reader.goto("/demo/schedule/?view=grid")
    days = reader.get_by_role("navigation", name="Days").get_by_role("link").all()
    grids = [f"/demo/schedule/{day.get_attribute('href')}" for day in days]
    assert any(reader.goto(grid) and reader.get_by_role("main").get_by_text(NASTY).count() for grid in grids)
    for address in ("/demo/schedule/", "/demo/sessions/DEMO19/"):
        reader.goto(address)
        expect(reader.get_by_role("main").get_by_text(NASTY).first).to_be_attached()
    reader.goto("/demo/schedule/")
    reader.get_by_role("main").get_by_role("searchbox").fill("DROP TABLE conference_user; --")
    reader.get_by_role("main").get_by_role("searchbox").press("Enter")
    expect(reader).to_have_url(re.compile("q="))
    expect(reader.get_by_role("main").get_by_role("link", name=NASTY)).to_be_visible()
    assert NASTY in json.dumps(reader.request.get("/demo/schedule.json").json())
    assert "DROP TABLE" in reader.request.get("/demo/sessions/DEMO19.ics").text()

    enter_live_session(person)
    enter_live_session(reader)
    write_message(person, NASTY)
    see_message(reader, NASTY)
    assert NASTY in messages_in(reader)
    expect(reader.get_by_role("log").get_by_text(NASTY).first).to_be_visible()
    assert dialogs == []

    organizer.goto("/demo/organize/programme/sessions/DEMO19/")
    organizer.get_by_role("group", name="Title", exact=True).get_by_label("English").fill(before)
    organizer.get_by_role("form", name="Content").get_by_role("button", name="Save").click()
    expect(organizer.get_by_role("heading", level=1, name=before)).to_be_visible()


def test_a_message_that_is_too_long_stays_with_its_writer(page_of: NewPage) -> None:
    page = page_of("observer")
    enter_live_session(page)
    box = message_box(page)
    box.fill("x" * 2100)
    expect(page.get_by_text("100 characters too many")).to_be_visible()
    box.press("Enter")
    expect(box).to_have_value("x" * 2100)
    box.fill("")


# --- Those who have no business here ---


def test_a_stranger_is_told_why_the_room_stays_shut(
    platform: RunningPlatform, new_page: NewPage, page_of: NewPage
) -> None:
    page = page_of("speaker")
    enter_live_session(page)
    session = page.url
    room = int(
        platform.python(
            "from conference.programme.models import Session; "
            f"print(Session.objects.get(event__slug='demo', code='{session.rstrip('/').rpartition('/')[2]}').room_id)"
        ).split()[-1]
    )
    stranger = new_page()
    code = ask_for_code(stranger, platform, f"stranger-{secrets.token_hex(4)}@example.org")
    stranger.get_by_label("Code from the mail").fill(code)
    stranger.get_by_role("button", name="Go on").click()
    stranger.goto(session)
    told = "The room is for people with a ticket for the event. Register for the event first."
    expect(stranger.get_by_text(told)).to_be_visible()
    expect(stranger.get_by_role("log")).to_have_count(0)

    # The page may be forgotten; the socket says the same.
    kept = {each["name"]: each["value"] for each in stranger.context.cookies()}  # type: ignore[typeddict-item]
    with open_socket(platform, origin=platform.base_url, cookies=kept) as socket:
        assert json.loads(socket.recv(10))["signal"] == "hello"
        socket.send(json.dumps({"id": 1, "command": "room.enter", "room": room, "data": {}}))
        error = json.loads(socket.recv(10))["error"]
        assert error["code"] == "denied"
        assert "ticket for the event" in error["message"]


def open_socket(platform: RunningPlatform, *, origin: str, cookies: dict[str, str]) -> ClientConnection:
    return connect(
        platform.base_url.replace("http", "ws", 1) + "/ws/",
        origin=origin,  # type: ignore[arg-type]  # a name for a string
        additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
        proxy=None,
    )


def test_a_page_of_another_site_gets_no_socket(platform: RunningPlatform, page_of: NewPage) -> None:
    page = page_of("kathmandu")
    kept = {each["name"]: each["value"] for each in page.context.cookies()}  # type: ignore[typeddict-item]
    with open_socket(platform, origin="https://elsewhere.example", cookies=kept) as socket:
        error = json.loads(socket.recv(10))["error"]
        assert error["message"] == "This connection was opened by a page of another site."
        with pytest.raises(Exception, match="4403"):
            socket.recv(10)


def test_a_forged_grant_opens_no_camera(platform: RunningPlatform) -> None:
    now = datetime.now(UTC)
    claims = {"room": "1", "sub": "1", "act": "publish", "iat": now, "exp": now + timedelta(minutes=1)}
    forged = jwt.encode(claims, "a secret that somebody made up, long enough", algorithm="HS256")
    media = f"http://127.0.0.1:{platform.environment['MEDIA_PORT']}"
    for token in (forged, "nothing", forged[:-3] + "abc"):
        asked = urllib.request.Request(
            f"{media}/whip/1",
            data=b"v=0\r\n",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=10)
        with refused.value as answer:
            assert answer.code == 401
            assert json.load(answer)["message"].endswith(".")
