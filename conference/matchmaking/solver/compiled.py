"""The compiled loops of the solver: one decorator, one directory for the machine code.

numba compiles a function when it is first called and keeps the result on disk, so that only the first run on a machine
waits (`python -m conference.matchmaking.solver.compile`, part of `make setup`, makes that run). numba looks at the file a
function is written in but not at the functions it calls, hence the name of the directory holds a hash of all sources of
this package: machine code of older sources is never used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

_Function = TypeVar("_Function", bound=Callable[..., Any])

HERE = Path(__file__).resolve().parent
BASE_DIR = HERE.parents[2]


def cache_directory() -> Path:
    """Where the machine code of the present sources lies.

    `NUMBA_CACHE_DIR` if set, else `var` beside the sources, which the server, the tests and `make setup` share, else `CHAMA_VAR`
    where the sources are read-only.
    """
    own = os.environ.get("NUMBA_CACHE_DIR")
    beside = BASE_DIR / "var"
    elsewhere = os.environ.get("CHAMA_VAR")
    if own:
        root = Path(own)
    elif elsewhere and not os.access(beside if beside.exists() else BASE_DIR, os.W_OK):
        root = Path(elsewhere) / "numba"
    else:
        root = beside / "numba"
    sources = hashlib.sha256(numba.__version__.encode())
    for path in sorted(HERE.glob("*.py")):
        text = path.read_bytes()
        if b"solver.compiled import" in text or path.name == "layout.py":  # its constants are compiled in
            sources.update(text)
    return root.expanduser().resolve() / f"solver-{sources.hexdigest()[:16]}"


def loop(function: _Function) -> _Function:
    """Compile a function on its first call and keep the machine code. Where nothing can be written, every process compiles."""
    before = config.CACHE_DIR  # type: ignore[attr-defined]
    try:
        config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]
        return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # "no locator available": a file system that is read-only everywhere
        return cast(_Function, numba.njit(nogil=True, error_model="numpy")(function))
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


CACHE = cache_directory()
