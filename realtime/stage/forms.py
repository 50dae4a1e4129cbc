"""The data of the stage's commands, and what the media process tells."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from realtime.fields import StrictBoolean, StrictInteger
from realtime.stage.models import Publication, Scene
from realtime.stage.names import PUBLICATION_NAME

Source = Publication.Source

MAX_PUBLICATIONS = 5000
MAX_SPEAKING = 12


class SourceForm(forms.Form):
    """What a browser sends."""

    source = forms.ChoiceField(choices=[(each, each) for each in (Source.CAMERA, Source.SCREEN)])


class PublicationForm(forms.Form):
    publication = StrictInteger(min_value=1, max_value=2**53 - 1)


class PersonForm(forms.Form):
    person = StrictInteger(min_value=1, max_value=2**53 - 1)


class PlaceForm(forms.Form):
    """Who gets the speaker's place; null: whoever speaks."""

    person = StrictInteger(min_value=1, max_value=2**53 - 1, required=False)


class LayoutForm(forms.Form):
    layout = forms.ChoiceField(choices=Scene.Layout.choices)


class SwitchesForm(PublicationForm):
    muted = StrictBoolean()
    dark = StrictBoolean()


class MediaEventForm(forms.Form):
    """One report of the media process: an `event` and what belongs to it. `cleaned_data["flowing"]` is a list of
    (room, user, source, kinds); of `speaking` there is (room, who speaks, who is to be shown large) instead."""

    event = forms.ChoiceField(
        choices=[
            (name, name)
            for name in (
                "publication.started",
                "publication.stopped",
                "publications",
                "worker.started",
                "speaking",
            )
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
        elif event == "speaking":
            cleaned["speaking"] = self._speaking(self.data)
        return cleaned

    @staticmethod
    def _speaking(row: Any) -> tuple[int, list[str], str | None]:
        room, names, active = row.get("room"), row.get("speaking"), row.get("active")
        if type(room) is not int or not 0 < room < 2**53:
            raise ValidationError("Who speaks must name a room.")
        if not isinstance(names, list) or len(names) > MAX_SPEAKING:
            raise ValidationError("“speaking” must be a list.")
        if not all(isinstance(name, str) and PUBLICATION_NAME.match(name) for name in names):
            raise ValidationError("Who speaks is named by publications.")
        if active is not None and not (isinstance(active, str) and PUBLICATION_NAME.match(active)):
            raise ValidationError("Who is shown large is a publication or nobody.")
        return room, names, active

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
