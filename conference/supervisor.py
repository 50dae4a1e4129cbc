"""`make run`: everything the platform needs, started in order, watched, and stopped together.

    secrets, ports -> PostgreSQL and Valkey -> `manage.py prepare` -> the processes of the Procfile -> /healthz -> how to sign in

honcho reads the Procfile and shows what the processes say. We add what a platform in use needs: a process that crashes
is started again, and none survives us. Ctrl-C, SIGTERM and a closed terminal stop them in order; for `kill -9` each
process has asked the kernel for a signal when its parent ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Any

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.process import Popen, Process

from conference import embedded

BASE_DIR = embedded.BASE_DIR
CRASHES_IN_A_ROW = 5
QUICK_CRASH_SECONDS = 10
HEALTHY_SECONDS = 90
ORPHANED_SECONDS = 5


class Refused(Exception):
    """The platform cannot start; the text is one sentence for the person at the terminal."""


def main(arguments: list[str]) -> int:
    """Start the platform and stay until it is stopped."""
    if "--die-with-parent" in arguments:
        embedded.die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        environment = prepare_environment(os.environ)
        lock = claim(Path(environment["CHAMA_VAR"]), environment)
        with lock:
            check_ports(environment)
            os.environ.update(environment)
            embedded.ensure_secrets()
            embedded.ensure()
            prepare = [
                sys.executable,
                "manage.py",
                "prepare",
                *(["--demo"] if environment["DEMO"] == "1" else []),
            ]
            subprocess.run(prepare, check=True, cwd=BASE_DIR, stdin=subprocess.DEVNULL)
            return run_processes(dict(os.environ))
    except (Refused, embedded.Unavailable) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError:
        print("The platform was not started: its preparation failed, see above.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    finally:
        embedded.release(wait=True)


def prepare_environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of all processes: what is given, and a default for what is not. See docs/operations.md."""
    port = _port(given, "PORT", 8000)
    media_port = _port(given, "MEDIA_PORT", port + 1)
    listen = given.get("LISTEN") or "127.0.0.1"
    site = (given.get("SITE_URL") or f"http://localhost:{port}").rstrip("/")
    internal = f"http://{_reachable(listen)}:{port}"
    defaults = {
        "CHAMA_VAR": str(embedded.var_directory()),
        # The demo's accounts, an administrator's among them, share a password: not where real people come.
        "DEMO": "0" if given.get("BEHIND_TLS", "").lower() in {"1", "true", "yes", "on"} else "1",
        "DJANGO_SETTINGS_MODULE": "conference.settings",
        "LISTEN": listen,
        "LOG_FORMAT": "console",
        "MEDIA_ALLOWED_ORIGINS": ",".join(
            dict.fromkeys([site, f"http://localhost:{port}", f"http://127.0.0.1:{port}"])
        ),
        "MEDIA_EVENTS_URL": f"{internal}/media/events",
        "MEDIA_HOST": listen,
        "MEDIA_PORT": str(media_port),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        "WEB_OPTIONS": "",
        "WORKERS": "2",
    }
    # `python` in the Procfile is ours, whatever the shell has.
    path = os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])
    return {**defaults, **{name: value for name, value in given.items() if value}, "PATH": path}


def check_ports(environment: Mapping[str, str]) -> None:
    """Raise `Refused` when a port is taken, before anything has been started."""
    for name, host in {"PORT": environment["LISTEN"], "MEDIA_PORT": environment["MEDIA_HOST"]}.items():
        port = int(environment[name])
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            other = f"PORT={port + 10} make run" if name == "PORT" else f"MEDIA_PORT={port + 10} make run"
            why = (
                "is taken by another program"
                if error.errno == 98
                else f"cannot be used ({error.strerror or error})"
            )
            raise Refused(
                f"Port {port} {why}. Choose another one with the variable {name}: {other}"
            ) from None


@contextlib.contextmanager
def claim(var: Path, environment: Mapping[str, str]) -> Any:
    """One platform per var directory. The kernel releases the claim when this process ends, however it ends."""
    with (var / "platform.lock").open("a+", encoding="utf-8") as file:
        try:
            # A POSIX lock: unlike flock, our children do not inherit it.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            known = json.loads(file.read() or "{}")
            raise Refused(
                f"Chama already runs from {var} (process {known.get('process')}, port {known.get('port')}). "
                "Stop it first, or set CHAMA_VAR to another directory and PORT to another port."
            ) from None
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "port": environment["PORT"]}))
        file.flush()
        yield


def run_processes(environment: dict[str, str], procfile: Path = BASE_DIR / "Procfile") -> int:
    """Run the Procfile until somebody stops the platform, or one of the processes cannot be kept up."""
    platform = Platform()
    for name, command in parse_procfile(procfile.read_text(encoding="utf-8")).processes.items():
        platform.add_process(name, command, env=environment, cwd=str(BASE_DIR))
    greeter = threading.Thread(target=_greet, args=(environment, platform), daemon=True)
    greeter.start()
    signal.signal(signal.SIGHUP, _hang_up)
    platform.loop()
    # 130 and 143 are the answers to Ctrl-C and SIGTERM: the platform was stopped, it did not fail.
    return 0 if platform.returncode in (130, 143) else platform.returncode or 0


class Kept(Process):
    """A process of the Procfile that is started again when it crashes. Runs in a small process of its own."""

    def __init__(self, *arguments: Any, stopping: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.stopping = stopping

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Keep the command running. honcho's own `run` does it once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, self._orphaned)
        embedded.die_with_parent(signal.SIGUSR1)
        self._events = events
        crashes = 0
        while True:
            began = time.monotonic()
            code = self._run_once()
            crashes = crashes + 1 if time.monotonic() - began < QUICK_CRASH_SECONDS else 1
            if self.stopping.is_set():
                break
            if crashes >= CRASHES_IN_A_ROW:
                self._send_message(f"ended {crashes} times in a row; the platform stops.\n".encode())
                break
            pause = min(0.25 * 2**crashes, 5)
            self._send_message(f"ended with {code}; starting it again in {pause:g} s.\n".encode())
            if self.stopping.wait(pause):
                break
        self._send_message({"returncode": code}, type="stop")

    def _orphaned(self, *_: object) -> None:
        """The supervisor was killed: take the whole group of the process along, politely first."""
        if self._child:
            deadline = time.monotonic() + ORPHANED_SECONDS
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGTERM)
                while self._child.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
                os.killpg(self._child.pid, signal.SIGKILL)
        os._exit(1)

    def _run_once(self) -> int:
        self._child = child = Popen(
            self.cmd,
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            restore_signals=True,
            preexec_fn=_prepare_child,
        )
        self._send_message({"pid": child.pid}, type="start")
        if self.stopping.is_set():
            child.terminate()
        lines: IO[bytes] = child.stdout
        for line in iter(lines.readline, b""):
            self._send_message(line)
        code: int = child.wait()
        # What the process left behind in its group: children of a worker that was killed.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        return code


def _prepare_child() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    embedded.die_with_parent(signal.SIGTERM)


class Platform(Manager):
    """honcho's manager, with processes that are kept up and fewer words."""

    def __init__(self) -> None:
        super().__init__()
        self.stopping = multiprocessing.Event()
        self._process_ctor = lambda *arguments, **options: Kept(*arguments, stopping=self.stopping, **options)

    def terminate(self) -> None:
        """Stop all processes; from now on none is started again."""
        self.stopping.set()
        super().terminate()

    def say(self, text: str) -> None:
        """Show lines of our own between those of the processes."""
        self._system_print(text if text.endswith("\n") else text + "\n")

    def _system_print(self, data: str) -> None:
        if not re.match(r"\w+ (started|stopped) \(|sending ", data):
            super()._system_print(data)


def _greet(environment: Mapping[str, str], platform: Platform) -> None:
    """Say where the platform is, once it is well."""
    port = environment["PORT"]
    address = (environment.get("SITE_URL") or f"http://localhost:{port}").rstrip("/")
    inside = f"http://{_reachable(environment['LISTEN'])}:{port}"
    if not wait_until_healthy(inside, HEALTHY_SECONDS):
        if not platform.stopping.is_set():
            platform.say(
                f"The platform is not well after {HEALTHY_SECONDS} s. {inside}/healthz names the part."
            )
        return
    accounts = Path(environment["CHAMA_VAR"]) / "demo.txt"
    text = accounts.read_text(encoding="utf-8").rstrip() if accounts.exists() else ""
    lines = [
        "",
        f"Chama is ready: {address}",
        *([""] if text else []),
        *text.splitlines(),
        "",
        "Ctrl-C stops it.",
        "",
    ]
    for line in lines:
        platform.say(line)


def wait_until_healthy(address: str, seconds: float) -> bool:
    """Whether /healthz says within this time that all parts are well."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, urllib.error.URLError):
            with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return True
        time.sleep(0.5)
    return False


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = (environment.get(name) or str(default)).strip()
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Refused(f"{name} must be a number from 1 to 65535; it is “{text}”.")
    return int(text)


def _reachable(listen: str) -> str:
    """An address at which this machine reaches what listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(listen, listen)  # noqa: S104
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _hang_up(_number: int, _frame: FrameType | None) -> None:
    # The terminal is gone: writing to it would fail in the middle of stopping.
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
