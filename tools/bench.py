"""`make bench`: run each program in benchmarks/ and print what it measures."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.setup import BASE_DIR, find_chromium


def main() -> int:
    """Each benchmark is a program of its own, with servers of its own."""
    environment = {**os.environ, "CHAMA_VAR": str(BASE_DIR / "var" / "bench"), "PYTHONPATH": str(BASE_DIR)}
    chromium = find_chromium()
    if chromium:
        environment["CHROMIUM"] = chromium
    failed = 0
    for path in sorted((BASE_DIR / "benchmarks").glob("[!_]*.py")):
        print(f"== {path.stem}", flush=True)
        done = subprocess.run(
            [sys.executable, str(path)], cwd=BASE_DIR, env=environment, stdin=subprocess.DEVNULL, check=False
        )
        failed |= done.returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
