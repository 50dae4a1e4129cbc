"""VP8 numbers its pictures in the payload. Decoders wait for what is missing between two numbers, so they go on across sizes and
reloads as the packets' own do."""

import pytest

from realtime.media.packets import find_vp8_numbers, starts_h264_keyframe

from .test_rewriting import Viewer, give, published, track


def vp8(picture: int, tl0: int, *, key: bool = False, rest: bytes = b"frame") -> bytes:
    """A payload with both numbers, as Chromium sends them."""
    head = bytes([0x90, 0xE0, 0x80 | picture >> 8 & 0x7F, picture & 0xFF, tl0 & 0xFF, 0x20])
    return head + (b"\x00" if key else b"\x01") + rest


def numbers(payload: bytes) -> tuple[int, int]:
    return int.from_bytes(payload[2:4]) & 0x7FFF, payload[4]


def test_pictures_of_another_source_go_on_in_the_numbering_of_the_last() -> None:
    viewer = Viewer()
    the_track = track(viewer)
    give(the_track, published(1, 0, vp8(32_766, 254, key=True)))
    give(the_track, published(2, 3000, vp8(32_767, 255)))
    give(the_track, published(900, 70, vp8(12_000, 7), ssrc=2222))  # no whole frame yet
    for step in range(3):
        give(the_track, published(901 + step, 3070, vp8(12_001 + step, 8 + step, key=not step), ssrc=2222))
    assert [numbers(each.payload) for each in viewer.sent] == [
        (32_766, 254),
        (32_767, 255),
        (0, 0),
        (1, 1),
        (2, 2),
    ]
    assert all(each.payload.endswith(b"frame") and each.payload[2] & 0x80 for each in viewer.sent)
    # And a third one, from behind.
    give(the_track, published(5, 9, vp8(3, 250, key=True), ssrc=3333))
    assert numbers(viewer.sent[-1].payload) == (3, 3)


@pytest.mark.parametrize("rtx", [None, 121])
def test_what_is_sent_again_has_the_number_that_it_had(rtx: int | None) -> None:
    viewer = Viewer(rtx=rtx)
    the_track = track(viewer)
    give(the_track, published(1, 0, vp8(5, 5, key=True)))
    give(the_track, published(50, 0, vp8(700, 90, key=True), ssrc=2222))
    give(the_track, published(51, 3000, vp8(701, 91), ssrc=2222))
    first = viewer.sent[1]
    viewer.leg.retransmit([first.sequence_number], 1.0)
    again = viewer.sent[-1].payload
    assert again[2 if rtx else 0 :] == first.payload and numbers(first.payload) == (6, 6)


def test_pictures_without_numbers_and_other_codecs_are_left_as_they_are() -> None:
    assert find_vp8_numbers(b"\x10\x00keyframe") == (0, 0)
    assert find_vp8_numbers(b"\x90\x80\x05\x00keyframe") == (
        0,
        0,
    )  # a number of seven bits, which nobody sends
    assert find_vp8_numbers(vp8(9, 9)[:5]) == (0, 0)
    viewer = Viewer(starts=starts_h264_keyframe)
    the_track = track(viewer, starts=starts_h264_keyframe)
    parameters, picture = b"\x67\x42\x80\x81\x82\x83\x84", b"\xe1\x9a\x80\x81\x82\x83\x84"
    for ssrc in (1111, 2222):
        give(the_track, published(1, 0, parameters, ssrc=ssrc))
        give(the_track, published(2, 0, picture, ssrc=ssrc))
    assert [each.payload for each in viewer.sent] == [parameters, picture] * 2
