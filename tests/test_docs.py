"""What the documents say is what the code does: settings, dependencies, the protocol, links."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from realtime.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

READS_SETTINGS = [
    "conference/embedded.py",
    "conference/settings.py",
    "conference/supervisor.py",
    "realtime/media/configuration.py",
    "realtime/media/fanout.py",
    "tools/setup.py",
    "tools/verify.py",
]
NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
# Read by these files, but belonging to the machine and not to us.
FOREIGN = {"CC", "DEBIAN_FRONTEND", "PATH"}


def settings_of_the_code() -> set[str]:
    """Names of environment variables: the first capital word given to a call, a key of an environment, a word of the Procfile."""
    found = set()
    for name in READS_SETTINGS:
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            words: list[str] = []
            if isinstance(node, ast.Call) and called(node) in READERS:
                words = [
                    each.value
                    for each in node.args
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                ]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(
                ("environ", "environment")
            ):
                words = [node.slice.value] if isinstance(node.slice, ast.Constant) else []
            found |= set([word for word in words if NAME.fullmatch(word)][:1])
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
    return (found | set(re.findall(r"\$\{?([A-Z_]+)", procfile))) - FOREIGN


READERS = {
    "get",
    "getenv",
    "flag",
    "words",
    "secret",
    "number",
    "_number",
    "_list",
    "_url",
    "_port",
    "_address",
}


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?m)^\| `([A-Z][A-Z0-9_]*)` \|", text))
    code = settings_of_the_code()
    assert {"not documented": sorted(code - documented), "not read": sorted(documented - code)} == {
        "not documented": [],
        "not read": [],
    }


def test_every_dependency_has_its_reason_and_every_reason_its_dependency() -> None:
    named = set()
    for file in ("requirements.txt", "requirements-test.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert "==" in line, f"{file}: {line} has no exact version."
                named.add(re.split(r"[\[=]", line)[0].lower())
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    for name, version in {**package.get("dependencies", {}), **package.get("devDependencies", {})}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"package.json: {name} has no exact version."
        # The faces of the scripts are one choice with one reason.
        named.add("@fontsource-variable/*" if name.startswith("@fontsource-variable/") else name.lower())

    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    reasons = {name.lower() for name in re.findall(r"(?m)^\| `([^`]+)` \| .{20,} \|$", text)}
    assert {"no reason": sorted(named - reasons), "no dependency": sorted(reasons - named)} == {
        "no reason": [],
        "no dependency": [],
    }


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    text = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", text)
    broken = []
    for target in re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", text):
        address, _, heading = target.partition("#")
        if re.match(r"[a-z]+:", address):
            continue
        path = (document.parent / address).resolve() if address else document
        if not path.exists() or (heading and path.suffix == ".md" and heading not in headings(path)):
            broken.append(target)
    assert broken == []


def headings(document: Path) -> set[str]:
    """The anchors that GitHub and its kin make of headings."""
    titles = re.findall(r"(?m)^#+ +(.*)$", document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_protocol_page_names_every_command_update_and_signal() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?m)^\| `([a-z][a-z_.]*)` \|", text))
    code = set(COMMANDS) | updates_of_the_code() | signals_of_the_code()
    assert {"not documented": sorted(code - documented), "not in the code": sorted(documented - code)} == {
        "not documented": [],
        "not in the code": [],
    }


def updates_of_the_code() -> set[str]:
    """`publish(stream, "message", saved=...)` makes `message.saved`."""
    return {
        f"{node.args[1].value}.{keyword.arg}"
        for node in product_calls("publish")
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
        for keyword in node.keywords
        if keyword.arg in {"saved", "removed"}
    }


def signals_of_the_code() -> set[str]:
    return {
        node.args[1].value
        for name in ("signal", "signal_frame", "signal_latest", "count")
        for node in product_calls(name)
        if len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    }


def product_calls(name: str) -> list[ast.Call]:
    """The calls of a function of this name in the product."""
    return [
        node
        for app in ("conference", "realtime")
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts and "media" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
