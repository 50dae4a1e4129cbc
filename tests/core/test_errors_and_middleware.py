"""Refusals as answers, and what wraps every request."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conference.core.errors import Busy, Conflict, Denied, Invalid, Missing, Refusal
from conference.core.middleware import RefusalMiddleware, media_origin
from tests.factories import make_event, make_user

pytestmark = pytest.mark.django_db

REFUSALS = [(Refusal, 400), (Denied, 403), (Missing, 404), (Conflict, 409), (Invalid, 422), (Busy, 429)]


def answer_to(error: Exception, rf: RequestFactory, **headers: str) -> HttpResponse | None:
    request: HttpRequest = rf.get("/", headers=headers)
    request.htmx = "HX-Request" in headers  # type: ignore[attr-defined]
    request.user = make_user()
    request.session = {}  # type: ignore[assignment]
    request.csp_nonce = ""  # type: ignore[attr-defined]
    return RefusalMiddleware(lambda _request: HttpResponse()).process_exception(request, error)


@pytest.mark.parametrize(("kind", "status"), REFUSALS)
def test_a_browser_gets_a_page_with_the_sentence(kind, status, rf):
    answer = answer_to(kind("The hall is full, take the next one."), rf, Accept="text/html")
    assert answer is not None and answer.status_code == status
    page = answer.content.decode()
    assert "The hall is full, take the next one." in page and "<h1>" in page


@pytest.mark.parametrize(("kind", "status"), REFUSALS)
def test_who_asks_for_json_gets_json(kind, status, rf):
    answer = answer_to(kind("No.", limit=3), rf, Accept="application/json")
    assert answer is not None and answer.status_code == status
    told = json.loads(answer.content)["error"]
    assert told == {"code": kind.code, "message": "No.", "limit": 3}


def test_htmx_gets_a_toast_and_keeps_its_page(rf):
    answer = answer_to(Conflict("Someone was faster."), rf, **{"HX-Request": "true", "Accept": "*/*"})
    assert answer is not None and answer.status_code == 409
    assert answer.headers["HX-Reswap"] == "none"
    assert json.loads(answer.headers["HX-Trigger"])["toast"] == {
        "kind": "error",
        "message": "Someone was faster.",
    }


def test_a_sentence_with_markup_is_shown_as_text(rf):
    answer = answer_to(Denied("<img src=x onerror=alert(1)>"), rf, Accept="text/html")
    assert answer is not None and "<img src=x" not in answer.content.decode()


def test_too_much_at_once_says_when_to_come_back(rf):
    answer = answer_to(Busy("Wait a little.", retry_after=31), rf, Accept="text/html")
    assert answer is not None and answer.headers["Retry-After"] == "31"


def test_a_bug_is_not_a_refusal(rf):
    assert answer_to(ValueError("bug"), rf, Accept="text/html") is None


def test_a_refusal_is_told_in_the_language_of_the_moment_of_telling():
    error = Missing(_("Live now"), place="hall")
    assert error.as_data() == {"code": "missing", "message": "Live now", "place": "hall"}
    assert str(error) == "Live now"


def test_a_missing_page_answers_in_a_sentence_and_tells_no_secret(client):
    answer = client.get("/no-such-event/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "There is no such event here" in page and "Traceback" not in page


# --- Closed by default ---


@pytest.mark.parametrize(
    "path", ["/me/", "/me/inbox/", "/events/new/", "/demo/organize/", "/demo/participants/"]
)
def test_a_stranger_is_sent_to_sign_in(client, path):
    answer = client.get(path)
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/account/sign-in/?next=")


# --- Policy and headers ---


def policy(answer: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: rest for name, _space, rest in parts}


def test_no_page_lets_in_foreign_or_inline_script(client, settings):
    settings.MEDIA_PUBLIC_URL = ""
    told = policy(client.get("/", headers={"Host": "localhost:8000"}))
    assert told["script-src"] == told["style-src"] == told["default-src"] == "'self'"
    assert told["frame-ancestors"] == told["object-src"] == told["base-uri"] == "'none'"
    assert f"ws://localhost:8000 http://localhost:{settings.MEDIA_PORT}" in told["connect-src"]


def test_over_tls_the_socket_is_encrypted_too(client, settings):
    settings.MEDIA_PUBLIC_URL = "https://media.example.org"
    connect = policy(client.get("/", secure=True, headers={"Host": "localhost"}))["connect-src"]
    assert "wss://localhost" in connect and "https://media.example.org" in connect and "ws://" not in connect


def test_the_media_origin_follows_the_host_that_was_asked(rf, settings):
    settings.MEDIA_PUBLIC_URL, settings.MEDIA_PORT = "", 8001
    settings.ALLOWED_HOSTS = ["*"]
    for host, origin in {
        "localhost:8000": "http://localhost:8001",
        "10.0.0.7": "http://10.0.0.7:8001",
        "[::1]:8000": "http://[::1]:8001",
        "[::1]": "http://[::1]:8001",
    }.items():
        assert media_origin(rf.get("/", headers={"Host": host})) == origin


def test_an_unknown_host_gets_no_page(client, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400 and "evil.example" not in answer.content.decode()


def test_every_answer_has_an_id_and_the_safe_headers(client):
    answer = client.get("/")
    assert len(answer.headers["X-Request-ID"]) == 12
    assert (
        answer.headers["X-Frame-Options"] == "DENY" and answer.headers["X-Content-Type-Options"] == "nosniff"
    )
    assert client.get("/").headers["X-Request-ID"] != answer.headers["X-Request-ID"]


def test_the_log_line_of_a_request_holds_no_personal_data(client, caplog):
    make_event("tea")
    with caplog.at_level(logging.INFO):
        client.get("/tea/schedule/?q=noy@example.org", REMOTE_ADDR="203.0.113.9")
    lines = [record.getMessage() for record in caplog.records if "chama.request" in record.name]
    assert any("schedule" in line for line in lines)
    assert not any("noy@example.org" in line or "203.0.113.9" in line for line in lines)


# --- Language and clock ---


def test_the_language_is_the_cookies_else_the_browsers(client):
    assert 'lang="zh-hans"' in client.get("/", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert 'lang="en"' in client.get("/", headers={"Accept-Language": "my"}).content.decode()
    client.cookies["django_language"] = "zh-hans"
    assert 'lang="zh-hans"' in client.get("/", headers={"Accept-Language": "en"}).content.decode()


def test_the_clock_is_the_persons_else_the_browsers(client, monkeypatch):
    def zone_of(client: Client) -> str:
        page = client.get("/").content.decode()
        return page.partition('data-zone="')[2].partition('"')[0]

    assert zone_of(client) == "Asia/Shanghai"
    client.cookies["time_zone"] = "Asia/Kathmandu"
    assert zone_of(client) == "Asia/Kathmandu"
    client.cookies["time_zone"] = "Mars/Base" * 50
    assert zone_of(client) == "Asia/Shanghai"
    client.force_login(make_user(time_zone="Asia/Yangon"))
    assert zone_of(client) == "Asia/Yangon"
    assert timezone.get_current_timezone_name() == "UTC", "the next request starts afresh"


def test_what_a_signed_in_person_gets_is_kept_by_no_shared_cache():
    event, person = make_event(), make_user()
    mine = Client()
    mine.force_login(person)
    for address in ("/me/", f"/{event.slug}/", f"/{event.slug}/schedule/", "/"):
        assert "private" in mine.get(address).headers["Cache-Control"], address
    assert "private" not in Client().get(f"/{event.slug}/").headers.get("Cache-Control", "")
