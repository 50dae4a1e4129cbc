"""Two who do something at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from django.db import connection

from conference.core.errors import Refusal

Given = ParamSpec("Given")
Found = TypeVar("Found")


def together(*works: Callable[[], Any], failing: type[Exception] = Refusal) -> list[Any]:
    """Run in threads with a connection each; what they return, or the refusal they raise."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except failing as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def meeting(find: Callable[Given, Found]) -> Callable[Given, Found]:
    """The same, but of two who call it neither goes on before both have found."""
    gate = threading.Barrier(2)

    def met(*args: Given.args, **more: Given.kwargs) -> Found:
        found = find(*args, **more)
        gate.wait(10)
        return found

    return met
