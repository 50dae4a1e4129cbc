"""Which events a person may see, and what they do there."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.core.errors import Denied, Missing
from conference.core.models import Event, OrganizingBody, Series
from conference.core.personal_data import exports
from conference.core.text import localise
from conference.events.models import BodyMember, EventRole

Viewer = User | AnonymousUser | None
"""Who looks; None and an anonymous user are the same."""

Role = EventRole.Role


def events_of(viewer: Viewer) -> QuerySet[Event]:
    """Published and archived events, and the drafts that the viewer has a part in."""
    visible = ~Q(state=Event.State.DRAFT)
    if viewer is not None and viewer.is_authenticated:
        if viewer.is_superuser:
            return Event.objects.select_related("series")
        visible |= Q(roles__user=viewer) | Q(series__body__members__user=viewer)
    return Event.objects.select_related("series").filter(visible).distinct()


def get_event(viewer: Viewer, slug: str) -> Event:
    """The event at that address, if the viewer may know of it; else `Missing`."""
    event = events_of(viewer).filter(slug=slug).first()
    if event is None:
        raise Missing(_("There is no such event here. Check the address, or look in the list of events."))
    return event


def organized_events(viewer: Viewer) -> QuerySet[Event]:
    """The events whose programme and people the viewer answers for."""
    if viewer is None or not viewer.is_authenticated:
        return Event.objects.none()
    if viewer.is_superuser:
        return Event.objects.all()
    return Event.objects.filter(
        Q(roles__user=viewer, roles__role=Role.ORGANIZER) | Q(series__body__members__user=viewer)
    ).distinct()


def organized_bodies(viewer: Viewer) -> QuerySet[OrganizingBody]:
    """The bodies that the viewer is a member of: all of them for the installation's administrator."""
    if viewer is None or not viewer.is_authenticated:
        return OrganizingBody.objects.none()
    if viewer.is_superuser:
        return OrganizingBody.objects.all()
    return OrganizingBody.objects.filter(members__user=viewer)


def roles_in(viewer: Viewer, event: Event) -> frozenset[str]:
    """The viewer's roles at the event; members of its organizing body are organizers. One query."""
    if viewer is None or not viewer.is_authenticated:
        return frozenset()
    roles = set(EventRole.objects.filter(event=event, user=viewer).values_list("role", flat=True))
    if Role.ORGANIZER not in roles and (
        viewer.is_superuser or BodyMember.objects.filter(user=viewer, body__series__events=event).exists()
    ):
        roles.add(Role.ORGANIZER)
    return frozenset(roles)


def is_organizer(viewer: Viewer, event: Event) -> bool:
    return Role.ORGANIZER in roles_in(viewer, event)


def require_organizer(viewer: Viewer, event: Event) -> None:
    """Let an organizer of the event pass; refuse everyone else."""
    if not is_organizer(viewer, event):
        raise Denied(_("Only the organizers of this event can do this."))


def get_series(viewer: Viewer, slug: str) -> tuple[Series, list[Event]]:
    """The series at that address with the editions that the viewer may see, newest first; `Missing` if there is none for
    them: a series of drafts alone is not told of."""
    series = Series.objects.select_related("body").filter(slug=slug).first()
    editions = list(events_of(viewer).filter(series=series).order_by("-starts_on")) if series else []
    if series is None or (not editions and not organized_bodies(viewer).filter(pk=series.body_id).exists()):
        raise Missing(_("There is no such series here. Look in the list of events."))
    return series, editions


def organized_series(viewer: Viewer) -> QuerySet[Series]:
    """The series of the viewer's bodies, to which they may add editions."""
    return Series.objects.filter(body__in=organized_bodies(viewer)).order_by("slug")


def get_body(viewer: Viewer, slug: str) -> OrganizingBody:
    """A body of the viewer's own; `Missing` for anyone else."""
    body = organized_bodies(viewer).filter(slug=slug).first()
    if body is None:
        raise Missing(_("There is no such organizing body here."))
    return body


def organizers_of(event: Event) -> QuerySet[User]:
    """Everyone who answers for the event, to be told of something: for actions, not for showing."""
    return User.objects.filter(
        Q(pk__in=EventRole.objects.filter(event=event, role=Role.ORGANIZER).values("user"))
        | Q(pk__in=BodyMember.objects.filter(body__series__events=event).values("user")),
        is_active=True,
        deleted=None,
    ).order_by("pk")


def roles_given(viewer: Viewer, event: Event) -> QuerySet[EventRole]:
    """Who does what at the event, for its organizers."""
    require_organizer(viewer, event)
    roles = EventRole.objects.filter(event=event).select_related("user", "user__organisation")
    return roles.order_by("role", "user__name", "pk")


def members_of(viewer: Viewer, body: OrganizingBody) -> QuerySet[BodyMember]:
    """The people of a body, for its own members alone."""
    if not organized_bodies(viewer).filter(pk=body.pk).exists():
        raise Denied(_("Only members of the organizing body can do this."))
    return BodyMember.objects.filter(body=body).select_related("user").order_by("user__name", "pk")


def event_data(event: Event) -> dict[str, Any]:
    """The public form of an event."""
    return {
        "id": event.pk,
        "slug": event.slug,
        "name": event.name,
        "kind": event.kind,
        "starts_on": event.starts_on.isoformat(),
        "ends_on": event.ends_on.isoformat(),
        "time_zone": event.time_zone,
        "city": localise(event.city),
    }


@exports("roles", gettext_lazy("Roles"), {"at": gettext_lazy("Where"), "role": gettext_lazy("Role")})
def own_roles(viewer: User) -> list[dict[str, Any]]:
    """What the viewer does at events and in organizing bodies, for their export."""
    at_events = EventRole.objects.filter(user=viewer).select_related("event").order_by("pk")
    in_bodies = BodyMember.objects.filter(user=viewer).select_related("body").order_by("pk")
    return [
        *({"at": str(given.event), "role": given.get_role_display()} for given in at_events),
        *({"at": str(member.body), "role": _("Member of the organizing body")} for member in in_bodies),
    ]
