"""Who a person is, to others and to themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.countries import country_name
from conference.accounts.models import Block, Consent, Organisation, SpokenLanguage, User
from conference.accounts.sectors import SECTORS
from conference.core.languages import own_name
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.core.text import localise

Viewer = User | AnonymousUser | None


def person_data(user: User | None) -> dict[str, Any]:
    """The one public form of a person: no address, no contact data. Needs `organisation` (select it beforehand).

    None and a person who deleted their account are "Someone who left", with the id kept so that threads hold together.
    """
    if user is None or user.deleted is not None:
        return {
            "id": user.pk if user is not None else None,
            "name": _("Someone who left"),
            "name_latin": "",
            "organisation": "",
            "job_title": "",
            "country": "",
            "photo": None,
        }
    return {
        "id": user.pk,
        "name": user.name or user.name_latin or user.name_chinese or _("Someone"),
        "name_latin": user.name_latin if user.name else "",
        "organisation": user.organisation.name if user.organisation else "",
        "job_title": user.job_title,
        "country": user.country,
        "photo": user.photo.url if user.photo else None,
    }


def person_with_address(email: str) -> User | None:
    """The account of an address that was just proven by its owner; not for showing to anyone else."""
    return User.objects.filter(email__iexact=email).first()


def find_organisations(viewer: Viewer, text: str) -> QuerySet[Organisation]:
    """Up to ten shared records with `text` in one of their names, for people who fill in their profile."""
    words = text.strip()
    if viewer is None or not viewer.is_authenticated or len(words) < 2:
        return Organisation.objects.none()
    names = Q(name__icontains=words) | Q(name_latin__icontains=words) | Q(name_chinese__icontains=words)
    return Organisation.objects.filter(names).order_by("name", "pk")[:10]


def spoken_languages_of(viewer: User) -> QuerySet[SpokenLanguage]:
    return SpokenLanguage.objects.filter(user=viewer)


def passkeys_of(viewer: User) -> QuerySet[Authenticator]:
    """The viewer's own passkeys, oldest first."""
    mine: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=viewer, type=Authenticator.Type.WEBAUTHN
    )
    return mine.order_by("created_at")


def social_accounts_of(viewer: User) -> QuerySet[SocialAccount]:
    mine: QuerySet[SocialAccount] = SocialAccount.objects.filter(user=viewer)
    return mine


def directory_consent_of(viewer: Viewer, event: Event) -> Consent | None:
    """The viewer's agreement, in force, to be listed among the participants of the event."""
    if viewer is None or not viewer.is_authenticated:
        return None
    return Consent.objects.filter(
        user=viewer, event=event, purpose=Consent.Purpose.DIRECTORY, withdrawn=None
    ).first()


def reachable_consent_of(viewer: Viewer) -> Consent | None:
    """The viewer's agreement, in force, to get messages from other participants. One for all events, as a conversation is."""
    if viewer is None or not viewer.is_authenticated:
        return None
    return Consent.objects.filter(
        user=viewer, event=None, purpose=Consent.Purpose.REACHABLE, withdrawn=None
    ).first()


def consents_in(viewer: User, event: Event) -> dict[str, Consent]:
    """The viewer's agreements, in force, that count at the event: those about it and those about all, by purpose."""
    rows = Consent.objects.filter(Q(event=event) | Q(event=None), user=viewer, withdrawn=None)
    return {row.purpose: row for row in rows}


def reachable_among(people: Collection[int]) -> frozenset[int]:
    """Those of the people (ids) who agreed to get messages from other participants."""
    agreed = Consent.objects.filter(
        user__in=people,
        user__is_active=True,
        user__deleted=None,
        event=None,
        purpose=Consent.Purpose.REACHABLE,
        withdrawn=None,
    )
    return frozenset(agreed.values_list("user_id", flat=True))


def apart_from(person: Viewer) -> frozenset[int]:
    """The ids of the people whom the person blocked or who blocked the person: neither is to see or reach the other."""
    if person is None or not person.is_authenticated:
        return frozenset()
    pairs = Block.objects.filter(Q(blocker=person) | Q(blocked=person)).values_list(
        "blocker_id", "blocked_id"
    )
    return frozenset(number for pair in pairs for number in pair if number != person.pk)


def are_apart(one: int, other: int) -> bool:
    """Whether one of the two people (ids) blocked the other."""
    return Block.objects.filter(Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one)).exists()


def blocks_of(viewer: Viewer) -> QuerySet[Block]:
    """Whom the viewer blocked, newest first. Who blocked the viewer is told to nobody."""
    if viewer is None or not viewer.is_authenticated:
        return Block.objects.none()
    return Block.objects.filter(blocker=viewer).select_related("blocked__organisation").order_by("-pk")


@exports(
    "profile",
    gettext_lazy("Profile"),
    {
        "email": gettext_lazy("E-mail address"),
        "name": gettext_lazy("Name in your own script"),
        "name_latin": gettext_lazy("Name in Latin letters"),
        "name_chinese": gettext_lazy("Name in Chinese"),
        "organisation": gettext_lazy("Organisation"),
        "job_title": gettext_lazy("Role or position"),
        "country": gettext_lazy("Country or region"),
        "time_zone": gettext_lazy("Time zone"),
        "page_language": gettext_lazy("Language of the pages"),
        "came_for": gettext_lazy("I came to"),
        "interests": gettext_lazy("Interests"),
        "introduction": gettext_lazy("One sentence about you"),
        "photo": gettext_lazy("Photo"),
        "media_mode": gettext_lazy("Picture and sound"),
        "languages": gettext_lazy("Languages you speak"),
        "joined": gettext_lazy("Account since"),
        "last_login": gettext_lazy("Last sign-in"),
        "passkeys": gettext_lazy("Passkeys"),
        "has_password": gettext_lazy("A password is set"),
        "social_accounts": gettext_lazy("Linked sign-in services"),
    },
)
def profile_of(viewer: User) -> dict[str, Any]:
    """Everything the profile holds, for its owner."""
    purposes = dict(User.Purpose.choices)
    return {
        "email": viewer.email,
        "name": viewer.name,
        "name_latin": viewer.name_latin,
        "name_chinese": viewer.name_chinese,
        "organisation": viewer.organisation.name if viewer.organisation else "",
        "job_title": viewer.job_title,
        "country": country_name(viewer.country) if viewer.country else "",
        "time_zone": viewer.time_zone,
        "page_language": own_name(viewer.language) if viewer.language else "",
        "came_for": [str(purposes[purpose]) for purpose in viewer.came_for if purpose in purposes],
        "interests": [localise(SECTORS[code].name) for code in viewer.sectors if code in SECTORS],
        "introduction": viewer.introduction,
        "photo": viewer.photo.url if viewer.photo else None,
        "media_mode": str(viewer.get_media_mode_display()),
        "languages": [
            {"language": own_name(spoken.language), "level": spoken.get_level_display()}
            for spoken in spoken_languages_of(viewer)
        ],
        "joined": viewer.date_joined,
        "last_login": viewer.last_login,
        "passkeys": [
            {"name": key.data.get("name", ""), "added": key.created_at} for key in passkeys_of(viewer)
        ],
        "has_password": viewer.has_usable_password(),
        "social_accounts": [
            {"service": account.provider, "added": account.date_joined}
            for account in social_accounts_of(viewer)
        ],
    }


@exports(
    "consents",
    gettext_lazy("What you agreed to"),
    {
        "event": gettext_lazy("Event"),
        "purpose": gettext_lazy("Purpose"),
        "audience": gettext_lazy("For whom"),
        "given": gettext_lazy("Given"),
        "withdrawn": gettext_lazy("Withdrawn"),
    },
)
def consents_of(viewer: User) -> list[dict[str, Any]]:
    """Every agreement the viewer gave, withdrawn ones too, newest first."""
    rows = Consent.objects.filter(user=viewer).select_related("event").order_by("-given", "-pk")
    return [
        {
            "event": str(row.event) if row.event else "",
            "purpose": row.get_purpose_display(),
            "audience": row.get_audience_display(),
            "given": row.given,
            "withdrawn": row.withdrawn,
        }
        for row in rows
    ]


@exports(
    "blocks",
    gettext_lazy("People you blocked"),
    {"name": gettext_lazy("Name"), "created": gettext_lazy("Blocked")},
)
def own_blocks(viewer: User) -> list[dict[str, Any]]:
    """Whom the viewer blocked, for their export."""
    return [{"name": str(block.blocked), "created": block.created} for block in blocks_of(viewer)]
