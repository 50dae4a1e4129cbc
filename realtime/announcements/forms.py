"""What comes in about announcements: over the socket, and from the organizers' page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from conference.core.text import Text, TranslatedFormField, validate_text
from realtime.announcements.models import MAX_TEXT
from realtime.fields import StrictBoolean, StrictInteger, StrictText, StrictUUID, validate_web_address

MOST_LANGUAGES = 8
LARGEST_ID = 2**53 - 1


class TextsField(forms.Field):
    """A JSON object from language to text; at least one language, none longer than `MAX_TEXT`."""

    def to_python(self, value: Any) -> Text:
        if value is None:
            return {}
        validate_text(value)
        text = {tag: words.strip() for tag, words in value.items() if words.strip()}
        if len(text) > MOST_LANGUAGES:
            raise ValidationError(_("At most %(most)d languages at once."), params={"most": MOST_LANGUAGES})
        if any(len(words) > MAX_TEXT for words in text.values()):
            raise ValidationError(
                _("At most %(limit)d characters in each language."), params={"limit": MAX_TEXT}
            )
        if any("\x00" in words for words in text.values()):
            raise ValidationError(_("Null characters are not allowed."))
        return text


class AnnounceForm(forms.Form):
    client_id = StrictUUID()
    text = TextsField(error_messages={"required": _("Write what you want to announce.")})
    link = StrictText(max_length=500, required=False, validators=[validate_web_address])
    urgent = StrictBoolean(required=False)


class AnnouncementForm(forms.Form):
    announcement = StrictInteger(min_value=1, max_value=LARGEST_ID)


class EventAnnouncementForm(forms.Form):
    """An announcement to the whole event, on the organizers' page."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    text = TranslatedFormField(
        label=_("What you want to announce"),
        help_text=_(
            "Everyone reads it in the language of their pages, else in the nearest one. Whoever is signed in and looks at "
            "the event's pages sees it."
        ),
        max_length=MAX_TEXT,
        multiline=True,
        error_messages={"required": _("Write what you want to announce.")},
    )
    link = forms.CharField(
        label=_("Link"),
        max_length=500,
        required=False,
        validators=[validate_web_address],
        widget=forms.URLInput(attrs={"dir": "ltr", "inputmode": "url"}),
    )
    urgent = forms.BooleanField(
        label=_("Urgent"),
        required=False,
        help_text=_("It stays on the pages until each reader closes it."),
    )
    mail = forms.BooleanField(
        label=_("Also by mail"),
        required=False,
        help_text=_("It is kept in the inbox of everyone concerned in any case."),
    )
