"""One packet to the many viewers of a layer: in Python, or the same in C where it was compiled.

    python -m realtime.media.fanout     compile it, if there is a C compiler; says what it did

`Legs` is chosen once, when the module is imported: `NativeLegs` where the compiled code is there and loads, else
`PythonLegs`. Both are lists of legs with `send`. Whatever C cannot do itself (a viewer who is not in step yet, a relayed
line) it leaves to `Leg.forward`, so that there is one implementation of everything that is rare.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from cffi import FFI  # type: ignore[import-untyped]
from pylibsrtp._binding import ffi as _srtp_ffi
from pylibsrtp._binding import lib as _srtp

from .forward import Leg, State
from .packets import Packet, Profile

_SOURCE: Final = Path(__file__).with_name("fanout.c")
_FLAGS: Final = ("-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-std=c11", "-D_GNU_SOURCE")


def _declarations(source: str) -> str:
    """What the C source offers, as cffi reads it: its structs, and the functions that are not its own affair."""
    shapes = re.findall(r"^typedef struct \{.*?^\} \w+;", source, re.MULTILINE | re.DOTALL)
    functions = re.findall(r"^((?:int|void) \w+\([^)]*\)) \{", source, re.MULTILINE)
    return "\n".join([*shapes, *(f"{function};" for function in functions)])


_ffi = FFI()
_ffi.cdef(_declarations(_SOURCE.read_text(encoding="utf-8")))


def compiled_path() -> Path:
    """Where the compiled code of this very source is, or would be."""
    print_ = hashlib.sha256(_SOURCE.read_bytes() + " ".join(_FLAGS).encode()).hexdigest()[:16]
    home = os.environ.get("MEDIA_COMPILED") or Path(__file__).resolve().parents[2] / "var" / "compiled"
    return Path(home) / f"fanout-{print_}.so"


def compile_fanout() -> Path | None:
    """Compile it unless that is done; None where there is no compiler, or it does not like the source."""
    target, compiler = compiled_path(), shutil.which(os.environ.get("CC", "cc"))
    if target.exists():
        return target
    if compiler is None:
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        done = subprocess.run([compiler, *_FLAGS, "-o", made, _SOURCE], capture_output=True, check=False)
        if done.returncode:
            sys.stderr.buffer.write(done.stderr)
            return None
        made.replace(target)  # two who compile at once do no harm
    return target


class PythonLegs(list[Leg]):
    """The viewers of one layer."""

    def send(self, packet: Packet, now: float) -> None:
        """Send the packet to everyone."""
        for leg in self:
            leg.forward(packet, now)


class NativeLegs(PythonLegs):
    """The same by the compiled code. `library` is set once, below."""

    library: Any = None

    def __init__(self, legs: Iterable[Leg] = ()) -> None:
        super().__init__(legs)
        self._packet = _ffi.new("packet_t *")
        self._arrange()

    def append(self, leg: Leg) -> None:
        super().append(leg)
        self._arrange()

    def remove(self, leg: Leg) -> None:
        super().remove(leg)
        self._arrange()

    def extend(self, legs: Iterable[Leg]) -> None:
        super().extend(legs)
        self._arrange()

    def _arrange(self) -> None:
        profiles: dict[Profile, int] = {}
        for leg in self:
            leg.state.profile = profiles.setdefault(leg.profile, len(profiles))
        self._profiles = list(profiles)
        self._array = _ffi.new("leg_t *[]", [leg.state for leg in self])
        self._bodies = _ffi.new("body_t[]", max(1, len(profiles)))
        self._behind = _ffi.new("int32_t[]", max(1, len(self)))

    def send(self, packet: Packet, now: float) -> None:
        source = packet.source
        if not self or source is None:
            return
        about, bodies, kept = self._packet, self._bodies, []
        about.source, about.extended, about.now = source.number, packet.extended, now
        about.timestamp, about.payload_length = packet.timestamp, len(packet.payload)
        about.marker, about.padding = packet.marker, packet.padding
        about.picture_at, about.tl0_at = packet.picture_at, packet.tl0_at
        for number, profile in enumerate(self._profiles):
            body = packet.body(profile)
            pointer = _ffi.from_buffer("uint8_t[]", body)
            kept.append(pointer)
            bodies[number].bytes, bodies[number].length = pointer, len(body)
            bodies[number].first_byte = 0x90 if len(body) > len(packet.payload) else 0x80
        late = self.library.fan_out(self._array, len(self), about, bodies, self._behind)
        if late:
            for number in [self._behind[place] for place in range(late)]:
                self[number].forward(packet, now)


def native_state() -> Any:
    """A leg's numbers, where the compiled code finds them."""
    state = _ffi.new("leg_t *")
    state.descriptor = -1
    return state


def _load() -> Any:
    try:
        library = _ffi.dlopen(str(compiled_path()))
    except OSError:
        return None
    function = _srtp_ffi.addressof(_srtp, "srtp_protect")
    library.fan_out_with(int(_srtp_ffi.cast("uintptr_t", function)))
    return library


NativeLegs.library = _load()
is_native: Final = NativeLegs.library is not None and os.environ.get("MEDIA_FANOUT", "") != "python"
Legs: Final[type[PythonLegs]] = NativeLegs if is_native else PythonLegs
new_state: Final[Callable[[], Any]] = native_state if is_native else State


if __name__ == "__main__":
    made_at = compile_fanout()
    print(
        f"Media: forwarding in C ({made_at})." if made_at else "Media: no C compiler, forwarding in Python."
    )
