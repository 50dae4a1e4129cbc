"""The data of the stage's commands, and what the media process tells."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from realtime.fields import StrictBoolean, StrictInteger
from realtime.stage.models import Publication
from realtime.stage.names import PUBLICATION_NAME

MAX_PUBLICATIONS = 5000


class SourceForm(forms.Form):
    source = forms.ChoiceField(choices=Publication.Source.choices)


class PublicationForm(forms.Form):
    publication = StrictInteger(min_value=1, max_value=2**53 - 1)


class SwitchesForm(PublicationForm):
    muted = StrictBoolean()
    dark = StrictBoolean()


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
