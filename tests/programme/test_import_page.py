"""The import as organizers meet it: the page and the command."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from conference.core.models import Event
from conference.events.models import EventRole
from conference.programme import actions
from conference.programme.models import Release, Session, Slot
from tests.programme.exchanged import (
    NO_SCHEDULES,
    SCHEDULES,
    entry,
    everything,
    make_event,
    make_organizer,
    make_person,
    programme,
)

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert('x')</script>"
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<schedule><version>&d;</version></schedule>"""
READER = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<schedule><version>&x;</version></schedule>"""


@pytest.fixture
def event() -> Event:
    return make_event()


@pytest.fixture
def organizer(event: Event, client: Client) -> Any:
    person = make_organizer(event)
    client.force_login(person)
    return person


def page(slug: str = "camp") -> str:
    return reverse("import_schedule", args=[slug])


def upload(client: Client, data: bytes, name: str = "schedule.json", **options: Any) -> Any:
    return client.post(page(), {"file": SimpleUploadedFile(name, data)}, follow=True, **options)


def domain_tables() -> dict[str, str]:
    """Without sign-in sessions, which every request may touch."""
    return {table: rows for table, rows in everything().items() if not table.startswith("sessions.")}


def test_the_page_shows_what_the_file_will_do_and_then_does_it(
    event: Event, organizer: Any, client: Client
) -> None:
    assert "Choose a file" in client.get(page()).content.decode()
    before = domain_tables()
    report = upload(client, programme(entry(1), entry(2)))
    told = report.content.decode()
    assert report.status_code == 200 and "What the import will do" in told and "Session 2" in told
    assert domain_tables() == before, "A report changes nothing."
    address = report.redirect_chain[-1][0]
    done = client.post(address, {"seen": report.context["plan"].fingerprint}, follow=True)
    assert "2 new sessions" in done.content.decode()
    assert Session.objects.count() == 2 and not Release.objects.exists()
    assert client.get(address, follow=True).redirect_chain[-1][0] == page(), "The file is gone afterwards."


def test_the_report_lists_changes_and_cancels_or_releases_only_when_ticked(
    event: Event, organizer: Any, client: Client
) -> None:
    first = upload(client, programme(entry(1), entry(2)))
    seen = first.context["plan"].fingerprint
    client.post(first.redirect_chain[-1][0], {"seen": seen, "release_now": "on"})
    assert Release.objects.count() == 1
    second = upload(client, programme(entry(1, title="Renamed", room="Hall 2")))
    told = second.content.decode()
    assert "<del" in told and "Renamed" in told and "No longer in the file" in told
    assert "Cancel the sessions that are no longer in the file" in told
    seen = second.context["plan"].fingerprint
    client.post(second.redirect_chain[-1][0], {"seen": seen, "cancel_missing": "on"})
    assert Slot.objects.get(release=None, session__number=2).cancelled
    assert Release.objects.count() == 1


def test_a_report_that_is_out_of_date_is_shown_anew(event: Event, organizer: Any, client: Client) -> None:
    first = upload(client, programme(entry(1)))
    client.post(first.redirect_chain[-1][0], {"seen": first.context["plan"].fingerprint})
    second = upload(client, programme(entry(1, title="Renamed")))
    address, seen = second.redirect_chain[-1][0], second.context["plan"].fingerprint
    actions.edit_session(organizer, event, Session.objects.get().code, title={"en": "Meanwhile"})
    before = domain_tables()
    answer = client.post(address, {"seen": seen})
    assert answer.status_code == 422 and "has changed since this report" in answer.content.decode()
    assert domain_tables() == before
    client.post(address, {"seen": answer.context["form"]["seen"].value()})
    assert Session.objects.get().title == {"en": "Renamed"}


def test_an_error_in_the_file_is_named_with_its_line(event: Event, organizer: Any, client: Client) -> None:
    before = domain_tables()
    report = upload(client, programme(entry(1), entry(2, duration="-1:00")))
    told = report.content.decode()
    assert report.status_code == 422 and "This file cannot be imported" in told
    assert "Line" in told and "longer than no time" in told and "Session “Session 2”" in told
    assert "Import for real" not in told and domain_tables() == before


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "schedule.json", "The file is empty"),
        (b"{}", "schedule.exe", "ends in .json or .xml"),
        (b" " * int(20.1 * 1024 * 1024), "schedule.json", "larger than 20 MB"),
        (b"\x00\xff\x00\xff", "schedule.json", "cannot be imported"),
        (BOMB, "schedule.xml", "cannot be imported"),
        (READER, "schedule.xml", "cannot be imported"),
    ],
    ids=["empty", "name", "20.1 MiB", "bytes", "laughs", "external"],
)
def test_a_hostile_upload_is_refused_with_a_sentence(
    event: Event, organizer: Any, client: Client, data: bytes, name: str, sentence: str
) -> None:
    before = domain_tables()
    answer = upload(client, data, name)
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert "root:" not in answer.content.decode() and domain_tables() == before


def test_no_file_at_all_gets_a_sentence(event: Event, organizer: Any, client: Client) -> None:
    answer = client.post(page(), {})
    assert answer.status_code == 422 and "Choose a file first." in answer.content.decode()


def test_script_in_every_text_is_shown_as_text(event: Event, organizer: Any, client: Client) -> None:
    def hostile(end: str) -> bytes:
        words = {
            key: SCRIPT + end
            for key in ("title", "subtitle", "abstract", "description", "type", "room", "track")
        }
        person = {"id": 1, "name": SCRIPT + end, "biography": SCRIPT}
        links = [{"url": "https://example.org/", "title": SCRIPT + end}]
        one = entry(1, **words, recording_license=SCRIPT + end, persons=[person], links=links)
        two = entry(2, **{**words, "title": SCRIPT + "2"}, url="javascript:alert(1)")
        return programme(*([one, two] if not end else [one]), title=SCRIPT, tracks=[{"name": SCRIPT + end}])

    for end in ("", " again"):
        report = upload(client, hostile(end), f"{SCRIPT}.json".replace("/", ""))
        body = report.content.decode()
        assert report.status_code == 200 and "<script>alert" not in body and "&lt;script&gt;alert" in body
        form = {"seen": report.context["plan"].fingerprint, "release_now": "on"}
        done = client.post(report.redirect_chain[-1][0], form, follow=True).content.decode()
        assert "<script>alert" not in done
    addresses = [
        reverse("programme_editor", args=["camp"]),
        reverse("schedule", args=["camp"]),
        reverse("session", args=["camp", Session.objects.get(number=1).code]),
        reverse("speakers", args=["camp"]),
    ]
    for address in addresses:
        body = client.get(address).content.decode()
        assert "<script>alert" not in body, address


def test_only_organizers_see_the_page_and_only_their_own_files(
    event: Event, organizer: Any, client: Client
) -> None:
    address = upload(client, programme(entry(1))).redirect_chain[-1][0]
    before = domain_tables()
    second = make_organizer(event, "second@example.org")
    client.force_login(second)
    assert client.get(address, follow=True).redirect_chain[-1][0] == page(), "Not the file of another person."
    other = make_event("other")
    EventRole.objects.create(event=other, user=organizer, role=EventRole.Role.ORGANIZER)
    client.force_login(organizer)
    elsewhere = address.replace("/camp/", "/other/")
    assert client.get(elsewhere, follow=True).redirect_chain[-1][0] == page("other"), (
        "Nor that of another event."
    )
    guest = make_person()
    moderator = make_person("moderator@example.org")
    EventRole.objects.create(event=event, user=moderator, role=EventRole.Role.MODERATOR)
    for person in (guest, moderator):
        client.force_login(person)
        assert client.get(page()).status_code == 403
        assert upload(client, programme(entry(1))).status_code == 403
        assert client.post(address, {"seen": "x"}).status_code == 403
    client.logout()
    assert client.get(page()).status_code == 302 and client.post(page()).status_code == 302
    after = domain_tables()
    assert {table for table in after if after[table] != before[table]} <= {
        "conference.User", "conference.Event", "conference.EventRole",
    }  # fmt: skip
    assert Session.objects.count() == 0


def test_a_file_that_is_no_longer_kept_is_asked_for_again(
    event: Event, organizer: Any, client: Client
) -> None:
    address = upload(client, programme(entry(1))).redirect_chain[-1][0]
    cache.clear()
    answer = client.post(address, {"seen": "x"}, follow=True)
    assert answer.redirect_chain[-1][0] == page()
    assert "no longer here" in answer.content.decode()


def test_an_upload_needs_the_token_of_its_form(event: Event, organizer: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(organizer)
    assert upload(strict, programme(entry(1))).status_code == 403


# --- The command ---


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_schedule", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "schedule.json"
    path.write_bytes(programme(entry(1), entry(2)))
    return path


def test_the_command_tells_in_a_dry_run_and_then_imports(event: Event, organizer: Any, file: Path) -> None:
    before = everything()
    told = run(str(file), "--event", "camp", "--dry-run")
    assert "2 new, 0 changed" in told and "nothing was changed" in told and everything() == before
    assert "Imported into the draft" in run(str(file), "--event", "camp")
    file.write_bytes(programme(entry(1, title="Renamed")))
    told = run(str(file), "--event", "camp", "--cancel-missing", "--release", "--as", organizer.email)
    assert "Title: Session 1 -> Renamed" in told and "Released as version 1.0" in told
    assert Slot.objects.get(release=None, session__number=2).cancelled
    assert Slot.objects.get(release__isnull=False, session__number=1)


def test_the_command_refuses_with_a_sentence(event: Event, file: Path, tmp_path: Path) -> None:
    guest = make_person()
    before = everything()
    broken = tmp_path / "broken.json"
    broken.write_bytes(programme(entry(1, duration="-1:00")))
    with pytest.raises(CommandError, match="no organizer yet"):
        run(str(file), "--event", "camp")
    for arguments, sentence in (
        ((str(file), "--event", "nowhere"), "There are: camp"),
        ((str(tmp_path / "none.json"), "--event", "camp"), "cannot be read"),
        ((str(file), "--event", "camp", "--as", "nobody@example.org"), "Nobody here has the address"),
        ((str(file), "--event", "camp", "--as", guest.email), "Only the organizers"),
    ):
        with pytest.raises(CommandError, match=sentence):
            run(*arguments)
    assert everything() == before
    make_organizer(event)
    before = everything()
    out = StringIO()
    with pytest.raises(CommandError, match="has errors"):
        call_command("import_schedule", str(broken), "--event", "camp", stdout=out)
    assert "broken.json:" in out.getvalue() and "error" in out.getvalue()
    assert everything() == before


@pytest.mark.skipif(not SCHEDULES.is_dir(), reason=NO_SCHEDULES)
def test_a_real_programme_goes_through_the_page(event: Event, organizer: Any, client: Client) -> None:
    data = (SCHEDULES / "frab-camp2019.json").read_bytes()
    report = upload(client, data, "frab-camp2019.json")
    told = report.content.decode()
    assert "79" in told and "outside the dates of the event" in told
    client.post(report.redirect_chain[-1][0], {"seen": report.context["plan"].fingerprint})
    assert Session.objects.count() == 79
    again = upload(client, data, "frab-camp2019.json").content.decode()
    assert "Everything is here already" in again
