"""What we use of the insides of aiortc, aioice and pylibsrtp. When this fails after an upgrade, read
`realtime/media/transport.py` against the new version before changing anything here."""

import asyncio
import inspect
from importlib.metadata import version
from pathlib import Path

import aioice.ice
import pytest
from aioice import Candidate, Connection
from aioice.ice import StunProtocol
from aiortc import rtp, sdp
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceGatherer, RTCIceParameters, RTCIceTransport
from OpenSSL import SSL
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from realtime.media.transport import Certificate, Wire, _Nominated, machine_addresses

PINNED = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}
REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_the_versions_are_the_ones_this_was_written_for() -> None:
    pins = REQUIREMENTS.read_text().splitlines()
    for name, pinned in PINNED.items():
        assert version(name) == pinned
        assert f"{name}=={pinned}" in pins


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (RTCDtlsTransport.__init__, ["self", "transport", "certificates"]),
        (RTCDtlsTransport._handle_rtp_data, ["self", "data", "arrival_time_ms"]),
        (RTCDtlsTransport._handle_rtcp_data, ["self", "data"]),
        (RTCDtlsTransport._set_role, ["self", "role"]),
        (RTCDtlsTransport.start, ["self", "remoteParameters"]),
        (RTCDtlsTransport.stop, ["self"]),
        (RTCCertificate._create_ssl_context, ["self", "srtp_profiles"]),
        (RTCCertificate.getFingerprints, ["self"]),
        (RTCIceGatherer.gather, ["self"]),
        (RTCIceTransport.__init__, ["self", "gatherer"]),
        (RTCIceTransport.start, ["self", "remoteParameters"]),
        (RTCIceTransport.stop, ["self"]),
        (Connection.get_component_candidates, ["self", "component", "addresses", "timeout"]),
        (Connection.gather_candidates, ["self"]),
        (Connection.add_remote_candidate, ["self", "remote_candidate"]),
        (aioice.ice.get_host_addresses, ["use_ipv4", "use_ipv6"]),
        (Session.protect_rtcp, ["self", "packet"]),
        (Session.unprotect, ["self", "packet"]),
        (Session.unprotect_rtcp, ["self", "packet"]),
        (StunProtocol.datagram_received, ["self", "data", "addr"]),
        (rtp.unpack_remb_fci, ["data"]),
        (sdp.SessionDescription.parse, ["sdp"]),
        (sdp.grouplines, ["sdp"]),
        (sdp.candidate_from_sdp, ["sdp"]),
        (sdp.candidate_to_sdp, ["candidate"]),
        (sdp.parse_h264_profile_level_id, ["profile_str"]),
        (rtp.RtcpPacket.parse, ["data"]),
        (rtp.pack_remb_fci, ["bitrate", "ssrcs"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_what_we_call_and_override_still_looks_like_this(function: object, expected: list[str]) -> None:
    assert parameters(function) == expected


def test_the_parts_that_run_when_packets_arrive_are_still_awaited() -> None:
    assert inspect.iscoroutinefunction(RTCDtlsTransport._handle_rtp_data)
    assert inspect.iscoroutinefunction(RTCDtlsTransport._handle_rtcp_data)
    source = inspect.getsource(RTCDtlsTransport._recv_next)
    assert "_handle_rtp_data(data, arrival_time_ms=" in source
    assert "_handle_rtcp_data(data)" in source


def test_the_data_classes_have_the_fields_we_set() -> None:
    assert parameters(RTCIceParameters)[:3] == ["usernameFragment", "password", "iceLite"]
    assert {"component", "foundation", "ip", "port", "priority", "protocol", "type"} <= set(
        parameters(RTCIceCandidate)
    )
    assert {"foundation", "component", "transport", "priority", "host", "port", "type"} <= set(
        parameters(Candidate)
    )
    assert parameters(RTCDtlsParameters) == ["fingerprints", "role"]


@pytest.mark.asyncio
async def test_the_state_we_read_is_where_it_was() -> None:
    def nothing(*_: object) -> None:
        pass

    certificate = Certificate.generateCertificate()
    wire = Wire(
        certificate=certificate, addresses=("127.0.0.1",), on_rtp=nothing, on_rtcp=nothing, on_closed=nothing
    )
    connection = wire._connection
    assert wire._ice._connection is connection and wire._ice._recv.__self__ is connection
    assert (wire._ice.state, wire._dtls.state) == ("new", "new")
    assert connection._nominated == {} and connection._local_candidates == []
    assert not connection._local_candidates_start and not connection._local_candidates_end
    await wire.gather()
    (candidate,) = wire.candidates()
    assert (candidate.ip, candidate.type) == ("127.0.0.1", "host")
    (protocol,) = connection._protocols
    assert protocol.transport.get_extra_info("socket").fileno() > 0
    assert wire._dtls._tx_srtp is None and wire._dtls._rx_srtp is None
    assert protocol.datagram_received.args[0].__func__ is StunProtocol.datagram_received
    await wire.close()
    await asyncio.sleep(0)


def test_a_chosen_pair_is_told_to_whoever_watches_the_table() -> None:
    """aioice writes the chosen pair into this table, and empties it, and nothing else tells of either."""
    source = inspect.getsource(Connection)
    assert "self._nominated[pair.component] = pair" in source and "self._nominated.clear()" in source
    told: list[object] = []
    table = _Nominated({}, told.append)
    table[1] = "pair"
    table.clear()
    assert told == ["pair", None]


def test_encrypting_in_place_gives_what_pylibsrtp_gives() -> None:
    def session() -> Session:
        return Session(Policy(key=bytes(range(30)), ssrc_type=Policy.SSRC_ANY_OUTBOUND))

    packet = b"\x80\x60\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03" + b"payload" * 50
    one, other = session(), session()
    buffer = bytearray(2048)
    buffer[: len(packet)] = packet
    length = ffi.new("int *", len(packet))
    assert (
        lib.srtp_protect(other._srtp[0], ffi.from_buffer("char[]", buffer), length) == lib.srtp_err_status_ok
    )
    assert bytes(buffer[: length[0]]) == one.protect(packet)


def test_rsa_clients_find_a_common_cipher() -> None:
    certificate = Certificate.generateCertificate()
    context = certificate._create_ssl_context(SRTP_PROFILES)
    assert certificate._create_ssl_context(SRTP_PROFILES) is context
    ciphers = SSL.Connection(context).get_cipher_list()
    assert "ECDHE-RSA-AES128-GCM-SHA256" in ciphers and "ECDHE-ECDSA-AES128-GCM-SHA256" in ciphers
    assert [each.algorithm for each in certificate.fingerprints()] == ["sha-256"]
    assert not certificate.is_ageing


def test_a_machine_without_a_network_still_has_an_address() -> None:
    assert machine_addresses()[-1] == "127.0.0.1"
