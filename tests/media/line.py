"""A bad line between us and a network namespace: two TUN devices, and a thread that carries packets from one to the other, loses
some of them, keeps them back, or lets only so many through.

The kernels of many machines have no `netem`, and those that have it lose other packets in each run. This one loses the same ones:
the dice are seeded.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LARGEST = 65536
QUEUED_FOR = 0.4
"""Seconds of packets that wait before a narrow place, as in the routers of cheap lines; what comes then is lost."""


class NoNetwork(Exception):
    """This machine lets nobody make one."""


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@dataclass
class Line:
    """One cable; what is set holds for both ways at once, from the next packet on."""

    near: int
    far: int
    loss: float = 0.0
    delay: float = 0.0
    """Seconds, each way."""
    bits_per_second: float = 0.0
    """To the far end; 0 is no bound."""
    cut: bool = False
    carried: int = 0
    lost: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(2026))
    _waiting: list[tuple[float, int, int, bytes]] = field(default_factory=list)
    _free_at: float = 0.0
    _closing: bool = False

    def carry(self) -> None:
        number = 0
        while not self._closing:
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                _, _, to, packet = heapq.heappop(self._waiting)
                os.write(to, packet)
            patience = min(0.1, self._waiting[0][0] - now) if self._waiting else 0.1
            for ready in select.select([self.near, self.far], [], [], patience)[0]:
                packet = os.read(ready, LARGEST)
                number += 1
                self._take(packet, number, outwards=ready == self.near, now=time.monotonic())

    def _take(self, packet: bytes, number: int, *, outwards: bool, now: float) -> None:
        dice, due = self._dice.random(), now
        narrow = self.bits_per_second if outwards else 0
        if narrow:
            due = max(now, self._free_at) + len(packet) * 8 / narrow
        if self.cut or dice < self.loss or due > now + QUEUED_FOR:
            self.lost += 1
            return
        if narrow:
            self._free_at = due
        self.carried += 1
        heapq.heappush(self._waiting, (due + self.delay, number, self.far if outwards else self.near, packet))

    def close(self) -> None:
        self._closing = True


def _device(name: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


@contextmanager
def bad_line(namespace: str, here: str, there: str) -> Iterator[Line]:
    """A namespace of this name whose only way to us is the line; `here` and `there` are the addresses of the two ends."""
    near_name, far_name = f"{namespace[-13:]}tn", f"{namespace[-13:]}tf"
    try:
        run("ip", "netns", "add", namespace)
    except (OSError, subprocess.CalledProcessError):
        raise NoNetwork from None
    descriptors: list[int] = []
    line: Line | None = None
    try:
        try:
            descriptors += [_device(near_name), _device(far_name)]
        except OSError:
            raise NoNetwork from None
        run("ip", "link", "set", far_name, "netns", namespace)
        run("ip", "addr", "add", f"{here}/24", "dev", near_name)
        run("ip", "link", "set", near_name, "up")
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", namespace, "addr", "add", f"{there}/24", "dev", far_name)
        run("ip", "-n", namespace, "link", "set", far_name, "up")
        run("ip", "-n", namespace, "route", "add", "default", "dev", far_name)
        line = Line(*descriptors)
        carrying = threading.Thread(target=line.carry, name="line", daemon=True)
        carrying.start()
        yield line
        line.close()
        carrying.join()
    finally:
        if line is not None:
            line.close()
        for descriptor in descriptors:
            os.close(descriptor)
        run("ip", "netns", "del", namespace)
