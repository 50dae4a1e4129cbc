"""Lost sound is asked for again only of those who offered it."""

import pytest

from ..conftest import Server

OPUS = "a=rtpmap:96 opus/48000/2\r\n"


@pytest.mark.asyncio
@pytest.mark.parametrize("asks", [True, False])
async def test_lost_sound_is_sent_again_where_the_offer_says_so(server: Server, asks: bool) -> None:
    offer = await server.offer(kinds=("audio",))
    assert OPUS in offer and "a=rtcp-fb:96 nack" not in offer
    if asks:
        offer = offer.replace(OPUS, OPUS + "a=rtcp-fb:96 nack\r\n")
    async with await server.post("/whip/12", server.grant("publish"), offer) as response:
        answer = await response.text()
    assert response.status == 201
    assert ("a=rtcp-fb:96 nack\r\n" in answer) is asks


@pytest.mark.asyncio
async def test_a_publisher_hears_of_the_loss_of_the_viewer_who_loses_most(server: Server) -> None:
    """So that its encoder sends each piece of sound twice. Its own line lost nothing, and the count says so."""
    publisher = await server.publish()
    viewers = [await server.watch(person=str(person)) for person in (77, 78)]
    (publication,) = server.engine.publications.values()
    session = publication.publisher
    assert session is not None
    for loss, viewer in zip((0.25, 0.125), publication.viewers, strict=True):
        viewer.sound_lost = loss
    source = publication.tracks["audio"].sources[0]
    reception = session._receptions(session.loop.time())[source.ssrc]
    assert (reception.fraction_lost, reception.lost) == (64, 0)
    assert len(viewers) == 2 and publisher.connection.connectionState != "closed"
