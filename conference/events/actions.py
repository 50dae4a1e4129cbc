"""Changing an event and who does what there. Making events and new editions is in `organizing`, above the programme."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.accounts.queries import person_with_address
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.journal import record
from conference.core.models import Event, OrganizingBody
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.core.text import Text
from conference.events.models import BodyMember, EventRole
from conference.events.queries import events_of, organized_bodies, require_organizer

Role = EventRole.Role


def lock_organized_event(actor: User, event: Event) -> Event:
    """The event, fresh and locked, for an action of its organizers. Whoever may not even see it learns nothing of it."""
    locked = (
        Event.objects.select_for_update(of=("self",)).select_related("series").filter(pk=event.pk).first()
    )
    if locked is None or not events_of(actor).filter(pk=locked.pk).exists():
        raise Missing(_("There is no such event here. Check the address, or look in the list of events."))
    require_organizer(actor, locked)
    return locked


@transaction.atomic
def edit_event(
    actor: User,
    event: Event,
    *,
    name: Text,
    tagline: Text,
    description: Text,
    starts_on: date,
    ends_on: date,
    time_zone: str,
    city: Text,
    venue: Text,
    colour: str,
    admission: str,
) -> Event:
    """Change what an event says of itself. A text is replaced in all its languages."""
    event = lock_organized_event(actor, event)
    if event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is archived: it can be read, but not changed."))
    require_order(starts_on, ends_on)
    new: dict[str, Any] = {
        "name": name, "tagline": tagline, "description": description, "city": city, "venue": venue,
        "starts_on": starts_on, "ends_on": ends_on, "time_zone": time_zone, "colour": colour, "admission": admission,
    }  # fmt: skip
    changed = [field for field, value in new.items() if getattr(event, field) != value]
    if changed:
        for field in changed:
            setattr(event, field, new[field])
        event.save(update_fields=changed)
        record("event.edited", actor, event, fields=changed)
    return event


@transaction.atomic
def set_logo(actor: User, event: Event, *, logo: ContentFile[bytes] | None) -> Event:
    """Give the event a logo (made by `core.files.clean_image`), or with None take it away."""
    event = lock_organized_event(actor, event)
    old = event.logo.name
    if logo is None:
        event.logo = ""
    else:
        event.logo.save("logo.webp", logo, save=False)
    event.save(update_fields=["logo"])
    record("event.edited", actor, event, fields=["logo"])
    if old:
        storage = event.logo.storage
        transaction.on_commit(lambda: storage.delete(old))
    return event


@transaction.atomic
def publish_event(actor: User, event: Event) -> Event:
    """Let everyone see the event, and register for it as its admission says."""
    event = lock_organized_event(actor, event)
    if event.state == Event.State.PUBLISHED:
        raise Conflict(_("This event is published already."))
    again = event.state == Event.State.ARCHIVED
    event.state = Event.State.PUBLISHED
    event.save(update_fields=["state"])
    record("event.published", actor, event, again=again)
    return event


@transaction.atomic
def archive_event(actor: User, event: Event) -> Event:
    """Close the event: it stays to be read, and nobody can register any more."""
    event = lock_organized_event(actor, event)
    if event.state != Event.State.PUBLISHED:
        raise Conflict(_("Only a published event can be archived."))
    event.state = Event.State.ARCHIVED
    event.save(update_fields=["state"])
    record("event.archived", actor, event)
    return event


@transaction.atomic
def give_role(actor: User, event: Event, *, email: str, role: str) -> EventRole:
    """Give a role at the event to the person with exactly this e-mail address. Giving it twice changes nothing."""
    event = lock_organized_event(actor, event)
    if role not in Role.values:
        raise Invalid(_("There is no such role."), fields={"role": [_("Choose one of the roles.")]})
    person = _person(email)
    given, created = EventRole.objects.get_or_create(event=event, user=person, role=role)
    if created:
        record("role.given", actor, given, event=event, role=role, person=person.pk)
    return given


@transaction.atomic
def take_role(actor: User, event: Event, *, role_id: int) -> None:
    """Take a role away. An event always keeps someone who can organize it."""
    event = lock_organized_event(actor, event)
    given = EventRole.objects.select_for_update(of=("self",)).filter(event=event, pk=role_id).first()
    if given is None:
        raise Missing(_("There is no such role at this event. Perhaps it was taken away already."))
    if given.role == Role.ORGANIZER:
        others = EventRole.objects.filter(event=event, role=Role.ORGANIZER).exclude(pk=given.pk).exists()
        if not others:
            raise Conflict(_("This is the last organizer of the event. Give the role to someone else first."))
    record("role.taken", actor, given, event=event, role=given.role, person=given.user_id)
    publish(f"person.{given.user_id}", "rights", saved={"id": event.pk})
    given.delete()


@transaction.atomic
def add_body_member(actor: User, body: OrganizingBody, *, email: str) -> BodyMember:
    """Let the person with exactly this address organize all events of the body. Only its members can do so."""
    if not organized_bodies(actor).filter(pk=body.pk).exists():
        raise Denied(_("Only members of the organizing body can do this."))
    person = _person(email)
    member, created = BodyMember.objects.get_or_create(body=body, user=person)
    if created:
        record("body_member.added", actor, member, body=body.pk, person=person.pk)
    return member


@transaction.atomic
def remove_body_member(actor: User, body: OrganizingBody, *, member_id: int) -> None:
    """Take a person out of the body. A body never loses its last member this way."""
    if not organized_bodies(actor).filter(pk=body.pk).exists():
        raise Denied(_("Only members of the organizing body can do this."))
    members = list(BodyMember.objects.select_for_update().filter(body=body))
    member = next((member for member in members if member.pk == member_id), None)
    if member is None:
        raise Missing(_("There is no such member. Perhaps the person was taken out already."))
    if len(members) == 1:
        raise Conflict(_("This is the last member of the organizing body. Add someone else first."))
    record("body_member.removed", actor, member, body=body.pk, person=member.user_id)
    publish(f"person.{member.user_id}", "rights", saved={"id": body.pk})
    member.delete()


def _person(email: str) -> User:
    """Only the exact address finds somebody: organizers do not browse the people of the installation."""
    person = person_with_address(email.strip())
    if person is None or not person.is_active or person.deleted is not None:
        sentence = _(
            "Nobody with an account here has this e-mail address. Ask the person to sign in once, then try again."
        )
        raise Invalid(sentence, fields={"email": [sentence]})
    return person


def require_order(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        sentence = _("The last day is before the first one.")
        raise Invalid(sentence, fields={"ends_on": [sentence]})
    if (ends_on - starts_on).days > 60:
        sentence = _("An event lasts at most 61 days.")
        raise Invalid(sentence, fields={"ends_on": [sentence]})


@erases("roles")
def forget_roles(person: User) -> None:
    """Whoever deleted their account runs nothing any more."""
    EventRole.objects.filter(user=person).delete()
    BodyMember.objects.filter(user=person).delete()
