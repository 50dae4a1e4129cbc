"""Arriving, saying who one is, agreeing and withdrawing, and leaving for good."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from conference.accounts import codes
from conference.accounts.models import Block, Consent, Organisation, SpokenLanguage, User
from conference.accounts.queries import directory_consent_of, reachable_consent_of
from conference.core.errors import Busy, Conflict, Denied
from conference.core.journal import record
from conference.core.limits import spend
from conference.core.models import Event
from conference.core.personal_data import erase_everywhere, erases
from conference.core.streams import publish
from conference.core.times import zone_named

log = structlog.get_logger(__name__)

Actor = User | AnonymousUser

BLANK_PROFILE: dict[str, Any] = {
    "name": "",
    "name_latin": "",
    "name_chinese": "",
    "job_title": "",
    "country": "",
    "time_zone": "",
    "language": "",
    "came_for": [],
    "sectors": [],
    "introduction": "",
    "media_mode": User.MediaMode.FULL,
}
"""What a person says of themselves, and what is there when they say nothing."""
HOUR = 3600
DAY = 24 * HOUR


def require_person(actor: Actor) -> User:
    """The actor as a person with a living account; refuse everyone else."""
    if not isinstance(actor, User) or not actor.is_active or actor.deleted is not None:
        raise Denied(_("Sign in to do this."))
    return actor


def _locked(actor: Actor) -> User:
    return User.objects.select_for_update(of=("self",)).get(pk=require_person(actor).pk)


# --- Arriving ---


def ask_to_prove(
    purpose: str,
    email: str,
    *,
    ip: str,
    address_of: Callable[[str], str],
    person: User | None = None,
    target: str = "",
) -> codes.Challenge:
    """Mail a code and a link to the address, whether or not it has an account: the answer tells nobody which.

    `address_of(link)` makes the link's address. `Busy` when the address or the network asked too often.
    """
    spend("sign-in-mail-network", ip, amount=settings.SIGN_IN_MAILS_PER_IP, seconds=HOUR)
    # From one network, and over all networks more: so nobody elsewhere can use up what the owner of the address needs.
    few = settings.SIGN_IN_MAILS_PER_ADDRESS
    for who, times in ((f"{ip} {email.lower()}", 1), (email.lower(), 3)):
        spend("sign-in-mail", who, amount=times * few, seconds=15 * 60)
        spend("sign-in-mail", who, amount=5 * times * few, seconds=DAY)
    challenge, told = codes.begin(purpose, email.lower(), person=person.pk if person else None, target=target)
    words = {
        "code": told.code,
        "link": address_of(told.link),
        "minutes": settings.SIGN_IN_MINUTES,
        "site_name": settings.SITE_NAME,
        "purpose": purpose,
    }
    subject = " ".join(render_to_string("account/mail/code_subject.txt", words).split())
    body = render_to_string("account/mail/code.txt", words).strip()
    try:
        EmailMessage(subject, f"{body}\n", to=[email]).send()
    except (OSError, SMTPException) as error:
        log.warning("sign_in.mail_failed", error=type(error).__name__)
        codes.drop(challenge)
        raise Busy(
            _("The mail could not be sent. Check the address, or try again in a minute."), retry_after=60
        ) from error
    return challenge


def count_wrong_code(*, ip: str) -> None:
    """Note a wrong code; `Busy` for a network from which too many came."""
    spend("wrong-code-network", ip, amount=100, seconds=HOUR)


@transaction.atomic
def arrive(email: str, *, language: str = "", time_zone: str = "") -> tuple[User, bool]:
    """The account of an address that was just proven, made if there was none; and whether it is new."""
    email = email.lower()
    person = User.objects.select_for_update(of=("self",)).filter(email__iexact=email).first()
    created = person is None
    if person is None:
        try:
            with transaction.atomic():
                person = User.objects.create_user(
                    email, language=language, time_zone=time_zone if zone_named(time_zone) else ""
                )
        except IntegrityError:  # the same person, at the same moment, in another window
            person, created = User.objects.get(email__iexact=email), False
    if created:
        record("person.joined", person, person)
    _own_address(person, email)
    return person, created


def _own_address(person: User, email: str) -> None:
    """Make `email` the one, proven address of the person, for allauth too.

    If it was never proven before, somebody else may have linked a sign-in service to it: such links are cut.
    """
    if not EmailAddress.objects.filter(user=person, email=email, verified=True).exists():
        SocialAccount.objects.filter(user=person).delete()
        EmailAddress.objects.filter(user=person).delete()
        EmailAddress.objects.filter(email=email).delete()
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)


@transaction.atomic
def change_email(actor: Actor, *, email: str) -> None:
    """Move the account to another address, which its owner has just proven; the old address is told."""
    person = _locked(actor)
    email = email.lower()
    old = person.email
    if email == old:
        return
    if User.objects.filter(email__iexact=email).exclude(pk=person.pk).exists():
        raise Conflict(_("Another account uses this address. Sign in with it and delete that account first."))
    person.email = email
    person.save(update_fields=["email"])
    EmailAddress.objects.filter(user=person).delete()
    _own_address(person, email)
    record("email.changed", person, person)
    _mail_after(old, "email_changed", person.language)


def _mail_after(address: str, name: str, language: str) -> None:
    """After the commit, mail something that cannot wait for the worker, because the address is forgotten by then."""

    def send() -> None:
        with translation.override(language or settings.LANGUAGE_CODE):
            words = {"site_name": settings.SITE_NAME}
            subject = " ".join(render_to_string(f"account/mail/{name}_subject.txt", words).split())
            body = render_to_string(f"account/mail/{name}.txt", words).strip()
        try:
            EmailMessage(subject, f"{body}\n", to=[address]).send()
        except (OSError, SMTPException) as error:
            log.warning("account.mail_failed", mail=name, error=type(error).__name__)

    transaction.on_commit(send)


@transaction.atomic
def remember_reader(actor: Actor, *, language: str, time_zone: str) -> None:
    """Keep the language and time zone that the browser told, where the person has not chosen any."""
    person = _locked(actor)
    fields = []
    if not person.language and language in dict(settings.LANGUAGES):
        person.language = language
        fields.append("language")
    if not person.time_zone and time_zone and zone_named(time_zone):
        person.time_zone = time_zone
        fields.append("time_zone")
    if fields:
        person.save(update_fields=fields)
    _refresh(actor, person, fields)


def _refresh(actor: Actor, person: User, fields: Iterable[str]) -> None:
    """The caller's object says what was written: the same request goes on to use it."""
    for field in fields:
        setattr(actor, field, getattr(person, field))


@transaction.atomic
def set_password(actor: Actor, *, password: str | None) -> User:
    """Set a password as another way in, or (None) take it away. All other sessions of the person end."""
    person = _locked(actor)
    person.set_password(password)
    person.save(update_fields=["password"])
    record("password.set" if password else "password.removed", person, person)
    publish(f"person.{person.pk}", "rights", saved={"id": person.pk})
    return person


@transaction.atomic
def end_sockets(person: User) -> None:
    """A session has ended: what listens with it is looked at at once."""
    publish(f"person.{person.pk}", "rights", saved={"id": person.pk})


# --- Who one is ---


@transaction.atomic
def change_profile(actor: Actor, **fields: Any) -> list[str]:
    """Set the given fields of the profile; the names of those that changed."""
    unknown = fields.keys() - BLANK_PROFILE.keys()
    if unknown:
        raise ValueError(f"Not fields of the profile: {', '.join(sorted(unknown))}.")
    person = _locked(actor)
    changed = sorted(name for name, value in fields.items() if getattr(person, name) != value)
    for name in changed:
        setattr(person, name, fields[name])
    if changed:
        person.save(update_fields=changed)
        record("person.changed", person, person, fields=changed)
    _refresh(actor, person, changed)
    return changed


@transaction.atomic
def join_organisation(actor: Actor, *, name: str, kind: str = Organisation.Kind.OTHER) -> Organisation | None:
    """Belong to the organisation of that name, whose record is shared; it is made if nobody named it before. "" leaves.

    Of records with the same name the one in the person's own country is meant, else the oldest.
    """
    person = _locked(actor)
    name = " ".join(name.split())
    organisation = None
    if name:
        same = Organisation.objects.filter(name__iexact=name).order_by("pk")
        organisation = same.filter(country=person.country).first() or same.first()
    if name and organisation is None:
        organisation, created = Organisation.objects.get_or_create(
            name=name, country=person.country, defaults={"kind": kind}
        )
        if created:
            record("organisation.created", person, organisation)
    if person.organisation_id != (organisation.pk if organisation else None):
        person.organisation = organisation
        person.save(update_fields=["organisation"])
        record("person.changed", person, person, fields=["organisation"])
    if isinstance(actor, User):
        actor.organisation = organisation
    return organisation


@transaction.atomic
def set_spoken_languages(actor: Actor, *, languages: dict[str, int]) -> None:
    """Speak exactly these languages: tag -> level."""
    person = _locked(actor)
    SpokenLanguage.objects.filter(user=person).exclude(language__in=languages).delete()
    for language, level in languages.items():
        SpokenLanguage.objects.update_or_create(user=person, language=language, defaults={"level": level})


@transaction.atomic
def set_photo(actor: Actor, *, picture: ContentFile[bytes] | None) -> None:
    """Show this picture (from `core.files.clean_image`), or none. The old file is removed after the commit."""
    person = _locked(actor)
    old = person.photo.name
    if picture is None:
        person.photo = ""
    else:
        person.photo.save("picture.webp", picture, save=False)
    person.save(update_fields=["photo"])
    record("person.changed", person, person, fields=["photo"])
    if isinstance(actor, User):
        actor.photo = person.photo
    if old:
        transaction.on_commit(lambda: default_storage.delete(old))


@transaction.atomic
def finish_welcome(actor: Actor) -> None:
    """The first two minutes are over; they are not offered again."""
    person = _locked(actor)
    if person.onboarded is None:
        person.onboarded = timezone.now()
        person.save(update_fields=["onboarded"])
        record("person.welcomed", person, person)
    _refresh(actor, person, ["onboarded"])


# --- Agreeing ---


@transaction.atomic
def agree_to_directory(actor: Actor, event: Event, *, audience: str) -> Consent:
    """Agree to be listed among the participants for that audience. Another audience is a new agreement: rows of the
    ledger are withdrawn, never edited."""
    person = _locked(actor)
    if audience not in Consent.Audience.values:
        raise ValueError(f"No such audience: {audience}.")
    present = directory_consent_of(person, event)
    if present is not None and present.audience == audience:
        return present
    if present is not None:
        _withdraw(present)
    consent = Consent.objects.create(
        user=person, event=event, purpose=Consent.Purpose.DIRECTORY, audience=audience
    )
    record("consent.given", person, consent, purpose=consent.purpose, audience=audience)
    publish(f"person.{person.pk}", "rights", saved={"id": event.pk})
    return consent


@transaction.atomic
def withdraw_from_directory(actor: Actor, event: Event) -> None:
    """Take the agreement back; harmless where there is none."""
    person = _locked(actor)
    present = directory_consent_of(person, event)
    if present is not None:
        _withdraw(present)
        record("consent.withdrawn", person, present, purpose=present.purpose)
        publish(f"person.{person.pk}", "rights", saved={"id": event.pk})


@transaction.atomic
def agree_to_be_reached(actor: Actor) -> Consent:
    """Agree to get messages from people who take part in the same events. Doing it twice is harmless."""
    person = _locked(actor)
    present = reachable_consent_of(person)
    if present is not None:
        return present
    consent = Consent.objects.create(
        user=person, purpose=Consent.Purpose.REACHABLE, audience=Consent.Audience.PARTICIPANTS
    )
    record("consent.given", person, consent, purpose=consent.purpose, audience=consent.audience)
    return consent


@transaction.atomic
def withdraw_from_being_reached(actor: Actor) -> None:
    """Take that agreement back; harmless where there is none. What was written stays, nothing more can be."""
    person = _locked(actor)
    present = reachable_consent_of(person)
    if present is not None:
        _withdraw(present)
        record("consent.withdrawn", person, present, purpose=present.purpose)


def _withdraw(consent: Consent) -> None:
    consent.withdrawn = timezone.now()
    consent.save(update_fields=["withdrawn"])


# --- Keeping away from each other ---


@transaction.atomic
def block(actor: Actor, person: User) -> Block:
    """Neither of the two sees or reaches the other any more. The caller has fetched `person` as somebody whom the actor may
    know of. The blocked person is told nothing; doing it twice is harmless."""
    blocker = _locked(actor)
    if person.pk == blocker.pk:
        raise Conflict(_("You cannot block yourself."))
    made, created = Block.objects.get_or_create(blocker=blocker, blocked=person)
    if created:
        record("block.made", blocker, made)
    return made


@transaction.atomic
def unblock(actor: Actor, *, person_id: int) -> None:
    """Take one's own block back; harmless where there is none. A block by the other one stays."""
    blocker = _locked(actor)
    found = Block.objects.filter(blocker=blocker, blocked=person_id).first()
    if found is not None:
        record("block.lifted", blocker, found)
        found.delete()


# --- Leaving for good ---


@transaction.atomic
def delete_account(actor: Actor) -> None:
    """Forget who the person is, for ever. What others said to them stays, what they wrote stays without their name.

    The row remains as a nameless mark, because messages and facts point to it.
    """
    person = _locked(actor)
    if (
        person.is_superuser
        and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk).exists()
    ):
        raise Conflict(_("You are the only administrator of this installation. Appoint another one first."))
    old, language, photo = person.email, person.language, person.photo.name
    erase_everywhere(person)
    for field, blank in BLANK_PROFILE.items():
        setattr(person, field, blank)
    person.organisation = None
    person.photo = ""
    person.email = f"left-{uuid.uuid4().hex}@deleted.invalid"
    person.set_unusable_password()
    person.is_active = person.is_staff = person.is_superuser = False
    person.last_login = None
    person.deleted = timezone.now()
    person.save()
    person.groups.clear()
    person.user_permissions.clear()
    record("account.deleted", None, person)
    publish(f"person.{person.pk}", "rights", saved={"id": person.pk})
    if photo:
        transaction.on_commit(lambda: default_storage.delete(photo))
    _mail_after(old, "account_deleted", language)


@erases("accounts")
def forget_person(person: User) -> None:
    """Agreements are withdrawn (that they were given remains), blocks and all ways of signing in are gone."""
    Consent.objects.filter(user=person, withdrawn=None).update(withdrawn=timezone.now())
    Block.objects.filter(Q(blocker=person) | Q(blocked=person)).delete()
    SpokenLanguage.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    about = LogEntry.objects.filter(content_type__app_label="conference", content_type__model="user")
    about.filter(object_id=str(person.pk)).update(object_repr="", change_message="")
