"""The people of a programme, and their accounts."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Invalid, Missing
from conference.core.journal import record
from conference.core.models import Event
from conference.core.text import Text
from conference.events.actions import give_role, take_role
from conference.events.models import EventRole
from conference.programme.actions.blocks import (
    announce,
    give_room_roles,
    next_number,
    open_programme,
    refresh_search,
)
from conference.programme.models import Session, SessionSpeaker, Speaker
from conference.programme.search import speaker_search_text


class Entry(TypedDict, total=False):
    """What a speaker's entry says."""

    name: str
    name_latin: str
    name_chinese: str
    affiliation: str
    country: str
    biography: Text


@transaction.atomic
def create_speaker(actor: User, event: Event, **entry: Unpack[Entry]) -> Speaker:
    """A new person on the list of speakers."""
    event = open_programme(actor, event)
    speaker = Speaker(event=event, number=next_number(event, Speaker))
    _fill(speaker, entry)
    speaker.save()
    record("speaker.created", actor, speaker)
    return speaker


@transaction.atomic
def edit_speaker(actor: User, event: Event, code: str, **entry: Unpack[Entry]) -> Speaker:
    """Change a speaker's entry; the search finds their sessions by the new name."""
    event = open_programme(actor, event)
    speaker = _locked(event, code)
    changed = _fill(speaker, entry)
    if changed:
        speaker.save()
        refresh_search(SessionSpeaker.objects.filter(speaker=speaker).values_list("session_id", flat=True))
        record("speaker.edited", actor, speaker, fields=changed)
        announce(event)
    return speaker


@transaction.atomic
def set_speaker_photo(actor: User, event: Event, code: str, *, photo: ContentFile[bytes] | None) -> Speaker:
    """Give a speaker a picture (made by `core.files.clean_image`), or with None take it away."""
    event = open_programme(actor, event)
    speaker = _locked(event, code)
    old, storage = speaker.photo.name, speaker.photo.storage
    if photo is None:
        speaker.photo = ""
    else:
        speaker.photo.save("photo.webp", photo, save=False)
    speaker.save(update_fields=["photo"])
    record("speaker.edited", actor, speaker, fields=["photo"])
    if old:
        transaction.on_commit(lambda: storage.delete(old))
    return speaker


@transaction.atomic
def delete_speaker(actor: User, event: Event, code: str) -> None:
    """Take someone off the list who has no part in any session."""
    event = open_programme(actor, event)
    speaker = _locked(event, code)
    if SessionSpeaker.objects.filter(speaker=speaker).exists():
        raise Conflict(_("This person has a part in a session. Take them out of their sessions first."))
    record("speaker.deleted", actor, speaker)
    speaker.delete()


@transaction.atomic
def link_speaker(actor: User, event: Event, code: str, *, email: str) -> Speaker:
    """Tie a speaker to the account with exactly this address: it may then speak in the rooms of their sessions."""
    event = open_programme(actor, event)
    speaker = _locked(event, code)
    if speaker.user_id is not None:
        raise Conflict(_("This speaker is linked to an account already. Undo that first."))
    person = give_role(actor, event, email=email, role=EventRole.Role.SPEAKER).user
    if Speaker.objects.filter(event=event, user=person).exists():
        sentence = _("This account belongs to another speaker of the event.")
        raise Invalid(sentence, fields={"email": [sentence]})
    speaker.user = person
    speaker.save(update_fields=["user"])
    _give_rooms(speaker)
    record("speaker.linked", actor, speaker, person=person.pk)
    return speaker


@transaction.atomic
def unlink_speaker(actor: User, event: Event, code: str) -> Speaker:
    """Untie a speaker from an account, which loses its part in the rooms and its role as a speaker of the event."""
    event = open_programme(actor, event)
    speaker = _locked(event, code)
    if speaker.user_id is None:
        raise Conflict(_("This speaker is not linked to an account."))
    role = EventRole.objects.filter(event=event, user_id=speaker.user_id, role=EventRole.Role.SPEAKER).first()
    if role is not None:
        take_role(actor, event, role_id=role.pk)
    record("speaker.unlinked", actor, speaker, person=speaker.user_id)
    speaker.user = None
    speaker.save(update_fields=["user"])
    _give_rooms(speaker)
    return speaker


def _fill(speaker: Speaker, entry: Entry) -> list[str]:
    if "name" in entry and not entry["name"].strip():
        raise Invalid(_("Give the person's name."), fields={"name": [_("Give the person's name.")]})
    new: dict[str, Any] = dict(entry)
    changed = [field for field, value in new.items() if getattr(speaker, field) != value]
    for field in changed:
        setattr(speaker, field, new[field])
    speaker.search_text = speaker_search_text(speaker)
    return changed


def _locked(event: Event, code: str) -> Speaker:
    speaker = Speaker.objects.select_for_update().filter(event=event, code=code).first()
    if speaker is None:
        raise Missing(_("There is no such speaker. Perhaps someone has taken them off the list."))
    return speaker


def _give_rooms(speaker: Speaker) -> None:
    for session in Session.objects.filter(parts__speaker=speaker).select_related("room"):
        give_room_roles(session)
