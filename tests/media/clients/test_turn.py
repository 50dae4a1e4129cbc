"""Behind a strict network: media goes by way of a TURN server, Debian's coturn, over UDP, TCP and TLS."""

import asyncio
import datetime
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Page

from realtime.media.configuration import BadConfiguration, read_configuration
from realtime.media.engine import Engine
from realtime.media.turn import LIFETIME, turn_credentials

from ..conftest import SECRET, Server, free_port
from ..test_chromium import Stage, decodes, open_stage

HERE = "127.0.0.1"
TURN_SECRET = "what the TURN server and we know"
WAYS = ("udp", "tcp", "tls")
IN_MODULE = pytest.mark.asyncio(loop_scope="module")

# Only by relay, and only by that of the server's offers which the test is about.
RELAYED = """async ([way, action]) => {
  const { Viewer } = await import("/static/js/media/whep.js");
  const { Publisher } = await import("/static/js/media/whip.js");
  const relayed = (Base) => class extends Base {
    createPeer(configuration) {
      const peer = super.createPeer({ ...configuration, iceTransportPolicy: "relay" });
      const set = peer.setConfiguration.bind(peer);
      peer.setConfiguration = (given) => set({ ...given, iceServers: given.iceServers.filter(({ urls }) =>
        way === "tls" ? urls.startsWith("turns:") : urls.startsWith("turn:") && urls.endsWith("transport=" + way)) });
      return peer;
    }
  };
  const getGrant = async () => (await fetch("/grant/" + action + location.search)).json();
  if (action === "publish") {
    window.it = new (relayed(Publisher))({ getGrant });
    window.it.publish(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
  } else {
    window.it = new (relayed(Viewer))({ getGrant });
    document.getElementById("v").srcObject = window.it.stream;
    window.it.start();
  }
}"""

WAY = """async () => {
  const reports = await window.it.peer.getStats();
  const transport = [...reports.values()].find(({ type }) => type === "transport");
  const local = reports.get(reports.get(transport.selectedCandidatePairId).localCandidateId);
  return [local.candidateType, local.relayProtocol];
}"""

CANDIDATES = """async ([urls, username, credential]) => {
  const peer = new RTCPeerConnection({ iceTransportPolicy: "relay", iceServers: [{ urls, username, credential }] });
  const errors = [];
  let found = 0;
  peer.addEventListener("icecandidateerror", ({ errorCode }) => errors.push(errorCode));
  peer.addEventListener("icecandidate", ({ candidate }) => { if (candidate?.candidate) found += 1; });
  peer.createDataChannel("x");
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
  peer.close();
  return [found, errors];
}"""


def self_signed(folder: Path) -> tuple[str, str]:
    """A certificate for the TURN server, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HERE)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return str(folder / "cert.pem"), str(folder / "key.pem")


class Relay:
    def __init__(self, port: int, tls_port: int) -> None:
        self.urls = (
            f"turn:{HERE}:{port}?transport=udp",
            f"turn:{HERE}:{port}?transport=tcp",
            f"turns:{HERE}:{tls_port}?transport=tcp",
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def relay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Relay]:
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip(
            "TURN was not tried, there is no coturn: as root on Debian or Ubuntu `make test` installs it; "
            "elsewhere install the program turnserver"
        )
    folder = tmp_path_factory.mktemp("turn")
    certificate, key = self_signed(folder)
    port, tls_port = free_port(), free_port()
    words = (
        f"-n --listening-ip={HERE} --relay-ip={HERE} --listening-port={port} --tls-listening-port={tls_port} "
        f"--use-auth-secret --realm=chama.example --cert={certificate} --pkey={key} --allow-loopback-peers --no-cli "
        f"--fingerprint --pidfile={folder}/pid --userdb={folder}/db --log-file=stdout --simple-log"
    )
    process = await asyncio.create_subprocess_exec(
        program,
        *words.split(),
        f"--static-auth-secret={TURN_SECRET}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(10):
        while True:
            try:
                _reader, writer = await asyncio.open_connection(HERE, tls_port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                break
    yield Relay(port, tls_port)
    process.terminate()
    await process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    # The certificate of the test's TURN server is its own.
    starts = tmp_path_factory.mktemp("browser") / "chromium"
    starts.write_text(f'#!/bin/sh\nexec {shutil.which("chromium")} --ignore-certificate-errors "$@"\n')
    starts.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURN_URLS", ", ".join(relay.urls))
        patch.setenv("TURN_SECRET", TURN_SECRET)
        async with open_stage(browser_at=str(starts)) as opened:
            yield opened


async def page_in(stage: Stage, room: int) -> Page:
    page = await (await stage.browser.new_context()).new_page()
    await page.goto(f"{stage.page_url}/?room={room}")
    await page.wait_for_function("window.ready")
    return page


@IN_MODULE
async def test_a_picture_goes_by_relay_over_udp_tcp_and_tls(stage: Stage) -> None:
    """The publisher's way leads through the relay too."""
    publisher = await page_in(stage, 301)
    await publisher.evaluate(RELAYED, ["udp", "publish"])
    await publisher.wait_for_function("window.it.state === 'playing'")
    viewers = {way: await page_in(stage, 301) for way in WAYS}
    await asyncio.gather(*(page.evaluate(RELAYED, [way, "watch"]) for way, page in viewers.items()))
    await asyncio.gather(*(decodes(page) for page in viewers.values()))
    assert {way: await page.evaluate(WAY) for way, page in viewers.items()} == {
        way: ["relay", way] for way in WAYS
    }
    for page in (publisher, *viewers.values()):
        await page.context.close()


@IN_MODULE
async def test_credentials_that_are_out_of_date_or_forged_open_no_relay(stage: Stage, relay: Relay) -> None:
    page, url, now = await page_in(stage, 302), relay.urls[0], time.time()
    found, _errors = await page.evaluate(CANDIDATES, [url, *turn_credentials(TURN_SECRET, "34", now)])
    assert found
    expired = turn_credentials(TURN_SECRET, "34", now - LIFETIME.total_seconds() - 60)
    forged = turn_credentials("another secret", "34", now)
    for name, password in (expired, forged):
        found, errors = await page.evaluate(CANDIDATES, [url, name, password])
        assert (found, set(errors)) == (0, {401})
    await page.context.close()


def test_the_name_says_until_when_and_for_whom_and_the_password_is_its_signature() -> None:
    # Made with: printf '1700043200:34' | openssl dgst -sha1 -hmac secret -binary | base64
    assert turn_credentials("secret", "34", 1_700_000_000.9) == (
        "1700043200:34",
        "ivD6LXPdiigda6acNCdTfVIe3YM=",
    )


@pytest.mark.parametrize(
    ("urls", "secret", "says"),
    [
        ("turn.example:3478", TURN_SECRET, "TURN_URLS: “turn.example:3478” is not an address"),
        ('turn:turn.example"', TURN_SECRET, "is not an address"),
        ("turn:turn.example", "", "belong together"),
        ("", TURN_SECRET, "belong together"),
    ],
)
def test_turn_settings_that_make_no_sense_are_refused_with_a_sentence(
    urls: str, secret: str, says: str
) -> None:
    with pytest.raises(BadConfiguration, match=says):
        read_configuration({"MEDIA_SECRET": SECRET, "TURN_URLS": urls, "TURN_SECRET": secret})


@IN_MODULE
async def test_each_session_names_the_relays_with_credentials_of_the_persons_own(
    stage: Stage, relay: Relay
) -> None:
    server = Server(stage.media_url, cast(Engine, None), stage.http, [])
    async with await server.post(
        "/whip/303", server.grant("publish", person="34", room=303), await server.offer()
    ) as response:
        assert response.status == 201
        links = response.headers.getall("Link")
    for url in relay.urls:
        (link,) = [link for link in links if link.startswith(f"<{url}>")]
        assert 'rel="ice-server"' in link and 'credential-type="password"' in link
        username = link.split('username="')[1].split('"')[0]
        expires, _, person = username.partition(":")
        assert person == "34" and 0 < int(expires) - time.time() <= LIFETIME.total_seconds()
        _, credential = turn_credentials(TURN_SECRET, "34", int(expires) - LIFETIME.total_seconds())
        assert f'credential="{credential}"' in link
