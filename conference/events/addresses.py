"""Addresses that no event may have, because the installation itself answers there."""

from __future__ import annotations

from django.utils.translation import gettext as _

from conference.core.errors import Invalid
from conference.core.models import SLUG, Event

RESERVED = frozenset(
    {
        "about", "account", "accounts", "admin", "api", "assets", "bodies", "events", "healthz", "help", "inbox", "jsi18n",
        "language", "live", "login", "logout", "me", "media", "messages", "my", "new", "people", "r", "search", "series",
        "signup", "static", "uploads", "welcome", "ws",
    }
)  # fmt: skip
"""First parts of paths that are taken, or kept for later. A test holds them against the URL configuration."""


def require_free_address(slug: str, *, but: Event | None = None) -> None:
    """Refuse an address that is malformed, kept for the installation itself, or another event's."""
    if not SLUG.regex.match(slug) or len(slug) > 50:  # type: ignore[union-attr]
        raise Invalid(
            _("The address does not hold."),
            fields={"slug": [_("Use small letters, digits and single hyphens, at most 50 of them.")]},
        )
    if slug in RESERVED:
        raise Invalid(
            _("This address is kept for the platform itself."),
            fields={
                "slug": [
                    _("“%(slug)s” is kept for the platform itself. Choose another address.") % {"slug": slug}
                ]
            },
        )
    holder = Event.objects.filter(slug=slug).first()
    if holder is not None and holder != but:
        raise Invalid(
            _("This address is taken."),
            fields={
                "slug": [_("Another event has the address “%(slug)s”. Choose another one.") % {"slug": slug}]
            },
        )
