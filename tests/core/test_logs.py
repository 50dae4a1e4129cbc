"""The logs hold neither secrets of addresses nor the values that a failing program had in its hands."""

from __future__ import annotations

import json
import logging
from io import StringIO

import pytest
from django.conf import settings
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from conference.core.logs import RouteInsteadOfPath, tracebacks


@pytest.fixture
def lines():
    """What the handler of the settings would write of Django's own lines."""
    names = settings.LOGGING["handlers"]["console"]["filters"]
    assert [settings.LOGGING["filters"][name]["()"] for name in names] == [
        "conference.core.logs.RouteInsteadOfPath"
    ]
    told = StringIO()
    handler = logging.StreamHandler(told)
    handler.addFilter(RouteInsteadOfPath())
    logger = logging.getLogger("django")
    logger.addHandler(handler)
    yield told
    logger.removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account/link/a-mailed-secret/", "/demo/agenda/a-mailed-secret.ics"])
def test_a_refused_secret_address_is_not_in_the_log(lines, path):
    assert Client().get(path).status_code in (404, 410)
    assert "<str:" in lines.getvalue()
    assert "a-mailed-secret" not in lines.getvalue()


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_is_not_in_the_log(lines):
    assert Client().get("/a-mailed-secret/too/far/").status_code == 404
    assert "Not Found" in lines.getvalue() and "a-mailed-secret" not in lines.getvalue()


def test_a_traceback_names_the_place_and_no_values():
    told = StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(
        ProcessorFormatter(processors=[ProcessorFormatter.remove_processors_meta, tracebacks, _as_json])
    )
    logger = logging.getLogger("tests.traceback")
    logger.addHandler(handler)
    try:
        code = "314159"
        try:
            raise RuntimeError("it failed", len(code))
        except RuntimeError:
            logger.exception("a mistake")
    finally:
        logger.removeHandler(handler)
    assert "RuntimeError" in told.getvalue() and "test_a_traceback_names" in told.getvalue()
    assert "314159" not in told.getvalue()


def _as_json(_logger: object, _method: str, event: object) -> str:
    return json.dumps(event, default=str)
