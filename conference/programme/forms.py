"""Everything that comes into the programme from outside, except files (`exchange`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conference.accounts.countries import country_choices
from conference.core import languages
from conference.core.models import COLOUR, Event
from conference.core.text import TranslatedFormField
from conference.core.times import day_name
from conference.programme.models import Day, Hall, Session, SessionSpeaker, Slot, Speaker, Track
from conference.programme.queries import Choices, Filters, ProgrammeDay

MAX_SEATS = 100_000
Part = SessionSpeaker.Part


class FilterForm(forms.Form):
    """What a reader wants to see. Nothing in an address can make it fail: what does not hold is left out."""

    q = forms.CharField(label=_("Text"), required=False, max_length=100)
    track = forms.ChoiceField(label=_("Track"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    kind = forms.ChoiceField(label=_("Type"), required=False)
    hall = forms.ChoiceField(label=_("Room"), required=False)
    mine = forms.BooleanField(label=_("Only my agenda"), required=False)
    view = forms.ChoiceField(choices=[("list", _("List")), ("grid", _("Grid"))], required=False)
    day = forms.DateField(required=False)

    def __init__(self, data: Any, choices: Choices) -> None:
        super().__init__(data)
        fields: Any = self.fields
        fields["track"].choices = [
            ("", _("All tracks")),
            *((track.slug, str(track)) for track in choices.tracks),
        ]
        fields["language"].choices = [
            ("", _("All languages")),
            *((tag, languages.own_name(tag)) for tag in choices.languages),
        ]
        fields["kind"].choices = [("", _("All types")), *choices.kinds]
        fields["hall"].choices = [
            ("", _("All rooms")),
            *((str(hall.pk), str(hall)) for hall in choices.halls),
        ]

    def filters(self) -> Filters:
        self.is_valid()
        data = self.cleaned_data
        return Filters(
            text=data.get("q") or "",
            track=data.get("track") or "",
            language=data.get("language") or "",
            kind=data.get("kind") or "",
            hall=int(data["hall"]) if data.get("hall") else None,
            mine=bool(data.get("mine")),
        )

    def shown_view(self) -> str:
        return "grid" if self._value("view") == "grid" else "list"

    def shown_day(self) -> date | None:
        return self._value("day")

    def _value(self, name: str) -> Any:
        """The value of a field that holds, else None."""
        self.is_valid()
        return self.cleaned_data.get(name) or None

    def count(self) -> int:
        """How many filters behind the button are set."""
        filters = self.filters()
        return sum(map(bool, [filters.track, filters.language, filters.kind, filters.hall, filters.mine]))


def _languages_of(*texts: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """The languages a form offers: those of the installation, and those that the texts came with."""
    offered = dict(settings.CONTENT_LANGUAGES)
    for text in texts:
        for tag in text:
            offered.setdefault(tag, languages.own_name(tag))
    return list(offered.items())


class _SeenMixin(forms.Form):
    """Brings back the stamp that the form was drawn with."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def clean_seen(self) -> datetime | None:
        return parse_datetime(self.cleaned_data["seen"]) if self.cleaned_data["seen"] else None


class SessionForm(_SeenMixin):
    """The content of a session, and its people."""

    def __init__(
        self,
        data: Any,
        *,
        tracks: Sequence[Track],
        speakers: Sequence[Speaker],
        session: Session | None = None,
    ) -> None:
        super().__init__(data, initial=_session_initial(session) if session else None)
        texts = [session.title, session.subtitle, session.abstract, session.description] if session else []
        tags = _languages_of(*texts)
        fields: Any = self.fields

        def text(label: Any, length: int, required: bool = False, lines: bool = False) -> TranslatedFormField:
            return TranslatedFormField(
                label=label, max_length=length, required=required, multiline=lines, languages=tags
            )

        fields["title"] = text(_("Title"), 300, required=True)
        fields["subtitle"] = text(_("Subtitle"), 300)
        fields["kind"] = forms.ChoiceField(
            label=_("Type"), choices=Session.Kind.choices, initial=Session.Kind.TALK
        )
        fields["track"] = forms.TypedChoiceField(
            label=_("Track"),
            required=False,
            choices=[("", _("No track")), *((track.pk, str(track)) for track in tracks)],
            coerce=lambda key: next(track for track in tracks if str(track.pk) == key),
            empty_value=None,
        )
        known = languages.choices()
        spoken = session.language if session else ""
        extra = [(spoken, languages.own_name(spoken))] if spoken and spoken not in dict(known) else []
        fields["language"] = forms.ChoiceField(
            label=_("Spoken language"), required=False, choices=[("", _("Not told")), *extra, *known]
        )
        into = [tag for tag in (session.interpreted if session else []) if tag not in dict(known)]
        fields["interpreted"] = forms.MultipleChoiceField(
            label=_("Interpreted into"),
            required=False,
            choices=[*known, *((tag, languages.own_name(tag)) for tag in into)],
            widget=forms.CheckboxSelectMultiple,
        )
        people = [(str(person.pk), _name_of(person)) for person in speakers]
        for name, label in (
            ("speakers", _("Speakers")),
            ("moderators", _("Moderators")),
            ("interpreters", _("Interpreters")),
        ):
            fields[name] = forms.MultipleChoiceField(label=label, required=False, choices=people)
            fields[name].widget.attrs["size"] = min(8, max(3, len(people)))
        fields["abstract"] = text(_("Abstract"), 20_000, lines=True)
        fields["description"] = text(_("Further description"), 20_000, lines=True)
        fields["capacity"] = forms.IntegerField(
            label=_("Seats planned"), required=False, min_value=1, max_value=MAX_SEATS
        )
        fields["recording_allowed"] = forms.BooleanField(
            label=_("The session may be recorded"), required=False, initial=True
        )
        fields["recording_licence"] = forms.CharField(
            label=_("Licence of the recording"), required=False, max_length=120
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        seen: dict[str, str] = {}
        for name in ("speakers", "moderators", "interpreters"):
            for key in data.get(name) or []:
                if key in seen:
                    self.add_error(name, gettext("Someone here has another part in this session already."))
                seen[key] = name
        return data

    def content(self) -> dict[str, Any]:
        """What the actions take."""
        left_out = {"seen", "speakers", "moderators", "interpreters"}
        return {name: value for name, value in self.cleaned_data.items() if name not in left_out}

    def parts(self) -> dict[int, str]:
        """Speaker id -> part, those who were there before first and in their order."""
        chosen = {
            int(key): part
            for name, part in (
                ("speakers", Part.SPEAKER),
                ("moderators", Part.MODERATOR),
                ("interpreters", Part.INTERPRETER),
            )
            for key in self.cleaned_data[name]
        }
        before = [
            int(key)
            for name in ("speakers", "moderators", "interpreters")
            for key in self.initial.get(name, [])
        ]
        order = {key: place for place, key in enumerate(self.initial.get("order", before))}
        return dict(sorted(chosen.items(), key=lambda pair: order.get(pair[0], len(order))))


def _name_of(person: Speaker) -> str:
    names = list(
        dict.fromkeys(name for name in (person.name, person.name_latin, person.name_chinese) if name)
    )
    return " · ".join([*names, person.affiliation] if person.affiliation else names)


def _session_initial(session: Session) -> dict[str, Any]:
    parts = list(session.parts.all())
    return {
        "seen": session.changed.isoformat(),
        "title": session.title,
        "subtitle": session.subtitle,
        "abstract": session.abstract,
        "description": session.description,
        "kind": session.kind,
        "track": session.track_id or "",
        "language": session.language,
        "interpreted": session.interpreted,
        "capacity": session.capacity,
        "recording_allowed": session.recording_allowed,
        "recording_licence": session.recording_licence,
        "speakers": [str(part.speaker_id) for part in parts if part.part == Part.SPEAKER],
        "moderators": [str(part.speaker_id) for part in parts if part.part == Part.MODERATOR],
        "interpreters": [str(part.speaker_id) for part in parts if part.part == Part.INTERPRETER],
        "order": [part.speaker_id for part in parts],
    }


class PlaceForm(_SeenMixin):
    """When and where, told in the event's own time. Without a time the session waits outside the programme."""

    day = forms.TypedChoiceField(label=_("Day"), required=False, coerce=date.fromisoformat, empty_value=None)
    time = forms.TimeField(
        label=_("Start"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
    )
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=5, max_value=24 * 60)
    hall = forms.TypedChoiceField(label=_("Room"), required=False, empty_value=None)

    def __init__(
        self,
        data: Any,
        *,
        event: Event,
        halls: Sequence[Hall],
        days: Sequence[ProgrammeDay],
        slot: Slot | None = None,
    ) -> None:
        super().__init__(data, initial=_place_initial(event, slot) if slot else {"minutes": 45})
        self.zone = ZoneInfo(event.time_zone)
        dates = [day.date for day in days]
        present = self.initial.get("day")
        if present and date.fromisoformat(present) not in dates:
            dates = sorted([*dates, date.fromisoformat(present)])
        fields: Any = self.fields
        fields["day"].choices = [
            ("", _("No time yet")),
            *((day.isoformat(), day_name(day)) for day in dates),
        ]
        fields["hall"].choices = [("", _("No room yet")), *((hall.pk, str(hall)) for hall in halls)]
        fields["hall"].coerce = lambda key: next(hall for hall in halls if str(hall.pk) == key)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("day") and not self.errors:
            if data.get("time") is None:
                self.add_error("time", gettext("Give the time at which it starts."))
            if data.get("minutes") is None:
                self.add_error("minutes", gettext("Give how many minutes it lasts."))
        return data

    def place(self) -> dict[str, Any]:
        """`start`, `end` and `hall`, as the actions take them. What starts before 04:00 belongs to the evening before."""
        data = self.cleaned_data
        start = end = None
        if data["day"]:
            day = data["day"] + timedelta(days=1) if data["time"].hour < 4 else data["day"]
            start = datetime.combine(day, data["time"], self.zone)
            end = start + timedelta(minutes=data["minutes"])
        return {"start": start, "end": end, "hall": data["hall"]}


def _place_initial(event: Event, slot: Slot) -> dict[str, Any]:
    known: dict[str, Any] = {
        "seen": slot.session.changed.isoformat(),
        "hall": slot.hall_id or "",
        "minutes": 45,
    }
    if slot.start is not None and slot.end is not None:
        start = slot.start.astimezone(ZoneInfo(event.time_zone))
        known["day"] = (start - timedelta(hours=4)).date().isoformat()
        known["time"] = start.time()
        known["minutes"] = int((slot.end - slot.start).total_seconds() // 60)
    return known


class HallForm(forms.Form):
    """A room of the programme."""

    kind = forms.ChoiceField(label=_("Where"), choices=Hall.Kind.choices, initial=Hall.Kind.BOTH)
    capacity = forms.IntegerField(label=_("Seats"), required=False, min_value=1, max_value=MAX_SEATS)

    def __init__(self, data: Any, *, hall: Hall | None = None) -> None:
        super().__init__(data, initial=_row_initial(hall, "name", "kind", "capacity", "description"))
        tags = _languages_of(*([hall.name, hall.description] if hall else []))
        fields: Any = self.fields
        fields["name"] = TranslatedFormField(label=_("Name"), max_length=120, languages=tags)
        fields["description"] = TranslatedFormField(
            label=_("How to find it"), max_length=1000, required=False, multiline=True, languages=tags
        )
        self.order_fields(["name", "kind", "capacity", "description"])


class TrackForm(forms.Form):
    """A theme of the programme."""

    colour = forms.CharField(
        label=_("Colour"), required=False, max_length=7, validators=[COLOUR],
        widget=forms.TextInput(attrs={"type": "color"}), help_text=_("The programme shows the nearest readable shade of it."),
    )  # fmt: skip

    def __init__(self, data: Any, *, track: Track | None = None) -> None:
        super().__init__(data, initial=_row_initial(track, "name", "colour"))
        tags = _languages_of(*([track.name] if track else []))
        fields: Any = self.fields
        fields["name"] = TranslatedFormField(label=_("Name"), max_length=120, languages=tags)
        self.order_fields(["name", "colour"])


class DayForm(forms.Form):
    """A day of the event."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: Any, *, day: Day | None = None) -> None:
        super().__init__(data, initial=_row_initial(day, "date", "label"))
        tags = _languages_of(*([day.label] if day else []))
        fields: Any = self.fields
        fields["label"] = TranslatedFormField(label=_("Name"), max_length=120, required=False, languages=tags)


def _row_initial(row: Any, *names: str) -> dict[str, Any] | None:
    return {name: getattr(row, name) for name in names} if row is not None else None


class SpeakerForm(forms.Form):
    """A person on the programme."""

    name = forms.CharField(label=_("Name in their own script"), max_length=200)
    name_latin = forms.CharField(label=_("Name in Latin letters"), max_length=200, required=False)
    name_chinese = forms.CharField(label=_("Name in Chinese"), max_length=100, required=False)
    affiliation = forms.CharField(label=_("Organisation"), max_length=200, required=False)
    country = forms.ChoiceField(label=_("Country or region"), required=False)
    photo = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def __init__(self, data: Any, files: Any = None, *, speaker: Speaker | None = None) -> None:
        names = ("name", "name_latin", "name_chinese", "affiliation", "country", "biography")
        super().__init__(data, files, initial=_row_initial(speaker, *names))
        fields: Any = self.fields
        fields["country"].choices = country_choices()
        for name in ("name", "name_latin", "name_chinese", "affiliation"):
            fields[name].widget.attrs["dir"] = "auto"
        tags = _languages_of(*([speaker.biography] if speaker else []))
        fields["biography"] = TranslatedFormField(
            label=_("About the person"), max_length=8000, required=False, multiline=True, languages=tags
        )

    def entry(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "photo"}


class LinkForm(forms.Form):
    """The account of a speaker, by its exact address: nobody can look for accounts here."""

    email = forms.EmailField(label=_("E-mail address of the account"), max_length=254)


class ReleaseForm(forms.Form):
    """A new version of the programme."""

    version = forms.CharField(
        label=_("Name of the version"), max_length=40, help_text=_("For example 1.0, or “after the opening”.")
    )
    note = TranslatedFormField(label=_("Note for readers"), max_length=1000, required=False, multiline=True)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)
