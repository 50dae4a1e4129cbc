"""What is matched: profiles, and reading them from a parsed JSON file with errors that name the record and the field."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conference.matchmaking.matching.kinds import KINDS, MEETS
from conference.matchmaking.matching.languages import normalise

MOST_PROFILES = 50_000
LONGEST_ID = 200
LONGEST_TITLE = 1_000
LONGEST_SUMMARY = 20_000
LONGEST_WORD = 200
MOST_WORDS = 100

TRL_OF_LABEL: dict[str, tuple[int, int]] = {
    "idea": (1, 2),
    "lab tested": (3, 4),
    "prototype for demonstration": (5, 6),
    "field trial": (7, 7),
    "on the market": (8, 8),
    "widely used": (9, 9),
}
"""The plain labels of maturity that a form may show instead of technology readiness levels 1 to 9."""


def gettext_noop(text: str) -> str:
    """Marks a sentence for the catalogue; whoever shows it translates it, because nothing here knows of readers."""
    return text


class InvalidProfiles(ValueError):
    """The input does not hold. `template % values` is the sentence for the person who wrote it; `template` can be
    translated."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template % values)
        self.template = template
        self.values = values

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the language of `translate` (such as gettext); English without it."""
        return translate(self.template) % self.values


@dataclass(frozen=True, slots=True)
class Profile:
    """An offer, a need, a position, a candidate ... All but id, kind and title may be unknown, which is no reproach to
    anybody."""

    id: str
    kind: str
    title: str
    summary: str = ""
    language: str = ""  # what the author said; the text decides (see `languages.detect`)
    keywords: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()  # codes of the vocabulary
    cooperation_types: tuple[str, ...] = ()
    partner_types: tuple[str, ...] = ()  # kinds of organisations wanted
    organisation: str = ""  # whose it is: two profiles of one organisation are never matched
    organisation_type: str = ""  # company, university ...
    country: str = ""  # where the organisation is
    countries: tuple[str, ...] = ()  # where it wants to work
    trl: tuple[int, int] | None = None  # had, lowest and highest
    trl_wanted: tuple[int, int] | None = None
    languages: tuple[str, ...] = ()  # in which its people can meet
    group: str = ""  # for the rule who may meet whom


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may meet whom. `groups`: the pairs of groups that may; None: all. A profile without a group may meet every group."""

    groups: frozenset[frozenset[str]] | None = None
    kinds: frozenset[frozenset[str]] = MEETS


@dataclass(frozen=True, slots=True)
class Request:
    """Everything the engine needs to know. Pairs are unordered and name ids."""

    profiles: tuple[Profile, ...]
    blocked: frozenset[frozenset[str]] = frozenset()
    met: frozenset[frozenset[str]] = frozenset()
    rules: Rules = field(default_factory=Rules)


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """The form in which words of two people are compared: width, case and spaces do not matter."""
    return " ".join(unicodedata.normalize("NFKC", normalise(word)).casefold().replace("_", " ").split())


def organisation_key(name: str) -> str:
    """By which two names of an organisation are the same: width, case and spaces do not matter."""
    return fold(name).replace(" ", "")


def read_request(data: object) -> Request:
    """The request in a parsed JSON file. Raises `InvalidProfiles`; fields it does not know are left alone."""
    if not isinstance(data, Mapping):
        raise InvalidProfiles(gettext_noop("The file must hold a JSON object with the key “profiles”."))
    if "profiles" not in data:
        raise InvalidProfiles(gettext_noop("The file has no key “profiles”."))
    rows = data["profiles"]
    if not isinstance(rows, list):
        raise InvalidProfiles(gettext_noop("“profiles” must be a list of objects."))
    if len(rows) > MOST_PROFILES:
        raise InvalidProfiles(
            gettext_noop("“profiles” has %(count)d records; at most %(most)d can be matched at once."),
            count=len(rows),
            most=MOST_PROFILES,
        )
    profiles: list[Profile] = []
    known: dict[str, int] = {}
    for number, row in enumerate(rows):
        profile = _Record(number, row).profile()
        if profile.id in known:
            raise InvalidProfiles(
                gettext_noop("%(record)s: “id” is already the id of profiles[%(other)d]; ids must differ."),
                record=f"profiles[{number}] ({profile.id})",
                other=known[profile.id],
            )
        known[profile.id] = number
        profiles.append(profile)
    return Request(
        profiles=tuple(profiles),
        blocked=_pairs(data.get("blocked"), "blocked", known),
        met=_pairs(data.get("met"), "met", known),
        rules=_rules(data.get("rules")),
    )


class _Record:
    """One record of the file while it is read; knows its place for the sentences about it."""

    def __init__(self, number: int, row: object) -> None:
        self.where = f"profiles[{number}]"
        if not isinstance(row, Mapping):
            raise InvalidProfiles(gettext_noop("%(record)s must be an object."), record=self.where)
        self.row: Mapping[str, Any] = row
        if isinstance(row.get("id"), str) and row["id"].strip():
            self.where += f" ({row['id'][:LONGEST_WORD]})"

    def profile(self) -> Profile:
        identifier = self.text("id", LONGEST_ID, required=True)
        kind = self.text("kind", LONGEST_WORD, required=True)
        if kind not in KINDS:
            raise self.wrong(
                gettext_noop(
                    "%(record)s: “kind” is “%(value)s”, which is no known kind; known are %(known)s."
                ),
                "kind",
                value=kind,
                known=", ".join(KINDS),
            )
        return Profile(
            id=identifier,
            kind=kind,
            title=self.text("title", LONGEST_TITLE, required=True),
            summary=self.text("summary", LONGEST_SUMMARY),
            language=self.text("language", LONGEST_WORD),
            keywords=self.words("keywords"),
            sectors=self.words("sectors"),
            cooperation_types=self.words("cooperation_types"),
            partner_types=self.words("partner_types"),
            organisation=self.text("organisation", LONGEST_TITLE),
            organisation_type=self.text("organisation_type", LONGEST_WORD),
            country=self.text("country", LONGEST_WORD),
            countries=self.words("countries"),
            trl=self.trl("trl"),
            trl_wanted=self.trl("trl_wanted", at_least=True),
            languages=self.words("languages"),
            group=self.text("group", LONGEST_WORD),
        )

    def wrong(self, template: str, name: str, **values: object) -> InvalidProfiles:
        return InvalidProfiles(template, record=self.where, field=name, **values)

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        value = self.row.get(name)
        if value is None and required and name not in self.row:
            raise self.wrong(gettext_noop("%(record)s: “%(field)s” is missing."), name)
        if value is None and not required:
            return ""
        if not isinstance(value, str):
            raise self.wrong(
                gettext_noop("%(record)s: “%(field)s” must be text, and is %(type)s."),
                name,
                type=_type_of(value),
            )
        # An id is compared as it stands; everything else is read by people and models.
        clean = value if name == "id" else normalise(value)
        if required and not clean.strip():
            raise self.wrong(gettext_noop("%(record)s: “%(field)s” is empty."), name)
        if len(clean) > longest:
            raise self.wrong(
                gettext_noop(
                    "%(record)s: “%(field)s” has %(count)d characters; at most %(most)d are allowed."
                ),
                name,
                count=len(clean),
                most=longest,
            )
        return clean

    def words(self, name: str) -> tuple[str, ...]:
        value = self.row.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.wrong(gettext_noop("%(record)s: “%(field)s” must be a list of texts."), name)
        if len(value) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in value):
            raise self.wrong(
                gettext_noop(
                    "%(record)s: “%(field)s” may have at most %(most)d entries of at most %(longest)d characters."
                ),
                name,
                most=MOST_WORDS,
                longest=LONGEST_WORD,
            )
        return tuple(dict.fromkeys(clean for word in value if (clean := normalise(word))))

    def trl(self, name: str, *, at_least: bool = False) -> tuple[int, int] | None:
        """A level, a label, or a pair of lowest and highest; a single level that is wanted means "at least"."""
        value = self.row.get(name)
        if value is None:
            return None
        levels: list[int] = []
        if isinstance(value, str) and fold(value) in TRL_OF_LABEL:
            levels = [TRL_OF_LABEL[fold(value)][0], 9 if at_least else TRL_OF_LABEL[fold(value)][1]]
        elif _is_level(value):
            levels = [value, 9 if at_least else value]
        elif (
            isinstance(value, list)
            and len(value) == 2
            and all(map(_is_level, value))
            and value[0] <= value[1]
        ):
            levels = value
        if not levels:
            raise self.wrong(
                gettext_noop(
                    "%(record)s: “%(field)s” must be a level from 1 to 9, a pair of the lowest and the highest level, "
                    "or one of %(labels)s."
                ),
                name,
                labels=", ".join(TRL_OF_LABEL),
            )
        return levels[0], levels[1]


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 9


def _type_of(value: object) -> str:
    """As JSON calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, Sequence) else "an object"


def _pairs(rows: object, name: str, known: Mapping[str, int]) -> frozenset[frozenset[str]]:
    """[[id, id], ...] as unordered pairs of known ids."""
    if rows is None:
        return frozenset()
    if not isinstance(rows, list):
        raise InvalidProfiles(gettext_noop("“%(field)s” must be a list of pairs of ids."), field=name)
    found = set()
    for number, row in enumerate(rows):
        record = f"{name}[{number}]"
        if not _is_pair(row):
            raise InvalidProfiles(gettext_noop("%(record)s must be a pair of ids."), record=record)
        for identifier in row:
            if identifier not in known:
                raise InvalidProfiles(
                    gettext_noop("%(record)s names “%(value)s”, which is the id of no profile."),
                    record=record,
                    value=identifier,
                )
        if row[0] == row[1]:
            raise InvalidProfiles(
                gettext_noop("%(record)s names “%(value)s” twice; a pair is of two profiles."),
                record=record,
                value=row[0],
            )
        found.add(frozenset(row))
    return frozenset(found)


_RULES = ("groups", "kinds")


def _rules(data: object) -> Rules:
    if data is None:
        return Rules()
    if not isinstance(data, Mapping):
        raise InvalidProfiles(gettext_noop("“rules” must be an object."))
    for name in data:
        # Elsewhere fields that nobody knows are left alone; a rule that is not kept would do harm.
        if name not in _RULES:
            raise InvalidProfiles(
                gettext_noop("“rules” has the key “%(value)s”, which is no known rule; known are %(known)s."),
                value=name,
                known=", ".join(_RULES),
            )
    groups = _named_pairs(data, "groups")
    kinds = _named_pairs(data, "kinds")
    for kind in {kind for pair in kinds or () for kind in pair}:
        if kind not in KINDS:
            raise InvalidProfiles(
                gettext_noop("“rules.kinds” names “%(value)s”, which is no known kind; known are %(known)s."),
                value=kind,
                known=", ".join(KINDS),
            )
    return Rules(groups=groups, kinds=MEETS if kinds is None else kinds)


def _named_pairs(data: Mapping[str, Any], name: str) -> frozenset[frozenset[str]] | None:
    rows = data.get(name)
    if rows is None:
        return None
    if not isinstance(rows, list) or not all(map(_is_pair, rows)):
        raise InvalidProfiles(gettext_noop("“rules.%(field)s” must be a list of pairs of names."), field=name)
    return frozenset(frozenset(normalise(each) for each in row) for row in rows)


def _is_pair(row: object) -> bool:
    return isinstance(row, list) and len(row) == 2 and all(isinstance(each, str) for each in row)


def text_of(profile: Profile) -> str:
    """Title and summary as one text, as a reader sees them."""
    return joined((profile.title, profile.summary))


def words_of(profile: Profile) -> str:
    """Title, summary and keywords: everything in which a word may be found."""
    return joined((profile.title, profile.summary, *profile.keywords))


def joined(parts: Iterable[str]) -> str:
    """Sentences after one another, each with an end; a full-width one would only confuse scripts without it."""
    return " ".join(
        part if part.endswith((".", "。", "!", "?", "।", "။", "។", "۔")) else f"{part}."
        for part in parts
        if part
    )
