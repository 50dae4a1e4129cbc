"""Captioning a room: in which languages, by whom, and the lines themselves.

Every line locks its language, as ending the language and revoking a key do: nothing is taken after that. What is being typed or
heard is passed on as a signal and kept nowhere.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.accounts.queries import person_with_address
from conference.core.errors import Conflict, Denied, Invalid, Missing
from conference.core.journal import record
from conference.core.languages import LANGUAGES
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish, signal_latest
from conference.rooms.models import Room
from conference.rooms.queries import (
    RUNS,
    get_room,
    get_room_to_speak_in,
    is_on_air,
    role_in,
    room_stream,
)
from realtime.captions.models import Caption, Captioner, CaptionFeed, CaptionToken
from realtime.captions.queries import (
    caption_data,
    captioning_data,
    captions_stream,
    feed_data,
    get_caption,
    get_feed,
    get_room_to_caption,
    get_token,
    may_caption,
)
from realtime.captions.webvtt import reading_time
from realtime.tokens import digest_of, new_secret

MOST_LINES = 20_000
"""Lines of one language of one room: ten hours of a fast speaker."""
MOST_TOKENS = 20
"""Keys of one language that are good at the same time."""
MOST_CAPTIONERS = 40


class Heard(NamedTuple):
    """A line as an outside service sends it. Without `final` it is what has been understood so far."""

    text: str
    line: str
    start: datetime | None = None
    end: datetime | None = None
    final: bool = True


# --- setting up, by those who run the room ---


@transaction.atomic
def offer_captions(actor: User, room_id: int, *, language: str) -> CaptionFeed:
    """Caption the room in this language, or again. Doing it twice is harmless."""
    room = _lock_room_to_run(actor, room_id)
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Its rooms are not captioned any more."))
    if language not in LANGUAGES:
        raise Invalid(
            _("Choose one of the languages."), fields={"language": [_("Choose one of the languages.")]}
        )
    feed, created = CaptionFeed.objects.get_or_create(room=room, language=language)
    if created or not feed.open:
        feed.open = True
        feed.save(update_fields=["open"])
        record("captions.offered", actor, room, event=room.event, language=language)
        publish(room_stream(room.pk), "captions", saved=feed_data(feed))
    return feed


@transaction.atomic
def end_captions(actor: User, room_id: int, *, language: str) -> None:
    """No more lines in this language. What was written stays; a language without a line goes altogether, with its keys."""
    room = _lock_room_to_run(actor, room_id)
    feed = _lock_feed(get_feed(room, language))
    if feed.captions.exists():
        if not feed.open:
            return
        feed.open = False
        feed.save(update_fields=["open"])
        publish(room_stream(room.pk), "captions", saved=feed_data(feed))
    else:
        number = feed.pk
        feed.delete()
        publish(room_stream(room.pk), "captions", removed=number)
    record("captions.ended", actor, room, event=room.event, language=language)


@transaction.atomic
def add_captioner(actor: User, room_id: int, *, email: str) -> Captioner:
    """Ask the person with exactly this address to caption the room. They must be able to enter it."""
    room = _lock_room_to_run(actor, room_id)
    person = person_with_address(email.strip())
    sentence = ""
    if person is None or not person.is_active or person.deleted is not None:
        sentence = _(
            "Nobody with an account here has this e-mail address. Ask the person to sign in once, then try again."
        )
    elif role_in(person, room) is None:
        sentence = _("This person cannot enter the room. They need a ticket for the event first.")
    elif Captioner.objects.filter(room=room).exclude(user=person).count() >= MOST_CAPTIONERS:
        sentence = _("This room has as many captioners as it can have.")
    if sentence or person is None:
        raise Invalid(sentence, fields={"email": [sentence]})
    captioner, created = Captioner.objects.get_or_create(room=room, user=person)
    if created:
        record("captioner.added", actor, room, event=room.event, person=person.pk)
        publish(f"person.{person.pk}", "captioning", saved=captioning_data(room))
    return captioner


@transaction.atomic
def remove_captioner(actor: User, room_id: int, *, person_id: int) -> None:
    """This person does not caption the room any more."""
    room = _lock_room_to_run(actor, room_id)
    captioner = Captioner.objects.filter(room=room, user=person_id).select_related("user").first()
    if captioner is None:
        raise Missing(_("This person does not caption the room. Perhaps they were taken out already."))
    person = captioner.user
    captioner.delete()
    record("captioner.removed", actor, room, event=room.event, person=person_id)
    if not may_caption(person, room, role_in(person, room) or ""):
        publish(f"person.{person_id}", "captioning", removed=room.pk)


@transaction.atomic
def make_token(
    actor: User, room_id: int, *, language: str, label: str, days: int
) -> tuple[CaptionToken, str]:
    """A key for an outside service: the row, and the key itself, which nobody can read again."""
    room = _lock_room_to_run(actor, room_id)
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Its rooms are not captioned any more."))
    feed = _lock_feed(get_feed(room, language))
    now = timezone.now()
    if feed.tokens.filter(revoked=None, expires__gt=now).count() >= MOST_TOKENS:
        raise Conflict(_("This language has as many tokens as it can have. Revoke one first."))
    secret = new_secret("captions")
    token = CaptionToken.objects.create(
        feed=feed,
        label=label,
        digest=digest_of(secret),
        created_by=actor,
        expires=now + timedelta(days=days),
    )
    record("caption_token.made", actor, token, event=room.event, room=room.pk, language=language)
    return token, secret


@transaction.atomic
def revoke_token(actor: User, room_id: int, *, token_id: int) -> None:
    """The key opens nothing any more, from this moment on. Revoking twice is harmless."""
    room = _lock_room_to_run(actor, room_id)
    token = CaptionToken.objects.filter(feed__room=room, pk=token_id).select_related("feed").first()
    if token is None:
        raise Missing(_("There is no such token."))
    _lock_feed(token.feed)
    if token.revoked is None:
        token.revoked = timezone.now()
        token.save(update_fields=["revoked"])
        record("caption_token.revoked", actor, token, event=room.event, room=room.pk)


def _lock_room_to_run(actor: User, room_id: int) -> Room:
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can set up its captions."))
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    return room


def _lock_feed(feed: CaptionFeed) -> CaptionFeed:
    rows = CaptionFeed.objects.select_for_update(of=("self",), no_key=True).select_related("room__event")
    locked = rows.filter(pk=feed.pk).first()
    if locked is None:
        raise Missing(_("This room has no captions in this language."))
    return locked


# --- lines typed in the page ---


@transaction.atomic
def say(actor: User, room_id: int, *, language: str, line: uuid.UUID, text: str, took: int = 0) -> Caption:
    """A finished line. It was begun `took` milliseconds ago. The same `line` again changes nothing."""
    room = _get_room_to_write_in(actor, room_id)
    feed = _lock_feed(get_feed(room, language))
    known = Caption.objects.filter(feed=feed, author=actor, line=str(line)).first()
    if known is not None:
        return known
    _check_open(feed)
    _check_space(feed, 1)
    now = timezone.now()
    caption = Caption.objects.create(
        feed=feed,
        line=str(line),
        text=text,
        start=now - timedelta(milliseconds=took),
        end=now,
        author=actor,
    )
    publish(captions_stream(room.pk, language), "caption", saved=caption_data(caption))
    return caption


def show_writing(actor: User, room_id: int, *, language: str, line: uuid.UUID, text: str) -> None:
    """Pass on what is being typed. It is kept nowhere, and readers get the newest once a second."""
    room = _get_room_to_write_in(actor, room_id)
    _check_open(get_feed(room, language))
    _signal(room.pk, language, str(line), text, actor)


@transaction.atomic
def correct_caption(actor: User, room_id: int, *, caption_id: int, text: str) -> Caption:
    """Change what a line says, one's own or another's: captioners take turns."""
    room = _get_room_to_write_in(actor, room_id)
    caption = _lock_caption(room, caption_id)
    if caption.text != text:
        caption.text, caption.edited = text, True
        caption.save(update_fields=["text", "edited"])
        record("caption.corrected", actor, caption, event=room.event, room=room.pk)
        publish(captions_stream(room.pk, caption.feed.language), "caption", saved=caption_data(caption))
    return caption


@transaction.atomic
def delete_caption(actor: User, room_id: int, *, caption_id: int) -> None:
    """Take a line away for everybody."""
    room = _get_room_to_write_in(actor, room_id)
    caption = _lock_caption(room, caption_id)
    number, language = caption.pk, caption.feed.language
    caption.delete()
    record("caption.deleted", actor, room, event=room.event, language=language, caption=number)
    publish(captions_stream(room.pk, language), "caption", removed=number)


def _get_room_to_write_in(actor: User, room_id: int) -> Room:
    get_room_to_speak_in(actor, room_id)
    room, _role = get_room_to_caption(actor, room_id)
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Its rooms are not captioned any more."))
    return room


def _lock_caption(room: Room, caption_id: int) -> Caption:
    """The line as it is once its language is locked."""
    _lock_feed(get_caption(room, caption_id).feed)
    return get_caption(room, caption_id)


def _check_open(feed: CaptionFeed) -> None:
    """What is said behind the scenes must reach nobody in letters either."""
    if not feed.open:
        raise Conflict(_("Captions in this language have ended."))
    if not is_on_air(feed.room):
        raise Conflict(_("The stage is not live. Captions are taken while everyone can see it."))


def _check_space(feed: CaptionFeed, more: int) -> None:
    if feed.captions.count() + more > MOST_LINES:
        raise Conflict(_("This room has as many lines in this language as it can have."))


def _signal(room_id: int, language: str, line: str, text: str, writer: User | None) -> None:
    data: dict[str, Any] = {
        "line": line,
        "text": text,
        "person": writer.pk if writer else None,
        "name": writer.name if writer else "",
    }
    order = int(timezone.now().timestamp() * 1000)
    signal_latest(captions_stream(room_id, language), "writing", data, order=order)


# --- lines of an outside service ---


def line_heard(
    text: str,
    *,
    line: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    final: bool = True,
) -> Heard:
    """A line with an id: where the service gave none, one that nobody can send again."""
    return Heard(text, line or uuid.uuid4().hex, start, end, final)


def take_heard(secret: str, room_id: int, language: str, heard: list[Heard]) -> list[dict[str, Any]]:
    """What a service sends with its key: all of it, or nothing. Tells for each line its id, and that of the caption where it is
    final. The same line again is harmless; with another text it corrects the first."""
    token = get_token(secret, room_id, language)
    if any(each.final for each in heard):
        return _take_final(secret, room_id, language, heard)
    _check_open(token.feed)
    _check_event(token.feed)
    for each in heard:
        # What comes late, after its line was finished, is not told any more.
        if not Caption.objects.filter(token=token, line=each.line).exists():
            _signal(room_id, language, each.line, each.text, None)
    return [{"id": each.line, "caption": None} for each in heard]


@transaction.atomic
def _take_final(secret: str, room_id: int, language: str, heard: list[Heard]) -> list[dict[str, Any]]:
    feed = _lock_feed(get_token(secret, room_id, language).feed)
    token = get_token(secret, room_id, language)  # it may have been revoked while this waited
    _check_open(feed)
    _check_event(feed)
    final = [each for each in heard if each.final]
    _check_space(feed, len(final))
    now = timezone.now()
    if token.last_used is None or token.last_used < now - timedelta(minutes=1):
        token.last_used = now
        token.save(update_fields=["last_used"])
    numbers = {each.line: _keep(feed, token, each, now) for each in final}
    return [{"id": each.line, "caption": numbers.get(each.line)} for each in heard]


def _keep(feed: CaptionFeed, token: CaptionToken, heard: Heard, now: datetime) -> int:
    end = heard.end or max(now, heard.start or now)
    start = heard.start or end - reading_time(heard.text)
    caption = Caption.objects.filter(token=token, line=heard.line).first()
    if caption is None:
        caption = Caption(feed=feed, token=token, line=heard.line, text=heard.text, start=start, end=end)
    else:
        known = (caption.text, caption.start, caption.end)
        times = (heard.start or caption.start, heard.end or caption.end)
        if known == (heard.text, *times) or times[1] < times[0]:
            return caption.pk
        caption.edited = caption.edited or caption.text != heard.text
        caption.text, (caption.start, caption.end) = heard.text, times
    caption.save()
    publish(captions_stream(feed.room_id, feed.language), "caption", saved=caption_data(caption))
    return caption.pk


def _check_event(feed: CaptionFeed) -> None:
    if feed.room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Its rooms are not captioned any more."))


# --- my data ---


@erases("captions")
def forget_captioner(person: User) -> None:
    """What was said stays, as part of the session; who typed it is forgotten."""
    Caption.objects.filter(author=person).update(author=None)
    Captioner.objects.filter(user=person).delete()
    CaptionToken.objects.filter(created_by=person).update(created_by=None)
