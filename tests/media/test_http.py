"""WHIP and WHEP as any client sees them: statuses, headers, refusals."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from realtime.media.engine import Limits
from realtime.media.grants import sign_service

from .conftest import ORIGIN, SECRET, Server, where

pytestmark = pytest.mark.asyncio

FOREIGN = "https://elsewhere.example"


@pytest_asyncio.fixture
async def offer(server: Server) -> str:
    return await server.offer()


async def refusal(response: Any) -> tuple[int, str]:
    """Status and code; every refusal is JSON with a sentence."""
    body = await response.json()
    assert set(body) == {"code", "message"}
    assert body["message"][0].isupper() and body["message"].endswith(".")
    return response.status, body["code"]


async def test_publishing_answers_created_with_the_address_of_the_session(server: Server, offer: str) -> None:
    response = await server.post("/whip/12", server.grant("publish"), offer)
    assert response.status == 201
    assert response.content_type == "application/sdp"
    assert where(response).startswith("/whip/12/")
    assert response.headers["ETag"].startswith('"')
    answer = await response.text()
    assert answer.startswith("v=0\r\n")
    assert answer.count("a=recvonly\r\n") == 2
    assert "VP8/90000" in answer and "H264" not in answer and "useinbandfec=1" in answer
    assert "x-google-start-bitrate=" in answer
    assert "127.0.0.1" in answer and "a=end-of-candidates" in answer


async def test_helping_servers_are_named_in_the_answer(server: Server, offer: str) -> None:
    response = await server.post("/whip/12", server.grant("publish"), offer)
    assert response.headers.getall("Link") == [
        '<turn:turn.example>; rel="ice-server"; username="u"; credential="c"; credential-type="password"',
        '<stun:stun.example>; rel="ice-server"',
    ]


async def test_without_a_good_grant_nobody_gets_in(server: Server, offer: str) -> None:
    old = datetime.now(UTC) - timedelta(minutes=10)
    cases = [
        (None, "grant-missing"),
        (server.grant("publish", now=old), "grant-expired"),
        (server.grant("publish", secret="x" * 40), "grant-forged"),
        ("nonsense", "grant-forged"),
        (sign_service(SECRET, "control"), "grant-wrong"),
    ]
    for token, code in cases:
        for path in ("/whip/12", "/whep/12"):
            response = await server.post(path, token, offer)
            assert await refusal(response) == (401, code)
            assert response.headers["WWW-Authenticate"] == "Bearer"
    assert server.engine.sessions == {}


async def test_a_grant_is_good_for_its_room_and_its_action_only(server: Server, offer: str) -> None:
    assert await refusal(await server.post("/whip/13", server.grant("publish"), offer)) == (403, "grant-room")
    assert await refusal(await server.post("/whip/12", server.grant("watch"), offer)) == (403, "grant-action")
    assert await refusal(await server.post("/whep/12", server.grant("publish"), offer)) == (
        403,
        "grant-action",
    )
    assert server.engine.sessions == {}


async def test_watching_what_does_not_flow_yet_asks_for_patience(server: Server) -> None:
    watching = await server.offer(direction="recvonly")
    response = await server.post("/whep/12", server.grant("watch"), watching)
    assert await refusal(response) == (409, "not-flowing")
    assert response.headers["Retry-After"] == "1"
    # A publisher who has opened a session but sent nothing yet does not flow either.
    assert (await server.post("/whip/12", server.grant("publish"), await server.offer())).status == 201
    assert (await server.post("/whep/12", server.grant("watch"), watching)).status == 409


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=0\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96\r\n",
        "v=0\r\nm=video nine UDP/TLS/RTP/SAVPF 96\r\n",
        "v=0\r\n" + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 50,
        "\x00\x01\x02",
    ],
)
async def test_a_malformed_offer_is_refused_with_a_sentence(server: Server, text: str) -> None:
    assert await refusal(await server.post("/whip/12", server.grant("publish"), text)) == (400, "malformed")
    assert server.engine.sessions == {}


async def test_an_offer_with_a_piece_missing_is_refused(server: Server, offer: str) -> None:
    for piece in ("a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup", "a=mid"):
        text = "\r\n".join(line for line in offer.splitlines() if not line.startswith(piece)) + "\r\n"
        status, _ = await refusal(await server.post("/whip/12", server.grant("publish"), text))
        assert status == 400, piece
    for piece, code in (("a=rtcp-mux", "unmuxed"), ("a=group:BUNDLE", "unbundled")):
        text = "\r\n".join(line for line in offer.splitlines() if not line.startswith(piece)) + "\r\n"
        assert await refusal(await server.post("/whip/12", server.grant("publish"), text)) == (400, code)
    assert server.engine.sessions == {}


async def test_every_cut_and_every_changed_byte_gets_an_answer_and_never_an_accident(
    server: Server, offer: str
) -> None:
    for position in range(0, len(offer), 97):
        for text in (offer[:position], offer[:position] + "\x7f" + offer[position + 1 :]):
            response = await server.post("/whip/12", server.grant("publish"), text)
            assert response.status in (201, 400, 422), text
    await asyncio.gather(
        *(server.engine.end(session, "left") for session in list(server.engine.sessions.values()))
    )


async def test_an_offer_of_codecs_we_do_not_forward_is_refused(server: Server) -> None:
    exotic = (await server.offer(kinds=("video",))).replace("VP8", "AV1X").replace("H264", "H265")
    assert await refusal(await server.post("/whip/12", server.grant("publish"), exotic)) == (422, "codec")
    receiving = await server.offer(direction="recvonly")
    assert await refusal(await server.post("/whip/12", server.grant("publish"), receiving)) == (422, "codec")


async def test_a_section_that_rides_on_anothers_port_is_wanted_and_one_without_a_port_is_not(
    server: Server, offer: str
) -> None:
    """Firefox and GStreamer offer the second of two bundled sections with port 0 and `bundle-only`."""
    section = next(line for line in offer.splitlines() if line.startswith("m=video"))
    words = section.split()
    words[1] = "0"
    without = offer.replace(section, " ".join(words))
    riding = without.replace(" ".join(words), " ".join(words) + "\r\na=bundle-only")
    answers = []
    for text in (riding, without):
        response = await server.post("/whip/12", server.grant("publish"), text)
        assert response.status == 201
        answers.append(await response.text())
    assert "m=video 9 " in answers[0] and answers[0].count("a=recvonly") == 2
    assert "m=video 0 " in answers[1] and answers[1].count("a=recvonly") == 1


async def test_wrong_content_types_and_oversized_bodies_are_refused(server: Server, offer: str) -> None:
    response = await server.post("/whip/12", server.grant("publish"), offer, **{"Content-Type": "text/plain"})
    assert await refusal(response) == (415, "content-type")
    large = offer + "a=x:y\r\n" * 12_000
    assert await refusal(await server.post("/whip/12", server.grant("publish"), large)) == (413, "too-large")
    response = await server.post("/whip/12", server.grant("publish"), b"\xff\xfe\xfd")
    assert await refusal(response) == (400, "malformed")


async def test_a_session_ends_once_for_whoever_opened_it(server: Server, offer: str) -> None:
    token = server.grant("publish")
    opened = await server.post("/whip/12", token, offer)
    path = where(opened)

    async def end(token: str | None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await server.http.delete(server.url + path, headers=headers)

    assert (await end(None)).status == 401
    assert await refusal(await end(server.grant("publish", person="35"))) == (403, "grant-session")
    assert await refusal(await end(server.grant("watch"))) == (403, "grant-session")
    assert len(server.engine.sessions) == 1
    expired = server.grant("publish", now=datetime.now(UTC) - timedelta(hours=3))
    assert (await end(expired)).status == 200
    assert await refusal(await end(token)) == (404, "gone")
    assert server.engine.sessions == {}


async def test_candidates_may_trickle_in_and_ice_restarts_only_where_it_stands(
    server: Server, offer: str
) -> None:
    token = server.grant("publish")
    opened = await server.post("/whip/12", token, offer)
    url, etag = server.url + where(opened), opened.headers["ETag"]
    ours = next(line for line in offer.splitlines() if line.startswith("a=ice-ufrag:"))
    candidate = "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host"

    async def patch(body: str, **headers: str) -> Any:
        sent = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/trickle-ice-sdpfrag",
            **headers,
        }
        return await server.http.patch(url, data=body, headers=sent)

    fragment = f"{ours}\r\n{candidate}\r\na=end-of-candidates\r\n"
    assert (await patch(fragment, **{"If-Match": etag})).status == 204
    assert await refusal(await patch(fragment)) == (428, "precondition")
    assert await refusal(await patch(fragment, **{"If-Match": '"other"'})) == (412, "precondition")
    restart = "a=ice-ufrag:abcdefgh\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    assert await refusal(await patch(restart, **{"If-Match": "*"})) == (409, "not-connected")
    assert await refusal(await patch("a=ice-ufrag:abcdefgh\r\n", **{"If-Match": "*"})) == (400, "malformed")
    assert await refusal(await patch("a=ice-ufrag:a b\r\n", **{"If-Match": "*"})) == (400, "malformed")
    assert await refusal(await patch("a=candidate:1 1 udp", **{"If-Match": etag})) == (400, "malformed")
    assert await refusal(await patch("", **{"If-Match": etag})) == (400, "malformed")
    assert (await patch(fragment, **{"If-Match": etag, "Content-Type": "application/sdp"})).status == 415


async def test_pages_of_our_own_origin_may_call_and_read_the_headers(server: Server, offer: str) -> None:
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for path in ("/whip/12", "/whep/12", "/whip/12/abcdefgh12345678"):
        response = await server.http.options(server.url + path, headers=preflight)
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "DELETE" in response.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    response = await server.post("/whip/12", server.grant("publish"), offer, Origin=ORIGIN)
    assert response.status == 201 and response.headers["Vary"] == "Origin"
    assert "Location" in response.headers["Access-Control-Expose-Headers"]
    refused = await server.post("/whip/12", "nonsense", offer, Origin=ORIGIN)
    assert refused.status == 401 and refused.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_pages_of_other_origins_may_not_even_with_a_good_grant(server: Server, offer: str) -> None:
    for origin in (FOREIGN, "null", "https://chama.example.evil", "http://chama.example"):
        response = await server.post("/whip/12", server.grant("publish"), offer, Origin=origin)
        assert await refusal(response) == (403, "origin")
        assert "Access-Control-Allow-Origin" not in response.headers
        options = await server.http.options(server.url + "/whip/12", headers={"Origin": origin})
        assert options.status == 403
    assert server.engine.sessions == {}


async def test_other_methods_and_addresses_are_refused_as_json(server: Server) -> None:
    assert await refusal(await server.http.get(server.url + "/whip/12")) == (405, "method")
    assert await refusal(await server.http.get(server.url + "/nothing")) == (404, "not-found")
    assert await refusal(await server.post("/whip/x", server.grant("publish"), "v=0")) == (404, "not-found")


async def test_health_says_how_much_goes_on(server: Server, offer: str) -> None:
    await server.post("/whip/12", server.grant("publish"), offer)
    health = await (await server.http.get(server.url + "/healthz")).json()
    assert (health["status"], health["sessions"], health["publications"]) == ("ok", 1, 0)


async def test_only_our_own_processes_may_remove_a_person(server: Server, offer: str) -> None:
    url = server.url + "/control/rooms/12/people/34"
    for token in (server.grant("publish"), sign_service(SECRET, "events"), sign_service("y" * 40, "control")):
        assert (await server.http.delete(url, headers={"Authorization": f"Bearer {token}"})).status == 401
    assert (await server.http.delete(url)).status == 401
    early = server.grant("publish")
    assert (await server.post("/whip/12", early, offer)).status == 201
    control = {"Authorization": f"Bearer {sign_service(SECRET, 'control')}"}
    assert await (await server.http.delete(url, headers=control)).json() == {"ended": 1}
    assert server.engine.sessions == {}
    assert await refusal(await server.post("/whip/12", early, offer)) == (403, "removed")
    later = server.grant("publish", now=datetime.now(UTC) + timedelta(seconds=1))
    assert (await server.post("/whip/12", later, offer)).status == 201


async def test_an_audience_is_sent_away_and_those_on_the_stage_stay(server: Server, offer: str) -> None:
    url = server.url + "/control/rooms/12/audience?except=34,35"
    for token in (server.grant("watch"), sign_service(SECRET, "events")):
        assert (await server.http.delete(url, headers={"Authorization": f"Bearer {token}"})).status == 401
    early = {person: server.grant("watch", person=person) for person in ("34", "36")}
    assert (await server.post("/whip/12", server.grant("publish"), offer)).status == 201
    control = {"Authorization": f"Bearer {sign_service(SECRET, 'control')}"}
    assert await (await server.http.delete(url, headers=control)).json() == {"ended": 0}
    assert len(server.engine.sessions) == 1, "What is sent goes on."
    # What was granted before opens nothing any more, for those who do not stay; what is granted later does.
    assert await refusal(await server.post("/whep/12", early["36"], offer)) == (401, "grant-expired")
    assert await refusal(await server.post("/whep/12", early["34"], offer)) == (409, "not-flowing")
    later = server.grant("watch", person="36", now=datetime.now(UTC) + timedelta(seconds=1))
    assert await refusal(await server.post("/whep/12", later, offer)) == (409, "not-flowing")
    elsewhere = server.grant("watch", room=13, person="36")
    assert await refusal(await server.post("/whep/13", elsewhere, offer)) == (409, "not-flowing")


class TestLimits:
    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(sessions=4, sessions_per_person=2, joins_per_second=0.001, joins_at_once=6)

    async def test_persons_and_the_server_hold_a_limited_number_of_sessions(
        self, server: Server, offer: str
    ) -> None:
        async def publish(person: str) -> Any:
            return await server.post(
                "/whip/12", server.grant("publish", person=person, publication=f"{person}-camera"), offer
            )

        assert [(await publish("1")).status for _ in range(2)] == [201, 201]
        crowded = await publish("1")
        assert await refusal(crowded) == (429, "too-many") and "Retry-After" in crowded.headers
        assert [(await publish("2")).status for _ in range(2)] == [201, 201]
        assert await refusal(await publish("3")) == (503, "full")
        await asyncio.gather(
            *(server.engine.end(each, "left") for each in list(server.engine.sessions.values()))
        )
        assert [(await publish("3")).status for _ in range(2)] == [201, 201]

    async def test_a_crowd_is_let_in_at_a_pace(self, server: Server, offer: str) -> None:
        async def publish_and_leave(person: str) -> Any:
            response = await server.post("/whip/12", server.grant("publish", person=person), offer)
            await asyncio.gather(
                *(server.engine.end(each, "left") for each in list(server.engine.sessions.values()))
            )
            return response

        assert [(await publish_and_leave(str(number))).status for number in range(6)] == [201] * 6
        assert await refusal(await publish_and_leave("7")) == (503, "busy")
