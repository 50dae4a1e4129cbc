"""Who is matched with whom, and that nobody is treated unfairly. Without texts: those have tests of their own."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.matchmaking.matching import (
    BOUND,
    KINDS,
    MEETS,
    InvalidProfiles,
    Matcher,
    Profile,
    Request,
    Result,
    Rules,
    Texts,
    Weights,
    match,
    read_request,
)
from conference.matchmaking.matching.kinds import counterparts
from conference.matchmaking.matching.scoring import nearness
from conference.matchmaking.matching.similarity import TextSpace


def need(identifier: str, title: str = "-", **more: Any) -> Profile:
    return Profile(id=identifier, kind="tech_need", title=title, **more)


def offer(identifier: str, title: str = "-", **more: Any) -> Profile:
    return Profile(id=identifier, kind="tech_offer", title=title, **more)


def ids(result: Result, owner: str) -> list[str]:
    return [each.id for each in result.matches[owner]]


def pair(*names: str) -> frozenset[str]:
    return frozenset(names)


# ------------------------------------------------------------------ who may meet whom


def test_offers_meet_needs_and_not_each_other() -> None:
    result = match(Request((need("n1"), need("n2"), offer("o1"), offer("o2"))))
    assert set(ids(result, "n1")) == {"o1", "o2"}
    assert set(ids(result, "o1")) == {"n1", "n2"}


def test_every_kind_meets_some_kind_and_meeting_goes_both_ways() -> None:
    for kind in KINDS:
        assert counterparts(kind)
        for other in counterparts(kind):
            assert kind in counterparts(other)


def test_partners_in_research_meet_their_like_and_facilities_but_never_themselves() -> None:
    profiles = (
        Profile(id="r1", kind="rd_partner_search", title="-"),
        Profile(id="r2", kind="rd_partner_search", title="-"),
        Profile(id="f", kind="facility_offer", title="-"),
    )
    result = match(Request(profiles))
    assert set(ids(result, "r1")) == {"r2", "f"}
    assert set(ids(result, "f")) == {"r1", "r2"}


def test_blocked_people_people_who_met_and_colleagues_are_not_recommended() -> None:
    profiles = (
        need("n", organisation="A"),
        offer("blocked"),
        offer("met"),
        offer("own", organisation="A"),
        offer("o"),
    )
    result = match(
        Request(profiles, blocked=frozenset({pair("n", "blocked")}), met=frozenset({pair("met", "n")}))
    )
    assert ids(result, "n") == ["o"]
    assert ids(result, "blocked") == ids(result, "met") == ids(result, "own") == []


@pytest.mark.parametrize("name", ["yunnan university", " Yunnan  UNIVERSITY ", "ＹｕｎｎａｎUniversity"])
def test_colleagues_are_known_however_the_organisation_is_typed(name: str) -> None:
    profiles = (need("n", organisation="Yunnan University"), offer("own", organisation=name), offer("o"))
    matcher = Matcher(Request(profiles))
    assert ids(matcher.lists(), "n") == ["o"]
    new = need("new", organisation="YUNNAN university")
    assert [each.id for each in matcher.best(new)] == ["o"]


def test_only_groups_that_the_rules_join_meet() -> None:
    profiles = (
        need("n", group="buyers"),
        offer("o1", group="sellers"),
        offer("o2", group="press"),
        offer("o3"),
    )
    rules = Rules(groups=frozenset({pair("buyers", "sellers")}))
    assert set(ids(match(Request(profiles, rules=rules)), "n")) == {"o1", "o3"}


def test_a_profile_that_nobody_may_meet_has_an_empty_list() -> None:
    result = match(Request((need("n"), need("m"))))
    assert result.matches == {"n": (), "m": ()}


def test_nothing_comes_of_nothing() -> None:
    assert match(Request(())).matches == {}


# ------------------------------------------------------------------ scores


def test_the_same_term_counts_more_than_the_same_domain_and_that_more_than_none() -> None:
    profiles = (
        need("n", sectors=("A9",)),
        offer("same", sectors=("A9",)),
        offer("domain", sectors=("A2",)),
        offer("other", sectors=("E2",)),
    )
    assert ids(match(Request(profiles)), "n") == ["same", "domain", "other"]
    assert nearness("A9", "A9") > nearness("A", "A9") > nearness("A1", "A9") > nearness("A1", "B1") == 0


def test_a_field_left_empty_costs_less_than_one_that_does_not_fit() -> None:
    profiles = (need("n", sectors=("A9",)), offer("silent"), offer("misfit", sectors=("E2",)))
    assert ids(match(Request(profiles)), "n") == ["silent", "misfit"]


def test_what_one_side_wants_must_be_what_the_other_has() -> None:
    profiles = (
        need("n", trl_wanted=(7, 9), countries=("LA",), partner_types=("university",)),
        offer("fits", trl=(8, 8), country="la", organisation_type="University"),
        offer("early", trl=(2, 2), country="LA", organisation_type="university"),
        offer("abroad", trl=(2, 2), country="PK", organisation_type="company"),
    )
    result = match(Request(profiles))
    assert ids(result, "n") == ["fits", "early", "abroad"]
    assert result.matches["n"][0].reasons == (
        {"code": "country", "country": "la", "how": "they_are_there"},
        {"code": "trl_fits", "have": 8, "wanted": [7, 9], "wanted_by": "you"},
        {"code": "partner", "type": "University", "wanted_by": "you"},
    )


def test_a_match_that_only_one_side_wants_is_worth_less_than_one_that_both_want() -> None:
    profiles = (
        need("n", country="CN", countries=("LA",)),
        offer("both", country="LA", countries=("CN",)),
        offer("one", country="LA", countries=("PK",)),
    )
    assert ids(match(Request(profiles)), "n") == ["both", "one"]


def test_a_shared_keyword_lifts_and_is_the_reason_as_the_reader_wrote_it() -> None:
    profiles = (
        need("n", keywords=("Cold Chain",)),
        offer("o1", keywords=("cold chain",)),
        offer("o2", keywords=("banana",)),
    )
    (first, *_) = match(Request(profiles)).matches["n"]
    assert first.id == "o1"
    assert {"code": "same_keyword", "keyword": "Cold Chain"} in first.reasons


def test_a_latin_name_in_a_lao_text_is_found_in_an_english_one() -> None:
    profiles = (
        need("n", "ຕ້ອງການ LoRaWAN ສຳລັບສວນ"),
        offer("o1", "Gateways for LoRaWAN in valleys"),
        offer("o2", "Pumps for valleys"),
    )
    (first, *_) = match(Request(profiles)).matches["n"]
    assert first.id == "o1"
    assert {"code": "same_word", "word": "LoRaWAN"} in first.reasons


def test_without_a_model_the_glossary_still_joins_languages() -> None:
    profiles = (need("n", "ຕ້ອງການພັນເຂົ້າທົນແລ້ງ"), offer("o1", "耐旱旱稻新品种"), offer("o2", "海上风电安装船"))
    result = match(Request(profiles))
    assert ids(result, "n") == ["o1", "o2"]
    (told,) = [each for each in result.matches["n"][0].reasons if each["code"] == "same_topic"]
    assert "rice / paddy" in told["topics"]


def test_who_has_met_fewer_people_comes_first_among_equals() -> None:
    profiles = (
        need("n"),
        need("m"),
        need("k"),
        offer("a_busy", sectors=("A1",)),
        offer("b_new", sectors=("A1",)),
    )
    result = match(Request(profiles, met=frozenset({pair("m", "a_busy"), pair("k", "a_busy")})))
    assert ids(result, "n") == ["b_new", "a_busy"]


# ------------------------------------------------------------------ properties


@st.composite
def requests(draw: st.DrawFn) -> Request:
    count = draw(st.integers(2, 14))
    sectors = st.lists(st.sampled_from(["A", "A1", "A9", "B2", "E4"]), max_size=3, unique=True)
    few = st.lists(st.sampled_from(["x", "y", "z"]), max_size=2, unique=True)
    level = st.none() | st.integers(1, 9).map(lambda least: (least, least))
    profiles = tuple(
        Profile(
            id=f"p{number}",
            kind=draw(st.sampled_from(["tech_need", "tech_offer", "challenge", "rd_partner_search"])),
            title=draw(st.sampled_from(["水稻", "solar pump", "ນໍ້າ LoRa", "", "5G drone"])),
            keywords=tuple(draw(few)),
            sectors=tuple(draw(sectors)),
            cooperation_types=tuple(draw(few)),
            countries=tuple(draw(few)),
            country=draw(st.sampled_from(["", "x", "y"])),
            trl=draw(level),
            trl_wanted=draw(level),
            organisation=draw(st.sampled_from(["", "", "O1", "O2"])),
        )
        for number in range(count)
    )
    some = st.sets(
        st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda two: two[0] != two[1]),
        max_size=4,
    )
    blocked = frozenset(pair(f"p{a}", f"p{b}") for a, b in draw(some))
    met = frozenset(pair(f"p{a}", f"p{b}") for a, b in draw(some))
    return Request(profiles, blocked=blocked, met=met)


def admissible(request: Request, one: Profile, other: Profile) -> bool:
    """Written anew, from the words of the document."""
    return (
        one.id != other.id
        and (frozenset((one.kind, other.kind)) in MEETS)
        and not (one.organisation and one.organisation == other.organisation)
        and pair(one.id, other.id) not in request.blocked | request.met
    )


def texts_for(request: Request, seed: int = 0) -> Texts:
    """Vectors that depend on the profile alone, not on its place."""
    vectors = np.stack(
        [
            np.random.default_rng([seed, *profile.id.encode()]).normal(size=(1, 16)).astype(np.float32)
            for profile in request.profiles
        ]
    )
    languages = tuple("zh" if profile.id > "p3" else "en" for profile in request.profiles)
    return Texts(vectors, languages, TextSpace.fit(vectors, languages, {}))


@settings(max_examples=60, deadline=None)
@given(requests(), st.integers(1, 6), st.booleans())
def test_whatever_comes_in_lists_keep_their_promises(request: Request, top: int, with_texts: bool) -> None:
    result = match(request, texts_for(request) if with_texts else None, top=top)
    of_id = {profile.id: profile for profile in request.profiles}
    assert set(result.matches) == set(of_id)
    shown = Counter(each.id for row in result.matches.values() for each in row)
    share: dict[str, float] = dict.fromkeys(of_id, 0.0)
    for one in of_id.values():
        may = [other for other in of_id.values() if admissible(request, one, other)]
        row = result.matches[one.id]
        assert len(row) <= min(top, len(may))
        assert {each.id for each in row} <= {other.id for other in may}
        assert len({each.id for each in row}) == len(row)
        assert all(0 <= each.score <= 1 and 1 <= len(each.reasons) <= 3 for each in row)
        assert [each.score for each in row] == sorted((each.score for each in row), reverse=True)
        for other in may:
            share[other.id] += min(top, len(may)) / len(may)
    for identifier in of_id:
        assert shown[identifier] <= math.ceil(BOUND * share[identifier] - 1e-9)
    assert result.exposure.without == sum(1 for one in of_id if share[one] and not shown[one])


@settings(max_examples=40, deadline=None)
@given(requests(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(request: Request, chance: random.Random) -> None:
    shuffled = list(request.profiles)
    chance.shuffle(shuffled)
    again = replace(request, profiles=tuple(shuffled))
    assert match(again).matches == match(request).matches
    mine, theirs = match(request, texts_for(request)), match(again, texts_for(again))
    assert {owner: [each.id for each in row] for owner, row in mine.matches.items()} == {
        owner: [each.id for each in row] for owner, row in theirs.matches.items()
    }


@settings(max_examples=30, deadline=None)
@given(requests())
def test_a_pair_has_one_score_from_both_sides(request: Request) -> None:
    matcher = Matcher(request, texts_for(request))
    names = [profile.id for profile in request.profiles]
    table = np.asarray([matcher.scores_of(one, names) for one in names])
    np.testing.assert_allclose(table, table.T, atol=2e-6)


# ------------------------------------------------------------------ fairness


def crowd(needs: int, offers: int) -> Request:
    """Everybody is after the first offers, which fit all needs best."""
    return Request(
        (
            *(need(f"n{number:03}", sectors=("A1",), countries=("CN",)) for number in range(needs)),
            *(
                offer(
                    f"o{number:03}",
                    sectors=("A1",) if number < 3 else ("A2",),
                    country="CN" if number < 3 else "TH",
                )
                for number in range(offers)
            ),
        )
    )


def test_nobody_is_recommended_to_everybody_and_everybody_to_somebody() -> None:
    request = crowd(60, 40)
    result = match(request, top=5)
    shown = Counter(each.id for owner, row in result.matches.items() if owner[0] == "n" for each in row)
    fair = 60 * 5 / 40
    assert max(shown.values()) <= math.ceil(BOUND * fair)
    assert len(shown) == 40
    assert all(len(row) == 5 for owner, row in result.matches.items() if owner[0] == "n")
    assert result.exposure.without == 0


def test_the_bound_takes_no_first_place_from_those_whom_it_fits() -> None:
    """Each need has its own best offer; a popular second does not push it out."""
    profiles = [offer("popular", sectors=("A1",))]
    for number in range(20):
        profiles += [
            need(f"n{number:02}", sectors=("A1",), keywords=(f"thing {number}",)),
            offer(f"o{number:02}", sectors=("A1",), keywords=(f"thing {number}",)),
        ]
    result = match(Request(tuple(profiles)), top=3)
    for number in range(20):
        assert ids(result, f"n{number:02}")[0] == f"o{number:02}"


# ------------------------------------------------------------------ one profile more


def test_one_new_profile_gets_the_list_that_it_would_have_among_all() -> None:
    request = crowd(4, 12)
    matcher = Matcher(request)
    new = need("zz", sectors=("A2",), countries=("TH",), organisation="O")
    found = matcher.best(new, top=5)
    assert [each.id for each in found] == ["o003", "o004", "o005", "o006", "o007"]
    assert all(each.reasons for each in found)
    assert "zz" not in match(request).matches


def test_a_new_profile_needs_vectors_where_the_others_have_them() -> None:
    request = crowd(2, 2)
    with pytest.raises(ValueError, match="vectors"):
        Matcher(request, texts_for(request)).best(need("new"))


def test_weights_are_the_callers_to_choose() -> None:
    profiles = (
        need("n", sectors=("A9",), countries=("LA",)),
        offer("sector", sectors=("A9",), country="CN"),
        offer("country", sectors=("E2",), country="LA"),
    )
    assert (
        ids(match(Request(profiles), weights=Weights(text=0, sectors=1, countries=0.1)), "n")[0] == "sector"
    )
    assert (
        ids(match(Request(profiles), weights=Weights(text=0, sectors=0.1, countries=1)), "n")[0] == "country"
    )


# ------------------------------------------------------------------ reading


GOOD = {"id": "n", "kind": "tech_need", "title": "Water"}
WRONG: list[tuple[Any, str]] = [
    ([], "The file must hold a JSON object with the key “profiles”."),
    ({}, "The file has no key “profiles”."),
    ({"profiles": {}}, "“profiles” must be a list of objects."),
    ({"profiles": ["x"]}, "profiles[0] must be an object."),
    ({"profiles": [{"kind": "tech_need", "title": "x"}]}, "profiles[0]: “id” is missing."),
    ({"profiles": [{**GOOD, "id": 7}]}, "profiles[0]: “id” must be text, and is a number."),
    ({"profiles": [{**GOOD, "title": " \u200b "}]}, "profiles[0] (n): “title” is empty."),
    ({"profiles": [{**GOOD, "title": None}]}, "profiles[0] (n): “title” must be text, and is null."),
    (
        {"profiles": [{**GOOD, "kind": "offer"}]},
        "profiles[0] (n): “kind” is “offer”, which is no known kind; known are",
    ),
    ({"profiles": [GOOD, GOOD]}, "profiles[1] (n): “id” is already the id of profiles[0]; ids must differ."),
    ({"profiles": [{**GOOD, "sectors": "A1"}]}, "profiles[0] (n): “sectors” must be a list of texts."),
    (
        {"profiles": [{**GOOD, "keywords": ["x"] * 101}]},
        "profiles[0] (n): “keywords” may have at most 100 entries",
    ),
    (
        {"profiles": [{**GOOD, "summary": "x" * 20_001}]},
        "profiles[0] (n): “summary” has 20001 characters; at most 20000",
    ),
    ({"profiles": [{**GOOD, "trl": 10}]}, "profiles[0] (n): “trl” must be a level from 1 to 9"),
    (
        {"profiles": [{**GOOD, "trl_wanted": [8, 3]}]},
        "profiles[0] (n): “trl_wanted” must be a level from 1 to 9",
    ),
    ({"profiles": [{**GOOD, "trl": True}]}, "profiles[0] (n): “trl” must be a level from 1 to 9"),
    ({"profiles": [GOOD], "blocked": [["n", "x"]]}, "blocked[0] names “x”, which is the id of no profile."),
    ({"profiles": [GOOD], "met": [["n", "n"]]}, "met[0] names “n” twice; a pair is of two profiles."),
    ({"profiles": [GOOD], "blocked": [["n", "n"]]}, "blocked[0] names “n” twice; a pair is of two profiles."),
    ({"profiles": [GOOD], "met": [["x", "n"]]}, "met[0] names “x”, which is the id of no profile."),
    ({"profiles": [GOOD], "met": [["n"]]}, "met[0] must be a pair of ids."),
    ({"profiles": [GOOD], "met": "n"}, "“met” must be a list of pairs of ids."),
    ({"profiles": [GOOD], "rules": []}, "“rules” must be an object."),
    (
        {"profiles": [GOOD], "rules": {"groops": [], "kinds": []}},
        "“rules” has the key “groops”, which is no known rule; known are groups, kinds.",
    ),
    ({"profiles": [GOOD], "rules": {"groups": [["a"]]}}, "“rules.groups” must be a list of pairs of names."),
    ({"profiles": [GOOD], "rules": {"kinds": [["a", "b"]]}}, "“rules.kinds” names"),
]


@pytest.mark.parametrize(("data", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_what_is_wrong_is_said_with_its_record_and_field(data: Any, sentence: str) -> None:
    with pytest.raises(InvalidProfiles) as caught:
        read_request(data)
    assert str(caught.value).startswith(sentence)
    assert caught.value.sentence(lambda text: text.upper() if "%" not in text else text)


def test_everything_optional_is_read() -> None:
    data = {
        "profiles": [
            {
                **GOOD,
                "summary": " Clean\u200b  water ",
                "sectors": ["G2", "G2"],
                "trl": "Field trial",
                "trl_wanted": "on_the_market",
                "countries": ["LA"],
                "unknown": {"left": "alone"},
            },
            {"id": "o", "kind": "tech_offer", "title": "Filter", "trl": [4, 6], "trl_wanted": 5},
        ],
        "blocked": [["n", "o"]],
        "rules": {"groups": [["a", "b"]]},
    }
    request = read_request(data)
    first, second = request.profiles
    assert (first.summary, first.sectors, first.trl, first.trl_wanted) == (
        "Clean water",
        ("G2",),
        (7, 7),
        (8, 9),
    )
    assert (second.trl, second.trl_wanted) == ((4, 6), (5, 9))
    assert request.blocked == {pair("n", "o")}
    assert request.rules.groups == {pair("a", "b")}
    assert request.rules.kinds == MEETS


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["profiles", "id", "kind", "title", "met", "trl", "rules"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_no_input_crashes_the_reader(data: Any) -> None:
    try:
        read_request(data)
    except InvalidProfiles as error:
        assert str(error).endswith((".", "."))
