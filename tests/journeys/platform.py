"""The platform as its users meet it: the real processes under the real supervisor, on ports and data of its own."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

from playwright.sync_api import Page

from conference import supervisor

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
NewPage = Callable[..., Page]
START_SECONDS = 120
MAIL_SECONDS = 20

# Runs what it is given, a JSON string on each line; answers with [whether it went well, what was printed].
INTERPRETER = """
import contextlib, io, json, sys, traceback
import django
from conference import embedded
embedded.ensure_secrets()
embedded.ensure()
django.setup()
for line in sys.stdin:
    said, well = io.StringIO(), True
    with contextlib.redirect_stdout(said):
        try:
            exec(json.loads(line), {})
        except Exception:
            said.write(traceback.format_exc())
            well = False
    print(json.dumps([well, said.getvalue()]), flush=True)
"""


@dataclass(frozen=True)
class RunningPlatform:
    """A started platform: where it is, and what one can do with it from outside."""

    base_url: str
    var: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @cached_property
    def _interpreter(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", INTERPRETER],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run_manage(self, *arguments: str, text: str | None = None, check: bool = True) -> str:
        """Run a management command beside the platform; `text` is its standard input. Returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=text or "",
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, (
            f"manage.py {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def python(self, code: str) -> str:
        """Run Python inside Django, for what has no command: `platform.python("from ... import ...; print(...)")`.

        One process runs all of them, since starting Django takes longer than most of what is asked.
        """
        assert self._interpreter.stdin and self._interpreter.stdout
        print(json.dumps(code), file=self._interpreter.stdin, flush=True)
        well, printed = json.loads(self._interpreter.stdout.readline())
        assert well, printed
        return str(printed)

    def stop_python(self) -> None:
        """The end of its input ends the interpreter."""
        if "_interpreter" in self.__dict__:
            self._interpreter.communicate()

    def mails(self, to: str = "") -> list[EmailMessage]:
        """The mails that were sent, oldest first."""
        found: list[EmailMessage] = []
        directory = self.var / "mail"
        for path in sorted(directory.glob("*.log"), key=lambda file: file.stat().st_mtime_ns):
            for part in re.split(r"(?m)^-{79}$", path.read_text(encoding="utf-8")):
                if part.strip():
                    message = email.message_from_string(part.lstrip("\n"), policy=email.policy.default)
                    if to in str(message["To"]):
                        found.append(message)
        return found

    def wait_for_mail(self, to: str, after: int = 0) -> EmailMessage:
        """The newest mail to this address, as soon as there are more than `after` of them."""
        deadline = time.monotonic() + MAIL_SECONDS
        while len(found := self.mails(to)) <= after:
            assert time.monotonic() < deadline, f"No mail to {to} within {MAIL_SECONDS} s.\n{self.log()}"
            time.sleep(0.1)
        return found[-1]

    def log(self, characters: int = 6000) -> str:
        """The end of what the processes said."""
        return (self.var / "platform.log").read_text(encoding="utf-8", errors="replace")[-characters:]

    def processes(self, words: str) -> list[int]:
        """The processes of this platform whose command line contains these words, to kill one of them."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    mine = os.fsencode(self.var) in (entry / "environ").read_bytes()
                except OSError:
                    continue
                if mine and words in command:
                    found.append(int(entry.name))
        return sorted(found)


def start_platform() -> RunningPlatform:
    """Start it with an empty database and without the demo event, and return when /healthz is green."""
    var = Path(tempfile.mkdtemp(prefix="chama-journeys-"))
    var.chmod(0o711)  # PostgreSQL runs as another user when we are root
    port = free_ports()
    own = {
        "DATABASE_URL",
        "REDIS_URL",
        "CHAMA_SECRET_KEY",
        "MEDIA_SECRET",
        "DJANGO_SETTINGS_MODULE",
        "MEDIA_PORT",
        "SITE_URL",
    }
    environment = {
        **{name: value for name, value in os.environ.items() if name not in own},
        "CHAMA_VAR": str(var),
        "CHAMA_DATABASE_FSYNC": "off",
        "DEMO": "0",
        "LISTEN": "127.0.0.1",
        "PORT": str(port),
        "MEDIA_PORT": str(port + 1),
        "PYTHONUNBUFFERED": "1",
    }
    base_url = f"http://localhost:{port}"
    with (var / "platform.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "conference.supervisor", "--die-with-parent"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    # What manage.py needs beside the processes: the same site address as theirs.
    platform = RunningPlatform(
        base_url, var, {**environment, **supervisor.prepare_environment(environment)}, process
    )
    deadline = time.monotonic() + START_SECONDS
    while not supervisor.wait_until_healthy(f"http://127.0.0.1:{port}", 1):
        if process.poll() is not None or time.monotonic() > deadline:
            log_text = platform.log()
            stop_platform(platform)
            raise AssertionError(f"The platform did not start:\n{log_text}")
    return platform


def stop_platform(platform: RunningPlatform) -> None:
    """Stop it as Ctrl-C does, and remove its files."""
    platform.stop_python()
    if platform.process.poll() is None:
        platform.process.send_signal(signal.SIGTERM)
    platform.process.wait(60)
    shutil.rmtree(platform.var, ignore_errors=True)


def free_ports() -> int:
    """A port that is free together with the next one, for web and media."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
