"""Who of the demo can be written to, and what some of them have written to each other."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from conference.accounts.models import Consent, User
from conference.demo.people import SPEAKERS
from realtime.direct.models import Conversation, DirectMessage, Side

REACHABLE = ("kathmandu", "speaker", "exhibitor", "recruiter", *(person.key for person in SPEAKERS))
"""The others have not agreed, so that both can be seen."""

TALKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "kathmandu",
        "speaker",
        (
            "Namaste! Your dryers run on the river's own power? Ours stand still when the silt comes.",
            "ສະບາຍດີ! They do. We clean the intake every second day; the drawings are at https://example.org/intake",
            "धन्यवाद! I will show them to our mechanics and come to your consultation.",
        ),
    ),
    (
        "exhibitor",
        "kathmandu",
        ("We connect hill clinics with one bar of signal. May I show you our kit? https://example.org/kit",),
    ),
)
"""Who wrote first, to whom, and in turns what was said. One alone waits for an answer."""


def make_talks(users: Mapping[str, User], at: datetime) -> None:
    """Make what is missing of it. What was agreed, withdrawn or written since stays."""
    people = [users[key] for key in REACHABLE]
    asked = set(
        Consent.objects.filter(user__in=people, purpose=Consent.Purpose.REACHABLE).values_list(
            "user_id", flat=True
        )
    )
    Consent.objects.bulk_create(
        Consent(user=person, purpose=Consent.Purpose.REACHABLE, audience=Consent.Audience.PARTICIPANTS)
        for person in people
        if person.pk not in asked
    )
    for first, second, texts in TALKS:
        one, other = users[first], users[second]
        if not Side.objects.filter(person=one, other=other).exists():
            _talk(one, other, texts, at - timedelta(hours=3))


def _talk(one: User, other: User, texts: tuple[str, ...], begun: datetime) -> None:
    state = Conversation.State.OPEN if len(texts) > 1 else Conversation.State.WAITING
    moments = [begun + timedelta(minutes=4 * place) for place in range(len(texts))]
    conversation = Conversation.objects.create(started_by=one, state=state, latest=moments[-1])
    messages = [
        DirectMessage.objects.create(
            conversation=conversation,
            author=other if place % 2 else one,
            client_id=uuid.uuid4(),
            text=text,
            first=place == 0,
        )
        for place, text in enumerate(texts)
    ]
    for message, moment in zip(messages, moments, strict=True):
        DirectMessage.objects.filter(pk=message.pk).update(created=moment)
    read = {message.author_id: message.pk for message in messages}
    Side.objects.bulk_create(
        Side(conversation=conversation, person=person, other=whom, read=read.get(person.pk, 0))
        for person, whom in ((one, other), (other, one))
    )
