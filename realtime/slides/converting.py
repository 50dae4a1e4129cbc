"""The worker's side of making pictures of a PDF: it starts `render.py` in a process of its own, believes nothing that comes from
there without looking, and ends it when it takes too long."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime.slides.models import MOST_PAGES, MOST_TEXT

RENDER = Path(__file__).with_name("render.py")
"""Never imported here: the library that reads PDF stays out of our processes."""

PAGE_SECONDS = 40.0
"""The longest that one page may take."""
SECONDS = 400.0
"""The longest that a whole document may take."""

LONGEST_LINE = 64 * 1024
LARGEST_PICTURE = 16 * 1024 * 1024

PROBLEMS = frozenset({"encrypted", "broken", "too_many_pages", "too_complex"})


class Failed(Exception):
    """No pictures can be made of it; `problem` is one of `PROBLEMS`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem if problem in PROBLEMS else "broken"


@dataclass(frozen=True, slots=True)
class Begun:
    """The document can be read and has so many pages."""

    pages: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pictures of a page are there, WebP both, and this is written on it."""

    number: int
    small: bytes
    large: bytes
    text: str


def convert(pdf: Path, folder: Path) -> Iterator[Begun | Drawn]:
    """The steps of making pictures of this file in this empty folder, as they come; `Failed` where it cannot be done."""
    child = subprocess.Popen(
        [sys.executable, "-I", str(RENDER), str(pdf), str(folder), str(MOST_PAGES), str(MOST_TEXT)],
        env={"LANG": "C.UTF-8"},  # no secrets of ours
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield from _checked(_lines(child), folder)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _lines(child: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """What the child says, until it ends."""
    assert child.stdout is not None
    waiting, ends = b"", time.monotonic() + SECONDS
    while True:
        left = min(PAGE_SECONDS, ends - time.monotonic())
        if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
            raise Failed("too_complex")
        some = os.read(child.stdout.fileno(), LONGEST_LINE)
        if not some:
            return
        *lines, waiting = (waiting + some).split(b"\n")
        if len(waiting) > LONGEST_LINE:
            raise Failed("broken")
        for line in lines:
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):
                raise Failed("broken") from None
            if not isinstance(said, dict):
                raise Failed("broken")
            yield said


def _checked(lines: Iterator[dict[str, Any]], folder: Path) -> Iterator[Begun | Drawn]:
    pages, done = 0, 0
    for said in lines:
        if "problem" in said:
            raise Failed(str(said["problem"]))
        if not pages:
            pages = said.get("pages")  # type: ignore[assignment]
            if type(pages) is not int or not 0 < pages <= MOST_PAGES:
                raise Failed("broken")
            yield Begun(pages)
            continue
        done += 1
        if said.get("page") != done or done > pages or not isinstance(said.get("text"), str):
            raise Failed("broken")
        text = said["text"][:MOST_TEXT].replace("\x00", "")
        yield Drawn(done, _picture(folder, done, "small"), _picture(folder, done, "large"), text)
    if not pages or done < pages:  # it crashed, or came to one of its bounds
        raise Failed("too_complex")


def _picture(folder: Path, number: int, size: str) -> bytes:
    try:
        handle = os.open(folder / f"{number}-{size}.webp", os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            content = file.read(LARGEST_PICTURE)
    except OSError:
        raise Failed("broken") from None
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise Failed("broken")
    return content
