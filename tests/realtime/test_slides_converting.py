"""Making pictures of a PDF in a process of its own: what comes out, and what a hostile file cannot do."""

from __future__ import annotations

import io
import os
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from realtime.slides import converting
from realtime.slides.converting import Begun, Drawn, Failed, convert
from realtime.slides.models import MOST_TEXT
from tests.realtime.documents import locked_pdf, pdf

DEMO = Path(__file__).parents[2] / "conference" / "demo" / "slides" / "envoy.pdf"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    return made


def made_of(content: bytes, folder: Path) -> list[Begun | Drawn]:
    file = folder.parent / "slides.pdf"
    file.write_bytes(content)
    return list(convert(file, folder))


def slides_of(content: bytes, folder: Path) -> list[Drawn]:
    first, *slides = made_of(content, folder)
    assert first == Begun(len(slides))
    return [each for each in slides if isinstance(each, Drawn)]


def problem_of(content: bytes, folder: Path) -> str:
    with pytest.raises(Failed) as failed:
        made_of(content, folder)
    return failed.value.problem


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as opened:
        assert opened.format == "WEBP"
        return opened.size


def test_each_page_becomes_two_pictures_and_its_words(folder: Path) -> None:
    one, two = slides_of(pdf("Tea and horses", "The end"), folder)
    assert (size_of(one.small), size_of(one.large)) == ((960, 540), (1600, 900))
    assert (one.text, two.text, two.number) == ("Tea and horses", "The end", 2)


@pytest.mark.parametrize(
    ("page", "large"),
    [
        ((595, 842), (848, 1200)),
        ((14400, 8100), (1600, 900)),
        ((96, 54), (1600, 900)),
        ((4000, 100), (1600, 40)),
    ],
)
def test_pages_of_any_size_are_fitted(folder: Path, page: tuple[int, int], large: tuple[int, int]) -> None:
    (slide,) = slides_of(pdf("Tea", size=page), folder)
    width, height = size_of(slide.large)
    assert abs(width - large[0]) <= 1 and abs(height - large[1]) <= 1


def test_the_demos_slides_are_small_enough_for_a_weak_line(folder: Path) -> None:
    slides = slides_of(DEMO.read_bytes(), folder)
    assert len(slides) == 8
    assert sum(len(each.small) for each in slides) / len(slides) < 60_000
    assert max(len(each.small) for each in slides) < 60_000
    assert max(len(each.large) for each in slides) < 200_000
    assert "把一台机器带回家" in slides[0].text


def drawn(picture: Image.Image) -> bytes:
    head = b"q 960 0 0 540 0 0 cm BI /W %d /H %d /CS /RGB /BPC 8 ID " % picture.size
    return head + picture.tobytes() + b" EI Q"


def photograph() -> Image.Image:
    """What photographs are made of: large shapes, smaller ones on them, and so on."""
    picture = Image.new("RGB", (960, 540), "gray")
    for octave in range(1, 8):
        size = (960 * 2**octave // 256, 540 * 2**octave // 256)
        shapes = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
        picture = Image.blend(picture, shapes.resize((960, 540), Image.Resampling.BICUBIC), 0.5 / octave)
    return picture


def test_photographs_and_worse_are_made_to_fit_the_line(folder: Path) -> None:
    noise = Image.frombytes("RGB", (480, 270), os.urandom(480 * 270 * 3))
    good, worst = slides_of(pdf(drawn(photograph()), drawn(noise)), folder)
    assert size_of(good.small) == (960, 540)
    assert max(len(good.small), len(worst.small)) <= 60_000
    assert max(len(good.large), len(worst.large)) <= 200_000


def test_only_so_much_text_of_a_page_is_kept_and_no_signs_that_are_no_letters(folder: Path) -> None:
    many = b"BT /F 4 Tf 10 500 Td (" + b"tea \x01 " * 2000 + b") Tj ET"
    (slide,) = slides_of(pdf(many), folder)
    assert len(slide.text) <= MOST_TEXT and slide.text.startswith("tea")
    assert "\x01" not in slide.text


def test_a_locked_file_says_so(folder: Path) -> None:
    assert problem_of(locked_pdf(), folder) == "encrypted"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7\nthis is not one\n%%EOF",
        b"<html>%PDF-1.7 %%EOF",
        pdf("Tea")[:200] + b"%%EOF",
        pdf(),
        pdf("Tea", size=(100000, 1)),
    ],
)
def test_a_broken_file_is_told_from_the_others(folder: Path, content: bytes) -> None:
    assert problem_of(content, folder) == "broken"


def test_a_document_of_too_many_pages_is_refused_before_anything_is_drawn(folder: Path) -> None:
    assert problem_of(pdf(*["Tea"] * 201), folder) == "too_many_pages"
    assert list(folder.iterdir()) == []


STROKES = b"0 0 m 960 540 l 3 7 m 940 2 l S\n" * 1_500_000


def test_a_page_that_never_ends_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "PAGE_SECONDS", 1.5)
    begun = time.monotonic()
    assert problem_of(pdf("First", STROKES), folder) == "too_complex"
    assert time.monotonic() - begun < 6
    left = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, check=False)
    assert left.stdout == b""


def test_a_page_that_wants_all_memory_gets_none_of_ours(folder: Path) -> None:
    """A picture of 8 GB in a few bytes: it is left out or the process ends; either way within its bounds."""
    huge = (
        b"q 960 0 0 540 0 0 cm BI /W 60000 /H 60000 /CS /RGB /BPC 8 /F /Fl ID "
        + b"\x78\x9c" + b"\x00" * 64 + b" EI Q"
    )  # fmt: skip
    try:
        made_of(pdf(huge), folder)
    except Failed as failed:
        assert failed.problem in {"too_complex", "broken"}


def test_what_reads_the_file_knows_none_of_our_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = folder.parent / "spy.py"
    spy.write_text("import json, os\nprint(json.dumps({'problem': ' '.join(sorted(os.environ))}))")
    monkeypatch.setattr(converting, "RENDER", spy)
    monkeypatch.setenv("CHAMA_SECRET_KEY", "x")
    said: list[str] = []
    monkeypatch.setattr(Failed, "__init__", lambda self, problem: said.append(problem))
    with pytest.raises(Failed):
        made_of(pdf("Tea"), folder)
    assert said and not set(said[0].split()) - {"LANG", "LC_CTYPE"}


LIES = {
    "no words": "print('no JSON')",
    "a list": "print('[1]')",
    "a line without an end": "print('x' * 1_000_000, end='')",
    "pages without pictures": 'print(\'{"pages": 1}\\n{"page": 1, "text": ""}\')',
    "more pages than there are": "print('{\"pages\": 100000}')",
    "fewer than it said": "print('{\"pages\": 2}')",
    "another's file": (
        "import os, sys; os.symlink('/etc/passwd', sys.argv[2] + '/1-small.webp');"
        'print(\'{"pages": 1}\\n{"page": 1, "text": ""}\')'
    ),
    "nothing": "",
}


@pytest.mark.parametrize("lie", LIES)
def test_nothing_that_comes_from_there_is_believed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    """Whoever takes over the process that reads their file gains nothing by what they have it say."""
    liar = folder.parent / "liar.py"
    liar.write_text(LIES[lie])
    monkeypatch.setattr(converting, "RENDER", liar)
    assert problem_of(pdf("Tea"), folder) in {"broken", "too_complex"}
