"""A tone that is sent, and what is heard of it."""

import asyncio
import math

import numpy as np
from aiortc import AudioStreamTrack, MediaStreamTrack
from av import AudioFrame

RATE = 48000


class Tone(AudioStreamTrack):
    """A microphone before which somebody holds a tuning fork."""

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self._hertz = hertz

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        assert isinstance(frame, AudioFrame) and frame.pts is not None
        when = (np.arange(frame.samples) + frame.pts) / frame.sample_rate
        samples = (8000 * np.sin(2 * math.pi * self._hertz * when)).astype("<i2")
        frame.planes[0].update(samples.tobytes())
        return frame


async def listen(track: MediaStreamTrack, seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The samples of one channel that a stock aiortc peer decodes."""
    heard: list[np.ndarray] = []
    async with asyncio.timeout(seconds + 10):
        while sum(map(len, heard)) < seconds * RATE:
            frame = await track.recv()
            assert isinstance(frame, AudioFrame) and frame.sample_rate == RATE
            heard.append(frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0])
    return np.concatenate(heard).astype(float)


def hertz_of(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """The loudest frequency of the last second; 0 where nothing is to be heard."""
    last = samples[-RATE:]
    if len(last) < RATE / 2 or last.std() < 300:
        return 0.0
    strengths = np.abs(np.fft.rfft(last * np.hanning(len(last))))
    return float(np.argmax(strengths)) * RATE / len(last)
