"""The platform starts with nothing in it, and is well."""

from __future__ import annotations

import json
import urllib.request

from tests.journeys.platform import PHONE, NewPage, RunningPlatform


def test_the_start_page_opens_and_every_part_is_well(platform: RunningPlatform, new_page: NewPage) -> None:
    with urllib.request.urlopen(f"{platform.base_url}/healthz", timeout=10) as answer:
        assert answer.status == 200
        assert json.load(answer)

    response = new_page().goto("/")
    assert response is not None
    assert response.status == 200


def test_the_start_page_opens_in_chinese_on_a_phone(new_page: NewPage) -> None:
    page = new_page(lang="zh-hans", viewport=PHONE)
    response = page.goto("/")
    assert response is not None
    assert response.status == 200
    assert page.locator("html[lang=zh-hans i]").count() == 1
