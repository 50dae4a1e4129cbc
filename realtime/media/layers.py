"""Which of a publisher's streams goes to which viewer: the sizes of one picture (simulcast), and who gets which.

    Track          the picture or the sound of a publication; outlives its streams when the publisher reloads
    Layer          one size of it (the only one where there is no simulcast), with the viewers who get it
    LayerSelector  the size that one viewer's line carries, from what the viewer reports

A viewer moves to another layer with that layer's next keyframe, and goes on with the old one until then. A layer that does
not flow is never waited for: until it does, the viewer gets the best of those that flow.

Receivers report how much their line carries (REMB, draft-alvestrand-rmcat-remb-03), but that estimate hardly grows beyond
half as much again as what arrives. So the selector tries the next layer from time to time, and waits twice as long
before the next try when it did not hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from .fanout import Legs, PythonLegs
from .forward import Leg, SenderReport, Source
from .packets import Packet, starts_vp8_keyframe, unwrap_retransmission

KEYFRAME_INTERVAL: Final = 0.5
"""Publishers are asked for a keyframe at most twice a second, however many viewers ask."""

FLOWS: Final = 1.0
"""Seconds without a packet after which a layer does not flow."""

SPARE: Final = 1.15
"""A layer above must fit so many times into what the line carries."""
OVERLOAD: Final = 1.5
"""Seconds for which a line must carry less than a layer needs before the viewer gets a smaller one."""
LOSS: Final = 0.12
"""The share of packets that may get lost on the way to a viewer before the layer counts as too large."""
FIRST_TRY: Final = 4.0
LONGEST_WAIT: Final = 64.0
TRIED: Final = 6.0
"""Seconds for which a layer above must hold to count as held."""


@dataclass(slots=True)
class KeyframeRequests:
    """Many viewers ask; the publisher hears it at most every `KEYFRAME_INTERVAL` seconds."""

    asked_at: float = -1e9
    pending: bool = False
    count: int = 0

    def ask(self, now: float) -> bool:
        """Whether the request may go out now. If not, it stays pending."""
        if now - self.asked_at >= KEYFRAME_INTERVAL:
            self.asked_at = now
            self.pending = False
            self.count += 1
            return True
        self.pending = True
        return False


@dataclass(eq=False, slots=True)
class Layer:
    """One size of a picture, or the sound."""

    name: str = ""
    """What the publisher calls it (RID, RFC 8852); empty where there is only one."""
    source: Source | None = None
    legs: PythonLegs = field(default_factory=Legs)
    joining: list[Leg] = field(default_factory=list)
    """Viewers who move here with the next keyframe."""
    keyframes: KeyframeRequests = field(default_factory=KeyframeRequests)
    received_at: float = -1e9
    bits_per_second: float = 0.0
    """Smoothed over about two seconds; 0 while unknown."""
    _measured: tuple[Source | None, int, float] = (None, 0, 0.0)

    def flows(self, now: float) -> bool:
        return now - self.received_at < FLOWS

    def measure(self, now: float) -> None:
        """Take the rate since the last call. Called about once a second."""
        source, octets, at = self._measured
        if self.source is not None:
            if source is self.source and now > at:
                rate = (self.source.octets - octets) * 8 / (now - at)
                self.bits_per_second = rate if not self.bits_per_second else (self.bits_per_second + rate) / 2
            self._measured = (self.source, self.source.octets, now)

    @property
    def is_awaited(self) -> bool:
        """Whether a viewer waits for a whole frame of it."""
        return bool(self.joining) or any(leg.waiting for leg in self.legs)


@dataclass(slots=True)
class LayerSelector:
    """The layer one viewer gets. Layers are numbered from the smallest; times are seconds of any steady clock."""

    most: int | None = None
    """The largest layer the viewer wants (a small tile, or a choice to save data)."""
    carries: float | None = None
    """Bits per second that the viewer's line carries, as the viewer estimates."""
    loss: float = 0.0
    """The share of packets lost lately, 0 to 1."""
    _over_since: float | None = None
    _tried_at: float = -1e9
    _wait: float = FIRST_TRY
    _quiet_since: float = -1e9

    def hear(self, bits_per_second: float) -> None:
        """The viewer's estimate of its line."""
        self.carries = bits_per_second

    def hear_loss(self, share: float) -> None:
        """The share of packets that got lost since the viewer's last report. One bad second is no thin line."""
        self.loss = (self.loss + share) / 2

    def choose(
        self, rates: Sequence[float], flowing: Sequence[bool], current: int | None, now: float
    ) -> int | None:
        """The number of the layer to send, or None if none flows. `rates` are bits per second (0: unknown yet)."""
        top = len(rates) - 1 if self.most is None else min(self.most, len(rates) - 1)
        here = [number for number in range(top + 1) if flowing[number]]
        if not here:
            # None as small as wished: better a larger one than nothing.
            return next((number for number, flows in enumerate(flowing) if flows), None)
        if current is None or not flowing[current]:
            self._over_since = None
            self._quiet_since = max(self._quiet_since, now - FIRST_TRY / 2)
            return self._first(rates, here)
        if current > top:
            return here[-1]
        if self._is_over(rates[current], now):
            lower = [number for number in here if number < current]
            if lower:
                if now - self._tried_at < TRIED:
                    self._wait = min(self._wait * 2, LONGEST_WAIT)
                self._over_since, self._quiet_since = None, now
                return self._first(rates, lower)
            return current
        return self._up(rates, here, current, now)

    def _first(self, rates: Sequence[float], here: Sequence[int]) -> int:
        """The largest that is known to fit; where nothing is known, one in the middle."""
        if self.carries is None:
            return here[len(here) // 2] if len(here) < 3 else here[(len(here) - 1) // 2]
        fitting = [number for number in here if rates[number] and rates[number] <= self.carries]
        return fitting[-1] if fitting else here[0]

    def _is_over(self, rate: float, now: float) -> bool:
        too_much = (self.carries is not None and rate > self.carries) or self.loss > LOSS
        if not too_much:
            self._over_since = None
            return False
        if self._over_since is None:
            self._over_since = now
        return now - self._over_since >= OVERLOAD

    def _up(self, rates: Sequence[float], here: Sequence[int], current: int, now: float) -> int:
        above = [number for number in here if number > current]
        if not above or self._over_since is not None:
            return current
        if now - self._tried_at >= TRIED and self._tried_at > self._quiet_since:
            self._wait = FIRST_TRY  # the last try held
        following = above[0]
        since = now - max(self._tried_at, self._quiet_since)
        fits = self.carries is not None and 0 < rates[following] * SPARE <= self.carries
        # An estimate close to what is sent is the line's own limit; one well above it is only waiting to grow.
        may_grow = (self.carries is None or self.carries >= rates[current] * SPARE) and self.loss < LOSS / 2
        if (fits and since >= self._wait / 2) or (may_grow and since >= self._wait):
            self._tried_at = now
            return following
        return current


@dataclass(eq=False, slots=True)
class Track:
    """The picture or the sound of a publication."""

    kind: str
    clock_rate: int
    starts: Callable[[bytes], bool]
    layers: list[Layer] = field(default_factory=lambda: [Layer()])
    """The smallest first, as far as is known."""

    # Viewers

    def add(self, leg: Leg, selector: LayerSelector, now: float) -> Layer:
        """Begin to send to a viewer: the layer whose keyframe they wait for."""
        chosen = self._choose(selector, None, now)
        self.layers[chosen].joining.append(leg)
        return self.layers[chosen]

    def remove(self, leg: Leg) -> None:
        for layer in self.layers:
            if leg in layer.legs:
                layer.legs.remove(leg)
            if leg in layer.joining:
                layer.joining.remove(leg)

    def layer_of(self, leg: Leg) -> Layer | None:
        """The layer that the viewer gets at this moment."""
        return next((layer for layer in self.layers if leg in layer.legs), None)

    def reselect(self, leg: Leg, selector: LayerSelector, now: float) -> Layer | None:
        """Look again at what suits the viewer: the layer whose keyframe they wait for now, if they are to move."""
        if len(self.layers) < 2:
            return None
        current = next((number for number, layer in enumerate(self.layers) if leg in layer.legs), None)
        target = next((number for number, layer in enumerate(self.layers) if leg in layer.joining), None)
        if target is not None and self.layers[target].flows(now):
            return None  # on the way already
        chosen = self._choose(selector, current, now)
        if chosen in (current, target):
            return None
        if target is not None:
            self.layers[target].joining.remove(leg)
        self.layers[chosen].joining.append(leg)
        return self.layers[chosen]

    def _choose(self, selector: LayerSelector, current: int | None, now: float) -> int:
        flowing = [layer.flows(now) for layer in self.layers]
        chosen = selector.choose([layer.bits_per_second for layer in self.layers], flowing, current, now)
        return chosen if chosen is not None else current or 0

    def measure(self, now: float) -> None:
        """Take the rates of all layers, about once a second. Some encoders offer the largest first; what flows tells."""
        for layer in self.layers:
            layer.measure(now)
        rates = [layer.bits_per_second for layer in self.layers]
        if all(layer.flows(now) for layer in self.layers) and all(
            smaller > larger * 1.5 > 0 for smaller, larger in pairwise(rates)
        ):
            self.layers.reverse()

    # Packets

    def receive(self, packet: Packet, ssrc: int, now: float, layer: Layer | None = None) -> bool:
        """Take in a packet from the publisher and send it to every viewer of its layer. False when it was dropped."""
        layer = layer or self.layers[0]
        source = layer.source
        if source is None or source.ssrc != ssrc:
            source = layer.source = Source(ssrc, self.clock_rate)
        if not source.accept(packet, now):
            if not source.has_jumped:
                return False
            source = layer.source = Source(ssrc, self.clock_rate)
            source.accept(packet, now)
        layer.received_at = now
        if self.starts is starts_vp8_keyframe:
            source.number_picture(packet)
        if layer.joining:
            self._let_in(layer, packet, now)
        layer.legs.send(packet, now)
        return True

    def _let_in(self, layer: Layer, packet: Packet, now: float) -> None:
        for leg in list(layer.joining):
            if leg.take_over(packet, now):
                self.remove(leg)
                layer.legs.append(leg)

    def receive_retransmission(self, packet: Packet, now: float, layer: Layer | None = None) -> bool:
        """Take in what came on the RTX stream."""
        layer = layer or self.layers[0]
        if layer.source is None or not unwrap_retransmission(packet):
            return False
        return self.receive(packet, layer.source.ssrc, now, layer)

    def take_report(self, ssrc: int, ntp: int, rtp: int, now: float) -> None:
        for layer in self.layers:
            source = layer.source
            if source is not None and source.ssrc == ssrc:
                source.report = SenderReport(ntp, rtp, now)
                for leg in layer.legs:
                    leg.pass_report(source, source.report)

    def start_anew(self, names: Sequence[str], starts: Callable[[bytes], bool]) -> None:
        """Another session of the publisher takes over, with layers of these names. Viewers go on with the largest layer that
        is not above theirs."""
        self.starts = starts
        if [layer.name for layer in self.layers] == list(names):
            for layer in self.layers:
                layer.source = None
            return
        before = self.layers
        self.layers = [Layer(name) for name in names]
        for number, layer in enumerate(before):
            self.layers[min(number, len(self.layers) - 1)].legs.extend(layer.legs)
            self.layers[min(number, len(self.layers) - 1)].joining.extend(layer.joining)

    @property
    def sources(self) -> list[Source]:
        return [layer.source for layer in self.layers if layer.source is not None]
