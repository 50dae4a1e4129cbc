"""Every page of the product, for those who may see it: readable by machines, usable by keyboard, whole on a small screen.

The table below is held against the URL resolver, so that a new page cannot be forgotten.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, expect

from tests.journeys.looking import Look
from tests.journeys.platform import RunningPlatform
from tests.journeys.steps import ask_for_code
from tests.journeys.test_passkeys import SECURE_ELEMENT

EVERYBODY = ("", "kathmandu", "speaker", "organizer")
INSIDE = ("kathmandu", "speaker", "organizer")

# For each page: who looks at it, and its address or addresses.
PAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "home": (("", "kathmandu", "organizer"), ("/",)),
    "series": (("", "organizer"), ("/series/demo-conference/",)),
    "body": (("organizer",), ("/bodies/demo-centre/",)),
    "account_login": (("",), ("/account/sign-in/",)),
    "password_sign_in": (("",), ("/account/password/",)),
    "account_inactive": (("",), ("/account/inactive/",)),
    "account_deleted": (("",), ("/account/deleted/",)),
    "account_logout": (("kathmandu",), ("/account/sign-out/",)),
    "welcome": (("kathmandu",), ("/me/welcome/",)),
    "welcome_interests": (("kathmandu",), ("/me/welcome/interests/",)),
    "welcome_media": (("kathmandu",), ("/me/welcome/media/",)),
    "profile": (("kathmandu",), ("/me/profile/",)),
    "security": (("kathmandu",), ("/me/security/",)),
    "change_address": (("kathmandu",), ("/me/security/address/",)),
    "set_password": (("kathmandu",), ("/me/security/password/",)),
    "mfa_add_webauthn": (("kathmandu",), ("/me/security/passkeys/add/",)),
    "my_data": (("kathmandu",), ("/me/data/",)),
    "delete_account": (("kathmandu",), ("/me/data/delete/",)),
    "inbox": (("kathmandu",), ("/me/inbox/",)),
    "privacy": (("kathmandu",), ("/me/privacy/",)),
    "conversations": (("kathmandu", "speaker"), ("/messages/",)),
    "conversation": (("kathmandu",), ("/messages/{asked}/", "/messages/{talked}/")),
    "write_to": (("kathmandu",), ("/messages/to/{reachable}/",)),
    "block_person": (("kathmandu",), ("/messages/block/{reachable}/",)),
    "me": (INSIDE, ("/me/", "/demo/me/")),
    "register": (("kathmandu",), ("/demo/register/", "/{unregistered}/register/")),
    "cancel_registration": (("kathmandu",), ("/demo/register/cancel/",)),
    "directory": (("kathmandu", "organizer"), ("/demo/participants/",)),
    "listing": (("kathmandu",), ("/demo/participants/me/",)),
    "now": (EVERYBODY, ("/demo/",)),
    "schedule": (
        ("", "kathmandu"),
        ("/demo/schedule/", "/demo/schedule/?view=grid", "/demo/schedule/?q=tea", "/demo/schedule/?q=zzzz"),
    ),
    "programme_changes": (("", "kathmandu"), ("/demo/schedule/changes/",)),
    "session": (EVERYBODY, ("/demo/sessions/DEMO01/", "/demo/sessions/{cancelled}/")),
    "speakers": (("", "kathmandu"), ("/demo/speakers/",)),
    "speaker": (("", "kathmandu"), ("/demo/speakers/PERS01/",)),
    "my_agenda": (("kathmandu",), ("/demo/agenda/",)),
    "new_event": (("organizer",), ("/events/new/",)),
    "organize": (("organizer",), ("/demo/organize/",)),
    "organize_settings": (("organizer",), ("/demo/organize/settings/",)),
    "organize_people": (("organizer",), ("/demo/organize/people/",)),
    "organize_registrations": (("organizer",), ("/demo/organize/registrations/", "/{approval}/organize/registrations/")),
    "new_edition": (("organizer",), ("/demo/organize/edition/",)),
    "programme_editor": (("organizer",), ("/demo/organize/programme/",)),
    "release_programme": (("organizer",), ("/demo/organize/programme/release/",)),
    "import_schedule": (("organizer",), ("/demo/organize/programme/import/",)),
    "new_session": (("organizer",), ("/demo/organize/programme/sessions/new/",)),
    "edit_session": (("organizer",), ("/demo/organize/programme/sessions/DEMO01/",)),
    "edit_plan": (("organizer",), ("/demo/organize/programme/plan/",)),
    "new_hall": (("organizer",), ("/demo/organize/programme/rooms/new/",)),
    "edit_hall": (("organizer",), ("/demo/organize/programme/rooms/{hall}/",)),
    "new_track": (("organizer",), ("/demo/organize/programme/tracks/new/",)),
    "edit_track": (("organizer",), ("/demo/organize/programme/tracks/{track}/",)),
    "new_day": (("organizer",), ("/demo/organize/programme/days/new/",)),
    "edit_day": (("organizer",), ("/demo/organize/programme/days/{day}/",)),
    "edit_speakers": (("organizer",), ("/demo/organize/programme/speakers/",)),
    "new_speaker": (("organizer",), ("/demo/organize/programme/speakers/new/",)),
    "edit_speaker": (("organizer",), ("/demo/organize/programme/speakers/PERS01/",)),
    "organize_announcements": (("organizer",), ("/demo/organize/announcements/",)),
    "room_materials": (INSIDE, ("/demo/rooms/{captioned}/materials/",)),
    "room_slides": (("organizer",), ("/demo/rooms/{captioned}/slides/",)),
    "room_console": (("organizer",), ("/demo/rooms/{captioned}/console",)),
    "room_log": (("organizer",), ("/demo/rooms/{captioned}/log", "/demo/rooms/{captioned}/log?group=people")),
    "screen": (("organizer",), ("/demo/rooms/{captioned}/screen",)),
    "screen_links": (("organizer",), ("/demo/rooms/{captioned}/screens/",)),
    "encoder": (("organizer",), ("/demo/rooms/{captioned}/encoder/",)),
    "room_captions": (("organizer",), ("/demo/rooms/{captioned}/captions/",)),
    "caption_desk": (("organizer",), ("/demo/rooms/{captioned}/captions/my/", "/demo/rooms/{captioned}/captions/ur/")),
}  # fmt: skip

# Pages that one reaches only by doing something first; `test_pages_on_the_way` goes there.
ON_THE_WAY = {
    "sign_in_code", "sign_in_link", "confirm_person", "import_report", "mfa_edit_webauthn", "mfa_remove_webauthn",
}  # fmt: skip

# Addresses that show no page of their own, each with the reason.
NO_PAGE = {
    "program": {
        "healthz", "javascript_catalogue", "media_events", "send_captions", "brand", "network_test",
        "encoder_offer", "encoder_session",
    },
    "file": {
        "upload", "export_my_data", "schedule_json", "schedule_xml", "schedule_ics", "schedule_version_json", "session_ics",
        "speaker_ics", "agenda_ics", "short_address_image", "polls_csv", "room_log_csv", "captions_vtt",
        "room_material", "slide_small", "slide_large", "slide_text",
    },
    "only takes forms, and leads on or shows the page again": {
        "mark_inbox_read", "sign_in_again", "choose_language", "use_time_zone", "remove_password", "new_series", "remove_member",
        "organize_logo", "organize_state", "take_role", "answer_ticket", "star",
        "lift_block", "agenda_address", "withdraw_announcement", "revoke_screen_link", "revoke_encoder",
        "move_session", "cancel_session", "restore_session", "delete_session", "delete_hall", "delete_track", "delete_day",
        "offer_captions", "end_captions", "add_captioner", "remove_captioner", "make_caption_token", "revoke_caption_token",
        "link_speaker", "delete_speaker", "mfa_login_webauthn",
    },
    "leads to another page": {
        "account_signup", "account_email", "account_email_verification_sent", "mfa_index", "mfa_list_webauthn",
        "short_address", "chat_message",
    },
    "part of a page": {"organisation_options", "room_around", "unread_conversations"},
    "pages of the library of the back office": {"admin"},
}  # fmt: skip


def names_of(resolver: URLResolver) -> Iterator[str]:
    """The names of all addresses; the back office counts as one."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)
        elif pattern.app_name:
            yield pattern.app_name
        else:
            yield from names_of(pattern)


def test_no_page_is_forgotten() -> None:
    told = [set(PAGES), ON_THE_WAY, *NO_PAGE.values()]
    assert set(names_of(get_resolver())) == set().union(*told)
    assert sum(map(len, told)) == len(set().union(*told)), "An address is told twice."


@pytest.fixture(scope="module")
def places(platform: RunningPlatform, demo: str) -> dict[str, Any]:
    """What the addresses in the table need."""
    found = platform.python(
        """
import json, uuid
from conference.accounts.actions import block
from conference.accounts.models import User
from conference.core.models import Event
from realtime.direct.models import Side
from conference.programme.models import Day, Hall, Session, Slot, Track
from realtime.announcements.actions import announce_in_room
from realtime.materials.actions import add_link
from realtime.captions.actions import add_captioner, make_token, offer_captions, say
event = Event.objects.get(slug="demo")
person = User.objects.get(email="kathmandu@example.org")
released = Event.objects.filter(state="published").exclude(slug="demo")
def talk_with(name):
    return Side.objects.get(person=person, other__email=f"{name}@example.org").conversation_id
block(person, User.objects.get(email="observer@example.org"))
captioned = Session.objects.filter(event=event, room__green_room=False).exclude(kind="break").order_by("code").first().room
organizer = User.objects.get(email="organizer@example.org")
for language, text in (("my", "မင်္ဂလာပါ။ ကူမင်းမြို့မှ ကြိုဆိုပါတယ်။"), ("ur", "کنمنگ میں خوش آمدید۔")):
    offer_captions(organizer, captioned.pk, language=language)
    say(organizer, captioned.pk, language=language, line=uuid.uuid4(), text=text)
announce_in_room(organizer, captioned.pk, client_id=uuid.uuid4(), text={"en": "Lunch", "zh-hans": "午餐"}, urgent=True)
for title, shown in (("آبپاشی کا نقشہ", True), ("Not shown yet", False)):
    add_link(organizer, captioned.pk, client_id=uuid.uuid4(), title=title, url="https://example.org/", shown=shown)
make_token(organizer, captioned.pk, language="my", label="Service", days=7)
add_captioner(organizer, captioned.pk, email=person.email)
print(json.dumps({
    "captioned": captioned.code,
    "hall": Hall.objects.filter(event=event).first().pk,
    "track": Track.objects.filter(event=event).first().pk,
    "day": Day.objects.filter(event=event).first().pk,
    "cancelled": Slot.objects.filter(session__event=event, cancelled=True, release__isnull=False).first().session.code,
    "asked": talk_with("exhibitor"),
    "talked": talk_with("speaker"),
    "reachable": User.objects.get(email="recruiter@example.org").pk,
    "approval": released.filter(admission="approval", slug__startswith="demo").first().slug,
    "unregistered": released.exclude(tickets__user=person).filter(slug__startswith="demo", admission="open").first().slug,
}))
"""
    )
    return dict(json.loads(found.strip().splitlines()[-1]))


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_page_is_accessible_and_fits(who: str, looker: Look, places: dict[str, Any]) -> None:
    reader = looker(who)
    for lookers, addresses in PAGES.values():
        if who in lookers:
            for address in addresses:
                reader.open(address.format(**places))
    assert not reader.findings, reader.report()


def test_pages_on_the_way_are_accessible(
    platform: RunningPlatform, looker: Look, places: dict[str, Any]
) -> None:
    reader = looker("")
    page = reader.page
    email = f"wangchuk-{secrets.token_hex(4)}@example.org"
    code = ask_for_code(page, platform, email)
    reader.look("/account/code/")
    body = platform.wait_for_mail(email).get_body(("plain",))
    assert body is not None
    link = re.search(r"https?://\S+/account/link/\S+", body.get_content())
    assert link
    reader.open(link[0])
    page.goto("/account/code/")
    page.get_by_label("Code from the mail").fill("12")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("The code has six digits.")).to_be_visible()
    reader._errors.clear()  # that the form was not right is said with status 422
    reader.look("/account/code/ with an error")
    page.get_by_label("Code from the mail").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1, name="Welcome")).to_be_visible()
    reader.open("/account/link/nothing/", status=410)
    reader.open("/nothing/here/", status=404)
    for address in ("/demo/", "/me/", "/demo/agenda/", "/me/inbox/"):
        reader.open(address)  # of somebody who has nothing yet
    reader.open("/demo/participants/", status=403)
    add_passkey(page)
    for name in ("Rename", "Remove"):
        reader.open("/me/security/")
        page.get_by_role("main").get_by_role("link", name=name).first.click()
        page.wait_for_url(re.compile("/me/security/passkeys/"))
        reader.look(f"passkey: {name}")
    age_sign_ins(platform, email)
    reader.open("/account/confirm/")

    organizer = looker("organizer")
    page = organizer.page
    for name, content in {"broken.json": '{"schedule": [', "whole.json": None}.items():
        page.goto("/demo/organize/programme/import/")
        data = content or page.request.get("/demo/schedule.json").text()
        page.get_by_label("File").set_input_files(
            {"name": name, "mimeType": "application/json", "buffer": data.encode()}
        )
        page.get_by_role("button", name="Show what it will do").click()
        expect(page.get_by_role("main").get_by_text(name).first).to_be_visible()
        organizer._errors.clear()
        organizer.look(f"/demo/organize/programme/import/ of {name}")
    assert not reader.findings + organizer.findings, reader.report() + "\n" + organizer.report()


def add_passkey(page: Page) -> None:
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": SECURE_ELEMENT})
    page.goto("/me/security/passkeys/add/")
    page.get_by_label("Name of this passkey").fill("my phone")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("The passkey is ready.")).to_be_visible()


def age_sign_ins(platform: RunningPlatform, email: str) -> None:
    """As if this person had signed in an hour ago."""
    platform.python(
        f"""
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from conference.accounts.models import User
person = str(User.objects.get(email="{email}").pk)
for row in Session.objects.all():
    session = SessionStore(row.session_key)
    if session.get("_auth_user_id") == person:
        for each in session.get("account_authentication_methods", []):
            each["at"] -= 3600
        session.modified = True
        session.save()
"""
    )
