"""The first two minutes."""

from __future__ import annotations

import pytest
from django.test import Client

from conference.accounts.models import User
from conference.core.models import Fact
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(client: Client) -> User:
    person = make_user(onboarded=None)
    person.name = ""
    person.save()
    client.force_login(person)
    return person


def test_three_screens_are_filled_and_lead_to_where_the_person_wanted(client: Client, newcomer: User) -> None:
    first = {
        "name": "  सीता ",
        "language": "zh-hans",
        "country": "NP",
        "time_zone": "Asia/Kathmandu",
        "next": "/me/data/",
    }
    response = client.post("/me/welcome/", first)
    assert response["Location"] == "/me/welcome/interests/?next=%2Fme%2Fdata%2F"
    assert client.cookies["django_language"].value == "zh-hans"
    second = {
        "came_for": ["find", "learn"],
        "sectors": ["E1", "A3", "G"],
        "introduction": "जलविद्युत",
        "next": "/me/data/",
    }
    assert (
        client.post("/me/welcome/interests/", second)["Location"] == "/me/welcome/media/?next=%2Fme%2Fdata%2F"
    )
    assert (
        client.post("/me/welcome/media/", {"media_mode": "audio", "next": "/me/data/"})["Location"]
        == "/me/data/"
    )
    newcomer.refresh_from_db()
    assert newcomer.name == "सीता"
    assert (newcomer.country, newcomer.time_zone, newcomer.language) == ("NP", "Asia/Kathmandu", "zh-hans")
    assert (newcomer.came_for, newcomer.sectors, newcomer.media_mode) == (
        ["find", "learn"],
        ["E1", "A3", "G"],
        "audio",
    )
    assert newcomer.onboarded is not None
    assert Fact.objects.filter(verb="person.welcomed").count() == 1


def test_each_screen_can_be_left_for_later(client: Client, newcomer: User) -> None:
    for page, following in (("", "interests/"), ("interests/", "media/")):
        assert (
            client.post(f"/me/welcome/{page}", {"later": "1", "name": "ignored"})["Location"]
            == f"/me/welcome/{following}"
        )
    assert client.post("/me/welcome/media/", {"later": "1"})["Location"] == "/"
    newcomer.refresh_from_db()
    assert newcomer.name == ""
    assert newcomer.onboarded is not None


def test_the_zone_that_the_browser_told_is_proposed(client: Client, newcomer: User) -> None:
    client.cookies["time_zone"] = "Asia/Vientiane"
    page = client.get("/me/welcome/").content.decode()
    assert '<option value="Asia/Vientiane" selected>' in page


@pytest.mark.parametrize("told", ["Mars/Olympus", "../../etc/passwd", "A" * 3000, "%00", "<script>"])
def test_a_zone_that_is_none_is_passed_over(client: Client, newcomer: User, told: str) -> None:
    client.cookies["time_zone"] = told
    response = client.get("/me/welcome/")
    assert response.status_code == 200
    assert told not in response.content.decode()


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("", {"name": "x" * 121, "language": "en"}),
        ("", {"name": "Noy", "language": "tlh"}),
        ("", {"name": "Noy", "language": "en", "country": "XX"}),
        ("", {"name": "Noy", "language": "en", "time_zone": "Mars/Olympus"}),
        ("interests/", {"sectors": ["A1", "A2", "A3", "A4"]}),
        ("interests/", {"sectors": ["Z9"]}),
        ("interests/", {"came_for": ["spy"]}),
        ("interests/", {"introduction": "x" * 301}),
        ("media/", {"media_mode": "hologram"}),
        ("media/", {}),
    ],
)
def test_what_does_not_hold_is_told_and_changes_nothing(
    client: Client, newcomer: User, page: str, data: dict[str, object]
) -> None:
    before = User.objects.filter(pk=newcomer.pk).values().get()
    response = client.post(f"/me/welcome/{page}", data)
    assert response.status_code == 422
    assert 'class="error"' in response.content.decode()
    assert User.objects.filter(pk=newcomer.pk).values().get() == before


def test_a_stranger_is_led_to_the_sign_in(client: Client) -> None:
    assert client.get("/me/welcome/")["Location"].startswith("/account/sign-in/")
