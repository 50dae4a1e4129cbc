"""Who one is: names in every script, organisation, languages, photo, clock."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from PIL import Image

from conference.accounts import actions
from conference.accounts.countries import country_choices, country_names
from conference.accounts.models import Organisation, SpokenLanguage, User
from conference.accounts.queries import find_organisations, person_data
from conference.accounts.zones import same_clock, zone_choices, zone_name
from conference.core.errors import Denied
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def fields(**changes: Any) -> dict[str, Any]:
    """A profile form as a browser sends it."""
    return {
        "name": "Noy",
        "language": "en",
        "media_mode": "full",
        "spoken-TOTAL_FORMS": "2",
        "spoken-INITIAL_FORMS": "0",
        "spoken-0-level": "2",
        "spoken-1-level": "2",
        **changes,
    }


@pytest.fixture
def person(client: Client) -> User:
    user = make_user("Before")
    client.force_login(user)
    return user


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#1f6f5c").save(out, kind, **options)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises many pixels in few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_the_whole_profile_is_kept(client: Client, person: User) -> None:
    data = fields(
        name="นภา",
        name_latin="Napa",
        name_chinese="娜帕",
        organisation=" สถาบัน   วิจัย ",
        organisation_kind="institute",
        job_title="นักวิจัย",
        country="TH",
        came_for=["offer"],
        sectors=["A3", "C1"],
        introduction="ชาและกาแฟ",
        time_zone="Asia/Bangkok",
        media_mode="small",
    ) | {"spoken-0-language": "th", "spoken-0-level": "4", "spoken-1-language": "zh", "spoken-1-level": "1"}
    response = client.post("/me/profile/", data)
    assert response.status_code == 302, response.content.decode()
    person.refresh_from_db()
    assert (person.name, person.name_latin, person.name_chinese) == ("นภา", "Napa", "娜帕")
    assert person.organisation is not None
    assert (person.organisation.name, person.organisation.kind, person.organisation.country) == (
        "สถาบัน วิจัย",
        "institute",
        "TH",
    )
    assert dict(SpokenLanguage.objects.filter(user=person).values_list("language", "level")) == {
        "th": 4,
        "zh": 1,
    }
    page = client.get("/me/profile/").content.decode()
    assert "นักวิจัย" in page and 'value="สถาบัน วิจัย"' in page


@pytest.mark.parametrize("field", ["name", "name_latin", "name_chinese"])
def test_a_single_name_in_one_script_is_enough(client: Client, person: User, field: str) -> None:
    assert client.post("/me/profile/", fields(name="") | {field: "Suharto"}).status_code == 302


def test_no_name_at_all_is_refused_and_nothing_typed_is_lost(client: Client, person: User) -> None:
    response = client.post("/me/profile/", fields(name="", job_title="Engineer of dams"))
    assert response.status_code == 422
    assert "Please give at least one name" in response.content.decode()
    assert "Engineer of dams" in response.content.decode()


HOSTILE = [
    "<script>alert(1)</script>",
    "'); DROP TABLE conference_user; --",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}",
    "%(x)s",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_scripts_and_sql_are_shown_as_the_text_they_are(client: Client, person: User, text: str) -> None:
    everywhere = {
        name: text
        for name in ("name", "name_latin", "name_chinese", "organisation", "job_title", "introduction")
    }
    assert client.post("/me/profile/", fields(**everywhere)).status_code == 302
    person.refresh_from_db()
    assert person.name == text
    for page in ("/me/", "/me/profile/", "/me/data/"):
        shown = client.get(page).content.decode()
        assert "<script>alert" not in shown and "<img src=x" not in shown
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x" * 121},
        {"name": "a\0b"},
        {"job_title": "x" * 121},
        {"organisation": "x" * 201},
        {"country": "Atlantis"},
        {"time_zone": "Mars/Olympus"},
        {"language": "xx"},
        {"sectors": ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11"]},
        {"spoken-0-language": "xx"},
        {"spoken-0-language": "th", "spoken-1-language": "th"},
        {"spoken-0-language": "th", "spoken-0-level": "99"},
        {"spoken-TOTAL_FORMS": "100000"},
        {"spoken-TOTAL_FORMS": "nonsense"},
    ],
)
def test_each_field_has_bounds_and_a_refusal_changes_nothing(
    client: Client, person: User, change: dict[str, Any]
) -> None:
    response = client.post("/me/profile/", fields() | change)
    assert response.status_code == 422
    person.refresh_from_db()
    assert person.name == "Before"
    assert not SpokenLanguage.objects.exists()


# --- Photo ---


def test_a_photo_is_encoded_anew_and_replaces_the_old_file(
    client: Client, person: User, django_capture_on_commit_callbacks: Any
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    for number in range(2):
        upload = SimpleUploadedFile("../../evil.png", picture("JPEG", (1600, 900), exif=exif), "image/jpeg")
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/me/profile/", fields(photo=upload))
        old, person = person, User.objects.get(pk=person.pk)
        assert person.photo.name.startswith("user/") and person.photo.name.endswith(".webp")
        if number:
            assert not old.photo.storage.exists(old.photo.name)
    with person.photo.storage.open(person.photo.name) as file, Image.open(file) as shown:
        assert (shown.format, shown.size) == ("WEBP", (800, 450))
    response = client.get(person.photo.url)
    assert response["Content-Type"] == "image/webp"
    assert b"secret place" not in response.getvalue()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/me/profile/", fields(remove_photo="on"))
    assert not User.objects.get(pk=person.pk).photo
    assert not person.photo.storage.exists(person.photo.name)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "x.svg",
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            "not a picture",
        ),
        ("x.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not a picture"),
        ("x.html", b"<html>", "not a picture"),
        ("bomb.png", png_header(60_000, 60_000), ""),
        ("bomb.png", png_header(9_400, 9_400), ""),
        ("large.png", picture() + b"\0" * (9 * 1024 * 1024), "larger than 8 MB"),
        ("x.bmp", picture("BMP"), "not a picture"),
    ],
)
def test_a_file_that_is_no_fit_picture_is_refused_with_a_reason(
    client: Client, person: User, name: str, content: bytes, reason: str
) -> None:
    response = client.post("/me/profile/", fields(photo=SimpleUploadedFile(name, content, "image/png")))
    assert response.status_code == 422
    assert reason in response.content.decode()
    person.refresh_from_db()
    assert (person.name, person.photo.name) == ("Before", "")


# --- Organisations ---


def test_people_share_one_record_of_their_organisation() -> None:
    one, other = make_user(country="LA"), make_user(country="LA")
    first = actions.join_organisation(one, name="ມະຫາວິທະຍາໄລແຫ່ງຊາດ", kind="institute")
    second = actions.join_organisation(other, name="  ມະຫາວິທະຍາໄລແຫ່ງຊາດ ")
    assert first == second
    assert Organisation.objects.count() == 1
    actions.join_organisation(one, name="")
    one.refresh_from_db()
    assert one.organisation is None
    assert Organisation.objects.count() == 1


def test_of_two_with_the_same_name_the_one_at_home_is_meant() -> None:
    Organisation.objects.create(name="Ministry of Science", country="TH")
    own = Organisation.objects.create(name="Ministry of Science", country="LA")
    assert actions.join_organisation(make_user(country="LA"), name="ministry of science") == own


def test_organisations_are_found_by_any_of_their_names(client: Client, person: User) -> None:
    Organisation.objects.create(name="示范大学", name_latin="Shifan University", country="CN")
    for text in ("示范", "shifan", "UNIV"):
        assert "示范大学" in client.get("/me/profile/organisations/", {"organisation": text}).content.decode()
    for text in ("", "示", "nothing", "%%", "x" * 5000):
        assert (
            "option" not in client.get("/me/profile/organisations/", {"organisation": text}).content.decode()
        )
    assert not find_organisations(AnonymousUser(), "Shifan")


# --- Rights ---


@pytest.mark.parametrize(
    "act",
    [
        lambda actor: actions.change_profile(actor, name="Evil"),
        lambda actor: actions.join_organisation(actor, name="Evil"),
        lambda actor: actions.set_spoken_languages(actor, languages={"en": 4}),
        lambda actor: actions.set_photo(actor, picture=None),
        lambda actor: actions.finish_welcome(actor),
        lambda actor: actions.remember_reader(actor, language="en", time_zone="Asia/Yangon"),
        lambda actor: actions.set_password(actor, password="a long password"),
        lambda actor: actions.change_email(actor, email="evil@example.org"),
        lambda actor: actions.delete_account(actor),
    ],
)
@pytest.mark.parametrize("make_actor", [AnonymousUser, lambda: make_user(is_active=False)])
def test_strangers_and_closed_accounts_change_nothing(act: Any, make_actor: Any) -> None:
    bystander = make_user("Bystander")
    actor = make_actor()
    before = list(User.objects.order_by("pk").values())
    with pytest.raises(Denied):
        act(actor)
    assert list(User.objects.order_by("pk").values()) == before
    assert not Organisation.objects.exists() and not SpokenLanguage.objects.exists()
    assert bystander.deleted is None


def test_fields_that_are_not_of_the_profile_cannot_be_set() -> None:
    person = make_user()
    with pytest.raises(ValueError, match="is_staff"):
        actions.change_profile(person, is_staff=True)
    person.refresh_from_db()
    assert not person.is_staff


@pytest.mark.parametrize("page", ["", "profile/", "security/", "data/", "inbox/", "profile/organisations/"])
def test_own_pages_ask_strangers_to_sign_in(client: Client, page: str) -> None:
    assert client.get(f"/me/{page}")["Location"] == f"/account/sign-in/?next=/me/{page}"


# --- The public form, countries, clocks ---


def test_the_public_form_of_a_person_holds_no_address() -> None:
    person = make_user("Noy", name_latin="Noy K", job_title="Engineer", country="LA")
    actions.join_organisation(person, name="Institute")
    assert person_data(person) == {
        "id": person.pk,
        "name": "Noy",
        "name_latin": "Noy K",
        "organisation": "Institute",
        "job_title": "Engineer",
        "country": "LA",
        "photo": None,
    }
    assert person.email not in str(person_data(person))


def test_countries_have_names_in_the_readers_language_and_the_region_comes_first() -> None:
    with translation.override("zh-hans"):
        assert country_names()["NP"] == "尼泊尔"
    assert country_names()["NP"] == "Nepal"
    region = country_choices()[1][1]
    assert [code for code, _name in region][:3] == ["CN", "BN", "KH"]  # type: ignore[attr-defined]
    assert len(country_names()) > 240 and "EU" not in country_names()


def test_zones_are_named_with_their_offset_and_old_spellings_stay_choosable() -> None:
    assert zone_name("Asia/Kathmandu") == "Kathmandu (UTC+05:45)"
    assert zone_name("America/Marigot").endswith("(UTC−04:00)")
    codes = {code for _group, rows in zone_choices("Asia/Katmandu")[2:] for code, _name in rows}  # type: ignore[attr-defined]
    assert {"Asia/Kathmandu", "Asia/Shanghai", "Asia/Yangon"} <= codes
    assert zone_choices("Asia/Katmandu")[1][0] == "Asia/Katmandu"
    assert same_clock("Asia/Calcutta", "Asia/Kolkata") and not same_clock("Asia/Kolkata", "Asia/Kathmandu")
    assert not same_clock("Europe/London", "Africa/Abidjan")


def test_a_person_who_travels_is_asked_and_never_moved_silently(client: Client) -> None:
    person = make_user(time_zone="Asia/Kathmandu")
    client.force_login(person)
    client.cookies["time_zone"] = "Asia/Shanghai"
    page = client.get("/me/").content.decode()
    assert "Your device is on the time of Shanghai" in page
    person.refresh_from_db()
    assert person.time_zone == "Asia/Kathmandu"
    client.post("/me/time-zone/", {"time_zone": "Asia/Shanghai", "keep": "1"})
    assert "Your device is on" not in client.get("/me/").content.decode()
    client.post("/me/time-zone/", {"time_zone": "Asia/Shanghai"})
    person.refresh_from_db()
    assert person.time_zone == "Asia/Shanghai"
    client.post("/me/time-zone/", {"time_zone": "Mars/Olympus"})
    person.refresh_from_db()
    assert person.time_zone == "Asia/Shanghai"


def test_choosing_a_language_is_kept_in_the_cookie_and_the_profile(client: Client) -> None:
    response = client.post("/language/", {"language": "zh-hans", "next": "/me/"})
    assert (response["Location"], client.cookies["django_language"].value) == ("/me/", "zh-hans")
    person = make_user()
    client.force_login(person)
    client.post("/language/", {"language": "zh-hans", "next": "https://evil.example/"})
    person.refresh_from_db()
    assert person.language == "zh-hans"
    assert client.post("/language/", {"language": "tlh", "next": "//evil.example/"})["Location"] == "/"
    person.refresh_from_db()
    assert person.language == "zh-hans"
