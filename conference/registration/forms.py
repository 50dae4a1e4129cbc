"""How one attends, who may see that one does, and how participants are found."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from conference.accounts.countries import country_choices
from conference.accounts.models import Consent
from conference.accounts.sectors import DOMAINS
from conference.core.text import localise
from conference.registration.models import Ticket


class DirectorySearchForm(forms.Form):
    """What to look for among the participants."""

    q = forms.CharField(label=_("Name, organisation or country"), max_length=100, required=False)
    country = forms.ChoiceField(label=_("Country or region"), required=False, choices=country_choices)
    sector = forms.ChoiceField(
        label=_("Field"),
        required=False,
        choices=lambda: (
            [("", _("All fields"))]
            + [
                (
                    localise(domain.name),
                    [(sector.code, localise(sector.name)) for sector in (domain, *domain.terms)],
                )
                for domain in DOMAINS
            ]
        ),
    )


class ListingForm(forms.Form):
    """Whether to be listed among the participants, and for whom; "" is not at all."""

    audience = forms.ChoiceField(
        label=_("Who may see me in the list of participants?"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("", _("Nobody: I am not listed")), *Consent.Audience.choices],
    )


class RegisterForm(ListingForm):
    """Online or in the hall, and the one question of consent that belongs here."""

    mode = forms.ChoiceField(
        label=_("How will you take part?"), choices=Ticket.Mode.choices, widget=forms.RadioSelect
    )

    field_order = ["mode", "audience"]
