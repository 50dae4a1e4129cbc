"""What organizers send: events, editions, roles, members."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from conference.accounts.zones import zone_choices
from conference.core.errors import Invalid
from conference.core.files import MAX_IMAGE_BYTES
from conference.core.languages import offered
from conference.core.models import COLOUR, SLUG, Event, OrganizingBody, Series
from conference.core.text import Text, TranslatedFormField
from conference.core.times import validate_time_zone
from conference.events.addresses import require_free_address
from conference.events.models import EventRole


class DateInput(forms.DateInput):
    """The browser's own calendar; the value is always ISO 8601, whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _date(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DateInput(), input_formats=["%Y-%m-%d"])


def _zone(present: str = "") -> forms.ChoiceField:
    choices = [(value, name) for value, name in zone_choices(present) if value]
    return forms.ChoiceField(
        label=_("Time zone of the event"), choices=choices, validators=[validate_time_zone]
    )


def _address() -> forms.CharField:
    return forms.CharField(
        label=_("Address"),
        max_length=50,
        validators=[SLUG],
        help_text=_(
            "The last part of the event's web address, for example kunming-2027. It cannot be changed later."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "dir": "ltr"}),
    )


def acronym_of(slug: str) -> str:
    """A short name for exported files, made from the address: small letters, digits and underscores, four at least."""
    made = re.sub(r"[^a-z0-9]+", "_", slug).strip("_")[:30]
    return made if len(made) >= 4 else f"{made}_event"


def in_languages_of(field: TranslatedFormField, text: Text) -> TranslatedFormField:
    """The same field, for the languages that the text has too, so that an edit loses none."""
    return TranslatedFormField(
        required=field.required, label=field.label, help_text=field.help_text, max_length=field.max_length,
        multiline=field.multiline, languages=offered(text),
    )  # fmt: skip


class _AddressForm(forms.Form):
    """A form with a field `slug`."""

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        try:
            require_free_address(slug)
        except Invalid as error:
            raise ValidationError(error.details["fields"]["slug"]) from error
        return slug


class _DatesForm(forms.Form):
    """A form with the fields `starts_on` and `ends_on`."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day is before the first one."))
        elif first and last and (last - first).days > 60:
            self.add_error("ends_on", _("An event lasts at most 61 days."))
        return data


class NewEventForm(_AddressForm, _DatesForm):
    """A new event in one of the viewer's series."""

    template = forms.ChoiceField(label=_("Template"), choices=Event.Kind.choices, widget=forms.RadioSelect)
    series = forms.ModelChoiceField(label=_("Series"), queryset=Series.objects.none(), empty_label=None)
    name = TranslatedFormField(label=_("Name"), max_length=200)
    slug = _address()
    starts_on = _date(_("First day"))
    ends_on = _date(_("Last day"))
    city = TranslatedFormField(
        label=_("City"),
        max_length=80,
        help_text=_("Shown beside the event's times, for example 16:30 Kunming."),
    )

    def __init__(self, *args: Any, series: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["series"].queryset = series  # type: ignore[attr-defined]
        self.fields["time_zone"] = _zone()
        self.fields["time_zone"].initial = "Asia/Shanghai"


class NewSeriesForm(forms.Form):
    """A new series of one of the viewer's bodies."""

    body = forms.ModelChoiceField(
        label=_("Organizing body"), queryset=OrganizingBody.objects.none(), empty_label=None
    )
    series_name = TranslatedFormField(label=_("Name of the series"), max_length=200)
    series_slug = forms.CharField(label=_("Address of the series"), max_length=50, validators=[SLUG])

    def __init__(self, *args: Any, bodies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].queryset = bodies  # type: ignore[attr-defined]


class NewEditionForm(_AddressForm):
    """The next edition of an event."""

    name = TranslatedFormField(label=_("Name"), max_length=200)
    slug = _address()
    starts_on = _date(_("First day"))

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, initial={"name": event.name})  # type: ignore[misc]
        self.fields["name"] = in_languages_of(self.base_fields["name"], event.name)  # type: ignore[arg-type]


class SettingsForm(_DatesForm):
    """What an event says of itself."""

    name = TranslatedFormField(label=_("Name"), max_length=200)
    tagline = TranslatedFormField(label=_("One line about it"), max_length=300, required=False)
    description = TranslatedFormField(
        label=_("About the event"), max_length=8000, multiline=True, required=False
    )
    starts_on = _date(_("First day"))
    ends_on = _date(_("Last day"))
    city = TranslatedFormField(
        label=_("City"),
        max_length=80,
        help_text=_("Shown beside the event's times, for example 16:30 Kunming."),
    )
    venue = TranslatedFormField(label=_("Venue"), max_length=300, required=False)
    colour = forms.CharField(
        label=_("Colour"),
        validators=[COLOUR],
        widget=forms.ColorInput(),
        help_text=_(
            "Used for the one main action on a page. We make it darker or lighter where it would be hard to read."
        ),
    )
    admission = forms.ChoiceField(
        label=_("Who may register"), choices=Event.Admission.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        initial = {field: getattr(event, field) for field in self.base_fields} | {
            "time_zone": event.time_zone
        }
        super().__init__(*args, **kwargs, initial=initial)  # type: ignore[misc]
        for name in ("name", "tagline", "description", "city", "venue"):
            self.fields[name] = in_languages_of(self.base_fields[name], getattr(event, name))  # type: ignore[arg-type]
        self.fields["time_zone"] = _zone(event.time_zone)


class LogoForm(forms.Form):
    """A picture to stand beside the event's name."""

    logo = forms.FileField(
        label=_("Logo"),
        help_text=_("JPEG, PNG or WebP, at most 8 MB. A square or wide picture looks best."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        if logo.size > MAX_IMAGE_BYTES:
            raise ValidationError(_("The picture is larger than 8 MB. Choose a smaller one."))
        return logo


class GiveRoleForm(forms.Form):
    """A role for the person with this address."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The exact address of the person's account."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=EventRole.Role.choices)


class MemberForm(forms.Form):
    """A new member of an organizing body."""

    email = GiveRoleForm.base_fields["email"]


class TicketSearchForm(forms.Form):
    """A look through the registrations."""

    q = forms.CharField(required=False, max_length=100)
    state = forms.CharField(required=False, max_length=10)
