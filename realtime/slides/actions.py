"""Bringing slides to a room, making pictures of them, and showing them page by page.

What is shown is one row for each room, changed under the lock of the room; of two who turn the page at once the second finds
it turned, because each says which page they leave. Pictures are made by the worker, one document at a time over all of its
processes, so that mails and countdowns never wait for a long document; which is next stands in the table, so that the queue can
lose nothing.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict, Denied
from conference.core.journal import record
from conference.core.later import background, later
from conference.core.limits import spend
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, backstage_stream, get_room_to_speak_in, is_on_air, room_stream
from realtime.slides import converting
from realtime.slides.converting import Begun, Drawn, Failed
from realtime.slides.files import Checked
from realtime.slides.models import FOLDER, MAX_TITLE, Deck, Slide, SlideShow, slide_path
from realtime.slides.queries import (
    PRESENTS,
    deck_data,
    get_deck,
    may_bring,
    show_data,
    show_in,
    slides_streams,
)

State = Deck.State

MOST = 12
"""Documents of one room."""
UPLOADS_AN_HOUR = 30

LOST_AFTER = timedelta(seconds=converting.SECONDS + 120)
"""A document on which a worker has been for longer is given to another: the first one has died."""
MOST_TRIES = 2
TOLD_EVERY = 1.0
CONVERTING = 0x736C6964  # the lock under which the next document is chosen

log = structlog.get_logger(__name__)


# --- bringing ---


def require_bringer(room: Room, role: str) -> None:
    """Let those pass who may bring slides to the room in which they have this role."""
    if not may_bring(room, role):
        raise Denied(_("Only those who run this room and its speakers can bring slides."))


def bring_deck(actor: User, room_id: int, *, client_id: uuid.UUID, title: str, file: Checked) -> Deck:
    """Bring a PDF to the room; the worker makes pictures of its pages. The same `client_id` again changes nothing."""
    room, role = get_room_to_speak_in(actor, room_id)
    require_bringer(room, role)
    spend("slides-file", str(actor.pk), amount=UPLOADS_AN_HOUR, seconds=3600, guards=False)
    stored = default_storage.save(slide_path(None, ""), file.content)
    kept = ""
    try:
        with transaction.atomic():
            deck = _bring(actor, room_id, client_id, (title or file.title)[:MAX_TITLE], stored)
        kept = deck.file.name or ""
    finally:
        if kept != stored:  # refused, or brought before
            default_storage.delete(stored)
    return deck


def _bring(actor: User, room_id: int, client_id: uuid.UUID, title: str, stored: str) -> Deck:
    room, role = get_room_to_speak_in(actor, room_id)
    require_bringer(room, role)
    room = _lock(room)
    known = Deck.objects.filter(room=room, author=actor, client_id=client_id).first()
    if known is not None:
        return known
    _check_event(room)
    if Deck.objects.filter(room=room).count() >= MOST:
        raise Conflict(
            _("There are slides of %(most)d documents in this room already. Take one away first.")
            % {"most": MOST}
        )
    deck = Deck.objects.create(room=room, author=actor, client_id=client_id, title=title, file=stored)
    record("deck.brought", actor, deck, event=room.event, room=room.pk)
    _announce(deck)
    later(convert_decks)
    return deck


@transaction.atomic
def remove_deck(actor: User, room_id: int, *, deck_id: int) -> None:
    """Take slides away, also from the stage; their pictures are erased. Speakers do so with what they brought."""
    room, role = get_room_to_speak_in(actor, room_id)
    deck = get_deck(room, role, deck_id)
    if role not in RUNS and deck.author_id != actor.pk:
        raise Denied(
            _("Only those who run this room, or the speaker who brought them, can take slides away.")
        )
    _remove(actor, _lock(room), deck)


def _remove(actor: User | None, room: Room, deck: Deck) -> None:
    record("deck.removed", actor, room, event=room.event, room=room.pk, deck=deck.pk)
    was_shown, _by_model = SlideShow.objects.filter(deck=deck).delete()
    number, stored = deck.pk, _files_of(deck)
    deck.delete()
    if was_shown:
        publish(slides_streams(room), "slides", removed=room.pk)
    publish(backstage_stream(room.pk), "deck", removed=number)
    transaction.on_commit(lambda: _erase(stored))


def _files_of(deck: Deck) -> list[str]:
    pictures = Slide.objects.filter(deck=deck).values_list("small", "large")
    return [deck.file.name or "", *(name for both in pictures for name in both)]


def _erase(names: Iterable[str]) -> None:
    for name in names:
        if name:
            default_storage.delete(name)


def _announce(deck: Deck) -> None:
    publish(backstage_stream(deck.room_id), "deck", saved=deck_data(deck))


# --- making pictures ---


@background
def convert_decks() -> None:
    """Make the pictures of whatever waits for it, oldest first, unless another worker is at it."""
    while (deck := _next_to_convert()) is not None:
        _convert(deck)


@transaction.atomic
def _next_to_convert() -> Deck | None:
    """The next document, now ours. One at a time; one on which a worker died is tried once more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CONVERTING])
    lost = timezone.now() - LOST_AFTER
    begun = (
        Deck.objects.select_for_update(of=("self",))
        .filter(state=State.CONVERTING)
        .select_related("room__event")
    )
    for deck in begun:
        if deck.begun is not None and deck.begun > lost:
            return None
        if deck.tries < MOST_TRIES:
            return _begin(deck)
        _fail(deck, "too_complex")
    waiting = Deck.objects.select_for_update(of=("self",)).filter(state=State.WAITING)
    first = waiting.select_related("room__event", "author__organisation").order_by("created", "pk").first()
    return None if first is None else _begin(first)


def _begin(deck: Deck) -> Deck:
    deck.state, deck.begun, deck.tries = State.CONVERTING, timezone.now(), deck.tries + 1
    deck.pages = deck.done = 0
    deck.save(update_fields=["state", "begun", "tries", "pages", "done"])
    _announce(deck)
    return deck


def _convert(deck: Deck) -> None:
    """The pictures are stored first and written down together at the end: a document has all of its pages, or none."""
    slides: list[Slide] = []
    stored: list[str] = []
    kept = False
    told = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="chama-slides-") as folder:
            pdf = Path(folder) / "slides.pdf"
            with default_storage.open(deck.file.name or "", "rb") as source, pdf.open("wb") as target:
                shutil.copyfileobj(source, target)
            pictures = Path(folder) / "pictures"
            pictures.mkdir()
            for step in converting.convert(pdf, pictures):
                match step:
                    case Begun(pages):
                        deck.pages = pages
                    case Drawn(number, small, large, text):
                        names = [
                            default_storage.save(slide_path(None, ""), ContentFile(each))
                            for each in (small, large)
                        ]
                        stored += names
                        slides.append(
                            Slide(deck=deck, number=number, small=names[0], large=names[1], text=text)
                        )
                        deck.done = number
                if deck.done in (0, deck.pages) or time.monotonic() - told >= TOLD_EVERY:
                    told = time.monotonic()
                    if not _tell_progress(deck):
                        return  # taken away meanwhile
        kept = _finish(deck, slides)
    except Failed as failed:
        log.info("slides.failed", deck=deck.pk, problem=failed.problem)
        _fail_now(deck, failed.problem)
    except FileNotFoundError:
        _fail_now(deck, "broken")
    finally:
        if not kept:
            _erase(stored)


@transaction.atomic
def _tell_progress(deck: Deck) -> bool:
    """Whether it is still ours to make."""
    ours = _still_ours(deck)
    if ours:
        deck.save(update_fields=["pages", "done"])
        _announce(deck)
    return ours


def _still_ours(deck: Deck) -> bool:
    row = Deck.objects.select_for_update(of=("self",)).filter(
        pk=deck.pk, tries=deck.tries, state=State.CONVERTING
    )
    return row.first() is not None


@transaction.atomic
def _finish(deck: Deck, slides: list[Slide]) -> bool:
    if not _still_ours(deck):
        return False
    pdf, deck.file, deck.state, deck.problem = deck.file.name or "", None, State.READY, ""
    deck.save(update_fields=["file", "state", "problem", "pages", "done"])
    Slide.objects.bulk_create(slides)
    record("deck.converted", None, deck, event=deck.room.event, room=deck.room_id, pages=deck.pages)
    _announce(deck)
    transaction.on_commit(lambda: _erase([pdf]))
    return True


@transaction.atomic
def _fail_now(deck: Deck, problem: str) -> None:
    if _still_ours(deck):
        _fail(deck, problem)


def _fail(deck: Deck, problem: str) -> None:
    pdf, deck.file, deck.state, deck.problem = deck.file.name or "", None, State.FAILED, problem
    deck.save(update_fields=["file", "state", "problem"])
    record("deck.failed", None, deck, event=deck.room.event, room=deck.room_id, problem=problem)
    _announce(deck)
    transaction.on_commit(lambda: _erase([pdf]))


@background
def erase_orphans() -> None:
    """Erase files that no document has: of rooms that were deleted as a whole, and of a worker that died. What came in the last
    hour is left alone, since it may still be on its way into the table."""
    if not default_storage.exists(FOLDER):
        return
    names = {f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]}
    kept = set(Deck.objects.exclude(file="").values_list("file", flat=True))
    kept.update(name for both in Slide.objects.values_list("small", "large").iterator() for name in both)
    before = timezone.now() - timedelta(hours=1)
    for name in sorted(names - kept):
        if default_storage.get_modified_time(name) < before:
            default_storage.delete(name)


# --- showing ---


@transaction.atomic
def show_slides(actor: User, room_id: int, *, deck_id: int, page: int) -> SlideShow:
    """Show this page of these slides, whatever was shown before. What does not exist is as far as there is."""
    room, role = _room_to_present_in(actor, room_id)
    deck = get_deck(room, role, deck_id)
    if deck.state != State.READY:
        raise Conflict(_("These slides are not ready yet."))
    show, page = show_in(room), min(page, deck.pages)
    if show is not None and (show.deck_id, show.page) == (deck.pk, page):
        return show
    begins = show is None or show.deck_id != deck.pk
    verb = "slides.shown" if begins else "slides.turned"
    return _save(actor, room, SlideShow(room=room, deck=deck, page=page), verb, is_new=show is None)


@transaction.atomic
def turn_page(actor: User, room_id: int, *, deck_id: int, left: int, by: int) -> SlideShow:
    """From the page that was left to the next one (`by` 1) or the one before (-1). Where somebody else has turned it already, and
    at the ends, nothing changes."""
    room, _role = _room_to_present_in(actor, room_id)
    show = show_in(room)
    if show is None or show.deck_id != deck_id:
        raise Conflict(_("These slides are not shown any more."))
    page = left + by
    if show.page != left or not 1 <= page <= show.deck.pages:
        return show
    show.page = page
    return _save(actor, room, show, "slides.turned", is_new=False)


def _save(actor: User, room: Room, show: SlideShow, verb: str, *, is_new: bool) -> SlideShow:
    show.save(force_insert=is_new)
    if is_on_air(room):
        _reach(show)
    record(verb, actor, room, event=room.event, room=room.pk, deck=show.deck_id, page=show.page)
    publish(slides_streams(room), "slides", saved=show_data(show))
    return show


def _reach(show: SlideShow) -> None:
    """Everyone has seen the deck as far as this page."""
    if show.page > show.deck.reached:
        show.deck.reached = show.page
        show.deck.save(update_fields=["reached"])


@transaction.atomic
def hide_slides(actor: User, room_id: int) -> None:
    """Show no slides any more. Where none are shown nothing happens."""
    room, _role = _room_to_present_in(actor, room_id)
    deleted, _by_model = SlideShow.objects.filter(room=room).delete()
    if deleted:
        record("slides.hidden", actor, room, event=room.event, room=room.pk)
        publish(slides_streams(room), "slides", removed=room.pk)


def reveal_slides(room: Room) -> None:
    """Everyone sees what is shown from now on. The caller has locked the room and said so on it."""
    show = show_in(room)
    if show is not None:
        _reach(show)
        publish(room_stream(room.pk), "slides", saved=show_data(show))


def conceal_slides(room: Room) -> None:
    """From now on only those with a part on the stage see it. The caller has locked the room and said so on it."""
    if show_in(room) is not None:
        publish(room_stream(room.pk), "slides", removed=room.pk)


def _room_to_present_in(actor: User, room_id: int) -> tuple[Room, str]:
    """The room, locked: one change of what is shown at a time."""
    room, role = get_room_to_speak_in(actor, room_id)
    if role not in PRESENTS:
        raise Denied(_("Only those on the stage can show slides and turn their pages."))
    room = _lock(room)
    _check_event(room)
    return room, role


def _lock(room: Room) -> Room:
    return Room.objects.select_for_update(of=("self",), no_key=True).select_related("event").get(pk=room.pk)


def _check_event(room: Room) -> None:
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("The event is over and closed; nothing is added any more."))


# --- my data ---


@erases("slides")
def forget_presenter(person: User) -> None:
    """What was shown belongs to its session and stays, under no name; what nobody else has seen yet goes, with its pictures."""
    for deck in (
        Deck.objects.filter(author=person, reached=0).select_related("room__event").order_by("room_id")
    ):
        _remove(None, _lock(deck.room), deck)
    Deck.objects.filter(author=person).update(author=None)
