"""The only code that touches the insides of aiortc, aioice and pylibsrtp. `tests/media/test_contract.py`
fails when a name or signature used here changes; the versions are pinned in requirements.txt.

Used of aiortc: its ICE and DTLS-SRTP transports (public classes), not `RTCPeerConnection`, whose senders and
receivers exist to encode and decode. Our subclass of the DTLS transport takes decrypted bytes before they are
parsed, and sends by encrypting in place and writing to the socket ourselves, which halves the cost of a
forwarded packet.
"""

import asyncio
import ipaddress
import os
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import pylibsrtp
from aioice import Candidate, Connection
from aioice.ice import get_host_addresses, random_string
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceGatherer, RTCIceParameters, RTCIceTransport
from OpenSSL import SSL
from pylibsrtp._binding import ffi as _ffi
from pylibsrtp._binding import lib as _lib

from .forward import LARGEST_PACKET, SCRATCH_SIZE

# GStreamer, and hardware encoders after it, come with an RSA certificate; aiortc alone would refuse them.
_CIPHERS: Final = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:"
    b"ECDHE-RSA-AES256-SHA"
)
_SEND_BUFFER: Final = 1 << 20
_RENEW_BEFORE: Final = timedelta(days=7)

_protect: Final = _lib.srtp_protect
_ok: Final = _lib.srtp_err_status_ok


class Certificate(RTCCertificate):
    """The worker's one certificate: making a key per session costs more than the session."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_cipher_list(_CIPHERS)
            # Nobody resumes a session here: nothing is kept for it, and no ticket is sent.
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            self._context.set_options(SSL.OP_NO_TICKET)
        return self._context

    @property
    def is_ageing(self) -> bool:
        return self.expires - datetime.now(UTC) < _RENEW_BEFORE

    def fingerprints(self) -> tuple[RTCDtlsFingerprint, ...]:
        return tuple(each for each in self.getFingerprints() if each.algorithm == "sha-256")


class _Connection(Connection):
    """ICE on the addresses we choose. aioice leaves loopback out, so a machine without a network had no
    address."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        super().__init__(ice_controlling=False)
        self._addresses = addresses

    async def gather_candidates(self) -> None:
        if not self._local_candidates_start:
            self._local_candidates_start = True
            self._local_candidates += await self.get_component_candidates(
                component=1, addresses=list(self._addresses)
            )
            self._local_candidates_end = True

    def restart(self, ufrag: str, password: str) -> None:
        """Begin ICE anew with the peer's new name and password, on our same sockets (RFC 8445, section 9). Until `connect` has
        chosen a pair, who sends goes on with the one that was chosen before."""
        for pair in self._check_list:
            if pair.task is not None:
                pair.task.cancel()
        if self._query_consent_task is not None:
            self._query_consent_task.cancel()
            self._query_consent_task = None
        self._check_list, self._check_list_done = [], False
        self._check_list_state = asyncio.Queue()
        self._early_checks.clear()
        self._early_checks_done = False
        self._nominating.clear()
        self._remote_candidates, self._remote_candidates_end = [], False
        self.remote_username, self.remote_password = ufrag, password
        self._local_username, self._local_password = random_string(8), random_string(24)


class _Gatherer(RTCIceGatherer):
    def __init__(self, addresses: tuple[str, ...]) -> None:
        super().__init__(iceServers=[])
        self._connection = self.connection = _Connection(addresses)


class _Dtls(RTCDtlsTransport):
    """Hands decrypted bytes to the wire instead of parsing and routing them."""

    def __init__(self, ice: RTCIceTransport, certificate: Certificate, wire: "Wire") -> None:
        super().__init__(ice, [certificate])
        self._wire = wire

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        self._wire.on_rtp(data)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._wire.on_rtcp(data)


class _Nominated(dict[int, Any]):
    """aioice's table of the chosen address pairs, which tells when another pair is chosen."""

    def __init__(self, known: dict[int, Any], tell: Callable[[Any], None]) -> None:
        super().__init__(known)
        self._tell = tell

    def __setitem__(self, component: int, pair: Any) -> None:
        super().__setitem__(component, pair)
        self._tell(pair)

    def clear(self) -> None:
        super().clear()
        self._tell(None)


def _socket_address(family: int, address: tuple[str, int]) -> bytes:
    """A `sockaddr` as Linux has it."""
    host = ipaddress.ip_address(address[0].partition("%")[0]).packed
    head = struct.pack("=H", family) + struct.pack("!H", address[1])
    return head + (host + bytes(8) if family == socket.AF_INET else bytes(4) + host + bytes(4))


def machine_addresses() -> tuple[str, ...]:
    """Every address of this machine at which a browser may reach it, loopback last for a browser on the
    machine itself."""
    return (*get_host_addresses(use_ipv4=True, use_ipv6=True), "127.0.0.1")


class Wire:
    """One encrypted connection to one browser.

    `on_rtp` and `on_rtcp` get decrypted bytes; `on_closed` is called once when the connection ends by itself,
    with True when the browser said goodbye. A packet to send is put into `buffer`, which all wires share, and
    `send(length)` encrypts it there.
    """

    buffer: Final = bytearray(SCRATCH_SIZE)
    _pointer: Final = _ffi.from_buffer("char[]", buffer)
    _length: Final = _ffi.new("int *")
    _view: Final = memoryview(buffer)

    def __init__(
        self,
        *,
        certificate: Certificate,
        addresses: tuple[str, ...],
        on_rtp: Callable[[bytes], None],
        on_rtcp: Callable[[bytes], None],
        on_closed: Callable[[bool], None],
    ) -> None:
        self.on_rtp = on_rtp
        self.on_rtcp = on_rtcp
        self._on_closed = on_closed
        self._gatherer = _Gatherer(addresses)
        self._ice = RTCIceTransport(self._gatherer)
        self._dtls = _Dtls(self._ice, certificate, self)
        self._connection: _Connection = self._gatherer.connection
        self._connected = False
        self._closing = False
        self._pair: Any = None
        self._socket: socket.socket | None = None
        self._address: tuple[str, int] = ("", 0)
        self._srtp: Any = None
        self._states: list[Any] = []
        self._receive: Any = None
        self.unsent = 0
        """Packets that could not go out, because the line was full or gone; the compiled fan-out counts its own."""

    async def gather(self) -> None:
        await self._gatherer.gather()
        for protocol in self._connection._protocols:
            protocol.datagram_received = partial(  # type: ignore[method-assign]
                self._on_datagram, protocol.datagram_received
            )

    def serve(self, state: Any) -> None:
        """Keep a leg's C struct told which socket, address and keys to send with; no use for the leg in Python."""
        if hasattr(state, "descriptor"):
            self._states.append(state)

    def _on_datagram(self, otherwise: Callable[[bytes, Any], None], data: bytes, address: Any) -> None:
        """Media goes the short way: aioice would try to read each packet as STUN, put it into a queue, and wake a task."""
        if self._receive is None or len(data) < 12 or not 127 < data[0] < 192:
            otherwise(data, address)
            return
        try:
            if 64 <= data[1] & 0x7F <= 95:  # RFC 5761
                self.on_rtcp(self._receive.unprotect_rtcp(data))
            else:
                self.on_rtp(self._receive.unprotect(data))
        except pylibsrtp.Error:
            return  # forged, repeated, or damaged

    @property
    def ufrag(self) -> str:
        return self._connection.local_username

    @property
    def password(self) -> str:
        return self._connection.local_password

    def candidates(self, public_address: str | None = None) -> tuple[RTCIceCandidate, ...]:
        """Where we can be reached; with `public_address` also there, for a machine whose own address is a
        private one."""
        found = self._gatherer.getLocalCandidates()
        if public_address is None:
            return tuple(found)
        version = ipaddress.ip_address(public_address).version
        ports = [
            each.port
            for each in found
            if ipaddress.ip_address(each.ip).version == version
            and not ipaddress.ip_address(each.ip).is_loopback
        ]
        public = [
            RTCIceCandidate(
                component=1,
                foundation="public",
                ip=public_address,
                port=port,
                priority=found[0].priority,
                protocol="udp",
                type="host",
            )
            for port in ports[:1]
        ]
        return (*public, *found)

    async def add_candidates(self, candidates: tuple[RTCIceCandidate, ...]) -> None:
        for each in candidates:
            await self._connection.add_remote_candidate(
                Candidate(
                    foundation=each.foundation,
                    component=1,
                    transport="udp",
                    priority=each.priority,
                    host=each.ip,
                    port=each.port,
                    type=each.type,
                )
            )

    async def connect(
        self, ice: RTCIceParameters, dtls: RTCDtlsParameters, *, as_client: bool, timeout: float
    ) -> bool:
        """Connect, and keep receiving until `close`. False when the browser was not reached in time."""
        self._dtls._set_role("client" if as_client else "server")
        try:
            async with asyncio.timeout(timeout):
                await self._ice.start(ice)
                if self._ice.state == "completed":
                    await self._dtls.start(dtls)
        except TimeoutError:
            return False
        if self._dtls.state != "connected" or self._ice.state != "completed":
            return False
        self._srtp = self._dtls._tx_srtp._srtp[0]
        self._receive = self._dtls._rx_srtp
        self._connected = True
        self._follow(self._connection._nominated.get(1))
        self._connection._nominated = _Nominated(self._connection._nominated, self._follow)
        self._ice.on("statechange", self._on_state)
        self._dtls.on("statechange", self._on_state)
        return True

    async def restart(self, ice: RTCIceParameters, candidates: tuple[RTCIceCandidate, ...]) -> None:
        """The browser is on another network: take its new ICE credentials, and make new ones of ours. Only while connected."""
        self._connection.restart(ice.usernameFragment or "", ice.password or "")
        # Without telling: the old pair is what we have until there is another.
        self._connection._nominated = _Nominated({}, self._follow)
        await self.add_candidates(candidates)

    async def reconnect(self, *, timeout: float) -> bool:
        """After `restart`: choose a pair. False when the browser was not reached in time; the connection is closed then."""
        ufrag = self._connection.local_username
        try:
            async with asyncio.timeout(timeout):
                await self._connection.connect()
        except (TimeoutError, ConnectionError):
            if ufrag != self._connection.local_username or self._closing:
                return True  # another restart came meanwhile, and it is that one's affair
            await self._connection.close()
            return False
        return True

    @property
    def is_connected(self) -> bool:
        return self._connected

    def _on_state(self) -> None:
        if self._closing or not self._connected:
            return
        if self._dtls.state in ("closed", "failed") or self._ice.state in ("failed", "closed"):
            self._connected = False
            self._on_closed(self._ice.state == "completed")

    def send(self, length: int) -> None:
        """Encrypt and send the first `length` bytes of `buffer`. A packet that cannot go out now is dropped,
        as on any line."""
        if not self._connected:
            return
        count = self._length
        count[0] = length
        if length > LARGEST_PACKET or _protect(self._srtp, self._pointer, count) != _ok:
            self.unsent += 1
            return
        self._write(self._view[: count[0]])

    def send_rtcp(self, data: bytes) -> None:
        if not self._connected:
            return
        try:
            protected = self._dtls._tx_srtp.protect_rtcp(data)
        except pylibsrtp.Error:
            self.unsent += 1
            return
        self._write(protected)

    def _write(self, data: bytes | memoryview) -> None:
        try:
            if self._socket is not None:
                self._socket.sendto(data, self._address)
            elif self._pair is not None:
                self._pair.protocol.transport.sendto(bytes(data), self._pair.remote_addr)
            else:
                self.unsent += 1
                return
        except (OSError, RuntimeError):  # a full buffer, or a browser that just vanished; ICE will find out
            self.unsent += 1

    def _follow(self, pair: Any) -> None:
        """ICE chose another pair of addresses. A relayed one has no socket of its own: aioice sends for
        it."""
        self._forget_socket()
        self._pair = pair
        if pair is None or self._closing:
            return
        inner = pair.protocol.transport.get_extra_info("socket")
        # A descriptor of our own: asyncio may close its one, and the kernel give the number away, at any time.
        try:
            descriptor = os.dup(inner.fileno()) if inner is not None else -1
        except OSError:  # out of descriptors: slower by way of asyncio, but not at the cost of the publisher
            descriptor = -1
        if descriptor < 0:
            return
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._address = pair.remote_addr
        address = _socket_address(self._socket.family, self._address)
        for state in self._states:
            state.srtp = int(_ffi.cast("uintptr_t", self._srtp))
            state.address, state.address_length = list(address), len(address)
            state.descriptor = self._socket.fileno()

    def _forget_socket(self) -> None:
        for state in self._states:
            state.descriptor, state.srtp = -1, 0
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def close(self) -> None:
        """Say goodbye and free everything. May be called twice."""
        if self._closing:
            return
        self._closing = True
        self._connected = False
        self._forget_socket()
        self._srtp = self._receive = None
        await self._dtls.stop()
        await self._ice.stop()
        self._pair = None
        self._dtls.remove_all_listeners()
