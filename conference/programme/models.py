"""The programme: what happens (sessions), when and where (slots), in versions (releases).

A `Session` is the content and is edited at once. Its time and place are a `Slot`. The slots without a release are the
organizers' working draft, one for each session; releasing copies them, so that every version can be read again and compared.
The public sees the slots of the newest release.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.core.codes import short_code
from conference.core.files import image_path
from conference.core.models import COLOUR, Event
from conference.core.text import TranslatedField, localise
from conference.rooms.models import Room

CODE = RegexValidator(r"^[0-9A-Z]{6}$", _("A code is six capital letters or digits."))


class Day(models.Model):
    """A day of the event, from 04:00 to 04:00 local time."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="days")
    date = models.DateField()
    label = TranslatedField(max_length=120, blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["event", "date"], name="day_once")]

    def __str__(self) -> str:
        return self.date.isoformat()


class Track(models.Model):
    """A theme that runs through the programme."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="tracks")
    name = TranslatedField(max_length=120)
    slug = models.CharField(max_length=60)
    colour = models.CharField(max_length=7, blank=True, validators=[COLOUR])
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["event", "slug"], name="track_slug_once")]

    def __str__(self) -> str:
        return localise(self.name)


class Hall(models.Model):
    """The place a programme names: a hall of the venue, an online place, or both at once. Schedule files call it a room."""

    class Kind(models.TextChoices):
        VENUE = "venue", _("At the venue")
        ONLINE = "online", _("Online")
        BOTH = "both", _("At the venue and online")

    event = models.ForeignKey(Event, models.CASCADE, related_name="halls")
    guid = models.UUIDField(default=uuid.uuid4)
    name = TranslatedField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.BOTH)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    description = TranslatedField(max_length=1000, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["event", "guid"], name="hall_guid_once")]

    def __str__(self) -> str:
        return localise(self.name)


class Speaker(models.Model):
    """Someone on the programme; linked to an account once the person has one."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="speakers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="speaker_entries"
    )
    guid = models.UUIDField(default=uuid.uuid4)
    code = models.CharField(max_length=6, default=short_code, validators=[CODE])
    number = models.PositiveIntegerField(help_text=_("Whole number for exported files."))
    name = models.CharField(_("name in their own script"), max_length=200)
    name_latin = models.CharField(_("name in Latin letters"), max_length=200, blank=True)
    name_chinese = models.CharField(_("name in Chinese"), max_length=100, blank=True)
    affiliation = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)
    biography = TranslatedField(max_length=8000, blank=True)
    photo = models.ImageField(upload_to=image_path, blank=True)
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "guid"], name="speaker_guid_once"),
            models.UniqueConstraint(fields=["event", "code"], name="speaker_code_once"),
            models.UniqueConstraint(fields=["event", "number"], name="speaker_number_once"),
            models.UniqueConstraint(fields=["event", "user"], name="speaker_account_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """One item of the programme: its content. When and where it happens are its slots."""

    class Kind(models.TextChoices):
        OPENING = "opening", _("Ceremony")
        KEYNOTE = "keynote", _("Keynote")
        TALK = "talk", _("Talk")
        PANEL = "panel", _("Panel")
        WORKSHOP = "workshop", _("Workshop")
        ROADSHOW = "roadshow", _("Project road show")
        DOCKING = "docking", _("Docking meeting")
        ROUND_TABLE = "roundtable", _("Round table")
        TRAINING = "training", _("Training")
        BREAK = "break", _("Break")
        OTHER = "other", _("Other")

    STAGED = frozenset(
        {Kind.OPENING, Kind.KEYNOTE, Kind.TALK, Kind.PANEL, Kind.WORKSHOP, Kind.ROADSHOW, Kind.TRAINING}
    )
    """Kinds that happen on a stage before an audience: their rooms have a green room."""

    ALL_ON_STAGE = frozenset({Kind.ROUND_TABLE})
    """Kinds in which everybody takes part with camera and microphone: their rooms are small."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="sessions")
    room = models.OneToOneField(Room, models.PROTECT, related_name="session")
    guid = models.UUIDField(default=uuid.uuid4)
    code = models.CharField(max_length=6, default=short_code, validators=[CODE])
    number = models.PositiveIntegerField(help_text=_("Whole number for exported files."))
    title = TranslatedField(max_length=300)
    subtitle = TranslatedField(max_length=300, blank=True)
    abstract = TranslatedField(max_length=20_000, blank=True)
    description = TranslatedField(max_length=20_000, blank=True)
    kind = models.CharField(_("type"), max_length=20, choices=Kind.choices, default=Kind.TALK)
    kind_name = models.CharField(_("type as imported"), max_length=60, blank=True)
    track = models.ForeignKey(Track, models.SET_NULL, null=True, blank=True, related_name="sessions")
    language = models.CharField(_("spoken language"), max_length=20, blank=True)
    interpreted = models.JSONField(_("interpreted into"), default=list, blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    recording_allowed = models.BooleanField(default=True)
    recording_licence = models.CharField(max_length=120, blank=True)
    links = models.JSONField(default=list, blank=True, help_text="[{url, title, type}]")
    attachments = models.JSONField(default=list, blank=True, help_text="[{url, title, type}]")
    origin_url = models.URLField(max_length=500, blank=True)
    origin = models.CharField(
        max_length=500,
        blank=True,
        editable=False,
        help_text=_("The programme it was imported from, if it was."),
    )
    speakers: models.ManyToManyField[Speaker, SessionSpeaker] = models.ManyToManyField(
        Speaker, through="SessionSpeaker", related_name="sessions"
    )
    sequence = models.PositiveIntegerField(
        default=0,
        help_text=_("How often a release has moved, changed or cancelled it; iCalendar's SEQUENCE."),
    )
    changed = models.DateTimeField(auto_now=True)
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "guid"], name="session_guid_once"),
            models.UniqueConstraint(fields=["event", "code"], name="session_code_once"),
            models.UniqueConstraint(fields=["event", "number"], name="session_number_once"),
        ]

    def __str__(self) -> str:
        return localise(self.title)


class SessionSpeaker(models.Model):
    """A speaker's part in a session."""

    class Part(models.TextChoices):
        SPEAKER = "speaker", _("Speaker")
        MODERATOR = "moderator", _("Moderator")
        INTERPRETER = "interpreter", _("Interpreter")

    session = models.ForeignKey(Session, models.CASCADE, related_name="parts")
    speaker = models.ForeignKey(Speaker, models.CASCADE, related_name="parts")
    part = models.CharField(max_length=20, choices=Part.choices, default=Part.SPEAKER)
    position = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(1000)])

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["session", "speaker"], name="session_speaker_once")]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.get_part_display()}"


class Release(models.Model):
    """A published version of the programme. `changes` says in data what differs from the one before."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    version = models.CharField(max_length=40)
    note = TranslatedField(max_length=1000, blank=True)
    changes = models.JSONField(default=list)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    released = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["event", "number"], name="release_number_once")]

    def __str__(self) -> str:
        return self.version


class Slot(models.Model):
    """When and where a session happens, in one release or (release NULL) in the working draft."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="slots")
    release = models.ForeignKey(Release, models.CASCADE, null=True, blank=True, related_name="slots")
    hall = models.ForeignKey(Hall, models.SET_NULL, null=True, blank=True, related_name="slots")
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    cancelled = models.BooleanField(default=False)

    class Meta:
        ordering = ["start", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "release"], name="slot_once_per_release", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(start=None, end=None) | models.Q(end__gt=models.F("start")),
                name="slot_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(release=None) | models.Q(start__isnull=False),
                name="released_slot_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["release", "start"], name="slot_by_release")]

    def __str__(self) -> str:
        return (
            f"{self.session_id} {self.start:%Y-%m-%d %H:%M}" if self.start else f"{self.session_id} (no time)"
        )


class Star(models.Model):
    """A session on a person's own agenda."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stars")
    session = models.ForeignKey(Session, models.CASCADE, related_name="stars")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "session"], name="star_once")]

    def __str__(self) -> str:
        return f"{self.user_id} * {self.session_id}"


class AgendaFeed(models.Model):
    """The secret address of a person's agenda at an event. Revoking it is deleting the row."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="agenda_feeds")
    event = models.ForeignKey(Event, models.CASCADE, related_name="agenda_feeds")
    secret = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="agenda_feed_once")]

    def __str__(self) -> str:
        return f"feed of {self.user_id}"
