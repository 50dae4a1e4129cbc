"""A body that is too large is answered before anything stores it."""

from __future__ import annotations

from typing import Any

import pytest

from conference.core.limits import Receive, Scope, Send, limit_body

pytestmark = pytest.mark.asyncio


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads the whole body and answers with its length."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


async def ask(chunks: list[bytes], headers: list[tuple[bytes, bytes]] | None = None) -> tuple[int, bytes]:
    """Status and body of the answer to a request of these chunks, with a limit of 1 MB."""
    messages = [
        {"type": "http.request", "body": chunk, "more_body": place < len(chunks) - 1}
        for place, chunk in enumerate(chunks)
    ]
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    await limit_body(echo, 1024 * 1024)({"type": "http", "headers": headers or []}, receive, send)
    assert [answer["type"] for answer in answers] == ["http.response.start", "http.response.body"]
    return answers[0]["status"], answers[1]["body"]


async def test_a_small_body_passes_untouched() -> None:
    assert await ask([b"a" * 1000, b"b" * 24]) == (200, b"1024")


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    status, body = await ask([b"a"], [(b"content-length", b"1048577")])
    assert status == 413
    assert b"larger than 1 MB" in body


async def test_a_body_that_says_nothing_of_its_size_is_cut_off() -> None:
    status, _body = await ask([b"a" * 600_000, b"a" * 600_000, b"a" * 600_000])
    assert status == 413


async def test_a_body_of_just_the_limit_passes() -> None:
    assert (await ask([b"a" * 1024 * 1024], [(b"content-length", b"1048576")]))[0] == 200
