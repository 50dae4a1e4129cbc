"""The address for outside captioning services: what it takes, what it refuses and with which status, and what it bears."""

from __future__ import annotations

import json
import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.captions import actions, views
from realtime.captions.models import Caption, CaptionToken
from tests.realtime.conftest import OpenTab, World

in_db = database_sync_to_async

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "captions-endpoint.md"


class Service:
    """An outside service with its key."""

    def __init__(self, world: World, language: str = "en") -> None:
        actions.offer_captions(world.moderator, world.room.pk, language=language)
        self.token, self.secret = actions.make_token(
            world.moderator, world.room.pk, language=language, label="Service", days=1
        )
        self.address = f"/live/rooms/{world.room.pk}/captions/{language}"
        self.client = Client(enforce_csrf_checks=True)

    def send(self, data: Any, **more: Any) -> Any:
        body = data if isinstance(data, str | bytes) else json.dumps(data)
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        return self.client.post(
            more.pop("address", self.address),
            body,
            content_type=more.pop("content_type", "application/json"),
            headers={name: value for name, value in headers.items() if value is not None},
        )


@pytest.fixture
def service(world: World) -> Service:
    return Service(world)


def texts() -> list[str]:
    return list(Caption.objects.order_by("pk").values_list("text", flat=True))


# --- what it takes ---


def test_a_finished_line_is_kept_once_however_often_it_is_sent(service: Service) -> None:
    line = {"text": "Good morning.", "id": "seg-1"}
    first = service.send(line)
    assert first.status_code == 200
    caption = Caption.objects.get()
    assert first.json() == {"lines": [{"id": "seg-1", "caption": caption.pk}]}
    assert service.send(line).json() == first.json()
    assert texts() == ["Good morning."] and not Caption.objects.get().edited


def test_another_text_under_the_same_id_corrects_the_line(service: Service) -> None:
    first = service.send({"text": "Good mourning.", "id": "seg-1"}).json()
    assert service.send({"text": "Good morning.", "id": "seg-1"}).json() == first
    assert texts() == ["Good morning."] and Caption.objects.get().edited


def test_times_are_those_of_the_service_or_how_long_one_needs_to_say_it(service: Service) -> None:
    now = timezone.now()
    start, end = now - timedelta(seconds=9), now - timedelta(seconds=6)
    service.send({"text": "One", "start": start.isoformat(), "end": end.isoformat()})
    service.send({"text": "x" * 45})
    one, two = Caption.objects.order_by("pk")
    assert (one.start, one.end) == (start, end)
    assert two.end - two.start == timedelta(seconds=3) and abs(two.end - timezone.now()).total_seconds() < 30


def test_a_line_is_one_line_of_letters(service: Service) -> None:
    service.send({"text": " ab\x00cd\x07\r\n ef\u2028\u202egh "})
    service.send({"text": "ខ្ញុំ\u200bទៅ"})  # Khmer marks where its words end, for the breaking of lines
    assert texts() == ["ab cd ef gh", "ខ្ញុំ\u200bទៅ"]


def test_a_batch_is_taken_whole_or_not_at_all(service: Service) -> None:
    lines = [
        {"text": "One", "id": "1"},
        {"text": "Two", "id": "2"},
        {"text": "Thr", "id": "3", "final": False},
    ]
    answer = service.send({"lines": lines})
    assert answer.status_code == 200
    assert [each["caption"] is not None for each in answer.json()["lines"]] == [True, True, False]
    wrong = service.send({"lines": [{"text": "Four", "id": "4"}, {"text": "", "id": "5"}]})
    assert wrong.status_code == 422 and list(wrong.json()["error"]["fields"]) == ["lines.1.text"]
    assert texts() == ["One", "Two"]


@pytest.mark.django_db(transaction=True)
async def test_what_is_not_final_passes_by_and_becomes_a_line(world: World, tab: OpenTab) -> None:
    service = await in_db(Service)(world)
    reader = await tab(world.noy, world.room)
    await reader.ask("captions.follow", world.room.pk, languages=["en"])
    answer = await in_db(service.send)({"text": "Good mor", "id": "seg-1", "final": False})
    assert answer.status_code == 202
    assert answer.json() == {"lines": [{"id": "seg-1", "caption": None}]}
    told = await reader.signal("writing")
    assert told == {"line": "seg-1", "text": "Good mor", "person": None, "name": ""}
    await in_db(service.send)({"text": "Good morning.", "id": "seg-1"})
    update = await reader.frame()
    assert (update["update"], update["data"]["line"]) == ("caption.saved", "seg-1")
    # What comes late is not told any more.
    assert (await in_db(service.send)({"text": "Good m", "id": "seg-1", "final": False})).status_code == 202
    assert await reader.silence(1.3)
    assert await Caption.objects.acount() == 1


# --- what it refuses ---


def test_without_a_key_or_with_a_wrong_one_it_says_so(service: Service) -> None:
    for header in (
        None,
        "",
        "Bearer",
        "Bearer wrong",
        f"Basic {service.secret}",
        f"Bearer {service.secret}x",
    ):
        answer = service.send({"text": "Hello"}, headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["error"]["code"] == "unauthorized"
    assert texts() == []


def test_a_key_that_is_over_opens_nothing(world: World, service: Service) -> None:
    CaptionToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert "expired" in service.send({"text": "Hello"}).json()["error"]["message"]
    CaptionToken.objects.update(expires=timezone.now() + timedelta(days=1))
    assert service.send({"text": "Hello"}).status_code == 200
    actions.revoke_token(world.moderator, world.room.pk, token_id=service.token.pk)
    answer = service.send({"text": "Hello again"})
    assert answer.status_code == 403 and "revoked" in answer.json()["error"]["message"]
    assert texts() == ["Hello"]


def test_a_key_opens_one_language_of_one_room(world: World, service: Service) -> None:
    other = Service(World(), "th")
    for address in (
        other.address,
        service.address.replace("/en", "/th"),
        service.address.replace("/en", "/xx"),
        f"/live/rooms/{world.room.pk + 999}/captions/en",
    ):
        assert service.send({"text": "Hello"}, address=address).status_code == 404
    assert texts() == []


def test_a_language_that_has_ended_takes_nothing(world: World, service: Service) -> None:
    service.send({"text": "Hello"})
    actions.end_captions(world.moderator, world.room.pk, language="en")
    for final in (True, False):
        assert service.send({"text": "Hello again", "final": final}).status_code == 409
    assert texts() == ["Hello"]


def test_other_methods_types_and_sizes_are_refused(service: Service) -> None:
    answer = service.client.get(service.address, headers={"Authorization": f"Bearer {service.secret}"})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert service.send('{"text": "Hello"}', content_type=kind).status_code == 415
    assert service.send('{"text": "Hi"}', content_type="application/json; charset=utf-8").status_code == 200
    answer = service.send(json.dumps({"text": "x" * views.MAX_BODY}))
    assert answer.status_code == 413 and answer.json()["error"]["limit"] == views.MAX_BODY
    assert texts() == ["Hi"]


NOW = timezone.now()
WRONG: dict[str, tuple[Any, str]] = {
    "nothing": (" ", "body"),
    "not JSON": ("hello", "body"),
    "half a character": ('{"text": "\\ud800"}', "body"),
    "NaN": ('{"text": "x", "start": NaN}', "start"),
    "a bomb": ("[" * 30_000, "body"),
    "a list": ([], "body"),
    "no text": ({}, "text"),
    "only spaces": ({"text": " \n\t "}, "text"),
    "a number as text": ({"text": 5}, "text"),
    "too long": ({"text": "x" * 501}, "text"),
    "a long id": ({"text": "x", "id": "y" * 65}, "id"),
    "a number as id": ({"text": "x", "id": 7}, "id"),
    "a text as final": ({"text": "x", "final": "no"}, "final"),
    "a time without a zone": ({"text": "x", "start": "2026-11-23T06:00:00"}, "start"),
    "no time": ({"text": "x", "start": "noon"}, "start"),
    "a number as time": ({"text": "x", "end": 1764000000}, "end"),
    "long ago": ({"text": "x", "start": "2001-01-01T00:00:00Z"}, "start"),
    "the far future": ({"text": "x", "end": "9999-12-31T23:59:59-23:00"}, "end"),
    "the end before the start": (
        {"text": "x", "start": NOW.isoformat(), "end": (NOW - timedelta(seconds=5)).isoformat()},
        "end",
    ),
    "an hour long": (
        {"text": "x", "start": (NOW - timedelta(hours=2)).isoformat(), "end": NOW.isoformat()},
        "end",
    ),
    "no lines": ({"lines": []}, "lines"),
    "too many lines": ({"lines": [{"text": "x"}] * 51}, "lines"),
    "lines that are none": ({"lines": {"text": "x"}}, "lines"),
    "a line that is none": ({"lines": ["x"]}, "lines.0"),
}


def test_what_does_not_hold_is_told_by_field_and_nothing_is_kept(service: Service) -> None:
    for what, (data, field) in WRONG.items():
        answer = service.send(data)
        assert answer.status_code == 422, (what, answer.content)
        error = answer.json()["error"]
        assert error["code"] == "invalid" and list(error["fields"]) == [field], what
        assert error["message"].endswith("."), what
    assert texts() == []


def test_whoever_sends_too_fast_is_told_how_long_to_wait(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LINES", (2, 60))
    codes = [service.send({"text": f"Line {number}"}).status_code for number in range(3)]
    assert codes == [200, 200, 429]
    answer = service.send({"text": "Line"})
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["error"]["retry_after"] == int(answer["Retry-After"])
    # What is not final has a measure of its own.
    assert service.send({"text": "Li", "final": False}).status_code == 202
    assert len(texts()) == 2


def test_it_needs_no_session_and_takes_none(world: World, service: Service) -> None:
    service.client.force_login(world.moderator)
    assert service.send({"text": "Hello"}, headers={"Authorization": None}).status_code == 401
    assert service.send({"text": "Hello"}).status_code == 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
lines = st.dictionaries(
    st.sampled_from(["text", "id", "start", "end", "final", "x"]), json_values, max_size=5
)


batches = st.builds(lambda some: {"lines": some}, st.lists(lines | json_values, max_size=4))


@given(st.binary(min_size=1, max_size=200) | json_values.map(json.dumps) | lines | batches)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_is_taken_or_refused(service: Service, data: Any) -> None:
    answer = service.send(data)
    assert answer.status_code in {200, 202, 422, 429}, answer.content
    assert ("error" in answer.json()) == (answer.status_code > 400)


# --- the document ---


def test_the_examples_of_the_document_work(world: World, service: Service) -> None:
    """Each curl of the page, as it stands there, with our address and key in its place."""
    examples = re.findall(
        r"```sh\n(curl .*?)```\n+```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S
    )
    assert len(examples) >= 3
    for command, told in examples:
        words = shlex.split(command.replace("\\\n", " "))
        headers = dict(
            each.split(": ", 1) for flag, each in zip(words, words[1:], strict=False) if flag == "--header"
        )
        assert headers["Authorization"] == "Bearer $TOKEN"
        assert words[1].startswith("https://") and words[1].endswith("/live/rooms/12/captions/en")
        body = words[words.index("--data") + 1]
        day = timezone.now().strftime("%Y-%m-%dT%H:%M:")  # its own is long ago
        body = body.replace("2026-11-23T06:15:", day)
        answer = service.send(body, content_type=headers["Content-Type"])
        assert answer.status_code in (200, 202), answer.content
        expected, found = json.loads(told), answer.json()
        assert [each["id"] for each in found["lines"]] == [each["id"] for each in expected["lines"]]
        assert [each["caption"] is None for each in found["lines"]] == [
            each["caption"] is None for each in expected["lines"]
        ]
    document = DOCUMENT.read_text(encoding="utf-8")
    for status in (200, 202, 401, 403, 404, 405, 409, 413, 415, 422, 429):
        assert f"| {status} |" in document
