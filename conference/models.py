"""What Django looks for: every model of the app, defined in its package."""

from conference.accounts.models import Block, Consent, Organisation, SpokenLanguage, User
from conference.core.models import Event, Fact, OrganizingBody, Series, Stream
from conference.events.models import BodyMember, EventRole
from conference.notifications.models import Notification
from conference.programme.models import (
    AgendaFeed,
    Day,
    Hall,
    Release,
    Session,
    SessionSpeaker,
    Slot,
    Speaker,
    Star,
    Track,
)
from conference.registration.models import Ticket
from conference.rooms.models import Guest, Restriction, Room, RoomRole

__all__ = [
    "AgendaFeed",
    "Block",
    "BodyMember",
    "Consent",
    "Day",
    "Event",
    "EventRole",
    "Fact",
    "Guest",
    "Hall",
    "Notification",
    "Organisation",
    "OrganizingBody",
    "Release",
    "Restriction",
    "Room",
    "RoomRole",
    "Series",
    "Session",
    "SessionSpeaker",
    "Slot",
    "Speaker",
    "SpokenLanguage",
    "Star",
    "Stream",
    "Ticket",
    "Track",
    "User",
]
