"""The embedded servers and the supervisor: what is started is found again, and nothing is left behind.

Each test has a var directory and ports of its own and works with real processes.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from conference import embedded, supervisor

ROOT = Path(__file__).resolve().parent.parent

USER = """
import sys
from conference import embedded
embedded.ensure()
print("using", flush=True)
sys.stdin.read()
"""

PLATFORM = """
import os, sys
from pathlib import Path
from conference import supervisor
with supervisor.claim(Path(os.environ["CHAMA_VAR"]), os.environ):
    sys.exit(supervisor.run_processes(dict(os.environ), Path(sys.argv[1])))
"""


@pytest.fixture
def var() -> Iterator[Path]:
    """A var directory, with a short path that PostgreSQL's own user may walk when we are root."""
    with tempfile.TemporaryDirectory(prefix="chama-platform-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path
        for pid in processes_of(path):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not processes_of(path))


@pytest.fixture
def environment(var: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    port = free_port()
    return {
        **kept,
        "CHAMA_VAR": str(var),
        # What is committed must survive a kill here, unlike in the other tests.
        "CHAMA_DATABASE_FSYNC": "on",
        "PORT": str(port),
        "LISTEN": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def processes_of(var: Path) -> list[int]:
    """The processes, zombies aside, that have this var directory in their arguments or their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if os.fsencode(var) in words:
                found.append(int(entry.name))
    return found


def start_user(environment: dict[str, str]) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", USER],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "using\n"
    return user


def end(process: subprocess.Popen[str], number: int) -> str:
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    return output or ""


def address(var: Path, service: str) -> str:
    return str(embedded.read_state(var, service)["address"])


def test_servers_are_shared_by_processes_and_stop_with_the_last_one(
    var: Path, environment: dict[str, str]
) -> None:
    first = start_user(environment)
    with psycopg.connect(address(var, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('学习')")
    keeper = embedded.read_state(var, "postgres")["keeper"]

    second = start_user(environment)
    assert embedded.read_state(var, "postgres")["keeper"] == keeper
    end(first, signal.SIGKILL)
    assert redis.Redis.from_url(address(var, "valkey")).ping()

    end(second, signal.SIGKILL)
    wait_for(lambda: not processes_of(var))

    third = start_user(environment)
    with psycopg.connect(address(var, "postgres")) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("学习",)]
    end(third, signal.SIGTERM)
    wait_for(lambda: not processes_of(var))


def test_many_that_start_at_once_get_the_same_servers(var: Path, environment: dict[str, str]) -> None:
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    for user in users:
        assert user.stdout is not None
        assert user.stdout.readline() == "using\n"
    for user in users:
        end(user, signal.SIGTERM)
    wait_for(lambda: not processes_of(var))


@pytest.mark.parametrize("victim", ["server", "keeper"])
def test_a_killed_server_is_replaced_and_its_data_is_there(
    var: Path, environment: dict[str, str], victim: str
) -> None:
    first = start_user(environment)
    with psycopg.connect(address(var, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    os.kill(int(embedded.read_state(var, "postgres")[victim]), signal.SIGKILL)
    wait_for(lambda: not embedded.running("postgres", var))

    second = start_user(environment)
    with psycopg.connect(address(var, "postgres")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    for user in (first, second):
        end(user, signal.SIGTERM)
    wait_for(lambda: not processes_of(var))


def test_a_pid_file_that_names_a_foreign_process_does_not_stop_the_start(
    var: Path, environment: dict[str, str]
) -> None:
    end(start_user(environment), signal.SIGTERM)
    wait_for(lambda: not processes_of(var))
    (var / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{var}/postgres\n", encoding="utf-8")

    user = start_user(environment)
    with psycopg.connect(address(var, "postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    end(user, signal.SIGTERM)


def test_secrets_are_made_once_and_are_for_the_owner_alone(
    var: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAMA_VAR", str(var))
    for name in embedded.SECRETS:
        monkeypatch.delenv(name, raising=False)
    first = embedded.ensure_secrets()
    for name in embedded.SECRETS:
        monkeypatch.delenv(name)

    assert embedded.ensure_secrets() == first
    assert all(len(value) >= 50 for value in first.values())
    assert stat.S_IMODE((var / "secrets.env").stat().st_mode) == 0o600


def test_a_taken_port_gets_one_sentence_that_names_the_variable(
    var: Path, environment: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", int(environment["PORT"]))):
        answer = subprocess.run(
            [sys.executable, "-m", "conference.supervisor"],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.splitlines() == [
        f"Port {environment['PORT']} is taken by another program. "
        f"Choose another one with the variable PORT: PORT={int(environment['PORT']) + 10} make run"
    ]


def test_a_port_that_is_no_number_gets_a_sentence(environment: dict[str, str]) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "conference.supervisor"],
        env={**environment, "PORT": "eight"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (answer.returncode, answer.stderr) == (
        1,
        "PORT must be a number from 1 to 65535; it is “eight”.\n",
    )


@pytest.fixture
def platform(var: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A platform of two small processes under the real supervisor."""
    (var / "Procfile").write_text(
        "steady: exec python -c 'import time; print(\"steady is up\", flush=True); time.sleep(600)'\n"
        "parent: python -c 'import time; print(\"parent is up\", flush=True); time.sleep(600)'; true\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    process = subprocess.Popen(
        [sys.executable, "-c", PLATFORM, str(var / "Procfile")],
        env={**environment, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def read_until(process: subprocess.Popen[str], words: set[str]) -> str:
    """What the platform prints until all the words have come."""
    assert process.stdout is not None
    text = ""
    while not all(word in text for word in words):
        line = process.stdout.readline()
        assert line, f"It ended before it said {words}: {text}"
        text += line
    return text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_process_outlives_the_supervisor(
    var: Path, platform: subprocess.Popen[str], number: signal.Signals
) -> None:
    read_until(platform, {"steady is up", "parent is up"})
    assert len(processes_of(var)) >= 4

    platform.send_signal(number)
    wait_for(lambda: not processes_of(var))


def test_a_process_that_is_killed_is_started_again(var: Path, platform: subprocess.Popen[str]) -> None:
    read_until(platform, {"steady is up", "parent is up"})
    victims = [
        pid
        for pid in processes_of(var)
        if re.search(rb"^python\0-c\0import time; print\(.steady", command(pid))
    ]
    assert len(victims) == 1
    os.kill(victims[0], signal.SIGKILL)

    assert "ended with -9; starting it again" in read_until(platform, {"steady is up"})
    platform.send_signal(signal.SIGTERM)
    assert platform.wait(20) == 0


def test_a_second_platform_in_the_same_directory_gets_a_sentence(
    var: Path, environment: dict[str, str], platform: subprocess.Popen[str]
) -> None:
    read_until(platform, {"steady is up"})
    answer = subprocess.run(
        [sys.executable, "-m", "conference.supervisor"],
        env={**environment, "PORT": str(free_port())},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert answer.stderr == (
        f"Chama already runs from {var} (process {platform.pid}, port {environment['PORT']}). "
        "Stop it first, or set CHAMA_VAR to another directory and PORT to another port.\n"
    )


def command(pid: int) -> bytes:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def test_the_demo_does_not_come_by_itself_where_real_people_do() -> None:
    assert supervisor.prepare_environment({"PATH": "/bin"})["DEMO"] == "1"
    assert supervisor.prepare_environment({"PATH": "/bin", "BEHIND_TLS": "1"})["DEMO"] == "0"
    assert supervisor.prepare_environment({"PATH": "/bin", "BEHIND_TLS": "1", "DEMO": "1"})["DEMO"] == "1"
