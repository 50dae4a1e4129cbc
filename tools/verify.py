"""`make test` and `make check`: every check of the repository, one after the other.

All of them run, also after one has failed: a failure of style does not hide a failure of a test. pytest comes last, so
that its summary is the end of the output. The servers, ports and files are the tests' own, beside a running platform.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from conference import embedded
from tools.setup import BASE_DIR, find_chromium, node_environment

BIN = Path(sys.executable).parent
NO_CHROMIUM = (
    "There is no Chromium: the browser tests fail. Install one, or name it in the variable CHROMIUM."
)


@dataclass(frozen=True)
class Check:
    """A command that passes when it ends with 0."""

    name: str
    command: list[str]


def checks(fast: bool) -> list[Check]:
    """What is run, in this order."""
    python = sys.executable
    manage = [python, "manage.py"]
    scripts = sorted(
        str(path.relative_to(BASE_DIR)) for path in (BASE_DIR / "tests" / "js").rglob("*.test.*js")
    )
    # By "loadgroup" each test is handed out by itself; by "load" a worker may be left with a row of journeys at the end.
    pytest = [python, "-m", "pytest", "--numprocesses", "2", "--dist", "loadgroup"]
    return [
        Check("style", [str(BIN / "ruff"), "check", "--quiet", "."]),
        Check("format", [str(BIN / "ruff"), "format", "--quiet", "--check", "."]),
        Check("imports go down", [str(BIN / "lint-imports"), "--no-logo"]),
        Check("types of Python", [str(BIN / "mypy"), "--no-error-summary"]),
        Check(
            "types of JavaScript", ["node", "node_modules/typescript/bin/tsc", "--project", "tsconfig.json"]
        ),
        Check("Django", [*manage, "check", "--fail-level", "WARNING"]),
        Check("migrations fit the models", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("translations", [*manage, "translations", "check"]),
        # What the tests read is the catalogue as it is used; the pages of the journeys would compile it too, but come last.
        Check("catalogues", [*manage, "translations", "compile"]),
        Check("tests of JavaScript", ["node", "--test", "--test-concurrency=6", *scripts]),
        Check("tests", [*pytest, *(["--ignore=tests/journeys"] if fast else [])]),
    ]


def main(arguments: list[str]) -> int:
    """Run everything; say at the end what failed."""
    fast = "--fast" in arguments
    os.environ["CHAMA_VAR"] = str(BASE_DIR / "var" / "test")
    environment = {**node_environment(), **embedded.ensure_secrets()}
    chromium = find_chromium()
    if chromium:
        environment["CHROMIUM"] = chromium
    elif not fast:
        print(NO_CHROMIUM, flush=True)
    failed = []
    for check in checks(fast):
        began = time.monotonic()
        print(f"== {check.name}", flush=True)
        result = subprocess.run(
            check.command, cwd=BASE_DIR, env=environment, stdin=subprocess.DEVNULL, check=False
        )
        if result.returncode:
            failed.append(check.name)
        word = "failed" if result.returncode else "passed"
        print(f"   {word} in {time.monotonic() - began:.1f} s", flush=True)
    print(f"Failed: {', '.join(failed)}." if failed else "Everything passed.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # A person's own services and settings are not what is tested.
    for name in ("DATABASE_URL", "REDIS_URL", "DEBUG", "PORT", "MEDIA_PORT", "SITE_URL"):
        os.environ.pop(name, None)
    sys.exit(main(sys.argv[1:]))
