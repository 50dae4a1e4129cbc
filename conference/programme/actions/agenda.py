"""A person's own agenda: stars, and the secret address for calendars."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.events.queries import get_event
from conference.programme.models import AgendaFeed, Session, Speaker, Star
from conference.programme.queries import get_session


@transaction.atomic
def star(actor: User, event: Event, code: str) -> Session:
    """Put a released session on the actor's agenda. Doing it twice is harmless."""
    session = _released(actor, event, code)
    _made, created = Star.objects.get_or_create(user=actor, session=session)
    if created:
        record("session.starred", actor, session)
    return session


@transaction.atomic
def unstar(actor: User, event: Event, code: str) -> Session:
    """Take a session off the actor's agenda, also one that is no longer in the programme."""
    _require_open(actor, event)
    session = Session.objects.filter(event=event, code=code).first()
    if session is None:
        raise Missing(
            _("There is no such session in the programme. It may have been removed; look in the programme.")
        )
    gone, _rows = Star.objects.filter(user=actor, session=session).delete()
    if gone:
        record("session.unstarred", actor, session)
    return session


@transaction.atomic
def feed_address(actor: User, event: Event) -> AgendaFeed:
    """The secret address of the actor's agenda, made when it is first asked for."""
    _require_open(actor, event)
    feed, created = AgendaFeed.objects.get_or_create(
        user=actor, event=event, defaults={"secret": secrets.token_urlsafe(32)}
    )
    if created:
        record("agenda_feed.made", actor, feed)
    return feed


@transaction.atomic
def revoke_feed(actor: User, event: Event) -> None:
    """Make the actor's secret address worthless; a new one can be made at any time."""
    if not actor.is_authenticated:
        raise Denied(_("Sign in first."))
    feed = AgendaFeed.objects.select_for_update().filter(user=actor, event=event).first()
    if feed is None:
        raise Conflict(_("There is no address to revoke."))
    record("agenda_feed.revoked", actor, feed)
    feed.delete()


def _require_open(actor: User, event: Event) -> Event:
    if not actor.is_authenticated:
        raise Denied(_("Sign in to have an agenda of your own."))
    event = get_event(actor, event.slug)
    if event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is archived: it can be read, but not changed."))
    return event


def _released(actor: User, event: Event, code: str) -> Session:
    page = get_session(actor, _require_open(actor, event), code)
    if not page.released:
        raise Conflict(_("This session is not released yet, so nobody can plan with it."))
    return page.session


@erases("programme")
def erase_person(person: User) -> None:
    """The agenda goes; a speaker's public entry belongs to the programme and stays, tied to nobody."""
    Star.objects.filter(user=person).delete()
    AgendaFeed.objects.filter(user=person).delete()
    Speaker.objects.filter(user=person).update(user=None)
