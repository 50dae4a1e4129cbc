"""Who is speaking, from the loudness that browsers write beside their sound (RFC 6464), so that nothing is decoded. Pure: time
comes in as a number.

    Voice      how loud one publication is, smoothed
    Speakers   who of a room speaks, and who of them is the one to show

Loudness is counted in decibels below the loudest that there is: 0 is loud, 127 silent. Speech is at 20 to 40, a quiet
room at 60 and more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SILENT: Final = 70.0
BEGINS: Final = 42.0
ENDS: Final = 50.0
QUICK: Final = 0.1
"""Seconds over which loudness is smoothed to tell whether somebody speaks; and, longer, who is louder."""
SLOW: Final = 1.5
PAUSE: Final = 0.7
"""Seconds of silence that belong to speaking."""

INTERJECTION: Final = 0.6
"""Whoever speaks no longer than this while the one to show is silent is not shown."""
TAKES_OVER: Final = 2.0
LOUDER: Final = 6.0
"""Two speak at once: so much louder for so long, and the other is shown."""
MOST_TOLD: Final = 12


@dataclass(slots=True)
class Voice:
    """How loud one publication is."""

    level: float = SILENT
    average: float = SILENT
    since: float | None = None
    """When it began to speak; None while it does not."""
    _heard_at: float = -1e9
    _loud_at: float = -1e9

    def hear(self, level: int, now: float) -> None:
        """One packet of sound was this loud."""
        passed = min(max(now - self._heard_at, 0.0), 1.0)
        self._heard_at = now
        loudness = min(float(level), SILENT)
        self.level += (loudness - self.level) * min(passed / QUICK, 1.0)
        self.average += (loudness - self.average) * min(passed / SLOW, 1.0)
        if self.level <= (BEGINS if self.since is None else ENDS):
            self._loud_at = now
            if self.since is None:
                self.since = now

    def speaks(self, now: float) -> bool:
        """Whether it speaks at this moment. Who sends nothing (some leave silence out) does not."""
        if self.since is not None and now - self._loud_at > PAUSE:
            self.since = None
        return self.since is not None


@dataclass(slots=True)
class Speakers:
    """Who of one room speaks."""

    active: str | None = None
    told: tuple[frozenset[str], str | None] | None = None
    told_at: float = -1e9

    def listen(self, voices: Mapping[str, Voice], now: float) -> list[str]:
        """Those who speak, the loudest first; `active` is then the one to show."""
        speaking = {name: voice for name, voice in voices.items() if voice.speaks(now)}
        names = sorted(speaking, key=lambda name: speaking[name].average)[:MOST_TOLD]
        if self.active not in voices:
            self.active = None
        if names and names[0] != self.active and self._takes_over(speaking, names[0], now):
            self.active = names[0]
        return names

    def _takes_over(self, speaking: Mapping[str, Voice], name: str, now: float) -> bool:
        if self.active is None:
            return True
        voice = speaking[name]
        speaks_for = now - (voice.since if voice.since is not None else now)
        if self.active not in speaking:
            return speaks_for >= INTERJECTION
        return speaks_for >= TAKES_OVER and voice.average + LOUDER <= speaking[self.active].average

    def is_news(self, names: list[str], now: float, pause: float) -> bool:
        """Whether to tell now: something is different (their order alone is not), and the last time is long enough ago."""
        state = (frozenset(names), self.active)
        if state == self.told or now - self.told_at < pause:
            return False
        self.told, self.told_at = state, now
        return True
