"""People, their organisations, and what they agreed to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from conference.core.files import image_path
from conference.core.models import Event
from conference.core.times import validate_time_zone


class Organisation(models.Model):
    """A company, institute or office: one shared record for all its people."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("High-tech company")
        INSTITUTE = "institute", _("University or research institute")
        TRANSFER = "transfer", _("Technology-transfer organisation")
        PARK = "park", _("Technology park or incubator")
        GOVERNMENT = "government", _("Government office")
        OTHER = "other", _("Other")

    name = models.CharField(_("name in its own script"), max_length=200)
    name_latin = models.CharField(_("name in Latin letters"), max_length=200, blank=True)
    name_chinese = models.CharField(_("name in Chinese"), max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    country = models.CharField(max_length=2, blank=True)
    website = models.URLField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.UniqueConstraint(Lower("name"), "country", name="organisation_once_per_country")
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address, as Django's commands and allauth expect."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with one account for all events. Single names are whole names: `name` is one field, in their own script."""

    class Purpose(models.TextChoices):
        FIND = "find", _("find technology")
        OFFER = "offer", _("offer technology")
        HIRE = "hire", _("hire")
        WORK = "work", _("find work")
        LEARN = "learn", _("learn")
        REPRESENT = "represent", _("represent a ministry")

    class MediaMode(models.TextChoices):
        FULL = "full", _("Full picture and sound")
        SMALL = "small", _("Small picture")
        AUDIO = "audio", _("Sound and slides")

    email = models.EmailField(unique=True)
    name = models.CharField(_("name in your own script"), max_length=120, blank=True)
    name_latin = models.CharField(_("name in Latin letters"), max_length=120, blank=True)
    name_chinese = models.CharField(_("name in Chinese"), max_length=60, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="people"
    )
    job_title = models.CharField(_("role or position"), max_length=120, blank=True)
    country = models.CharField(_("country or region"), max_length=2, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    language = models.CharField(_("language of the pages"), max_length=12, blank=True)
    came_for = models.JSONField(_("I came to"), default=list, blank=True)
    sectors = models.JSONField(_("interests"), default=list, blank=True)
    introduction = models.CharField(_("one sentence about you"), max_length=300, blank=True)
    photo = models.ImageField(upload_to=image_path, blank=True)
    media_mode = models.CharField(max_length=10, choices=MediaMode.choices, default=MediaMode.FULL)
    onboarded = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(_("may enter the back office"), default=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    deleted = models.DateTimeField(
        null=True, blank=True, help_text=_("When the person deleted their account.")
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        if self.deleted is not None:
            return str(_("Someone who left"))
        return self.name or self.name_latin or self.name_chinese or str(_("Someone"))

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class SpokenLanguage(models.Model):
    """A language a person can meet in."""

    class Level(models.IntegerChoices):
        BASIC = 1, _("a little")
        WORKING = 2, _("well enough to work")
        FLUENT = 3, _("fluently")
        NATIVE = 4, _("native")

    user = models.ForeignKey(User, models.CASCADE, related_name="spoken_languages")
    language = models.CharField(max_length=12)
    level = models.PositiveSmallIntegerField(choices=Level.choices, default=Level.WORKING)

    class Meta:
        ordering = ["-level", "language"]
        constraints = [models.UniqueConstraint(fields=["user", "language"], name="spoken_language_once")]

    def __str__(self) -> str:
        return f"{self.language} {self.get_level_display()}"


class Consent(models.Model):
    """One agreement to one purpose; withdrawn, never edited, so that what held when can be told."""

    class Purpose(models.TextChoices):
        DIRECTORY = "directory", _("Be listed among the participants of an event")
        REACHABLE = "reachable", _("Get messages from other participants")

    class Audience(models.TextChoices):
        ORGANIZERS = "organizers", _("Only the organizers")
        PARTICIPANTS = "participants", _("Everyone who takes part in the event")

    user = models.ForeignKey(User, models.CASCADE, related_name="consents")
    event = models.ForeignKey(Event, models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    audience = models.CharField(max_length=20, choices=Audience.choices)
    given = models.DateTimeField(auto_now_add=True)
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "event", "purpose"],
                condition=models.Q(withdrawn=None),
                name="consent_one_in_force",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.audience}"


class Block(models.Model):
    """Somebody wants nothing to do with somebody: neither sees or reaches the other, and the blocked person is never told."""

    blocker = models.ForeignKey(User, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(User, models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(
                condition=~models.Q(blocker=models.F("blocked")), name="block_is_of_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"block {self.pk}"
