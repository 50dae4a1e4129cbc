"""A real daphne, with an application of the test's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Served(NamedTuple):
    port: int
    process: subprocess.Popen[bytes]
    out: Path


@contextmanager
def serving(folder: Path, application: str, **environment: str) -> Iterator[Served]:
    """From when it answers until the end of the block. What it prints is in `out`."""
    (folder / "served.py").write_text(textwrap.dedent(application))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["-m", "daphne", "--endpoint", f"tcp:port={port}:interface=127.0.0.1:backlog=4096"]
    command += ["--verbosity", "0", "served:application"]
    path = os.pathsep.join([str(folder), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **environment}
    out = folder / "out"
    with (
        out.open("wb") as printed,
        subprocess.Popen([sys.executable, *command], env=environment, stdout=printed) as process,
    ):
        try:
            until = time.monotonic() + 60
            while not _answers(port):
                assert process.poll() is None and time.monotonic() < until, "daphne did not start."
                time.sleep(0.1)
            yield Served(port, process, out)
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
