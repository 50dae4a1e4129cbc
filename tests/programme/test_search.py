"""Search finds a piece of text in every script of the region, in titles first."""

from __future__ import annotations

import pytest

from conference.programme.actions import edit_speaker, save_track
from conference.programme.queries import Filters, released_sessions, speakers_of, title_hits_first
from conference.programme.search import folded, terms_of
from tests.factories import make_event, make_organizer, make_session, make_speaker, make_track, release_all

SENTENCES = {
    "Chinese": ("面向南亚东南亚的技术转移大会", "技术转移"),
    "Thai": ("การประชุมถ่ายทอดเทคโนโลยีข้าวเหนียว", "เทคโนโลยี"),
    "Lao": ("ກອງປະຊຸມຖ່າຍທອດເຕັກໂນໂລຊີ", "ເຕັກໂນໂລຊີ"),
    "Khmer": ("សន្និសីទ\u200bផ្ទេរ\u200bបច្ចេកវិទ្យា\u200bកសិកម្ម", "បច្ចេកវិទ្យាកសិកម្ម"),
    "Burmese": ("နည်းပညာလွှဲပြောင်းရေးညီလာခံ", "လွှဲပြောင်း"),
    "Vietnamese": ("Hội nghị chuyển giao công nghệ", "chuyen giao cong nghe"),
    "Nepali": ("सौर्य ऊर्जा प्रविधि हस्तान्तरण", "प्रविधि"),
    "Urdu": ("زرعی ٹیکنالوجی کی منتقلی", "ٹیکنالوجی"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", SENTENCES)
def test_a_piece_of_a_title_is_found_in_every_script(language: str) -> None:
    event = make_event()
    title, asked = SENTENCES[language]
    wanted = make_session(event, {"xx": title})
    for other, (text, _piece) in SENTENCES.items():
        if other != language:
            make_session(event, {"xx": text})
    release_all(event)
    assert [slot.session for slot in released_sessions(None, event, Filters(text=asked))] == [wanted]


@pytest.mark.django_db
def test_a_title_counts_in_all_its_languages() -> None:
    event = make_event()
    session = make_session(event, {"en": "Tea", "zh-hans": "普洱茶"})
    release_all(event)
    for asked in ("tea", "普洱"):
        assert [slot.session for slot in released_sessions(None, event, Filters(text=asked))] == [session]


@pytest.mark.django_db
def test_a_speaker_is_found_by_a_name_in_any_script() -> None:
    event = make_event()
    speaker = make_speaker(
        event, "ນ້ອຍ ແກ້ວມະນີ", name_latin="Noy Keomany", name_chinese="努伊", affiliation="Lao Tea Board"
    )
    session = make_session(event, "Tea", speakers=(speaker,))
    make_session(event, "Coffee")
    release_all(event)
    for asked in ("ແກ້ວມະນີ", "keomany noy", "努伊", "tea board"):
        assert [slot.session for slot in released_sessions(None, event, Filters(text=asked))] == [session], (
            asked
        )
        assert list(speakers_of(None, event, asked)) == [speaker], asked


@pytest.mark.django_db
def test_hits_in_titles_come_first() -> None:
    event = make_event()
    mention = make_session(event, "Opening", abstract={"en": "About solar pumps."})
    title = make_session(event, "Solar pumps")
    release_all(event)
    found = released_sessions(None, event, Filters(text="solar pumps"))
    first, others = title_hits_first(found, "solar pumps")
    assert [slot.session for slot in first] == [title]
    assert [slot.session for slot in others] == [mention]


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["100%", "a_b", "\\", "'; DROP TABLE conference_session; --", "%", "_"])
def test_what_means_something_to_the_database_is_only_text(asked: str) -> None:
    event = make_event()
    make_session(event, "Nothing of the kind")
    literal = make_session(event, f"Before {asked} after")
    release_all(event)
    assert [slot.session for slot in released_sessions(None, event, Filters(text=asked))] == [literal]


@pytest.mark.django_db
def test_a_renamed_speaker_or_track_is_found_by_the_new_name() -> None:
    event = make_event()
    organizer = make_organizer(event)
    speaker = make_speaker(event, "Before")
    track = make_track(event, "Old track")
    make_session(event, "Tea", speakers=(speaker,), track=track)
    release_all(event)
    edit_speaker(organizer, event, speaker.code, name="Suharto")
    save_track(organizer, event, track.pk, name={"en": "Ripening", "zh-hans": "熟化"}, colour="")
    for asked in ("suharto", "熟化"):
        assert released_sessions(None, event, Filters(text=asked)).count() == 1, asked
    assert not released_sessions(None, event, Filters(text="before"))


def test_the_ways_to_write_the_same_thing_are_folded() -> None:
    assert folded("ทำงาน") == folded("ทํางาน")
    assert folded("๒๐๒๖ ၂၀၂၆ ២០២៦ ２０２６ ໒໐໒໖") == "2026 2026 2026 2026 2026"
    assert folded("Ｔｅａ\u00a0 ROAD\n") == "tea road"
    assert folded("Đà Nẵng") == "da nang"
    assert folded("ဆွေး\u200bနွေး") == folded("ဆွေးနွေး")
    assert folded("हिन्दी") != folded("हनद")


def test_more_words_than_narrow_anything_down_are_left_out() -> None:
    assert len(terms_of(" ".join(f"word{number}" for number in range(50)))) == 8
    assert terms_of("tea tea TEA") == ["tea"]
