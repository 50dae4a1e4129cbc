"""The data of the commands about captions, of the page that sets them up, and of what outside services send."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from conference.core.languages import LANGUAGES, choices
from realtime.captions.models import MAX_TEXT, CaptionToken
from realtime.fields import StrictBoolean, StrictInteger, StrictText

MOST_LANGUAGES = 3
"""Languages that one page reads at the same time: what one reads, and what a captioner translates from."""
MOST_BATCH = 50
MOST_MILLISECONDS = 120_000
LARGEST_ID = 2**53 - 1
MAX_LINE_ID = 64
MAX_LABEL = CaptionToken._meta.get_field("label").max_length
EARLIEST = timedelta(hours=24)
LATEST = timedelta(minutes=1)
LONGEST = timedelta(minutes=10)


class LineText(StrictText):
    """One line: what the writer's keys or service broke into several is put together, and what is no letter left out."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=MAX_TEXT, **more)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return " ".join(
            "".join(sign if sign.isprintable() or sign in JOINERS else " " for sign in text).split()
        )


JOINERS = "\u200b\u200c\u200d\u2060"
"""Invisible, but part of how Khmer, Burmese, Urdu and Sinhala are written and broken into lines."""


class Moment(forms.Field):
    """A JSON text such as `2026-11-23T06:15:02.500Z`: a time with its distance from UTC."""

    def to_python(self, value: Any) -> datetime | None:
        if value is None:
            return None
        try:
            found = parse_datetime(value) if isinstance(value, str) and len(value) <= 40 else None
            if found is not None and found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValidationError(_("This must be a time such as 2026-11-23T06:15:02.500Z."))


class LanguageForm(forms.Form):
    language = forms.ChoiceField(choices=[(tag, tag) for tag in LANGUAGES])

    def clean_language(self) -> str:
        if not isinstance(self.data.get("language"), str):
            raise ValidationError(_("Choose one of the languages."))
        return str(self.cleaned_data["language"])


class FollowForm(forms.Form):
    """The languages that this page wants to read from now on; none: no captions."""

    languages = forms.Field(required=False)

    def clean_languages(self) -> list[str]:
        asked = self.data.get("languages")
        if not isinstance(asked, list) or len(asked) > MOST_LANGUAGES:
            raise ValidationError(_("This must be a list of at most %(most)d.") % {"most": MOST_LANGUAGES})
        if not all(isinstance(each, str) and each in LANGUAGES for each in asked):
            raise ValidationError(_("Choose one of the languages."))
        return list(dict.fromkeys(asked))


class HistoryForm(LanguageForm):
    before = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)


class LineId(StrictText):
    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=MAX_LINE_ID, **more)


class WrittenForm(LanguageForm):
    line = StrictText(max_length=36)
    text = LineText(required=False)

    def clean_line(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.cleaned_data["line"])
        except ValueError:
            raise ValidationError(_("Enter a valid UUID.")) from None


class SayForm(WrittenForm):
    text = LineText(error_messages={"required": _("A line has at least one letter.")})
    took = StrictInteger(min_value=0, max_value=MOST_MILLISECONDS, required=False)

    def clean_took(self) -> int:
        return self.cleaned_data["took"] or 0


class CaptionForm(forms.Form):
    caption = StrictInteger(min_value=1, max_value=LARGEST_ID)


class CorrectForm(CaptionForm):
    text = LineText(error_messages={"required": _("A line has at least one letter.")})


class HeardForm(forms.Form):
    """One line of an outside service."""

    text = LineText(error_messages={"required": _("A line has at least one letter.")})
    id = LineId(required=False)
    start = Moment(required=False)
    end = Moment(required=False)
    final = StrictBoolean(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end, now = data.get("start"), data.get("end"), timezone.now()
        for name, moment in (("start", start), ("end", end)):
            if moment is not None and not now - EARLIEST <= moment <= now + LATEST:
                self.add_error(name, _("This time must lie within the last 24 hours."))
        if start is not None and end is not None and not start <= end <= start + LONGEST:
            self.add_error("end", _("A line ends after it starts, and within ten minutes."))
        return data


class FileForm(forms.Form):
    """When the clock of a caption file begins."""

    origin = Moment(required=False)


# --- the page of those who run the room ---


class OfferForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["language"].choices = choices()  # type: ignore[attr-defined]  # a ChoiceField


class CaptionerForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, help_text=_("The one with which the person signs in here.")
    )


class TokenForm(forms.Form):
    DAYS = ((1, _("one day")), (7, _("one week")), (31, _("one month")))

    label = forms.CharField(
        label=_("Name of the service"), max_length=MAX_LABEL, help_text=_("So that you know it again.")
    )
    days = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, coerce=int, initial=7)
