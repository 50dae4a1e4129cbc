"""Links and files of a room: what is taken, who sees it, who puts it in order."""

from __future__ import annotations

import io
import os
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.models import Event, Fact, Stream
from conference.core.personal_data import erase_everywhere, personal_data
from conference.programme.models import Release, Session, Slot
from conference.rooms.models import Restriction
from realtime.commands import COMMANDS, clean
from realtime.materials import actions, files
from realtime.materials.files import TYPES, check_file, clean_name
from realtime.materials.models import Material
from realtime.materials.queries import hosts_part, shown_part
from realtime.snapshots import own_part
from tests.realtime.at_once import meeting, together
from tests.realtime.conftest import OpenTab, World
from tests.realtime.stored import by_id, listen, rows

LARGE = 300 * 1024 * 1024
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(uploads: Path) -> list[str]:
    return sorted(str(path.relative_to(uploads)) for path in uploads.rglob("*") if path.is_file())


def archive(parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def office(ending: str, **more: bytes) -> bytes:
    if ending == "odp":
        return archive({"mimetype": TYPES["odp"].encode(), "content.xml": b"<x/>", **more})
    kind = TYPES[ending].encode()
    types = b'<Types><Override ContentType="' + kind + b'.main+xml"/></Types>'
    return archive({"[Content_Types].xml": types, "document.xml": b"<x/>", **more})


def picture(kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 16), "teal").save(out, kind, **more)
    return out.getvalue()


def upload(name: str = "Slides.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def link(world: World, person: User | None = None, title: str = "Map", **more: Any) -> Material:
    what = {"client_id": uuid.uuid4(), "title": title, "url": "https://example.org/map", **more}
    return actions.add_link(person or world.moderator, world.room.pk, **what)


def file(world: World, person: User | None = None, **more: Any) -> Material:
    what = {"client_id": uuid.uuid4(), "title": "", "file": check_file(upload()), **more}
    return actions.add_file(person or world.bounmy, world.room.pk, **what)


def shown(world: World) -> list[str]:
    return [each["title"] for each in shown_part(world.room)["state"]["material"]]


def unreleased(world: World) -> list[str]:
    return [each["title"] for each in hosts_part(world.room)["state"]["unreleased"]]


def own(world: World, person: User, role: str) -> list[str]:
    return [each["title"] for each in own_part(person, world.room, role)["unreleased"]]


# --- what is taken ---

GOOD = {
    "Slides.pdf": PDF,
    "ສະໄລ້.PDF": PDF,
    "my.final.pptx": office("pptx"),
    "Report v1.2.docx": office("docx"),
    "table.xlsx": office("xlsx"),
    "slides.odp": office("odp"),
    "plan.png": picture("PNG"),
    "plan.jpeg": picture("JPEG"),
}


@pytest.mark.parametrize("name", GOOD)
def test_files_of_the_known_kinds_are_taken(name: str) -> None:
    checked = check_file(upload(name, GOOD[name]))
    assert checked.type in TYPES and checked.name.endswith(f".{checked.type}")
    assert checked.content.read(4) and checked.size > 0


@cache
def _large() -> bytes:
    """A document with a part that unpacks to 300 MB."""
    return office("docx", **{"bomb.xml": b"\0" * LARGE})


def _understated() -> bytes:
    """The same, but its list of parts says that there are 100 bytes."""
    real = LARGE.to_bytes(4, "little")
    assert real in _large()
    return _large().replace(real, (100).to_bytes(4, "little"))


def _many_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for number in range(12_000):
            made.writestr(f"a-part-with-quite-a-long-name-so-that-the-list-grows-{number}.xml", b"")
    return out.getvalue()


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an archive": ("all.zip", lambda: archive({"x": b""}), "not taken"),
    "a drawing with scripts": ("logo.svg", lambda: b"<svg onload='alert(1)'/>", "not taken"),
    "a page": ("index.html", lambda: b"<script>alert(1)</script>", "not taken"),
    "a program": ("setup.exe", lambda: b"MZ", "not taken"),
    "no ending": ("slides", lambda: PDF, "not taken"),
    "an ending alone": (".pdf", lambda: PDF, "not taken"),
    "a program behind an ending": ("slides.pdf.exe", lambda: b"MZ", "not taken"),
    "an ending behind a program": ("slides.exe.pdf", lambda: PDF, "two endings"),
    "a page behind an ending": ("slides.html.pdf", lambda: PDF, "two endings"),
    "a name that turns round": ("slides\u202efdp.pdf", lambda: PDF, "hide what it is"),
    "a zero in the name": ("slides\x00.pdf", lambda: PDF, "hide what it is"),
    "nothing": ("empty.pdf", lambda: b"", "empty"),
    "a page named as PDF": ("page.pdf", lambda: b"<html><script>alert(1)</script>%%EOF", "not what its name says"),
    "half a PDF": ("half.pdf", lambda: PDF[:20], "not what its name says"),
    "a page named as picture": ("page.png", lambda: b"<html>", "not a picture of the kind"),
    "a JPEG named as PNG": ("photo.png", lambda: picture("JPEG"), "not a picture of the kind"),
    "a drawing named as picture": ("logo.jpg", lambda: b"<svg/>", "not a picture of the kind"),
    "an archive named as document": ("all.docx", lambda: archive({"x": b""}), "not what its name says"),
    "slides named as document": ("slides.docx", lambda: office("pptx"), "not what its name says"),
    "a document named as slides": ("text.odp", lambda: office("docx"), "not what its name says"),
    "not even an archive": ("text.docx", lambda: b"PK\x03\x04 and so on", "not what its name says"),
    "a damaged archive": ("text.docx", lambda: office("docx")[:-30], "not what its name says"),
    "a document with macros": ("m.docx", lambda: office("docx", **{"word/vbaProject.bin": b"x"}), "macros"),
    "slides with a script": ("m.odp", lambda: office("odp", **{"Basic/Standard/x.xml": b"x"}), "macros"),
    "a part outside": ("p.docx", lambda: office("docx", **{"../../etc/passwd": b"x"}), "not what its name says"),
    "a document that unpacks to too much": ("bomb.docx", _large, "unpacks to more than"),
    "one that says it does not": ("bomb.docx", _understated, "not what its name says"),
    "one of too many parts": ("many.docx", _many_parts, "not what its name says"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_other_files_are_refused_with_the_reason(what: str) -> None:
    name, make, sentence = BAD[what]
    given = upload("x.pdf", make())
    given._name = name  # as a browser of ill will would send it
    with pytest.raises(Invalid, match=sentence) as refused:
        check_file(given)
    assert refused.value.details["fields"]["file"][0].endswith(".")


def test_a_file_is_only_so_large(settings: Any) -> None:
    settings.MATERIAL_MEGABYTES = 1
    with pytest.raises(Invalid, match="larger than 1 MB"):
        check_file(upload("big.pdf", PDF + b" " * 1024 * 1024))


def test_names_keep_their_script_and_lose_what_harms() -> None:
    assert clean_name("C:\\Users\\Noy\\ສະໄລ້ 1.PDF") == "ສະໄລ້ 1.pdf"
    assert clean_name("../../etc/slides.pdf") == "slides.pdf"
    assert clean_name('a<b>:"|?*%.jpeg') == "a_b_______.jpg"
    assert len(clean_name("茶" * 400 + ".pdf")) == files.MAX_NAME


def test_pictures_lose_what_the_camera_noted() -> None:
    exif = Image.Exif()
    exif[0x010E] = "At home in Mae Sot"
    content = check_file(upload("p.jpg", picture("JPEG", exif=exif))).content.read()
    assert b"Mae Sot" not in content and Image.open(io.BytesIO(content)).format == "JPEG"


# --- bringing and seeing ---


def test_everyone_sees_what_is_shown_and_only_its_bringer_and_hosts_what_is_not(world: World) -> None:
    link(world, title="Shown")
    hidden = link(world, world.bounmy, "Hidden", shown=False)
    link(world, world.moderator, "The chair's", shown=False)
    assert (shown(world), unreleased(world)) == (["Shown"], ["Hidden", "The chair's"])
    assert own(world, world.bounmy, "speaker") == ["Hidden"]
    assert own(world, world.noy, "attendee") == []
    with pytest.raises(Missing):
        actions.edit_material(world.noy, world.room.pk, material_id=hidden.pk, title="Mine")
    actions.edit_material(world.bounmy, world.room.pk, material_id=hidden.pk, shown=True)
    assert (shown(world), unreleased(world)) == (["Shown", "Hidden"], ["The chair's"])
    assert own(world, world.bounmy, "speaker") == []


def test_who_cannot_bring_anything_costs_no_query_beside_the_one_for_all_subjects(world: World) -> None:
    link(world, world.bounmy, shown=False)
    for person, queries in ((world.noy, 1), (world.bounmy, 2)):
        with CaptureQueriesContext(connection) as captured:
            own_part(person, world.room, "attendee" if person == world.noy else "speaker")
        assert len(captured) == queries


def test_a_file_is_stored_once_and_erased_when_it_is_taken_away(world: World, uploads: Path) -> None:
    number = uuid.uuid4()
    one, two = (file(world, client_id=number) for _twice in range(2))
    assert one.pk == two.pk and stored(uploads) == [one.file.name]
    assert (one.title, one.file_name, one.size) == ("Slides", "Slides.pdf", len(PDF))
    assert "." not in one.file.name
    actions.remove_material(world.bounmy, world.room.pk, material_id=one.pk)
    assert stored(uploads) == [] and shown(world) == []


def test_files_that_nobody_has_any_more_are_erased_after_a_while(world: World, uploads: Path) -> None:
    actions.erase_orphans()  # nothing was ever uploaded
    kept, gone = file(world), file(world)
    Material.objects.filter(pk=gone.pk).delete()  # as when its room is deleted
    actions.erase_orphans()
    assert len(stored(uploads)) == 2  # it could be an upload on its way
    for name in stored(uploads):
        os.utime(uploads / name, (0, 0))
    actions.erase_orphans()
    assert stored(uploads) == [kept.file.name]


def test_a_refused_file_leaves_nothing_behind(
    world: World, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST", 1)
    link(world)
    with pytest.raises(Conflict, match="1 links and files"):
        file(world)
    with pytest.raises(Denied):
        file(world, world.noy)
    with pytest.raises(Conflict):
        link(world)
    assert stored(uploads) == []


def test_a_finished_event_takes_none_and_whoever_is_muted_brings_none(world: World) -> None:
    Restriction.objects.create(room=world.room, user=world.bounmy, kind=Restriction.Kind.MUTED)
    with pytest.raises(Denied):
        file(world)
    Event.objects.filter(pk=world.event.pk).update(state=Event.State.ARCHIVED)
    with pytest.raises(Conflict, match="over"):
        link(world)


def test_one_is_on_top_and_the_others_stand_in_order(world: World) -> None:
    one, two, three = (link(world, title=title) for title in ("One", "Two", "Three"))
    actions.move_material(world.moderator, world.room.pk, material_id=three.pk, before=one.pk)
    assert shown(world) == ["Three", "One", "Two"]
    for material in (two, one):
        actions.pin_material(world.moderator, world.room.pk, material_id=material.pk, pinned=True)
    assert shown(world) == ["One", "Three", "Two"]
    assert Material.objects.filter(pinned=True).get() == one
    actions.edit_material(world.moderator, world.room.pk, material_id=one.pk, shown=False)
    assert not Material.objects.filter(pinned=True).exists()
    with pytest.raises(Conflict, match="Show it"):
        actions.pin_material(world.moderator, world.room.pk, material_id=one.pk, pinned=True)
    actions.move_material(world.moderator, world.room.pk, material_id=three.pk, before=None)
    assert shown(world) == ["Two", "Three"]
    with pytest.raises(Missing):
        actions.move_material(world.moderator, world.room.pk, material_id=two.pk, before=999_999)


# --- who may ---

ACTS: dict[str, Callable[[User, World, Material, Material], Any]] = {
    "link": lambda who, w, theirs, other: link(w, who),
    "file": lambda who, w, theirs, other: file(w, who),
    "edit one's own": lambda who, w, theirs, other: actions.edit_material(
        who, w.room.pk, material_id=theirs.pk, title="New"
    ),
    "edit another's": lambda who, w, theirs, other: actions.edit_material(
        who, w.room.pk, material_id=other.pk, shown=False
    ),
    "remove one's own": lambda who, w, theirs, other: actions.remove_material(who, w.room.pk, material_id=theirs.pk),
    "remove another's": lambda who, w, theirs, other: actions.remove_material(who, w.room.pk, material_id=other.pk),
    "pin": lambda who, w, theirs, other: actions.pin_material(who, w.room.pk, material_id=other.pk, pinned=True),
    "move": lambda who, w, theirs, other: actions.move_material(who, w.room.pk, material_id=other.pk, before=theirs.pk),
}  # fmt: skip
MAY = {
    "moderator": set(ACTS),
    "organizer": set(ACTS),
    "speaker": {"link", "file", "edit one's own", "remove one's own"},
    "interpreter": set(),
    "attendee": set(),
    "stranger": set(),
}


@pytest.mark.parametrize("role", MAY)
def test_who_may_change_what(world: World, role: str, uploads: Path) -> None:
    theirs, other = link(world, world.bounmy, "Theirs"), link(world, world.moderator, "Other")
    who = world.people()[role]
    before = _state()
    for act in ACTS:
        kept = stored(uploads)
        with transaction.atomic():
            if act in MAY[role]:
                ACTS[act](who, world, theirs, other)
                assert _state() != before, act
            else:
                with pytest.raises((Denied, Missing)):
                    ACTS[act](who, world, theirs, other)
                assert _state() == before and stored(uploads) == kept, act
            transaction.set_rollback(True)


def test_of_another_room_nothing_is_there(world: World) -> None:
    other = World()
    material = link(other)
    for act in (actions.remove_material, actions.edit_material):
        with pytest.raises(Missing):
            act(world.moderator, world.room.pk, material_id=material.pk)


def _state() -> list[Any]:
    return rows(Material, Fact, Stream)


# --- two at once ---


def _bring_both_at_once(world: World) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "require_bringer", meeting(actions.require_bringer))
        return together(*(lambda who=who: link(world, who) for who in (world.moderator, world.bounmy)))


def test_two_that_come_at_once_stand_one_behind_the_other(world: World) -> None:
    _bring_both_at_once(world)
    assert sorted(Material.objects.values_list("position", flat=True)) == [0, 1]


def test_the_last_place_is_given_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST", 1)
    results = _bring_both_at_once(world)
    assert sorted(isinstance(each, Conflict) for each in results) == [False, True]


def test_without_the_lock_both_would_have_had_the_last_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST", 1)
    monkeypatch.setattr(actions, "_lock_room", lambda room: None)
    monkeypatch.setattr(
        actions, "record", meeting(actions.record)
    )  # both have written, neither has committed
    results = _bring_both_at_once(world)
    assert not any(isinstance(each, Conflict) for each in results)
    assert list(Material.objects.values_list("position", flat=True)) == [0, 0]


# --- what is announced ---


def test_updates_make_an_old_snapshot_a_fresh_one_for_every_audience(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = listen(monkeypatch, actions)
    room, chair = world.room.pk, world.moderator
    one, two, three = link(world, title="One"), file(world, shown=False), file(world)
    gone, away = link(world, title="Gone"), link(world, world.bounmy, "Away", shown=False)
    actions.pin_material(chair, room, material_id=one.pk, pinned=True)
    actions.pin_material(chair, room, material_id=three.pk, pinned=True)
    actions.move_material(chair, room, material_id=three.pk, before=one.pk)
    actions.edit_material(world.bounmy, room, material_id=two.pk, shown=True, title="Two")
    actions.edit_material(chair, room, material_id=two.pk, shown=False)
    actions.remove_material(chair, room, material_id=gone.pk)
    actions.remove_material(world.bounmy, room, material_id=away.pk)

    assert told[f"room.{room}", "material"] == by_id(shown_part(world.room)["state"]["material"])
    assert told[f"room.{room}.hosts", "unreleased"] == by_id(hosts_part(world.room)["state"]["unreleased"])
    own_now = own_part(world.bounmy, world.room, "speaker")["unreleased"]
    assert told[f"person.{world.bounmy.pk}", "unreleased"] == by_id(own_now)
    assert [each["title"] for each in own_now] == ["Two"]


async def test_a_link_is_brought_and_put_on_top_over_the_socket(world: World, tab: OpenTab) -> None:
    speaker, noy = await tab(world.bounmy, world.room), await tab(world.noy, world.room)
    moderator = await tab(world.moderator, world.room)
    data = {"client_id": str(uuid.uuid4()), "title": "地图", "url": "https://example.org/地图"}
    hidden = (await speaker.ask("material.link", world.room.pk, **data, shown=False))["data"]
    assert (await speaker.frame())["update"] == "unreleased.saved"
    assert (await moderator.frame())["data"]["title"] == "地图"
    assert await noy.silence()
    await moderator.ask("material.edit", world.room.pk, material=hidden["id"], shown=True)
    assert (await noy.frame())["update"] == "material.saved"
    await moderator.ask("material.pin", world.room.pk, material=hidden["id"], pinned=True)
    frame = await noy.frame()
    assert (frame["data"]["pinned"], frame["data"]["url"]) == (True, "https://example.org/地图")
    await moderator.ask("material.move", world.room.pk, material=hidden["id"], before=None)
    await speaker.ask("material.remove", world.room.pk, material=hidden["id"])
    frame = await noy.frame()
    assert (frame["update"], frame["data"]) == ("material.removed", {"id": hidden["id"]})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "https://a@b.example/",
    ],
)
def test_a_link_leads_to_the_web_and_nowhere_else(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean(COMMANDS["material.link"], 1, {"client_id": str(uuid.uuid4()), "title": "x", "url": url})
    assert refused.value.details["fields"]["url"][0].endswith(".")


# --- pages ---


def address(world: World) -> str:
    return f"/{world.event.slug}/rooms/{world.room.code}/materials/"


def post(client: Client, world: World, file: Any = None, **more: Any) -> Any:
    data = {"client_id": str(uuid.uuid4()), "title": "", "shown": "on", "file": file or upload(), **more}
    return client.post(address(world), data, headers={"accept": "application/json"})


def test_a_file_is_uploaded_and_downloaded_as_it_came(world: World, client: Client) -> None:
    client.force_login(world.bounmy)
    made = post(client, world, upload("茶 马.pdf"), title="The road")
    assert made.status_code == 201 and made.json()["title"] == "The road"
    client.force_login(world.noy)
    answer = client.get(made.json()["url"])
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "%E8%8C%B6%20%E9%A9%AC.pdf" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"] and "sandbox" in answer["Content-Security-Policy"]
    assert client.get(made.json()["url"].replace(".pdf", ".html")).status_code == 404
    assert client.get(f"/uploads/{Material.objects.get().file.name}").status_code == 404


def test_a_file_that_is_not_shown_yet_is_downloaded_by_its_bringer_and_hosts_alone(
    world: World, client: Client
) -> None:
    client.force_login(world.bounmy)
    url = post(client, world, shown="").json()["url"]
    statuses = {}
    for role, person in world.people().items():
        client.force_login(person)
        answer = client.get(url)
        statuses[role] = answer.status_code
        answer.close()
    assert statuses == {
        "moderator": 200, "organizer": 200, "speaker": 200, "interpreter": 404, "attendee": 404, "stranger": 403,
    }  # fmt: skip
    client.logout()
    assert client.get(url)["Location"].startswith("/account/sign-in/")
    other = World()
    client.force_login(world.moderator)
    assert client.get(url.replace(world.event.slug, other.event.slug)).status_code == 404


@pytest.mark.parametrize("role", ["interpreter", "attendee", "stranger"])
def test_who_may_not_bring_files_uploads_none(world: World, client: Client, role: str, uploads: Path) -> None:
    client.force_login(world.people()[role])
    before = _state()
    answer = post(client, world)
    assert answer.status_code == 403 and answer.json()["error"]["message"].endswith(".")
    assert _state() == before and stored(uploads) == []


def test_a_wrong_file_is_told_to_scripts_and_to_people(world: World, client: Client, uploads: Path) -> None:
    client.force_login(world.bounmy)
    answer = post(client, world, upload("logo.svg", b"<svg/>"))
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["file"]
    assert post(client, world, client_id="7").json()["error"]["fields"].keys() == {"client_id"}
    data = {"client_id": str(uuid.uuid4()), "title": "My title", "file": upload("x.exe.pdf")}
    answer = client.post(address(world), data)
    page = answer.content.decode()
    assert answer.status_code == 422 and "two endings" in page and "My title" in page
    answer = client.post(address(world), {"client_id": str(uuid.uuid4())})
    assert "Choose a file." in answer.content.decode()
    assert stored(uploads) == [] and not Material.objects.exists()
    assert client.post(address(world), {**data, "file": upload()}).status_code == 302
    assert Material.objects.get().shown is False


def test_the_page_shows_each_what_they_may_see_in_a_constant_number_of_queries(
    world: World, client: Client
) -> None:
    Session.objects.create(event=world.event, room=world.room, number=1, title={"en": "Tea"})
    client.force_login(world.noy)
    assert "Nothing here yet" in client.get(address(world)).content.decode()
    counts = []
    for number in range(3):
        link(world, title=f"Shown {number}")
        file(world, world.bounmy, shown=False, title=f"Hidden {number}")
        with CaptureQueriesContext(connection) as captured:
            page = client.get(address(world)).content.decode()
        counts.append(len(captured))
    assert "Shown 2" in page and "Hidden" not in page and "Add a file" not in page
    assert counts[0] == counts[2]
    client.force_login(world.bounmy)
    page = client.get(address(world)).content.decode()
    assert "Hidden 2" in page and "Add a file" in page


def test_the_sessions_page_leads_to_it_for_those_who_may_enter_while_it_is_not_live(
    world: World, client: Client
) -> None:
    session = Session.objects.create(event=world.event, room=world.room, number=1, title={"en": "Tea"})
    release = Release.objects.create(event=world.event, number=1, version="1.0")
    Slot.objects.create(
        session=session,
        release=release,
        start=timezone.now() - timedelta(days=2),
        end=timezone.now() - timedelta(days=2, hours=-1),
    )
    page = f"/{world.event.slug}/sessions/{session.code}/"
    for person, leads in ((world.noy, True), (world.stranger, False)):
        client.force_login(person)
        assert (f'hx-get="{address(world)}"' in client.get(page).content.decode()) == leads
    client.logout()
    assert address(world) not in client.get(page).content.decode()


def test_what_a_person_brought_is_theirs_and_stays_or_goes_when_they_leave(
    world: World, uploads: Path
) -> None:
    file(world, title="Seen by all")
    file(world, title="Seen by nobody", shown=False)
    assert [row["title"] for row in personal_data(world.bounmy)["materials"]] == [
        "Seen by all",
        "Seen by nobody",
    ]
    with transaction.atomic():
        erase_everywhere(world.bounmy)
    left = Material.objects.get()
    assert (left.title, left.author, stored(uploads)) == ("Seen by all", None, [left.file.name])
    assert default_storage.exists(left.file.name)
