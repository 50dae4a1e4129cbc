"""The back office: every record, to search and to check, for the people of an organizing body and no further.

Three rules. A member of staff sees the records of the bodies they belong to, in lists, in filters, in choices and by direct
address; an administrator sees all. What has rules of its own (sessions, tickets, roles) is read here and changed on the pages
made for it. Whatever is changed here is recorded as a fact.
"""

from __future__ import annotations

from typing import Any

from allauth.account import admin as allauth_account
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa import admin as allauth_mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as allauth_social
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet, URLField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from conference.core.errors import Invalid
from conference.core.journal import record
from conference.core.languages import own_name
from conference.core.text import TranslatedField, TranslatedFormField, localise
from conference.events.addresses import require_free_address
from conference.events.queries import organized_bodies
from conference.models import (
    BodyMember,
    Consent,
    Day,
    Event,
    EventRole,
    Fact,
    Hall,
    Notification,
    Organisation,
    OrganizingBody,
    Release,
    Room,
    RoomRole,
    Series,
    Session,
    SessionSpeaker,
    Slot,
    Speaker,
    SpokenLanguage,
    Star,
    Ticket,
    Track,
    User,
)
from conference.organizing.forms import in_languages_of
from realtime.models import Message, Publication

BODY_PATHS: dict[type[Model], str] = {
    OrganizingBody: "pk",
    Series: "body",
    BodyMember: "body",
    Event: "series__body",
    Release: "event__series__body",
    Session: "event__series__body",
    Room: "event__series__body",
    **dict.fromkeys(
        (EventRole, Ticket, Consent, Fact, Notification, Day, Hall, Track, Speaker), "event__series__body"
    ),
    **dict.fromkeys((Slot, SessionSpeaker, Star), "session__event__series__body"),
    **dict.fromkeys((RoomRole, Message, Publication), "room__event__series__body"),
}
"""How each record leads to the body that may see it."""


def within_bodies(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the rows that the member of staff may see."""
    if request.user.is_superuser:  # type: ignore[union-attr]
        return rows
    bodies = organized_bodies(request.user)
    if rows.model is User:
        events = Event.objects.filter(series__body__in=bodies)
        return rows.filter(
            Q(pk__in=Ticket.objects.filter(event__in=events).values("user"))
            | Q(pk__in=EventRole.objects.filter(event__in=events).values("user"))
            | Q(pk__in=BodyMember.objects.filter(body__in=bodies).values("user"))
        )
    if rows.model is Organisation:
        people = within_bodies(request, User.objects.all())
        return rows.filter(pk__in=people.values("organisation"))
    if rows.model is SpokenLanguage:
        return rows.filter(user__in=within_bodies(request, User.objects.all()))
    path = BODY_PATHS.get(rows.model)
    return rows.filter(**{f"{path}__in": bodies}) if path else rows.none()


class TranslatedModelForm(forms.ModelForm):
    """Texts in several languages: one input for each language of the installation, and for each that the text has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in list(self.fields.items()):
            if isinstance(field, TranslatedFormField):
                fresh = in_languages_of(field, getattr(self.instance, name, None) or {})
                fresh.label = capfirst(field.label)
                fresh.widget.template_name = "admin/translated_widget.html"
                classes = TEXTAREA_CLASSES if fresh.multiline else INPUT_CLASSES
                for widget in fresh.widget.widgets:
                    widget.attrs["class"] = " ".join(classes)
                self.fields[name] = fresh


def _text_column(field: TranslatedField) -> Any:
    """A column that draws the field's text in each of its languages."""

    @admin.display(description=field.verbose_name)
    def text(row: Any) -> Any:
        versions = [(tag, version) for tag, version in getattr(row, field.name).items() if version]
        lines = ((tag, own_name(tag), version) for tag, version in versions)
        return (
            format_html_join("", '<p class="mb-2" lang="{}" dir="auto"><small>{}</small> {}</p>', lines)
            or "-"
        )

    return text


class BodyFilter(admin.RelatedOnlyFieldListFilter):
    """A filter whose choices are of the rows that the member of staff sees, not of all there are."""


class OfficeAdmin(ModelAdmin):
    """Limited to the bodies of the member of staff. What may be done is said by `can`: the words "add", "change", "delete";
    `administrators_can` says it for the administrators of the installation."""

    form = TranslatedModelForm
    can: frozenset[str] = frozenset()
    administrators_can: frozenset[str] = frozenset()
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    list_disable_select_all = True

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        fields = [field for field in model._meta.fields if isinstance(field, TranslatedField)]
        self.texts = {field.name for field in fields}
        for field in fields:
            setattr(self, f"{field.name}_text", _text_column(field))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return within_bodies(request, super().get_queryset(request)).distinct()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where nothing can be changed, texts are drawn as texts, not as the JSON they are kept in."""
        fields = super().get_fields(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return [f"{name}_text" if name in self.texts else name for name in fields]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = kwargs.get("queryset")
        if rows is None:
            rows = db_field.remote_field.model._default_manager.all()
        kwargs["queryset"] = within_bodies(request, rows)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What a record does not show cannot be guessed letter by letter through the address of its list either."""
        hidden = {"password", *(self.exclude or ())}
        return lookup.split("__")[0] not in hidden and super().lookup_allowed(lookup, value, request)

    def _may(self, request: HttpRequest, what: str) -> bool:
        user = request.user
        if not user.is_active or not user.is_staff:  # type: ignore[union-attr]
            return False
        return what in (self.administrators_can if user.is_superuser else self.can)  # type: ignore[union-attr]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)  # type: ignore[union-attr]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = f"{obj._meta.model_name}.{'edited' if change else 'created'}"
        record(verb, request.user, obj, fields=list(form.changed_data), office=True)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        event = getattr(obj, "event", None)
        record(f"{obj._meta.model_name}.deleted", request.user, obj, event=event, office=True)
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """No deleting of many rows at once: it would go past the facts."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class ReadOnlyInline(TabularInline):
    """Rows below a record, to read."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # who sees the record sees its rows

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


EDIT = frozenset({"change"})
ALL = frozenset({"add", "change", "delete"})
MAKE = frozenset({"add", "change"})


# --- Bodies, series, events ---


@admin.register(OrganizingBody)
class OrganizingBodyAdmin(OfficeAdmin):
    can = EDIT
    administrators_can = MAKE
    list_display = ["__str__", "slug", "created"]
    search_fields = ["slug", "name"]
    readonly_fields = ["created"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["slug"] if obj else [])]


@admin.register(BodyMember)
class BodyMemberAdmin(OfficeAdmin):
    """The first member of a body is made here; afterwards its members add others on their page."""

    administrators_can = frozenset({"add", "delete"})
    list_display = ["user", "body"]
    list_select_related = ["user", "body"]
    list_filter = [("body", BodyFilter)]
    search_fields = ["user__name", "user__name_latin", "user__email"]
    autocomplete_fields = ["user"]


@admin.register(Series)
class SeriesAdmin(OfficeAdmin):
    can = MAKE
    administrators_can = MAKE
    list_display = ["__str__", "slug", "body"]
    list_select_related = ["body"]
    list_filter = [("body", BodyFilter)]
    search_fields = ["slug", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["slug", "body"] if obj else [])]


class EventForm(TranslatedModelForm):
    """An event keeps the rules of its own pages here too."""

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        try:
            require_free_address(slug, but=self.instance if self.instance.pk else None)
        except Invalid as error:
            raise ValidationError(error.details["fields"]["slug"]) from error
        return slug


@admin.register(Event)
class EventAdmin(OfficeAdmin):
    form = EventForm
    can = EDIT
    administrators_can = MAKE
    list_display = ["__str__", "slug", "kind", "state", "starts_on", "ends_on"]
    list_filter = ["state", "kind", ("series", BodyFilter)]
    list_select_related = ["series"]
    search_fields = ["slug", "name"]
    date_hierarchy = "starts_on"
    readonly_fields = ["created", "pages", "logo"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(["slug", "series", "state"] if obj else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An archived event is read, not changed, here as elsewhere."""
        return super().has_change_permission(request, obj) and (
            obj is None or obj.state != Event.State.ARCHIVED
        )

    @admin.display(description=_("pages"))
    def pages(self, event: Event) -> Any:
        if not event.pk:
            return "-"
        return format_html(
            '<a href="{}">{}</a>', reverse("organize", args=[event.slug]), _("Open the organizers' pages")
        )


@admin.register(EventRole)
class EventRoleAdmin(OfficeAdmin):
    list_display = ["user", "role", "event"]
    list_filter = ["role", ("event", BodyFilter)]
    list_select_related = ["user", "event"]
    search_fields = ["user__name", "user__name_latin", "user__email"]


# --- People ---


class SpokenLanguageInline(ReadOnlyInline):
    model = SpokenLanguage


@admin.register(User)
class UserAdmin(OfficeAdmin):
    """People are read by staff. Administrators may close an account and open the back office to it."""

    administrators_can = EDIT
    list_display = [
        "__str__",
        "name_latin",
        "email",
        "organisation",
        "country",
        "is_staff",
        "is_active",
        "date_joined",
    ]
    list_filter = ["is_active", "is_staff", "country"]
    list_select_related = ["organisation"]
    search_fields = ["name", "name_latin", "name_chinese", "email"]
    ordering = ["name", "pk"]
    inlines = [SpokenLanguageInline]
    fieldsets = [
        (None, {"fields": ["name", "name_latin", "name_chinese", "email", "photo"]}),
        (
            _("Work"),
            {"fields": ["organisation", "job_title", "country", "introduction", "came_for", "sectors"]},
        ),
        (_("Pages"), {"fields": ["language", "time_zone", "media_mode"]}),
        (
            _("Account"),
            {
                "fields": [
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "onboarded",
                    "date_joined",
                    "last_login",
                    "deleted",
                ]
            },
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [name for _title, options in self.fieldsets for name in options["fields"]]
        return [name for name in fields if name not in ("is_active", "is_staff", "is_superuser")]


@admin.register(Organisation)
class OrganisationAdmin(OfficeAdmin):
    """A shared record: administrators mend it."""

    administrators_can = MAKE
    list_display = ["name", "name_latin", "name_chinese", "kind", "country"]
    list_filter = ["kind", "country"]
    search_fields = ["name", "name_latin", "name_chinese"]
    readonly_fields = ["created"]


@admin.register(Consent)
class ConsentAdmin(OfficeAdmin):
    list_display = ["user", "purpose", "audience", "event", "given", "withdrawn"]
    list_filter = ["purpose", "audience", ("event", BodyFilter)]
    list_select_related = ["user", "event"]
    search_fields = ["user__name", "user__name_latin"]


@admin.register(Ticket)
class TicketAdmin(OfficeAdmin):
    """Read here; answered on the registrations page, so that people are told."""

    list_display = ["user", "event", "mode", "state", "created"]
    list_filter = ["state", "mode", ("event", BodyFilter)]
    list_select_related = ["user", "event"]
    search_fields = ["user__name", "user__name_latin", "user__email"]
    exclude = ["code"]


@admin.register(Notification)
class NotificationAdmin(OfficeAdmin):
    """Whether a notice was sent. What it said is its reader's own."""

    list_display = ["user", "kind", "event", "created", "mailed"]
    list_filter = ["kind", ("event", BodyFilter)]
    list_select_related = ["user", "event"]
    search_fields = ["user__name", "user__name_latin", "kind"]
    exclude = ["data", "link"]


# --- Programme: read here, changed in the editor ---


@admin.register(Day)
class DayAdmin(OfficeAdmin):
    list_display = ["date", "label_text", "event"]
    list_filter = [("event", BodyFilter)]
    list_select_related = ["event"]

    @admin.display(description=_("label"))
    def label_text(self, day: Day) -> str:
        return localise(day.label)


@admin.register(Track)
class TrackAdmin(OfficeAdmin):
    list_display = ["__str__", "slug", "event", "position"]
    list_filter = [("event", BodyFilter)]
    list_select_related = ["event"]
    search_fields = ["slug", "name"]


@admin.register(Hall)
class HallAdmin(OfficeAdmin):
    list_display = ["__str__", "kind", "capacity", "event", "position"]
    list_filter = ["kind", ("event", BodyFilter)]
    list_select_related = ["event"]
    search_fields = ["name"]


@admin.register(Speaker)
class SpeakerAdmin(OfficeAdmin):
    list_display = ["name", "name_latin", "affiliation", "country", "event", "code"]
    list_filter = ["country", ("event", BodyFilter)]
    list_select_related = ["event"]
    search_fields = ["name", "name_latin", "name_chinese", "affiliation", "code"]


class SlotInline(ReadOnlyInline):
    model = Slot
    fields = ["release", "start", "end", "hall", "cancelled"]


class SessionSpeakerInline(ReadOnlyInline):
    model = SessionSpeaker
    fields = ["speaker", "part", "position"]


@admin.register(Session)
class SessionAdmin(OfficeAdmin):
    list_display = ["__str__", "code", "kind", "track", "language", "event", "changed"]
    list_filter = ["kind", "language", ("track", BodyFilter), ("event", BodyFilter)]
    list_select_related = ["event", "track"]
    search_fields = ["search_text", "code"]
    inlines = [SlotInline, SessionSpeakerInline]
    exclude = ["room"]


@admin.register(Release)
class ReleaseAdmin(OfficeAdmin):
    list_display = ["version", "number", "event", "released", "released_by"]
    list_filter = [("event", BodyFilter)]
    list_select_related = ["event", "released_by"]


@admin.register(Slot)
class SlotAdmin(OfficeAdmin):
    list_display = ["session", "start", "end", "hall", "release", "cancelled"]
    list_filter = ["cancelled", ("release", BodyFilter), ("hall", BodyFilter)]
    list_select_related = ["session", "hall", "release"]
    search_fields = ["session__search_text", "session__code"]
    date_hierarchy = "start"


# --- Live rooms and the journal ---


class RoomRoleInline(ReadOnlyInline):
    model = RoomRole


@admin.register(Room)
class RoomAdmin(OfficeAdmin):
    """A closed room lets in only those who run it."""

    can = EDIT
    administrators_can = EDIT
    list_display = ["pk", "session", "event", "open"]
    list_filter = ["open", ("event", BodyFilter)]
    list_select_related = ["event", "session"]
    search_fields = ["session__search_text", "session__code"]
    readonly_fields = ["event", "created"]
    inlines = [RoomRoleInline]


@admin.register(Message)
class MessageAdmin(OfficeAdmin):
    list_display = ["created", "author", "room", "text"]
    list_filter = [("room__event", BodyFilter)]
    list_select_related = ["author", "room"]
    search_fields = ["text"]


@admin.register(Publication)
class PublicationAdmin(OfficeAdmin):
    list_display = ["user", "room", "source", "audio", "video", "started"]
    list_filter = ["source"]
    list_select_related = ["user", "room"]


@admin.register(Fact)
class FactAdmin(OfficeAdmin):
    """The journal is only ever appended to."""

    list_display = ["happened", "verb", "actor", "subject", "event"]
    list_filter = ["verb", ("event", BodyFilter)]
    list_select_related = ["actor", "event"]
    search_fields = ["verb", "subject"]
    date_hierarchy = "happened"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what people did on their own agenda: that is theirs."""
        return super().get_queryset(request).exclude(verb__in=["session.starred", "session.unstarred"])


# --- The side bar ---

GROUPS: list[tuple[Any, list[type[Model]]]] = [
    (_("Events"), [OrganizingBody, BodyMember, Series, Event, EventRole]),
    (_("People"), [User, Organisation, Ticket, Consent, Notification]),
    (_("Programme"), [Session, Speaker, Slot, Release, Day, Track, Hall]),
    (_("Live and journal"), [Room, Message, Publication, Fact]),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The records by subject, as unfold's side bar wants them."""
    return [
        {
            "title": title,
            "separator": True,
            "items": [
                {
                    "title": capfirst(model._meta.verbose_name_plural),
                    "link": reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
                }
                for model in models
            ],
        }
        for title, models in GROUPS
    ]


# --- The door ---

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Their pages are not in the style of the house, and what they hold (passkeys, tokens) is nobody's to look at.
assert allauth_account and allauth_mfa and allauth_social  # imported so that they are registered before this
for _unused in (Group, EmailAddress, EmailConfirmation, Authenticator, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(_unused):
        admin.site.unregister(_unused)
