"""What an import would do, and who may do it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.accounts.queries import person_with_address
from conference.core.errors import Denied, Missing
from conference.core.models import Event
from conference.events.models import EventRole
from conference.events.queries import Viewer, get_event, require_organizer
from conference.programme.exchange import read_schedule
from conference.programme.importing.matching import fill
from conference.programme.importing.plan import ImportPlan


def plan_import(viewer: Viewer, event: Event, data: bytes, file_name: str) -> ImportPlan:
    """What the file would do to the draft, for organizers. Writes nothing; a file that cannot be used has errors among its
    problems and no sessions."""
    event = get_event(viewer, event.slug)
    require_organizer(viewer, event)
    document, problems = read_schedule(data, file_name)
    plan = ImportPlan(event, file_name, problems)
    if document is not None:
        fill(plan, document)
    return plan


def importer(slug: str, email: str = "") -> tuple[User, Event]:
    """For the command line: the event, and in whose name something is imported there. Without an address it is the
    installation's administrator, else one of the event's organizers."""
    event = Event.objects.filter(slug=slug).first()
    if event is None:
        known = ", ".join(Event.objects.order_by("slug").values_list("slug", flat=True))
        raise Missing(
            _("There is no event “%(slug)s”. There are: %(known)s.") % {"slug": slug, "known": known}
            if known
            else _("There is no event “%(slug)s”, nor any other. Make one first.") % {"slug": slug}
        )
    if email:
        person = person_with_address(email)
        if person is None:
            raise Missing(_("Nobody here has the address %(email)s.") % {"email": email})
        return person, event
    people = User.objects.filter(is_active=True).order_by("pk")
    found = (
        people.filter(is_superuser=True).first()
        or people.filter(event_roles__event=event, event_roles__role=EventRole.Role.ORGANIZER).first()
        or people.filter(bodies__body__series__events=event).first()
    )
    if found is None:
        raise Denied(_("The event has no organizer yet. Name a person with --as."))
    return found, event
