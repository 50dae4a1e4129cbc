"""Words for the programme's templates: running text, names in two scripts, types of session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from conference.accounts.countries import country_name
from conference.core import languages
from conference.core.models import Event
from conference.core.text import localise
from conference.core.times import time_pair
from conference.programme.changes import place_told, told
from conference.programme.markup import harmless, has_markup
from conference.programme.models import Session, Slot, Speaker

register = template.Library()


@register.filter
def prose(text: Any) -> SafeString:
    """Running text of a session or speaker, safe to show whoever wrote it: plain text gets paragraphs and links; what came with
    HTML tags keeps the harmless ones."""
    told_text = localise(text)
    if has_markup(told_text):
        return mark_safe(harmless(told_text))
    # Escaped first, so that urlize sees no tags; it must then not escape again.
    return mark_safe(linebreaks(urlize(mark_safe(escape(told_text)), nofollow=True)))


@register.filter
def other_name(speaker: Speaker) -> str:
    """The name a reader can read, beside the one in the speaker's own script: Chinese for readers of Chinese, else Latin."""
    chinese = (get_language() or "").startswith("zh")
    other = (speaker.name_chinese if chinese else "") or speaker.name_latin
    return other if other != speaker.name else ""


@register.filter
def kind_label(session: Session) -> str:
    """The type: as the imported file calls it, else ours in the reader's language."""
    return session.kind_name or str(session.get_kind_display())


@register.filter
def tell(change: dict[str, Any], time_zone: str) -> str:
    """A change between two versions, as a sentence."""
    return told(change, time_zone)


@register.filter
def primary(tag: str) -> str:
    """The language of a tag without its region: `zh` of `zh-hans`."""
    return tag.split("-")[0] if tag else ""


@register.filter
def duration(slot: Slot) -> str:
    """How long a session lasts: "45 min", "1 h 30 min"."""
    if slot.start is None or slot.end is None:
        return ""
    hours, minutes = divmod(int((slot.end - slot.start).total_seconds() // 60), 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    return (
        _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
        if minutes
        else _("%(hours)d h") % {"hours": hours}
    )


@register.simple_tag(takes_context=True)
def query(context: Any, **changed: Any) -> str:
    """The page's own query string with some values changed; None takes one away."""
    asked = context["request"].GET.copy()
    for name, value in changed.items():
        if value is None:
            asked.pop(name, None)
        else:
            asked[name] = value
    return "?" + asked.urlencode()


@register.filter
def place(told_place: dict[str, Any] | None, time_zone: str) -> str:
    """Time and room of one side of a change, in the event's time."""
    return place_told(told_place, time_zone) if told_place else ""


@register.filter
def is_web(address: Any) -> bool:
    """Whether an address may stand in a link: http and https only, whatever was imported."""
    return isinstance(address, str) and address.lower().startswith(("https://", "http://"))


@register.filter
def country(code: str) -> str:
    """A country's name in the reader's language."""
    return country_name(code)


@register.filter
def own_name(tag: str) -> str:
    """A language by its own name, such as ລາວ. (Django's i18n library has a `language_name` that knows fewer.)"""
    return languages.own_name(tag) if tag else ""


@register.simple_tag
def clock(moment: datetime, event: Event) -> SafeString:
    """A full hour at the edge of the grid, where there is no room for words: the event's clock, below it the reader's."""
    pair = time_pair(moment, event.time_zone)
    here = format_html("<small>{}</small>", pair.reader.strftime("%H:%M")) if not pair.same_clock else ""
    there = pair.event.strftime("%H:%M")
    return format_html('<time datetime="{}">{}</time>{}', pair.event.isoformat(), there, here)


@register.simple_tag
def clock_head(event: Event) -> SafeString:
    """What the two times of `clock` are."""
    same = time_pair(timezone.now(), event.time_zone).same_clock
    here = "" if same else format_html("<small>{}</small>", _("your time"))
    return format_html("<bdi>{}</bdi>{}", localise(event.city), here)
