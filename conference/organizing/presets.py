"""What a new event begins with: one preset for each kind. Plain data; the organizers change everything afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from conference.core.models import Event
from conference.core.text import Text
from conference.programme.models import Hall, Session


@dataclass(frozen=True, slots=True)
class PresetSession:
    """A session without a time: a reminder in the draft of what such an event usually has."""

    title: Text
    kind: str
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """`days` is the usual length; `tracks` are names with colours; `halls` names with kind and seats."""

    kind: str
    days: int
    tagline: Text
    tracks: tuple[tuple[Text, str], ...]
    halls: tuple[tuple[Text, str, int | None], ...]
    sessions: tuple[PresetSession, ...]


PRESETS: dict[str, Preset] = {
    Event.Kind.CONFERENCE: Preset(
        kind=Event.Kind.CONFERENCE,
        days=3,
        tagline={
            "en": "Technology transfer and innovation with South and Southeast Asia",
            "zh-hans": "面向南亚东南亚的技术转移与创新合作",
        },
        tracks=(
            ({"en": "Agriculture and food", "zh-hans": "农业与食品"}, "#4f7a28"),
            ({"en": "Energy and materials", "zh-hans": "能源与材料"}, "#8a5a00"),
            ({"en": "Health and biomedicine", "zh-hans": "健康与生物医药"}, "#a03a5a"),
            ({"en": "Digital technology", "zh-hans": "数字技术"}, "#2b5f9e"),
            ({"en": "Technology transfer", "zh-hans": "技术转移"}, "#6a4a9c"),
        ),
        halls=(
            ({"en": "Main hall", "zh-hans": "主会场"}, Hall.Kind.BOTH, 500),
            ({"en": "Second hall", "zh-hans": "第二会场"}, Hall.Kind.BOTH, 150),
            ({"en": "Workshop room", "zh-hans": "研讨室"}, Hall.Kind.VENUE, 40),
            ({"en": "Online hall", "zh-hans": "线上会场"}, Hall.Kind.ONLINE, None),
        ),
        sessions=(
            PresetSession({"en": "Opening ceremony", "zh-hans": "开幕式"}, Session.Kind.OPENING),
            PresetSession({"en": "Keynote", "zh-hans": "主旨报告"}, Session.Kind.KEYNOTE),
            PresetSession({"en": "Panel", "zh-hans": "圆桌论坛"}, Session.Kind.PANEL, 4),
            PresetSession({"en": "Project road show", "zh-hans": "项目路演"}, Session.Kind.ROADSHOW, 4),
            PresetSession({"en": "Closing", "zh-hans": "闭幕式"}, Session.Kind.OPENING),
        ),
    ),
    Event.Kind.TALENT_FAIR: Preset(
        kind=Event.Kind.TALENT_FAIR,
        days=2,
        tagline={"en": "People and laboratories find each other", "zh-hans": "让人才与实验室相互找到"},
        tracks=(
            ({"en": "Research posts", "zh-hans": "科研岗位"}, "#2b5f9e"),
            ({"en": "Engineers and technicians", "zh-hans": "工程师与技术人员"}, "#8a5a00"),
            ({"en": "Start-ups and founders", "zh-hans": "创业者"}, "#6a4a9c"),
            ({"en": "Living and working in Yunnan", "zh-hans": "在滇工作与生活"}, "#4f7a28"),
        ),
        halls=(
            ({"en": "Fair hall", "zh-hans": "交流大厅"}, Hall.Kind.BOTH, 600),
            ({"en": "Talk stage", "zh-hans": "宣讲台"}, Hall.Kind.BOTH, 120),
            ({"en": "Consulting room", "zh-hans": "咨询室"}, Hall.Kind.BOTH, 12),
            ({"en": "Online hall", "zh-hans": "线上会场"}, Hall.Kind.ONLINE, None),
        ),
        sessions=(
            PresetSession({"en": "Opening of the fair", "zh-hans": "人才会开幕"}, Session.Kind.OPENING),
            PresetSession(
                {"en": "Employers introduce themselves", "zh-hans": "用人单位宣讲"}, Session.Kind.TALK, 0
            ),
            PresetSession(
                {"en": "Visa, school, housing: questions answered", "zh-hans": "签证、子女就学与住房答疑"},
                Session.Kind.WORKSHOP,
                3,
            ),
            PresetSession(
                {"en": "Projects that look for people", "zh-hans": "项目招募路演"}, Session.Kind.ROADSHOW, 2
            ),
        ),
    ),
    Event.Kind.DOCKING: Preset(
        kind=Event.Kind.DOCKING,
        days=1,
        tagline={"en": "Needs first: who can help, says so at once", "zh-hans": "需求先行，能帮忙的当场回应"},
        tracks=(
            ({"en": "Needs", "zh-hans": "需求"}, "#a03a5a"),
            ({"en": "Offers", "zh-hans": "供给"}, "#4f7a28"),
        ),
        halls=(
            ({"en": "Meeting hall", "zh-hans": "对接厅"}, Hall.Kind.BOTH, 80),
            ({"en": "Online tables", "zh-hans": "线上洽谈桌"}, Hall.Kind.ONLINE, None),
        ),
        sessions=(
            PresetSession(
                {"en": "Welcome and round of names", "zh-hans": "欢迎与自我介绍"}, Session.Kind.OPENING
            ),
            PresetSession({"en": "Needs, one by one", "zh-hans": "逐项发布需求"}, Session.Kind.ROADSHOW, 0),
            PresetSession({"en": "Docking at the tables", "zh-hans": "分桌对接"}, Session.Kind.DOCKING, 1),
            PresetSession({"en": "What was agreed", "zh-hans": "达成的约定"}, Session.Kind.OTHER),
        ),
    ),
}
