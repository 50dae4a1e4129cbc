"""Facts, work for after the commit, pictures, and whether the installation is well."""

from __future__ import annotations

import http.server
import io
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from kombu.exceptions import OperationalError
from PIL import Image

from conference.core import later as later_module
from conference.core.errors import Invalid
from conference.core.files import MAX_IMAGE_BYTES, clean_image, image_path
from conference.core.health import health, mark_worker
from conference.core.journal import record
from conference.core.later import background, later, run
from conference.core.models import Event, Fact
from conference.core.streams import cache_server
from tests.factories import make_event, make_organizer

# --- Facts ---


@pytest.mark.django_db
def test_a_fact_names_who_did_what_to_what_where():
    event = make_event()
    organizer = make_organizer(event)
    fact = record("event.edited", organizer, event, fields=["name"])
    fact.refresh_from_db()
    assert (fact.event, fact.actor, fact.subject) == (event, organizer, f"event:{event.pk}")
    assert fact.data == {"fields": ["name"]} and fact.happened is not None


@pytest.mark.django_db
def test_the_event_of_a_fact_is_that_of_its_subject_unless_told():
    event, other = make_event(), make_event()
    role = event.roles.create(user=make_organizer(other), role="speaker")
    assert record("role.given", None, role).event == event
    assert record("role.given", None, role, event=other).event == other
    assert record("series.created", None, event.series).event is None
    assert record("role.given", None, role).actor is None


@pytest.mark.django_db
def test_a_fact_is_gone_with_what_did_not_happen():
    event = make_event()
    with pytest.raises(RuntimeError), transaction.atomic():
        record("event.edited", None, event)
        raise RuntimeError
    assert not Fact.objects.exists()


# --- Later ---

ran: list[tuple[Any, ...]] = []


@background
def note(*ids: int | str) -> None:
    """An action of the worker."""
    ran.append(ids)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """What reached the queue, in the place of a worker."""
    ran.clear()
    queued: list[list[Any]] = []
    monkeypatch.setattr(
        later_module.run, "apply_async", lambda args, retry, **when: queued.append([*args, *when.items()])
    )
    return queued


@pytest.mark.django_db
def test_work_is_queued_after_the_commit_with_plain_ids(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        later(note, 7, "x")
        assert queue == []
    assert len(queue) == 1
    run(*queue[0])
    assert ran == [(7, "x")]


@pytest.mark.django_db
def test_work_can_wait_for_a_while(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        later(note, 7, after=12)
    assert [each[1:] for each in queue] == [[7, ("countdown", 12)]]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_queued_on_rollback(queue):
    with pytest.raises(RuntimeError), transaction.atomic():
        later(note, 7)
        raise RuntimeError
    assert queue == []


@pytest.mark.django_db
def test_a_queue_out_of_reach_is_logged_and_undoes_nothing(monkeypatch, django_capture_on_commit_callbacks):
    def fail(args: Any, retry: bool) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(later_module.run, "apply_async", fail)
    with structlog.testing.capture_logs() as lines, django_capture_on_commit_callbacks(execute=True):
        later(note, 7)
        event = make_event()
    assert Event.objects.filter(pk=event.pk).exists()
    assert [line["event"] for line in lines] == ["later.not_queued"]


def test_only_marked_actions_are_queued_and_run():
    with pytest.raises(ValueError, match="not marked"):
        later(print, 1)
    for name in ("builtins:print", "os:system", "conference.core.journal:record", "nothing"):
        with pytest.raises(KeyError):
            run(name, 1)


def test_a_worker_that_never_loaded_the_action_finds_it_by_name():
    run("conference.core.health:mark_worker")
    assert cache_server().exists("health:worker")


# --- Pictures ---


def upload(picture: Image.Image, kind: str = "JPEG", **options: Any) -> SimpleUploadedFile:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return SimpleUploadedFile("me.jpg", out.getvalue(), "image/jpeg")


def opened(file: ContentFile[bytes]) -> Image.Image:
    file.seek(0)
    return Image.open(io.BytesIO(file.read()))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_is_encoded_anew_and_made_small(kind):
    made = opened(clean_image(upload(Image.new("RGB", (1600, 400), "teal"), kind), side=200))
    assert made.format == "WEBP" and made.size == (200, 50)


def test_a_picture_loses_where_it_was_taken_and_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Camera of somebody"
    exif.get_ifd(0x8825)[2] = (25.0, 2.0, 11.0)
    cleaned = clean_image(upload(Image.new("RGB", (300, 100), "teal"), exif=exif))
    made = opened(cleaned)
    assert made.size == (100, 300)
    assert not dict(made.getexif()) and b"Camera" not in cleaned.read()


def test_a_transparent_picture_stays_transparent():
    made = opened(clean_image(upload(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG")))
    assert made.mode == "RGBA" and made.getpixel((3, 3))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg onload=alert(1)></svg>",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"%PDF-1.7",
        b"\xff\xd8\xff" + b"x" * 900,
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(content):
    with pytest.raises(Invalid, match="not a picture"):
        clean_image(SimpleUploadedFile("me.png", content, "image/png"))


def test_a_picture_too_large_in_bytes_or_pixels_is_refused():
    with pytest.raises(Invalid, match="8 MB"):
        clean_image(SimpleUploadedFile("me.png", b"\x89PNG" + b"0" * MAX_IMAGE_BYTES, "image/png"))
    bomb = upload(Image.new("1", (9000, 9000)), "PNG")
    assert bomb.size is not None and bomb.size < MAX_IMAGE_BYTES
    with pytest.raises(Invalid, match="pixels"):
        clean_image(bomb)


def test_a_small_file_cannot_hold_a_picture_that_fills_the_memory():
    with pytest.raises(Invalid, match="too many pixels"):
        clean_image(upload(Image.new("L", (5100, 5000)), "PNG"))
    assert opened(clean_image(upload(Image.new("L", (5100, 5000)), "JPEG"), side=100)).size == (100, 98)


def test_damaged_pictures_are_refused_in_a_sentence_or_mended():
    chance = random.Random(1)
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        whole = upload(Image.new("RGB", (50, 50), "red"), kind).read()
        for _number in range(400):
            bent = bytearray(whole)
            for _place in range(4):
                bent[chance.randrange(len(bent))] = chance.randrange(256)
            with suppress(Invalid):
                clean_image(SimpleUploadedFile("me.png", bytes(bent), "image/png"))


def test_the_name_of_a_stored_picture_tells_nothing():
    first, second = image_path(Event(), "my secret.png"), image_path(Event(), "my secret.png")
    assert (
        first != second and first.startswith("event/") and first.endswith(".webp") and "secret" not in first
    )


@pytest.mark.django_db
def test_a_stored_picture_is_served_as_a_picture_and_nothing_else_is(client):
    name = default_storage.save("event/0123.webp", clean_image(upload(Image.new("RGB", (9, 9)))))
    default_storage.save("event/page.html", ContentFile(b"<script>alert(1)</script>"))
    answer = client.get(f"/uploads/{name}")
    assert (
        answer.headers["Content-Type"] == "image/webp"
        and "sandbox" in answer.headers["Content-Security-Policy"]
    )
    assert b"".join(answer.streaming_content)[:4] == b"RIFF"
    for path in (
        "event/page.html",
        "event/none.webp",
        "../secrets.env",
        "..%2f..%2fx.webp",
        "event/",
        "/etc/passwd",
    ):
        assert client.get(f"/uploads/{path}").status_code in (400, 404), path


# --- Health ---


@pytest.fixture
def media(settings: Any) -> Iterator[None]:
    """A media process that says it is well."""

    class Well(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Well) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        settings.MEDIA_INTERNAL_URL = f"http://127.0.0.1:{server.server_port}"
        yield
        server.shutdown()
        thread.join()


@pytest.mark.django_db
def test_an_installation_is_well_when_every_part_is(client, media):
    mark_worker()
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "cache": "ok", "worker": "ok", "media": "ok"}


@pytest.mark.django_db
def test_a_part_that_is_down_is_named_and_nothing_more(client, settings, media):
    cache_server().delete("health:worker")
    answer = client.get("/healthz")
    assert (
        answer.status_code == 503 and answer.json()["worker"] == "down" and answer.json()["database"] == "ok"
    )
    settings.MEDIA_INTERNAL_URL = "http://127.0.0.1:9"
    answer = client.get("/healthz")
    assert answer.json()["media"] == "down"
    assert "127.0.0.1" not in answer.content.decode()
    assert health()["media"] is False
