"""The rules of the house that no linter knows. `docs/architecture.md` gives their reasons."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
APPS = [name for name in ("conference", "booths", "realtime") if (ROOT / name).is_dir()]
PACKAGES = [
    *(path.parent for path in sorted((ROOT / "conference").glob("*/__init__.py"))),
    *(ROOT / name for name in APPS if name != "conference"),
]
NOT_PACKAGES = {"management", "migrations", "templatetags", "demo"}
PACKAGES = [path for path in PACKAGES if path.name not in NOT_PACKAGES]

# A file past 600 lines becomes a package of the same name, so a role of files may be a file or a package.
EDGES = ("views", "consumers", "commands")
ROLES = ("models", "queries", "actions", "forms", "urls", "routing", *EDGES)
FORBIDDEN_NAMES = {"tasks", "signals", "managers", "serializers", "services", "utils", "helpers"}
ANNOUNCE = {"publish", "publish_each", "record", "notify", "notify_many"}

# Pages and doors that are open to people who have not signed in, each with its reason. A page of an event shows them
# what the event has published, and nothing else; the tests of the page say so.
OPEN = {
    "agenda_ics": "calendar apps show the secret of a person's agenda",
    "account_deleted": "the person has no account any more",
    "account_signup": "it sends to the page where one signs in",
    "brand": "the colour of an event, as a style sheet",
    "choose_language": "the language is chosen before signing in",
    "healthz": "load balancers ask it",
    "home": "the published events",
    "javascript_catalogue": "the texts of the interface",
    "media_events": "the media process shows a signed grant",
    "send_captions": "a captioning service shows its token",
    "encoder_offer": "the encoder of a hall shows its token",
    "encoder_session": "the encoder of a hall shows its token",
    "now": "what is on, for everyone",
    "programme_changes": "the released changes",
    "schedule": "the released programme",
    "schedule_ics": "the released programme",
    "schedule_json": "the released programme",
    "schedule_version_json": "the released programme",
    "schedule_xml": "the released programme",
    "session_ics": "the released programme",
    "speaker_ics": "the released programme",
    "screen": "a link of its own, or somebody who runs the room, opens it",
    "series": "the published editions",
    "session": "the released programme",
    "short_address": "it leads to the released programme",
    "short_address_image": "it leads to the released programme",
    "speaker": "the released programme",
    "speakers": "the released programme",
    "upload": "it asks for itself who may see a file",
}
OPEN_PREFIXES = (
    "conference.accounts.views.sign_in",  # signing in
    "allauth.",  # likewise; it closes for itself what is for people with an account
    "django.contrib.admin",  # the back office asks for itself
)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sources() -> list[Path]:
    """All Python of the product, without migrations."""
    found = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def role(path: Path) -> str:
    """`views` for accounts/views.py and for accounts/views/welcome.py."""
    parts = [*path.relative_to(ROOT).parts[:-1], path.stem]
    return next((part for part in parts if part in ROLES), path.stem)


def is_media(path: Path) -> bool:
    return "media" in path.relative_to(ROOT).parts


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def called_name(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def test_views_consumers_and_commands_leave_the_database_to_queries_and_actions() -> None:
    found = [
        place(path, node)
        for path in sources()
        if role(path) in EDGES and not is_media(path)
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"})
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"save", "delete"}
        )
    ]
    assert found == []


def test_only_actions_announce_notify_and_record() -> None:
    found = [
        place(path, node)
        for path in sources()
        # The demo writes a past that no action can make; Django's admin saves by itself, and our admin.py tells of it.
        if role(path) not in {"actions", "admin"}
        and not {"core", "demo"} & set(path.parts)
        and not is_media(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ANNOUNCE
    ]
    assert found == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in sources() if FORBIDDEN_NAMES & {path.stem, *path.parts}] == []


def test_models_have_no_save_of_their_own_and_nobody_listens_to_signals() -> None:
    found = []
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and role(path) == "models":
                methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
                found += [place(path, node)] * bool(methods & {"save", "delete"})
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").startswith("django.")
                and "signals" in (node.module or "")
            ):
                found.append(place(path, node))
    assert found == []


def test_public_functions_of_queries_and_actions_say_their_types() -> None:
    found = []
    for path in sources():
        if role(path) not in {"queries", "actions"}:
            continue
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                if node.returns is None or any(argument.annotation is None for argument in arguments):
                    found.append(f"{place(path, node)} {node.name}")
    assert found == []


def test_from_another_package_only_queries_actions_and_models_are_imported() -> None:
    """And subject files, whose name says what they are; never forms, views, consumers, commands or urls."""
    closed = {"forms", "views", "consumers", "commands", "urls", "routing"}
    found = []
    for package in PACKAGES:
        own = ".".join(package.relative_to(ROOT).parts)
        for path in sorted(package.rglob("*.py")):
            for name, node in imported_modules(path):
                parts = name.split(".")
                foreign = parts[0] in APPS and not (name == own or name.startswith(f"{own}."))
                if foreign and closed & set(parts[1:3]) and not name.startswith("conference.core."):
                    found.append(f"{place(path, node)} {name}")
    assert found == []


def imported_modules(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """What a file imports, `from a import b` as `a.b` too: b may be a module."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def test_the_media_process_imports_nothing_of_ours() -> None:
    found = [
        f"{place(path, node)} {name}"
        for path in sorted((ROOT / "realtime" / "media").rglob("*.py"))
        for name, node in imported_modules(path)
        if name.split(".")[0] in {*APPS, "django"} and not name.startswith("realtime.media")
    ]
    assert found == []


def test_reading_and_writing_schedules_touches_no_database() -> None:
    found = [
        f"{place(path, node)} {name}"
        for path in sorted((ROOT / "conference" / "programme" / "exchange").rglob("*.py"))
        for name, node in imported_modules(path)
        if name.startswith(("django.db", "django.conf", "conference.models"))
    ]
    assert found == []


def test_no_file_has_grown_past_its_size() -> None:
    limit = 700
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > limit
    }
    assert too_long == {}, "A file past about 600 lines becomes a package of the same name."


# ------------------------------------------------------------------ closed by default


def views() -> Iterator[tuple[str, str, object]]:
    """Every address: its name, the module of its view, and the view."""
    pending: list[URLPattern | URLResolver] = list(get_resolver().url_patterns)
    while pending:
        each = pending.pop()
        if isinstance(each, URLResolver):
            pending += each.url_patterns
        else:
            view = getattr(each.callback, "view_class", each.callback)
            yield each.name or "", view.__module__, each.callback


def test_every_page_needs_a_sign_in_unless_it_is_open_on_purpose() -> None:
    """LoginRequiredMiddleware closes what is not marked; a mark belongs on pages that show what is public."""
    unexpected = []
    for name, module, view in views():
        marked_open = not getattr(view, "login_required", True)
        if marked_open and name not in OPEN and not module.startswith(OPEN_PREFIXES):
            unexpected.append(f"{module} {name}")
    assert sorted(unexpected) == []


# ------------------------------------------------------------------ templates, styles, scripts


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = {
    "a script without src": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.IGNORECASE
    ),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>{%]*\sstyle\s*=", re.IGNORECASE),
    "a handler attribute": re.compile(r"<[^>{%]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "text that is not escaped": re.compile(r"\|\s*safe\b|{%\s*autoescape off"),
}
# Mails have no stylesheet: their few styles must be inline.
MAIL = re.compile(r"/(mail|email)s?/")


@pytest.mark.parametrize("what", INLINE)
def test_templates_have_nothing_inline(what: str) -> None:
    found = []
    for path in TEMPLATES:
        if what.startswith("a style") and MAIL.search(path.as_posix()):
            continue
        text = path.read_text(encoding="utf-8")
        found += [
            f"{path.relative_to(ROOT)}:{text[: hit.start()].count(chr(10)) + 1}"
            for hit in INLINE[what].finditer(text)
        ]
    assert found == []


SIDES = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?|left|right"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)"
)


def test_styles_know_start_and_end_but_not_left_and_right() -> None:
    found = []
    for path in sorted((ROOT / "static" / "css").rglob("*.css")):
        text = re.sub(
            r"/\*.*?\*/",
            lambda hit: " " * len(hit.group()),
            path.read_text(encoding="utf-8"),
            flags=re.DOTALL,
        )
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in SIDES.finditer(text)]
    assert found == []


def test_imports_between_scripts_can_be_rewritten_to_hashed_names() -> None:
    """Django finds them by a regular expression that wants a relative path and a semicolon."""
    whole = re.compile(
        r"""^(?:import|export)\b[^;'"]*?from\s*["']\./?[^"']*["'];|^(?:import|export)\b[^;'"]*?from\s*["']\.\.?/[^"']*["'];""",
        re.M,
    )
    any_import = re.compile(r"""^(?:import|export)\b[^;'"]*?from\s*["'][^"']+["']""", re.M)
    found = []
    for path in sorted((ROOT / "static" / "js").rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        if len(whole.findall(text)) != len(any_import.findall(text)):
            found.append(str(path.relative_to(ROOT)))
    assert found == []
