"""Every page of the product, for those who may see it: readable by machines, usable by keyboard, whole on a small screen.

The table below is held against the URL resolver, so that a new page cannot be forgotten. Each page is looked at twice, on a
phone and on a desktop, one of them light and one dark, alternating from page to page.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.journeys.platform import DESKTOP, PHONE, ROOT, NewPage, RunningPlatform
from tests.journeys.steps import ask_for_code, enter_live_session, message_box, see_message
from tests.journeys.test_green_room import confirm_all, enter, make_session
from tests.journeys.test_passkeys import SECURE_ELEMENT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SMALL = {"width": 360, "height": 740}

# Colours that glide from light to dark would be read on their way.
HOLD_STILL = """
addEventListener("DOMContentLoaded", () => {
  const still = new CSSStyleSheet();
  still.replaceSync("*, *::before, *::after { transition: none !important }");
  document.adoptedStyleSheets = [still];
});
"""

FIND_VIOLATIONS = """
async (only) => {
  const options = {resultTypes: ["violations"], preload: false, rules: {"target-size": {enabled: true}}};
  const {violations} = await axe.run(document, only.length ? {...options, runOnly: only} : options);
  const told = ({target, failureSummary}) => `      ${target.join(" ")}: ${failureSummary.replace(/\\s+/g, " ")}`;
  return violations.map(({impact, id, help, nodes}) => [`${impact}: ${id}: ${help}`, ...nodes.slice(0, 4).map(told)].join("\\n"));
}
"""

# What the second look at a page is for: the rules about what is seen, not about how the page is built.
LOOKS = [
    "color-contrast",
    "link-in-text-block",
    "target-size",
    "scrollable-region-focusable",
    "bypass",
    "heading-order",
    "label",
]

FIND_OVERFLOW = """
() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return "";
  const beyond = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > wide + 1);
  return beyond.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(" | ") || "something";
}
"""

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
    "room_captions": (("organizer",), ("/demo/rooms/{captioned}/captions/",)),
    "caption_desk": (("organizer",), ("/demo/rooms/{captioned}/captions/my/", "/demo/rooms/{captioned}/captions/ur/")),
}  # fmt: skip

# Pages that one reaches only by doing something first; `test_pages_on_the_way` goes there.
ON_THE_WAY = {
    "sign_in_code", "sign_in_link", "confirm_person", "import_report", "mfa_edit_webauthn", "mfa_remove_webauthn",
}  # fmt: skip

# Addresses that show no page of their own, each with the reason.
NO_PAGE = {
    "program": {"healthz", "javascript_catalogue", "media_events", "send_captions", "brand", "network_test"},
    "file": {
        "upload", "export_my_data", "schedule_json", "schedule_xml", "schedule_ics", "schedule_version_json", "session_ics",
        "speaker_ics", "agenda_ics", "short_address_image", "polls_csv", "room_log_csv", "captions_vtt",
        "room_material", "slide_small", "slide_large", "slide_text",
    },
    "only takes forms, and leads on or shows the page again": {
        "mark_inbox_read", "sign_in_again", "choose_language", "use_time_zone", "remove_password", "new_series", "remove_member",
        "organize_logo", "organize_state", "take_role", "answer_ticket", "star",
        "lift_block", "agenda_address", "withdraw_announcement", "revoke_screen_link",
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


# --- Looking at pages ---


@dataclass
class Looker:
    """Someone who looks at one page after another and notes what is wrong."""

    page: Page
    findings: list[str] = field(default_factory=list)
    looked: int = 0
    _errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._errors.append(f"console {message.type}: {message.text}")

    def open(self, address: str, *, status: int = 200) -> None:
        """Go there, and look."""
        self._errors.clear()
        response = self.page.goto(address)
        if response is None or response.status != status:
            self.findings.append(f"{address}: answered {response and response.status}")
            return
        if status != 200:
            self._errors = [error for error in self._errors if "Failed to load resource" not in error]
        self.look(address)

    def look(self, address: str) -> None:
        """Look at the page as it is: on both screens, in both lights, and on a very small one."""
        self.looked += 1
        schemes = ("light", "dark") if self.looked % 2 else ("dark", "light")
        for size, scheme, rules in zip((PHONE, DESKTOP), schemes, ([], LOOKS), strict=True):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]  # Playwright's own TypedDict
            self.page.emulate_media(color_scheme=scheme)
            for violation in self.page.evaluate(FIND_VIOLATIONS, rules):
                self.findings.append(f"{address} {size['width']} px, {scheme}: {violation}")
        self.page.set_viewport_size(SMALL)  # type: ignore[arg-type]
        if beyond := self.page.evaluate(FIND_OVERFLOW):
            self.findings.append(f"{address} is wider than {SMALL['width']} px: {beyond}")
        self.findings += [f"{address}: {error}" for error in self._errors]
        self._errors.clear()

    def report(self) -> str:
        """All findings, each once."""
        return "\n".join(dict.fromkeys(self.findings))


Look = Callable[..., Looker]


@pytest.fixture
def looker(page_of: NewPage) -> Look:
    def make(who: str) -> Looker:
        page = page_of(who, reduced_motion="reduce")
        page.context.add_init_script(path=AXE)
        page.context.add_init_script(HOLD_STILL)
        return Looker(page)

    return make


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


def test_the_live_room_is_accessible(looker: Look, demo: str) -> None:
    for who in ("speaker", "kathmandu"):
        reader = looker(who)
        enter_live_session(reader.page)
        expect(reader.page.get_by_role("region", name="Stage")).to_be_visible()
        reader.look(f"the live room as {who}")
        reader.page.get_by_role("tab", name=re.compile("^People")).click()
        reader.look(f"people of the live room as {who}")
        assert not reader.findings, reader.report()


def test_the_green_room_going_live_and_the_end_are_accessible(
    looker: Look, platform: RunningPlatform
) -> None:
    code = make_session(platform)
    moderator, reader = looker("moderator"), looker("yangon")
    enter(moderator.page, code)
    enter(reader.page, code)
    confirm_all(moderator.page)
    stage = reader.page.get_by_role("region", name="Stage")
    broadcast = moderator.page.get_by_role("group", name="Broadcast")
    broadcast.get_by_text(re.compile("^Ready: ")).click()
    expect(stage.get_by_role("heading", name="The speakers are getting ready")).to_be_visible()
    moderator.look("the green room")
    reader.look("before it is live")
    broadcast.get_by_label("Countdown").select_option("60")
    broadcast.get_by_role("button", name="Go live").click()
    expect(stage.get_by_role("heading", name="It begins in a moment")).to_be_visible()
    moderator.look("the countdown of the stage")
    reader.look("the countdown")
    broadcast.get_by_role("button", name="Stop the countdown").press("Enter")
    broadcast.get_by_label("Countdown").select_option("0")
    broadcast.get_by_role("button", name="Go live").press("Enter")
    expect(reader.page.get_by_role("group", name="Broadcast").get_by_text("Live", exact=True)).to_be_visible()
    reader.look("live")
    broadcast.get_by_role("button", name="End", exact=True).press("Enter")
    expect(stage.get_by_role("heading", name="Thank you for being there")).to_be_visible()
    reader.look("after it")
    # Stars by keyboard alone.
    tab_to(reader.page, lambda: focused(reader.page).strip() == "1 star", "the stars")
    reader.page.keyboard.press("ArrowRight")
    reader.page.keyboard.press("ArrowRight")
    stage.get_by_role("button", name="Send the rating").press("Enter")
    expect(stage.get_by_text(re.compile("^Thank you. You gave [1-5] stars?.$"))).to_be_visible()
    reader.look("rated")
    moderator.look("it is over")
    assert not moderator.findings, moderator.report()
    assert not reader.findings, reader.report()


def test_questions_and_polls_are_accessible(looker: Look, demo: str) -> None:
    moderator, attendee = looker("moderator"), looker("vientiane")
    for reader in (moderator, attendee):
        enter_live_session(reader.page)
        reader.page.get_by_role("tab", name=re.compile("^Questions")).click()
    attendee.page.get_by_label("Your question to the stage").fill("ໃຜສ້ອມແປງ?")
    attendee.page.get_by_role("button", name="Ask", exact=True).click()
    attendee.page.get_by_role("button", name="Raise my hand").click()
    expect(moderator.page.get_by_role("button", name="Give the word")).to_be_visible()
    moderator.look("questions to look at")
    moderator.page.get_by_role("button", name="Approve").click()
    moderator.page.get_by_role("button", name="Answer now").click()
    moderator.page.get_by_text("Write an answer").click()
    moderator.page.get_by_text("What holds in this room").click()
    moderator.look("questions as the moderator")
    attendee.look("questions as an attendee")

    moderator.page.get_by_role("tab", name=re.compile("^Polls")).click()
    moderator.page.get_by_text("Make a poll").click()
    moderator.look("making a poll")
    moderator.page.get_by_label("What do you want to ask?").fill("How was the morning?")
    moderator.page.get_by_label("How people answer").select_option("rating")
    moderator.page.get_by_role("button", name="Save as a draft").click()
    moderator.page.get_by_role("button", name="Open", exact=True).click()
    attendee.page.get_by_role("tab", name=re.compile("^Polls")).click()
    attendee.look("answering a poll")
    attendee.page.get_by_label("4", exact=True).check()
    attendee.page.get_by_role("button", name="Answer", exact=True).click()
    moderator.page.get_by_role("button", name="Show the results").click()
    expect(attendee.page.get_by_role("table")).to_be_visible()
    attendee.look("the results of a poll")
    # As it was, for the other stories of this room.
    moderator.page.get_by_role("button", name="Close", exact=True).click()
    moderator.page.get_by_role("button", name="Hide the results").click()
    moderator.page.get_by_role("tab", name=re.compile("^Questions")).click()
    moderator.page.get_by_role("button", name="Answered", exact=True).click()
    attendee.page.get_by_role("tab", name=re.compile("^Questions")).click()
    attendee.page.get_by_role("button", name="Lower my hand").click()
    moderator.page.get_by_role("tab", name="In the hall").click()
    moderator.look("the short address")
    for reader in (moderator, attendee):
        assert not reader.findings, reader.report()


def test_the_chat_is_accessible_with_everything_that_opens_in_it(looker: Look, demo: str) -> None:
    writer, reader = looker("kathmandu"), looker("yangon")
    for each in (writer, reader):
        enter_live_session(each.page)
    text = f"अदुवा {secrets.token_hex(3)} https://example.org"
    box = message_box(writer.page)
    box.fill(text)
    box.press("Enter")
    see_message(reader.page, text)
    page = reader.page
    row = page.get_by_role("log").locator("[data-message]").filter(has_text=text).last
    row.get_by_role("button", name=re.compile("^What to do with")).click()
    reader.look("what one may do with a message")
    row.get_by_role("button", name="React with 🎉").click()
    expect(row.get_by_role("button", name="🎉 1 person")).to_be_visible()
    page.get_by_role("button", name="Find in this chat").click()
    page.get_by_role("searchbox", name="Find in this chat").fill("अदुवा")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="found")).to_be_visible()
    reader.look("what was found in the chat")
    page.keyboard.press("Escape")
    page.get_by_label("Settings of the chat").click()
    reader.look("settings of the chat")
    page.get_by_label("Settings of the chat").click()
    row.get_by_role("button", name=re.compile("^What to do with")).click()
    row.get_by_role("button", name="Reply", exact=True).click()
    page.get_by_label("Reply", exact=True).press_sequentially("@सु")
    expect(page.get_by_role("option").first).to_be_visible()
    reader.look("a thread, and people to mention")
    box.fill("what waits")
    act = writer.page.get_by_role("log").locator("[data-message]").filter(has_text=text).last
    act.get_by_role("button", name=re.compile("^What to do with")).click()
    act.get_by_role("button", name="Delete", exact=True).click()
    writer.look("before one deletes a message")
    for each in (writer, reader):
        assert not each.findings, each.report()


def test_the_console_is_accessible_with_everything_that_can_wait(looker: Look, demo: str) -> None:
    moderator, attendee, other = looker("moderator"), looker("vientiane"), looker("kathmandu")
    for reader in (moderator, attendee, other):
        enter_live_session(reader.page)
    box = message_box(other.page)
    box.fill("चिया किन्नुहोस्")
    box.press("Enter")
    see_message(attendee.page, "चिया किन्नुहोस्")
    attendee.page.get_by_role("button", name=re.compile("^What to do with the message of")).last.click()
    attendee.page.get_by_role("button", name="Report", exact=True).last.click()
    attendee.look("reporting a message")
    attendee.page.get_by_label("Something else").check()
    attendee.page.get_by_role("button", name="Send the report").click()

    page = moderator.page
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # Playwright's own TypedDict
    page.get_by_role("link", name="Console").click()
    page.get_by_role("button", name="Two minutes left").click()
    expect(page.get_by_role("timer")).to_be_visible()
    for name in ("People", "Log", "Rules", "Polls", "Questions", "Notices", "Reports", "Chat"):
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        page.get_by_role("tab", name=re.compile(f"^{name}")).click()
        moderator.look(f"the console: {name}")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys", exact=True).click()
    moderator.look("the keys of the console")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name=re.compile("^Reports")).click()
    page.get_by_role("button", name="Leave it").first.click()
    for reader in (moderator, attendee):
        assert not reader.findings, reader.report()


def test_announcements_and_materials_are_accessible(looker: Look) -> None:
    moderator, attendee = looker("moderator"), looker("kathmandu")
    for reader in (moderator, attendee):
        enter_live_session(reader.page)
    page = moderator.page
    page.get_by_role("tab", name="Materials").click()
    page.get_by_text("Add a link or a file").click()
    page.get_by_role("tabpanel").get_by_role("button", name="Add", exact=True).click()
    for title, shown in (("آبپاشی کا نقشہ", True), ("Not shown yet", False)):
        page.get_by_label("Title (a file may go without)").fill(title)
        page.get_by_label("Web address").fill("https://example.org/")
        page.get_by_label("Everyone in the room sees it").set_checked(shown)
        page.get_by_role("tabpanel").get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("tabpanel").get_by_role("link", name=title)).to_be_visible()
    moderator.look("materials as the moderator")
    attendee.page.get_by_role("tab", name="Materials").click()
    attendee.look("materials as an attendee")
    page.get_by_role("tab", name="Notices").click()
    form = page.get_by_role("tabpanel")
    form.get_by_label("English").fill("မနက်ဖြန် နေ့လည်စာ ကျွေးမွေးပါမည်။")
    form.get_by_label("Link (optional)").fill("https://example.org/")
    form.get_by_label("Urgent: stays until it is closed").check()
    form.get_by_role("button", name="Announce", exact=True).click()
    attendee.page.get_by_role("tab", name="Notices").click()
    for reader in (moderator, attendee):
        expect(reader.page.locator(".banner")).to_be_visible()
    moderator.look("announcements as the moderator")
    attendee.look("announcements as an attendee, with a banner")
    form.get_by_role("button", name="Withdraw").click()
    expect(attendee.page.locator(".banner")).to_have_count(0)
    page.get_by_role("tab", name="Materials").click()
    for left in (2, 1):
        rows = form.get_by_role("listitem")
        expect(rows).to_have_count(left)
        rows.first.get_by_text("Take away", exact=True).click()
        rows.first.get_by_role("button", name="Yes, take it away").click()
    expect(attendee.page.get_by_role("tab", name="Materials")).to_be_hidden()
    for reader in (moderator, attendee):
        assert not reader.findings, reader.report()


# --- By keyboard alone ---


def tab_to(page: Page, reached: Callable[[], bool], what: str, *, most: int = 80) -> None:
    for _press in range(most):
        page.keyboard.press("Tab")
        if reached():
            return
    raise AssertionError(f"{what} was not reached with {most} presses of Tab.")


def focused(page: Page) -> str:
    """What a screen reader would say of the focused element: its label or words."""
    return str(
        page.evaluate(
            """() => { const at = document.activeElement; return at?.getAttribute("aria-label") ?? at?.labels?.[0]?.innerText
               ?? at?.innerText ?? ""; }"""
        )
    )


def test_the_programme_works_by_keyboard_alone(page_of: NewPage) -> None:
    page = page_of("vientiane", viewport=PHONE)
    page.goto("/demo/schedule/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()

    filters = page.get_by_label("Track")
    expect(filters).to_be_hidden()
    tab_to(page, lambda: focused(page).startswith("Filters"), "The filters")
    page.keyboard.press("Enter")
    expect(filters).to_be_visible()
    tab_to(page, lambda: focused(page) == "Track", "The filter by track", most=5)
    with page.expect_response(re.compile("/demo/schedule/\\?.*track=")):
        page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("track="))

    page.goto("/demo/schedule/")
    tab_to(page, lambda: focused(page).startswith("On my agenda:"), "A star")
    star = page.locator("*:focus")
    before = star.get_attribute("aria-pressed") == "true"
    with page.expect_response(re.compile("/star/$")):
        page.keyboard.press("Space")
    expect(star).to_have_attribute("aria-pressed", str(not before).lower())  # and it has kept the focus


def test_one_chats_by_keyboard_alone(page_of: NewPage) -> None:
    page = page_of("vientiane")
    enter_live_session(page)
    box = message_box(page)
    tab_to(page, lambda: box.evaluate("box => box === document.activeElement"), "The field for a message")
    text = f"by keyboard {secrets.token_hex(3)}"
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    see_message(page, text)
    expect(box).to_be_focused()
