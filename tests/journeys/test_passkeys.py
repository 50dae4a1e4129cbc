"""A newcomer gets an account by mail, makes a passkey in the browser, and comes back with it alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.platform import PHONE, RunningPlatform
from tests.journeys.steps import account_menu, ask_for_code

SECURE_ELEMENT = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_newcomer_makes_a_passkey_and_comes_back_with_it(
    platform: RunningPlatform, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": SECURE_ELEMENT})

    code = ask_for_code(page, platform, "sita@example.org")
    page.get_by_label("Code from the mail").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("heading", level=1, name="Welcome")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value(re.compile("Asia/K(ath|at)mandu"))
    page.get_by_label("Your name").fill("सीता")
    page.get_by_label("Country or region").select_option("NP")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("find technology").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("Sound and slides").click()
    page.get_by_role("button", name="Done").click()

    page.goto("/me/security/passkeys/add/")
    page.get_by_label("Name of this passkey").fill("my phone")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("The passkey is ready.")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("my phone")).to_be_visible()

    page.goto("/account/sign-out/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(account_menu(page)).to_have_count(0)

    page.goto("/account/sign-in/?next=/me/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("main").get_by_text("सीता").first).to_be_visible()
    expect(page).to_have_url(re.compile("/me/$"))
