"""One mail, a code and a link, for those who have an account and those who do not."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from conference.accounts.actions import arrive
from conference.accounts.models import User
from conference.core.models import Fact
from conference.core.streams import cache_server
from conference.registration.actions import register
from conference.registration.models import Ticket
from tests.accounts.conftest import AskForMail, newest_secrets
from tests.factories import make_event, make_user

pytestmark = pytest.mark.django_db

SIGN_IN = "/account/sign-in/"
CODE = "/account/code/"


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def other_than(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_a_known_person_signs_in_by_code_and_goes_where_they_wanted(
    client: Client, ask_for_mail: AskForMail
) -> None:
    person = make_user()
    code, _link = ask_for_mail(person.email, next="/me/profile/")
    response = client.post(CODE, {"code": code})
    assert response["Location"] == "/me/profile/"
    assert who(client) == str(person.pk)


def test_an_unknown_address_becomes_an_account_only_after_the_code(
    client: Client, ask_for_mail: AskForMail
) -> None:
    code, _link = ask_for_mail("New.Person@Example.org", next="/me/data/")
    assert not User.objects.filter(email="new.person@example.org").exists()
    response = client.post(CODE, {"code": code})
    person = User.objects.get(email="new.person@example.org")
    assert who(client) == str(person.pk)
    assert response["Location"] == "/me/welcome/?next=%2Fme%2Fdata%2F"
    assert not person.has_usable_password()
    assert EmailAddress.objects.filter(user=person, verified=True, primary=True).count() == 1
    assert Fact.objects.filter(verb="person.joined", actor=person).exists()


def test_known_and_unknown_addresses_get_the_same_answer(client: Client) -> None:
    person = make_user()
    answers = []
    for email in (person.email, "nobody-knows@example.org"):
        browser = Client()
        first = browser.post(SIGN_IN, {"email": email})
        page = browser.get(CODE).content.decode().replace(email, "ADDRESS")
        answers.append(
            (
                first.status_code,
                first["Location"],
                len(mail.outbox[-1].subject),
                page.split("<main")[1].count("<"),
            )
        )
    assert answers[0] == answers[1]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    "written", ["{0}{1}{2} {3}{4}{5}", " {0}{1}{2}-{3}{4}{5}\n", "{0} {1} {2} {3} {4} {5}"]
)
def test_a_pasted_code_may_have_blanks_and_hyphens(
    client: Client, ask_for_mail: AskForMail, written: str
) -> None:
    person = make_user()
    code, _link = ask_for_mail(person.email)
    client.post(CODE, {"code": written.format(*code)})
    assert who(client) == str(person.pk)


def test_digits_of_another_script_are_digits(client: Client, ask_for_mail: AskForMail) -> None:
    person = make_user()
    code, _link = ask_for_mail(person.email)
    client.post(CODE, {"code": code.translate(str.maketrans("0123456789", "०१२३४५६७८९"))})
    assert who(client) == str(person.pk)


def test_a_wrong_code_says_how_many_tries_are_left_and_the_right_one_still_works(
    client: Client, ask_for_mail: AskForMail
) -> None:
    person = make_user()
    code, _link = ask_for_mail(person.email)
    response = client.post(CODE, {"code": other_than(code)})
    assert response.status_code == 422
    assert "You have 4 more tries." in response.content.decode()
    assert who(client) is None
    client.post(CODE, {"code": code})
    assert who(client) == str(person.pk)


def test_after_five_wrong_codes_the_right_one_is_dead_too(client: Client, ask_for_mail: AskForMail) -> None:
    code, link = ask_for_mail(make_user().email)
    for _try in range(5):
        response = client.post(CODE, {"code": other_than(code)}, follow=True)
    assert "there were too many tries" in response.content.decode()
    assert client.post(CODE, {"code": code}).status_code == 410
    assert client.post(link).status_code == 410
    assert who(client) is None


@pytest.mark.parametrize(
    "nonsense", ["", "12345", "1234567", "abcdef", "'; DROP TABLE", "<script>", "½²³¹¼¾", "1" * 5000]
)
def test_what_is_no_code_costs_no_try(client: Client, ask_for_mail: AskForMail, nonsense: str) -> None:
    code, _link = ask_for_mail(make_user().email)
    for _try in range(6):
        assert client.post(CODE, {"code": nonsense}).status_code == 422
    client.post(CODE, {"code": code})
    assert who(client)


def test_an_expired_code_is_told_as_such(client: Client, ask_for_mail: AskForMail) -> None:
    code, link = ask_for_mail(make_user().email)
    with patch("conference.accounts.codes.time.time", return_value=time.time() + 15 * 60 + 1):
        response = client.post(CODE, {"code": code})
        assert response.status_code == 410
        assert "This mail is no longer good" in response.content.decode()
        assert client.get(link).status_code == 410
    assert who(client) is None


def test_a_code_works_once(client: Client, ask_for_mail: AskForMail) -> None:
    code, link = ask_for_mail(make_user().email)
    assert client.post(CODE, {"code": code}).status_code == 302
    client.post(reverse("account_logout"))
    assert client.post(CODE, {"code": code}).status_code == 410
    assert client.post(link).status_code == 410
    assert who(client) is None


def test_a_code_is_of_no_use_in_another_browser(client: Client, ask_for_mail: AskForMail) -> None:
    code, _link = ask_for_mail(make_user().email)
    thief = Client()
    assert thief.post(CODE, {"code": code}).status_code == 410
    ask_for_mail("thief@example.org", thief)
    thief.post(CODE, {"code": code})
    assert who(thief) is None


def test_opening_the_link_changes_nothing_and_its_button_signs_in_any_browser(
    client: Client, ask_for_mail: AskForMail
) -> None:
    person = make_user()
    _code, link = ask_for_mail(person.email, next="/me/")
    scanner, phone = Client(), Client()
    for _visit in range(3):
        page = scanner.get(link)
        assert page.status_code == 200
        assert person.email in page.content.decode()
    assert who(scanner) is None
    assert phone.post(link)["Location"] == "/me/"
    assert who(phone) == str(person.pk)
    assert Client().post(link).status_code == 410


@pytest.mark.parametrize("link", ["x", "a" * 400, "%00", "..%2f..%2fetc"])
def test_an_invented_link_is_told_to_be_no_longer_good(client: Client, link: str) -> None:
    assert client.get(f"/account/link/{link}/").status_code in (404, 410)
    assert client.post(f"/account/link/{link}/").status_code in (404, 410)
    assert who(client) is None


def test_another_mail_ends_the_code_of_the_one_before(client: Client, ask_for_mail: AskForMail) -> None:
    person = make_user()
    old_code, old_link = ask_for_mail(person.email)
    client.post(reverse("sign_in_again"))
    code, _link = newest_secrets()
    assert len(mail.outbox) == 2
    assert Client().get(old_link).status_code == 410
    if old_code != code:
        assert client.post(CODE, {"code": old_code}).status_code == 422
    client.post(CODE, {"code": code})
    assert who(client) == str(person.pk)


def test_an_address_gets_only_so_many_mails_and_is_told_how_long_to_wait(
    client: Client, settings: object
) -> None:
    settings.SIGN_IN_MAILS_PER_ADDRESS = 2  # type: ignore[attr-defined]
    for _mail in range(2):
        assert Client().post(SIGN_IN, {"email": "often@example.org"}).status_code == 302
    response = client.post(SIGN_IN, {"email": "OFTEN@example.org"})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 900
    assert "Wait 15 minutes and try again." in response.content.decode()
    assert 'value="OFTEN@example.org"' in response.content.decode()
    assert len(mail.outbox) == 2
    assert client.post(SIGN_IN, {"email": "other@example.org"}).status_code == 302


def test_a_stranger_elsewhere_cannot_use_up_the_mails_of_an_address(settings: object) -> None:
    settings.SIGN_IN_MAILS_PER_ADDRESS = 2  # type: ignore[attr-defined]

    def ask(network: str) -> int:
        return Client().post(SIGN_IN, {"email": "som@example.org"}, REMOTE_ADDR=network).status_code

    assert [ask("203.0.113.9") for _mail in range(3)] == [302, 302, 429]
    assert [ask("198.51.100.1") for _mail in range(2)] == [302, 302]
    assert [ask(f"192.0.2.{number}") for number in range(3)] == [302, 302, 429]
    assert len(mail.outbox) == 6


def test_a_network_asks_only_for_so_many_mails(client: Client, settings: object) -> None:
    settings.SIGN_IN_MAILS_PER_IP = 3  # type: ignore[attr-defined]
    for number in range(3):
        client.post(SIGN_IN, {"email": f"p{number}@example.org"}, REMOTE_ADDR="2001:db8:1:2::1")
    same = client.post(SIGN_IN, {"email": "p9@example.org"}, REMOTE_ADDR="2001:db8:1:2:ffff::9")
    other = client.post(SIGN_IN, {"email": "p9@example.org"}, REMOTE_ADDR="2001:db8:1:3::1")
    assert (same.status_code, other.status_code) == (429, 302)


def test_a_network_tries_only_so_many_wrong_codes(client: Client, ask_for_mail: AskForMail) -> None:
    with patch("conference.accounts.actions.spend", wraps=None) as spent:
        code, _link = ask_for_mail(make_user().email)
        client.post(CODE, {"code": other_than(code)})
    assert any(call.args[0] == "wrong-code-network" for call in spent.call_args_list)


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "a" * 300 + "@example.org", "x\r\nBcc: y@example.org", "<script>@x.org"]
)
def test_what_is_no_address_is_refused_and_no_mail_is_sent(client: Client, email: str) -> None:
    assert client.post(SIGN_IN, {"email": email}).status_code == 422
    assert not mail.outbox


def test_only_pages_of_ours_are_gone_to_afterwards(client: Client, ask_for_mail: AskForMail) -> None:
    code, _link = ask_for_mail(make_user().email, next="https://evil.example/phish")
    assert client.post(CODE, {"code": code})["Location"] == "/"


def test_the_session_gets_a_new_key_at_sign_in(client: Client, ask_for_mail: AskForMail) -> None:
    code, _link = ask_for_mail(make_user().email)
    before = client.session.session_key
    client.post(CODE, {"code": code})
    assert client.session.session_key != before


def test_a_closed_account_is_not_opened(client: Client, ask_for_mail: AskForMail) -> None:
    person = make_user(is_active=False)
    code, _link = ask_for_mail(person.email)
    response = client.post(CODE, {"code": code}, follow=True)
    assert "This account is closed" in response.content.decode()
    assert who(client) is None


def test_a_mail_that_cannot_be_sent_is_told_and_leaves_nothing_to_answer(client: Client) -> None:
    with patch("conference.accounts.actions.EmailMessage.send", side_effect=ConnectionRefusedError):
        response = client.post(SIGN_IN, {"email": "a@example.org"})
    assert response.status_code == 429
    assert "The mail could not be sent." in response.content.decode()
    assert client.get(CODE).status_code == 410


def test_the_mail_and_page_speak_the_readers_language_setting(
    client: Client, ask_for_mail: AskForMail
) -> None:
    person = make_user(language="zh-hans")
    code, _link = ask_for_mail(person.email)
    client.post(CODE, {"code": code})
    assert client.cookies["django_language"].value == "zh-hans"


def test_a_service_that_somebody_linked_before_the_address_was_proven_is_cut(client: Client) -> None:
    person = make_user(email="owner@example.org")
    EmailAddress.objects.create(user=person, email=person.email, verified=False, primary=True)
    SocialAccount.objects.create(user=person, provider="google", uid="attacker")
    same, created = arrive("owner@example.org")
    assert (same.pk, created) == (person.pk, False)
    assert not SocialAccount.objects.filter(user=person).exists()


def test_a_password_opens_the_account_and_a_wrong_one_does_not(client: Client) -> None:
    person, _created = arrive("with-password@example.org")
    person.set_password("correct horse battery")
    person.save()
    page = reverse("password_sign_in")
    assert client.get(page).status_code == 200
    wrong = client.post(page, {"login": person.email, "password": "wrong horse"})
    assert wrong.status_code == 200
    assert who(client) is None
    client.post(page, {"login": person.email, "password": "correct horse battery"})
    assert who(client) == str(person.pk)


def test_passwords_are_not_guessed_for_long(client: Client) -> None:
    person, _created = arrive("with-password@example.org")
    person.set_password("correct horse battery")
    person.save()
    for _try in range(6):
        client.post(reverse("password_sign_in"), {"login": person.email, "password": "wrong horse"})
    client.post(reverse("password_sign_in"), {"login": person.email, "password": "correct horse battery"})
    assert who(client) is None


def test_the_back_office_is_entered_by_our_sign_in(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.status_code == 200
    assert "Send me the mail" in response.content.decode()


def test_sign_in_pages_hold_no_inline_script_or_style(client: Client, ask_for_mail: AskForMail) -> None:
    _code, link = ask_for_mail(make_user().email)
    for page in (SIGN_IN, CODE, link, reverse("password_sign_in")):
        text = client.get(page).content.decode()
        assert " style=" not in text and "onclick" not in text and "<style" not in text
        assert all("src=" in tag for tag in text.split("<script")[1:])


def test_a_form_without_its_token_is_told_to_be_too_old_and_does_nothing() -> None:
    stranger = Client(enforce_csrf_checks=True)
    response = stranger.post(SIGN_IN, {"email": "a@example.org"})
    assert response.status_code == 403
    assert "This page was too old" in response.content.decode()
    assert not mail.outbox


def test_while_the_store_is_away_signing_in_is_refused_with_a_sentence(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    cache_server.cache_clear()
    try:
        response = client.post(SIGN_IN, {"email": "a@example.org"})
    finally:
        cache_server.cache_clear()
    assert response.status_code == 429
    assert "This is not possible right now." in response.content.decode()
    assert not mail.outbox


def at_once(act: Callable[[], Any], times: int = 4) -> list[Any]:
    """The outcomes of the same thing done in several threads at the same moment."""
    gate = threading.Barrier(times)

    def one() -> Any:
        try:
            gate.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [done.result() for done in [pool.submit(one) for _number in range(times)]]


@pytest.mark.django_db(transaction=True)
def test_arriving_in_several_windows_at_once_makes_one_account() -> None:
    outcomes = at_once(lambda: arrive("many@example.org"))
    assert len({person.pk for person, _created in outcomes}) == 1
    assert sum(created for _person, created in outcomes) == 1
    assert EmailAddress.objects.filter(email="many@example.org").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_link_pressed_several_times_at_once_is_used_once(ask_for_mail: AskForMail) -> None:
    _code, link = ask_for_mail("many@example.org", Client())
    browsers = iter([Client() for _number in range(4)])
    pages = at_once(lambda: next(browsers).post(link))
    assert (
        sorted(
            page["Location"].startswith("/me/welcome/") for page in pages if page.status_code == 302
        ).count(True)
        == 1
    )


@pytest.mark.django_db(transaction=True)
def test_registering_in_several_windows_at_once_makes_one_ticket() -> None:
    event, person = make_event(), make_user()
    at_once(lambda: register(person, event, mode="online"))
    assert Ticket.objects.filter(event=event, user=person).count() == 1
    assert Fact.objects.filter(verb="ticket.taken").count() == 1


def test_a_password_alone_does_not_open_an_account_whose_address_was_never_proven(client: Client) -> None:
    person = User.objects.create_superuser("root@example.org", "correct horse battery")
    response = client.post(
        reverse("password_sign_in"), {"login": person.email, "password": "correct horse battery"}, follow=True
    )
    assert "Confirm your address" in response.content.decode()
    assert who(client) is None
    found = re.search(r"^\s+(\d{6})$", mail.outbox[-1].body, re.MULTILINE)
    assert found
    client.post(reverse("account_email_verification_sent"), {"code": found[1]})
    client.post(reverse("password_sign_in"), {"login": person.email, "password": "correct horse battery"})
    assert who(client) == str(person.pk)
