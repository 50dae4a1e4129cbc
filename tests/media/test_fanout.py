"""The two ways to send a packet to many viewers: whatever one of them sends, the other sends too."""

import random
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi as srtp_ffi

from realtime.media.fanout import NativeLegs, PythonLegs, native_state
from realtime.media.forward import LARGEST_PACKET, Leg
from realtime.media.layers import Layer, Track
from realtime.media.packets import Profile, read_packet, starts_vp8_keyframe
from realtime.media.transport import _socket_address

from .test_pictures import vp8
from .test_rewriting import DELTA, KEY, published

needs_compiler = pytest.mark.skipif(
    NativeLegs.library is None, reason="no C compiler on this machine: forwarding is in Python here"
)

PROFILES = [Profile(), Profile(mid_id=1, mid=b"0", level_id=2), Profile(mid_id=3, mid=b"video")]


class Line:
    """A viewer's leg and the other end of their line, where packets arrive encrypted."""

    def __init__(self, number: int, family: int, native: bool) -> None:
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self.far, self.near = (
            socket.socket(family, socket.SOCK_DGRAM),
            socket.socket(family, socket.SOCK_DGRAM),
        )
        for each in (self.far, self.near):
            each.bind((host, 0))
            each.setblocking(False)
        key = bytes([number]) * 30
        self.sending = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        self.receiving = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND))
        self.buffer = bytearray(2048)
        self.address = self.far.getsockname()[:2]
        self.leg = Leg(
            ssrc=5000 + number,
            payload_type=100 + number % 3,
            clock_rate=90000,
            profile=PROFILES[number % len(PROFILES)],
            starts=starts_vp8_keyframe,
            buffer=self.buffer,
            send=self.send,
            send_report=lambda _leg, _ntp, _rtp: None,
            first_sequence=65_530,  # wraps around soon
            first_timestamp=0xFFFFFF00,
            state=native_state() if native else None,
        )
        if native:
            state, address = self.leg.state, _socket_address(family, self.address)
            state.srtp = int(srtp_ffi.cast("uintptr_t", self.sending._srtp[0]))
            state.address, state.address_length = list(address), len(address)
            state.descriptor = self.near.fileno()

    def send(self, length: int) -> None:
        """As the wire does."""
        if length > LARGEST_PACKET:
            return
        self.near.sendto(self.sending.protect(bytes(self.buffer[:length])), self.address)

    def arrived(self) -> list[bytes]:
        found = []
        while select.select([self.far], [], [], 0.2)[0]:
            found.append(self.receiving.unprotect(self.far.recv(4096)))
        return found

    def close(self) -> None:
        self.far.close()
        self.near.close()


def packets() -> Iterator[tuple[int, bytes]]:
    """Disorder, loss, repetition, padding, a publisher who reloads, a packet that is too large, and wraps of every number."""
    dice = random.Random(7)
    sequence, ssrc = 65_500, 1111
    for step in range(300):
        if step == 150:
            sequence, ssrc = 10, 2222
        payload = vp8(
            32_700 + step * (step < 150),
            step,
            key=step in (0, 160),
            rest=dice.randbytes(dice.randrange(1, 900)),
        )
        if step == 40:
            payload = DELTA + bytes(1490)
        shuffled = sequence + dice.choice([0, 0, 0, 1, -1])
        yield (
            ssrc,
            published(shuffled, 0xFFFFF000 + step * 3000, payload, ssrc=ssrc, padding=int(step % 7 == 0) * 4),
        )
        sequence += dice.choice([1, 1, 1, 2])


@needs_compiler
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_both_send_the_same_to_everyone(family: int) -> None:
    results, given = [], list(packets())
    for native in (False, True):
        lines = [Line(number, family, native) for number in range(1, 8)]
        legs = (NativeLegs if native else PythonLegs)(line.leg for line in lines)
        track = Track("video", 90000, starts_vp8_keyframe, [Layer(legs=legs)])
        came: list[list[bytes]] = [[] for _line in lines]
        for number, (_ssrc, data) in enumerate(given):
            if number == 60:
                legs.remove(lines[2].leg)
            _, ssrc, packet = read_packet(data, 7)
            track.receive(packet, ssrc, number / 30)
            if number % 20 == 0:
                for line, found in zip(lines, came, strict=True):
                    while line.leg in legs and select.select([line.far], [], [], 0)[0]:
                        found.append(line.receiving.unprotect(line.far.recv(4096)))
        for line, found in zip(lines, came, strict=True):
            found += line.arrived()
        results.append(
            [
                (found, line.leg.state.packets, line.leg.state.octets)
                for line, found in zip(lines, came, strict=True)
            ]
        )
        for line in lines:
            line.close()
    in_python, in_c = results
    assert in_c == in_python
    assert len(in_c[0][0]) > 200 and len(in_c[2][0]) < 80


@needs_compiler
def test_a_line_without_a_socket_of_its_own_is_served_all_the_same() -> None:
    line = Line(1, socket.AF_INET, True)
    line.leg.state.descriptor = -1
    track = Track("video", 90000, starts_vp8_keyframe, [Layer(legs=NativeLegs([line.leg]))])
    for sequence in range(3):
        _, ssrc, packet = read_packet(published(sequence, 0, KEY), 7)
        track.receive(packet, ssrc, 0.0)
    assert len(line.arrived()) == 3
    line.close()


@needs_compiler
def test_a_closed_socket_costs_nobody_else_anything() -> None:
    broken, whole = Line(1, socket.AF_INET, True), Line(2, socket.AF_INET, True)
    track = Track("video", 90000, starts_vp8_keyframe, [Layer(legs=NativeLegs([broken.leg, whole.leg]))])
    _, ssrc, packet = read_packet(published(0, 0, KEY), 7)
    track.receive(packet, ssrc, 0.0)
    broken.near.close()
    for sequence in range(1, 4):
        _, ssrc, packet = read_packet(published(sequence, 0, DELTA), 7)
        track.receive(packet, ssrc, 0.0)
    assert len(whole.arrived()) == 4
    assert broken.leg.state.unsent == 3
    broken.far.close()
    whole.close()


def test_without_a_compiler_it_is_python_and_said(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "realtime.media.fanout"],
        env={"MEDIA_COMPILED": str(tmp_path), "CC": "no-such-compiler", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "Media: no C compiler, forwarding in Python.\n"
    which = subprocess.run(
        [sys.executable, "-c", "from realtime.media import fanout; print(fanout.Legs.__name__)"],
        env={"MEDIA_COMPILED": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert which.stdout == "PythonLegs\n"


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler on this machine")
def test_two_who_compile_at_once_do_no_harm(tmp_path: Path) -> None:
    environment = {"MEDIA_COMPILED": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "realtime.media.fanout"]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _number in range(2)]
    assert [b"forwarding in C" in each.communicate()[0] for each in both] == [True, True]
    assert [each.suffix for each in tmp_path.iterdir()] == [".so"]
