"""Static files: which there are, and under which names they are served.

Browser libraries come from `node_modules`: only what `settings.NPM_FILES` names leaves it, under `npm/`. There is no
bundler; the storage gives each file a name with a hash, so that browsers may keep it for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage
from servestatic.storage import CompressedManifestStaticFilesStorage

PREFIX = "npm"


class NpmFinder(BaseFinder):
    """Finds `npm/<package>/<file>` when one of the patterns names `<package>/<file>`; `*` does not cross a slash."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        self.root = Path(settings.NPM_ROOT)
        storage = FileSystemStorage(location=self.root)
        storage.prefix = PREFIX  # type: ignore[attr-defined]  # collectstatic puts the files below it
        # ServeStatic names these directories in its message about a missing file.
        self.storages = {str(self.root): storage}

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        """The file that a static path names, or nothing when no pattern exposes it."""
        prefix, _, inside = path.replace("\\", "/").partition("/")
        found = self.root / inside
        hit = prefix == PREFIX and exposed(inside) and found.is_file()
        if find_all:
            return [str(found)] if hit else []
        return str(found) if hit else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Every exposed file."""
        ignored = list(ignore_patterns or ())
        storage = self.storages[str(self.root)]
        for pattern in settings.NPM_FILES:
            for file in sorted(self.root.glob(pattern)):
                name = file.relative_to(self.root).as_posix()
                if file.is_file() and not any(fnmatchcase(file.name, ignore) for ignore in ignored):
                    yield name, storage

    def check(self, **_kwargs: Any) -> Sequence[CheckMessage]:  # type: ignore[override]  # `list` is a method here
        """Each pattern must name something, or a page would ask for a library that is not there."""
        return [
            Error(f"No file in {self.root} fits {pattern}.", hint="Run `make setup`.", id="staticfiles.E101")
            for pattern in settings.NPM_FILES
            if not any(self.root.glob(pattern))
        ]


def exposed(name: str) -> bool:
    """Whether a pattern names this file."""
    parts = name.split("/")
    if ".." in parts:
        return False
    patterns = [pattern.split("/") for pattern in settings.NPM_FILES]
    return any(len(parts) == len(words) and all(map(fnmatchcase, parts, words)) for words in patterns)


class HashedStorage(CompressedManifestStaticFilesStorage):
    """File names carry a hash of their content, and the imports between our own ES modules are rewritten to them.

    Only our own: Django finds imports by regular expression, and other packages' comments mislead it.
    """

    # Each pass settles one more link of a chain of imports; modules that import one another in a circle never settle.
    max_post_process_passes = 30

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
        ("*.webmanifest", ((r'(?P<matched>"src":\s*"(?P<url>[^"]+)")', '"src": "%(url)s"'),)),
    )
