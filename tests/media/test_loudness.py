"""Who is speaking."""

import math
import struct

import pytest
from aiortc import AudioStreamTrack
from av import AudioFrame

from realtime.media.loudness import Speakers, Voice

from .conftest import Server


class Hall:
    """People in a room whose loudness is written packet by packet, 20 ms each."""

    def __init__(self, *names: str) -> None:
        self.voices = {name: Voice() for name in names}
        self.speakers = Speakers()
        self.now = 1000.0
        self.speaking: list[str] = []

    def go_on(self, seconds: float, **levels: int) -> None:
        for _packet in range(round(seconds / 0.02)):
            self.now += 0.02
            for name, voice in self.voices.items():
                voice.hear(levels.get(name, 127), self.now)
            self.speaking = self.speakers.listen(self.voices, self.now)


def test_whoever_speaks_is_told_soon_and_pauses_belong_to_speaking() -> None:
    hall = Hall("a", "b")
    hall.go_on(2)
    assert (hall.speaking, hall.speakers.active) == ([], None)
    hall.go_on(0.06, a=30)  # a click of the tongue
    assert hall.speaking == []
    hall.go_on(0.2, a=30)
    assert (hall.speaking, hall.speakers.active) == (["a"], "a")
    hall.go_on(0.5)
    assert hall.speaking == ["a"]
    hall.go_on(0.5)
    assert (hall.speaking, hall.speakers.active) == ([], "a")


def test_a_short_yes_of_another_changes_nothing_but_an_answer_does() -> None:
    hall = Hall("a", "b")
    hall.go_on(3, a=30)
    hall.go_on(0.4, a=30, b=32)
    assert (set(hall.speaking), hall.speakers.active) == ({"a", "b"}, "a")
    hall.go_on(1.5)
    hall.go_on(0.4, b=32)
    hall.go_on(0.1)
    assert hall.speakers.active == "a"
    hall.go_on(1.5)
    hall.go_on(1, b=32)
    assert (hall.speaking, hall.speakers.active) == (["b"], "b")


def test_of_two_who_speak_at_once_the_louder_is_shown_after_a_while() -> None:
    hall = Hall("a", "b")
    hall.go_on(3, a=38)
    hall.go_on(1, a=38, b=24)
    assert (set(hall.speaking), hall.speakers.active) == ({"a", "b"}, "a")
    hall.go_on(2, a=38, b=24)
    assert hall.speakers.active == "b"
    hall.go_on(10, a=26, b=24)
    assert hall.speakers.active == "b", "as loud as another is not louder"


def test_a_quiet_room_speaks_not_and_who_sends_no_silence_does_not_speak_for_ever() -> None:
    hall = Hall("a")
    hall.go_on(5, a=58)
    assert hall.speaking == []
    hall.go_on(1, a=30)
    hall.now += 2
    assert hall.speakers.listen(hall.voices, hall.now) == []


def test_whoever_is_gone_is_not_shown_any_more() -> None:
    hall = Hall("a", "b")
    hall.go_on(1, a=30)
    del hall.voices["a"]
    hall.go_on(0.1)
    assert hall.speakers.active is None


def test_news_are_told_at_a_bounded_pace_and_the_order_alone_is_no_news() -> None:
    speakers = Speakers(active="a")
    assert speakers.is_news([], 100, 0.5)
    assert not speakers.is_news(["a"], 100.3, 0.5)
    assert speakers.is_news(["a", "b"], 100.6, 0.5)
    assert not speakers.is_news(["b", "a"], 102, 0.5)


class Tone(AudioStreamTrack):
    """A tone that is loud or silent."""

    loud = True

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        assert isinstance(frame, AudioFrame)
        height = 12000 if self.loud else 0
        samples = [int(height * math.sin(number / 5)) for number in range(frame.samples)]
        frame.planes[0].update(struct.pack(f"<{len(samples)}h", *samples))
        return frame


@pytest.mark.asyncio
async def test_django_hears_who_speaks_from_the_levels_that_a_real_peer_writes(server: Server) -> None:
    told: list[tuple[int, list[str], str | None]] = []
    server.engine._tell_speakers = lambda *news: told.append(news)
    tone = Tone()
    await server.publish(tone)
    await server.until(lambda: told and told[-1] == (12, ["34-camera"], "34-camera"))
    tone.loud = False
    await server.until(lambda: told[-1] == (12, [], "34-camera"))
    # Whoever is muted by those who run the room does not speak either.
    tone.loud = True
    await server.until(lambda: told[-1][1])
    server.engine.silence(12, "34", True)
    await server.until(lambda: not told[-1][1])
    await server.engine.remove(12, "34")
    await server.until(lambda: told[-1] == (12, [], None))
    assert len(told) <= 8
