"""All input from outside: the data of each command, and what the media process tells."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from realtime.models import Publication
from realtime.stage import PUBLICATION_NAME

STREAM_NAME = r"^(room|person|event)\.[1-9][0-9]{0,15}$"
MAX_TEXT = 2000
MAX_PUBLICATIONS = 5000


class StrictInteger(forms.IntegerField):
    """A JSON number, not a text that looks like one."""

    def to_python(self, value: Any) -> int | None:
        if value is not None and type(value) is not int:
            raise ValidationError(_("This must be a whole number."))
        return value


class StrictText(forms.CharField):
    """A JSON text: no list or number is turned into words."""

    def to_python(self, value: Any) -> str:
        if value is not None and not isinstance(value, str):
            raise ValidationError(_("This must be text."))
        return super().to_python(value) or ""


class StrictUUID(forms.UUIDField):
    def to_python(self, value: Any) -> Any:
        if value is not None and not isinstance(value, str):
            raise ValidationError(self.error_messages["invalid"])
        return super().to_python(value)


class NothingForm(forms.Form):
    """A command without data."""


class MessageForm(forms.Form):
    client_id = StrictUUID()
    text = StrictText(
        max_length=MAX_TEXT,
        error_messages={
            "required": _("Write something first."),
            "max_length": _(
                "A message may have at most %(limit_value)d characters; this one has %(show_value)d."
            ),
        },
    )


class HistoryForm(forms.Form):
    before = StrictInteger(min_value=1, max_value=2**53 - 1)


class ResumeForm(forms.Form):
    stream = forms.RegexField(STREAM_NAME, error_messages={"invalid": _("There is no such stream.")})
    seq = StrictInteger(min_value=0, max_value=2**53 - 1)

    def clean_stream(self) -> str:
        if not isinstance(self.data.get("stream"), str):
            raise ValidationError(_("There is no such stream."))
        return str(self.cleaned_data["stream"])


class FollowForm(forms.Form):
    event = StrictInteger(min_value=1, max_value=2**53 - 1)


class SourceForm(forms.Form):
    source = forms.ChoiceField(choices=Publication.Source.choices)


class PublicationForm(forms.Form):
    publication = StrictInteger(min_value=1, max_value=2**53 - 1)


class MediaEventForm(forms.Form):
    """One report of the media process: an `event` and what belongs to it. `cleaned_data["flowing"]` is a list of
    (room, user, source, kinds)."""

    event = forms.ChoiceField(
        choices=[
            (name, name)
            for name in ("publication.started", "publication.stopped", "publications", "worker.started")
        ]
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        event = cleaned.get("event")
        if event in ("publication.started", "publication.stopped"):
            cleaned["flowing"] = [self._publication(self.data)]
        elif event == "publications":
            rows = self.data.get("publications")
            if not isinstance(rows, list) or len(rows) > MAX_PUBLICATIONS:
                raise ValidationError("“publications” must be a list.")
            cleaned["flowing"] = [self._publication(row) for row in rows]
        return cleaned

    @staticmethod
    def _publication(row: Any) -> tuple[int, int, str, frozenset[str]]:
        if not isinstance(row, dict):
            raise ValidationError("A publication must be an object.")
        room, name, kinds = row.get("room"), row.get("publication"), row.get("kinds", [])
        match = PUBLICATION_NAME.match(name) if isinstance(name, str) else None
        if type(room) is not int or not 0 < room < 2**53 or match is None:
            raise ValidationError("A publication must name its room and itself.")
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise ValidationError("“kinds” must be a list of texts.")
        return room, int(match[1]), match[2], frozenset(kinds)
