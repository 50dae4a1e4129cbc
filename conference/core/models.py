"""The tenant and what belongs to every package: bodies, series, events, facts and the positions of streams."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from conference.core.files import image_path
from conference.core.text import TranslatedField, localise
from conference.core.times import validate_time_zone

SLUG = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", _("Use small letters, digits and single hyphens."))
COLOUR = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Give the colour as # and six hexadecimal digits."))


class OrganizingBody(models.Model):
    """A ministry, centre or institute that organizes events here; it sees its own events and no others."""

    slug = models.CharField(max_length=50, unique=True, validators=[SLUG])
    name = TranslatedField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("organizing body")
        verbose_name_plural = _("organizing bodies")

    def __str__(self) -> str:
        return localise(self.name) or self.slug


class Series(models.Model):
    """A conference, fair or meeting that is held again and again; each edition is an `Event`."""

    body = models.ForeignKey(
        OrganizingBody, models.PROTECT, related_name="series", verbose_name=_("organizing body")
    )
    slug = models.CharField(max_length=50, unique=True, validators=[SLUG])
    name = TranslatedField(max_length=200)
    description = TranslatedField(max_length=4000, blank=True)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return localise(self.name) or self.slug


class Event(models.Model):
    """One conference, talent fair or docking meeting: the tenant that everything else belongs to."""

    class Kind(models.TextChoices):
        CONFERENCE = "conference", _("Conference")
        TALENT_FAIR = "talent_fair", _("Talent fair")
        DOCKING = "docking", _("Docking meeting")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft: only its organizers see it")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived: can be read, not changed")

    class Admission(models.TextChoices):
        OPEN = "open", _("Anyone may register")
        APPROVAL = "approval", _("An organizer approves each registration")
        INVITATION = "invitation", _("Only people who were invited")

    series = models.ForeignKey(Series, models.PROTECT, related_name="events")
    slug = models.CharField(_("address"), max_length=50, unique=True, validators=[SLUG])
    acronym = models.CharField(
        max_length=30,
        validators=[
            RegexValidator(r"^[a-z0-9_]{4,}$", _("At least four small letters, digits or underscores."))
        ],
        help_text=_("Short name for exported files, for example kmtt2026."),
    )
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.CONFERENCE)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    admission = models.CharField(max_length=20, choices=Admission.choices, default=Admission.OPEN)
    name = TranslatedField(max_length=200)
    tagline = TranslatedField(max_length=300, blank=True)
    description = TranslatedField(max_length=8000, blank=True)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    time_zone = models.CharField(max_length=64, default="Asia/Shanghai", validators=[validate_time_zone])
    city = TranslatedField(max_length=80, help_text=_("Shown beside the event's times."))
    venue = TranslatedField(max_length=300, blank=True)
    colour = models.CharField(max_length=7, default="#1f6f5c", validators=[COLOUR])
    logo = models.ImageField(upload_to=image_path, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-starts_on", "pk"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="event_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return localise(self.name) or self.slug


class Fact(models.Model):
    """Something that happened, in the past tense; appended by `journal.record`, never changed."""

    event = models.ForeignKey(Event, models.CASCADE, null=True, related_name="facts")
    verb = models.CharField(max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    subject = models.CharField(max_length=60, help_text="model name and primary key, such as session:12")
    data = models.JSONField(default=dict)
    happened = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["event", "verb", "happened"], name="fact_by_verb"),
            models.Index(fields=["subject"], name="fact_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"


class Stream(models.Model):
    """The position of a stream: the number of its last update. The row's lock puts the updates of a stream in order."""

    name = models.CharField(primary_key=True, max_length=80)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}@{self.seq}"
