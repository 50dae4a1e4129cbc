"""All that people tell about themselves and how they sign in."""

from __future__ import annotations

import struct
from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from conference.accounts.countries import country_choices
from conference.accounts.models import Consent, Organisation, SpokenLanguage, User
from conference.accounts.sectors import SECTORS
from conference.accounts.zones import zone_choices
from conference.core import languages
from conference.core.errors import Invalid
from conference.core.files import clean_image
from conference.core.text import localise
from conference.core.times import validate_time_zone

MOST_LANGUAGES = 10
FIRST_SECTORS = 3
MOST_SECTORS = 10


class EmailForm(forms.Form):
    """An address to sign in with, or to move to."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("Please give your e-mail address.")},
    )

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class CodeForm(forms.Form):
    """The code of the mail; blanks and hyphens that came along with pasting are dropped."""

    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "class": "input code",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "autofocus": True,
            }
        ),
        error_messages={"required": _("Please give the six digits from the mail.")},
    )

    def clean_code(self) -> str:
        code = "".join(sign for sign in self.cleaned_data["code"] if not sign.isspace() and sign not in "-–")
        if len(code) != 6 or not code.isdecimal():
            raise ValidationError(_("The code has six digits."))
        return "".join(str(int(sign)) for sign in code)  # digits of other scripts count too


class PasswordForm(forms.Form):
    """A new password."""

    password = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters. A sentence that only you would say is easy to remember."),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], self.person)
        return self.cleaned_data["password"]

    @property
    def rules(self) -> list[str]:
        return password_validators_help_texts()


def choice_of_zone(person: User, guess: str) -> forms.ChoiceField:
    """A select that starts at the stored zone, else at the browser's."""
    return forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: zone_choices(person.time_zone or guess),
        initial=person.time_zone or guess,
        help_text=_("Every time is shown on your clock and on the clock of the event's city."),
    )


class NamesForm(forms.Form):
    """The three names of a person; one is enough, and a single name is a whole name."""

    name = forms.CharField(
        label=_("Your name"),
        help_text=_("As you write it yourself, in your own script. A single name is fine."),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for field in ("name", "name_latin", "name_chinese"):
            if data.get(field):
                data[field] = " ".join(data[field].split())
        return data


class WelcomePlaceForm(NamesForm):
    """First screen: name, language, country, time zone."""

    language = forms.ChoiceField(label=_("Language of the pages"), choices=settings.LANGUAGES)
    country = forms.ChoiceField(label=_("Country or region"), required=False, choices=country_choices)

    def __init__(self, *args: Any, person: User, guess: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = choice_of_zone(person, guess)


class SectorField(forms.MultipleChoiceField):
    """Terms of the sector vocabulary, at most `most` of them."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        kwargs.setdefault(
            "choices", lambda: [(code, localise(sector.name)) for code, sector in SECTORS.items()]
        )
        super().__init__(required=False, **kwargs)

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > self.most:
            raise ValidationError(_("Choose at most %(most)d interests."), params={"most": self.most})


class InterestsForm(forms.Form):
    """Second screen: why one came."""

    came_for = forms.MultipleChoiceField(
        label=_("I came to"),
        required=False,
        choices=User.Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    sectors = SectorField(most=FIRST_SECTORS, label=_("My fields"))
    introduction = forms.CharField(
        label=_("One sentence about you"),
        help_text=_("In your own language. It helps others to know what to talk to you about."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )


class MediaForm(forms.Form):
    """Third screen: how much the line can carry."""

    media_mode = forms.ChoiceField(
        label=_("Picture and sound"), choices=User.MediaMode.choices, widget=forms.RadioSelect
    )


class ProfileForm(NamesForm):
    """The whole profile but its languages."""

    name_latin = forms.CharField(
        label=_("Name in Latin letters"),
        help_text=_("For badges, and for everyone who cannot read your script."),
        max_length=120,
        required=False,
    )
    name_chinese = forms.CharField(
        label=_("Name in Chinese"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"lang": "zh", "dir": "auto"}),
    )
    organisation = forms.CharField(
        label=_("Organisation"),
        help_text=_("Its name in its own script. Choose it from the list if it is there."),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "organization", "dir": "auto", "list": "organisations"}
        ),
    )
    organisation_kind = forms.ChoiceField(
        label=_("Kind of organisation"),
        help_text=_("Only asked for one that is new here."),
        choices=[("", _("I do not know")), *Organisation.Kind.choices],
        required=False,
    )
    job_title = forms.CharField(
        label=_("Role or position"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title", "dir": "auto"}),
    )
    country = forms.ChoiceField(label=_("Country or region"), required=False, choices=country_choices)
    came_for = InterestsForm.base_fields["came_for"]
    sectors = SectorField(most=MOST_SECTORS, label=_("My fields"))
    introduction = InterestsForm.base_fields["introduction"]
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        help_text=_("JPEG, PNG or WebP of at most 8 MB."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    remove_photo = forms.BooleanField(label=_("Remove my photo"), required=False)
    language = forms.ChoiceField(label=_("Language of the pages"), choices=settings.LANGUAGES)
    media_mode = forms.ChoiceField(
        label=_("Picture and sound"), choices=User.MediaMode.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, person: User, guess: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["time_zone"] = choice_of_zone(person, guess)
        if not person.photo:
            del self.fields["remove_photo"]

    def clean_photo(self) -> ContentFile[bytes] | None:
        upload = self.cleaned_data.get("photo")
        if not upload:
            return None
        try:
            return clean_image(upload)
        except Invalid as refusal:
            raise ValidationError(refusal.message) from refusal

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not any(data.get(field) for field in ("name", "name_latin", "name_chinese")):
            self.add_error("name", _("Please give at least one name, in whichever script."))
        return data


class SpokenLanguageForm(forms.Form):
    """One language and how well."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=lambda: [("", _("Choose")), *languages.choices()]
    )
    level = forms.TypedChoiceField(
        label=_("How well"),
        required=False,
        choices=SpokenLanguage.Level.choices,
        coerce=int,
        initial=SpokenLanguage.Level.WORKING,
    )


class BaseSpokenLanguages(forms.BaseFormSet):
    """No language twice."""

    def clean(self) -> None:
        told = [
            form.cleaned_data["language"]
            for form in self.forms
            if form.is_valid() and form.cleaned_data.get("language")
        ]
        if len(told) != len(set(told)):
            raise ValidationError(_("You named a language twice."))

    @property
    def levels(self) -> dict[str, int]:
        return {
            form.cleaned_data["language"]: form.cleaned_data["level"] or SpokenLanguage.Level.WORKING
            for form in self.forms
            if form.cleaned_data.get("language")
        }


SpokenLanguages = forms.formset_factory(
    SpokenLanguageForm,
    formset=BaseSpokenLanguages,
    extra=2,
    max_num=MOST_LANGUAGES,
    absolute_max=MOST_LANGUAGES + 2,
    validate_max=True,
)


class TimeZoneForm(forms.Form):
    """A zone that the person's device told and that they want to use."""

    time_zone = forms.CharField(max_length=64, validators=[validate_time_zone])


class LanguageForm(forms.Form):
    language = forms.ChoiceField(choices=settings.LANGUAGES)


class OrganisationSearchForm(forms.Form):
    organisation = forms.CharField(max_length=200, required=False)


class DeleteAccountForm(forms.Form):
    """Irreversible, so it is typed."""

    email = forms.CharField(
        label=_("To confirm, type your e-mail address"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "dir": "ltr"}
        ),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        if self.cleaned_data["email"].strip().lower() != self.person.email.lower():
            raise ValidationError(_("This is not the address of this account. Nothing was deleted."))
        return self.cleaned_data["email"]


FORGED = (LookupError, AttributeError, TypeError, ValueError, struct.error)
"""What the libraries raise on a credential that no browser made; allauth lets some of it through as a server error."""


class PasskeySignInForm(LoginWebAuthnForm):
    """A passkey as an answer to the sign-in page's challenge."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except FORGED as error:
            raise ValidationError(
                _("This passkey does not open an account here. Sign in by mail.")
            ) from error


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey."""

    name = forms.CharField(required=False, max_length=60)

    def clean(self) -> Any:
        try:
            return super().clean()
        except FORGED as error:
            raise ValidationError(_("The passkey could not be made. Try again.")) from error


class ReachableForm(forms.Form):
    """Whether other participants may write to one."""

    reachable = forms.BooleanField(label=Consent.Purpose.REACHABLE.label, required=False)
