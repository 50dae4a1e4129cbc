"""The demo events: the conference that is always going on, two small events to come, an earlier edition, and a draft of a
second organizing body, which the first must never see."""

from __future__ import annotations

from dataclasses import dataclass

from conference.core.text import Text
from conference.demo.sessions import DAY_LABELS, HALLS, SESSIONS, TRACKS, DemoSession


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """One event. `first_day` counts from the conference's first day, which is yesterday."""

    slug: str
    series: str
    acronym: str
    kind: str
    state: str
    admission: str
    first_day: int
    days: int
    name: Text
    tagline: Text
    description: Text
    city: Text
    venue: Text
    colour: str
    time_zone: str = "Asia/Shanghai"
    day_labels: tuple[Text, ...] = ()
    tracks: tuple[tuple[str, Text, str], ...] = ()
    halls: tuple[tuple[str, Text, str, int | None, Text], ...] = ()
    sessions: tuple[DemoSession, ...] = ()
    organizers: tuple[str, ...] = ("organizer",)
    guests: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


BODIES: dict[str, tuple[Text, tuple[str, ...]]] = {
    "demo-centre": (
        {"en": "Demo Centre for Technology Transfer", "zh-hans": "示范南亚东南亚技术转移中心"},
        ("organizer",),
    ),
    "demo-rivers": (
        {"en": "Demo Mekong Rivers Office", "zh-hans": "示范湄公河流域办公室", "lo": "ຫ້ອງການແມ່ນ້ຳຂອງ ຕົວຢ່າງ"},
        ("organizer2",),
    ),
}

SERIES: dict[str, tuple[str, Text, Text]] = {
    "demo-conference": (
        "demo-centre",
        {"en": "Demo Conference on Technology Transfer", "zh-hans": "示范技术转移大会"},
        {"en": "Every year in Kunming and online: people who have a technology meet people who have a problem. All of it is invented, so that you can try everything.",
         "zh-hans": "每年在昆明与线上同时举办：让有技术的人遇见有难题的人。所有内容均为虚构，欢迎随意试用。"},
    ),
    "demo-talents": (
        "demo-centre",
        {"en": "Demo Talent Fair", "zh-hans": "示范人才交流会"},
        {"en": "Laboratories, companies and founders look for each other. Invented, like everything here.", "zh-hans": "实验室、企业与创业者相互寻找。内容均为虚构。"},
    ),
    "demo-docking": (
        "demo-centre",
        {"en": "Demo Docking Meetings", "zh-hans": "示范技术对接会"},
        {"en": "One day, one country, one list of needs.", "zh-hans": "一天，一个国家，一张需求清单。"},
    ),
    "demo-rivers": (
        "demo-rivers",
        {"en": "Demo River Weeks", "zh-hans": "示范河流周"},
        {"en": "Water people of the Mekong meet once a year.", "zh-hans": "湄公河流域的水利同行每年一聚。"},
    ),
}  # fmt: skip

KUNMING: Text = {
    "en": "Kunming", "zh-hans": "昆明", "th": "คุนหมิง", "lo": "ຄຸນໝິງ", "my": "ကူမင်း", "km": "គុនមីង", "ne": "कुनमिङ", "ur": "کونمنگ",
}  # fmt: skip
VENUE: Text = {"en": "Demo Lakeside Conference Centre", "zh-hans": "示范湖畔会议中心"}

MAIN_SLUG = "demo"

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        MAIN_SLUG, "demo-conference", "demo_kunming", "conference", "published", "open", 0, 3,
        {"en": "Demo Conference on Technology Transfer with South and Southeast Asia", "zh-hans": "面向南亚东南亚技术转移大会（示范）",
         "lo": "ກອງປະຊຸມຕົວຢ່າງ ວ່າດ້ວຍການຖ່າຍທອດເຕັກໂນໂລຊີ", "th": "การประชุมตัวอย่าง ว่าด้วยการถ่ายทอดเทคโนโลยี",
         "my": "နည်းပညာလွှဲပြောင်းရေး နမူနာညီလာခံ", "km": "សន្និសីទគំរូស្ដីពីការផ្ទេរបច្ចេកវិទ្យា", "ne": "प्रविधि हस्तान्तरण नमुना सम्मेलन", "ur": "ٹیکنالوجی کی منتقلی پر نمونہ کانفرنس"},
        {"en": "Three days and nights, in Kunming and wherever you are", "zh-hans": "三天三夜，在昆明，也在您身边", "lo": "ສາມມື້ສາມຄືນ ທີ່ຄຸນໝິງ ແລະ ບ່ອນທີ່ທ່ານຢູ່",
         "th": "สามวันสามคืน ที่คุนหมิงและทุกที่ที่คุณอยู่", "ne": "तीन दिन र तीन रात, कुनमिङमा र तपाईं जहाँ हुनुहुन्छ त्यहीँ"},
        {"en": "Tea breeders, hydropower engineers, doctors, linguists and lawyers from fifteen countries show what works, admit what does not, and agree who does what by when. Everything runs in the hall and online alike, and the consultation desk never closes.\n\nThis conference is a demonstration. Its people, organisations and figures are invented.",
         "zh-hans": "来自十五个国家的茶树育种者、水电工程师、医生、语言学家和律师，展示行之有效的办法，坦承尚未解决的问题，并约定谁在何时做什么。会场与线上同步进行，咨询台全天不打烊。\n\n本会议仅作演示，其中的人物、机构与数据均为虚构。"},
        KUNMING, VENUE, "#b8481b",
        day_labels=DAY_LABELS, tracks=TRACKS, halls=HALLS, sessions=SESSIONS,
    ),
    DemoEvent(
        "demo-talents", "demo-talents", "demo_talents", "talent_fair", "published", "open", 12, 2,
        {"en": "Demo Talent Fair, winter round", "zh-hans": "示范人才交流会（冬季场）"},
        {"en": "Work that can be done from two places", "zh-hans": "可以身在两地的工作"},
        {"en": "Laboratories and companies present posts that are full-time, flexible or remote; advisers answer what families ask. A demonstration: the posts are invented.",
         "zh-hans": "实验室与企业发布全职、柔性和远程岗位，顾问解答家属关心的问题。本活动仅作演示，岗位均为虚构。"},
        KUNMING, VENUE, "#2b5f9e",
        tracks=(
            ("posts", {"en": "Posts", "zh-hans": "岗位"}, "#2b5f9e"),
            ("living", {"en": "Living in Yunnan", "zh-hans": "在云南生活"}, "#4f7a28"),
        ),
        halls=(
            ("fair", {"en": "Fair hall", "zh-hans": "交流大厅"}, "both", 600, {}),
            ("stage", {"en": "Talk stage", "zh-hans": "宣讲台"}, "both", 120, {}),
        ),
        sessions=(
            DemoSession(1, 0, "09:30", 45, "fair", "opening", "posts", {"en": "Opening of the fair", "zh-hans": "人才会开幕"},
                        {"en": "Who is here, who is online, and how the queues work.", "zh-hans": "谁在现场、谁在线上，以及如何排队。"}, ("recruiter",), language="zh", interpreted=("en",)),
            DemoSession(2, 0, "10:30", 90, "stage", "talk", "posts", {"en": "Five laboratories, five minutes each", "zh-hans": "五个实验室，各五分钟"},
                        {"en": "Tea, copper, mushrooms, batteries, fever: what they look for, and what they offer in return.", "zh-hans": "茶叶、铜、食用菌、电池、热病：他们需要谁，又能提供什么。"},
                        ("mei", "zhou", "he", "lin", "ma"), language="zh", interpreted=("en",)),
            DemoSession(3, 0, "14:00", 90, "stage", "workshop", "living", {"en": "School, visa, doctor, flat", "zh-hans": "上学、签证、就医、住房"},
                        {"en": "Four desks, one queue. Bring the question that you were afraid to put into an e-mail.", "zh-hans": "四张桌子，一条队伍。不好意思写进邮件的问题，当面来问。"}, ("recruiter",), language="en", interpreted=("zh",)),
            DemoSession(4, 1, "10:00", 120, "fair", "roadshow", "posts", {"en": "Founders with a project look for people", "zh-hans": "带着项目找伙伴"},
                        {"en": "Ten minutes each, then tables.", "zh-hans": "每人十分钟，然后分桌交流。"}, ("dewi", "reza", "thiri"), language="en", interpreted=("zh",)),
            DemoSession(5, 1, "15:00", 60, "stage", "training", "posts", {"en": "A contract for two places of work", "zh-hans": "两地工作的合同怎么写"},
                        {"en": "The paragraph on time, the paragraph on tax, the paragraph on inventions.", "zh-hans": "关于工时、税务和发明归属的三段话。"}, ("dao",), language="zh", interpreted=("en",), recording=False),
        ),
        guests=("recruiter", "yangon"),
    ),
    DemoEvent(
        "demo-docking", "demo-docking", "demo_docking", "docking", "published", "approval", 24, 1,
        {"en": "Demo Docking Meeting: China and Nepal", "zh-hans": "示范对接会：中国与尼泊尔", "ne": "नमुना भेटघाट: चीन र नेपाल"},
        {"en": "Six needs from the hills", "zh-hans": "来自山区的六项需求", "ne": "पहाडका छ आवश्यकता"},
        {"en": "One day around one table, here and online. Each registration is approved, so that every chair has a reason. A demonstration.",
         "zh-hans": "一天时间，围坐一桌，线上线下皆可。每份报名均需审核，让每个座位都有理由。本活动仅作演示。"},
        KUNMING, {"en": "Demo Centre, room 3", "zh-hans": "示范中心三号会议室"}, "#6a4a9c",
        tracks=(("needs", {"en": "Needs", "zh-hans": "需求"}, "#a03a5a"), ("offers", {"en": "Offers", "zh-hans": "供给"}, "#4f7a28")),
        halls=(("table", {"en": "The round table", "zh-hans": "圆桌"}, "both", 40, {}),),
        sessions=(
            DemoSession(1, 0, "13:00", 30, "table", "opening", "", {"en": "Welcome and a round of names", "zh-hans": "欢迎与自我介绍", "ne": "स्वागत र परिचय"},
                        {"en": "Name, place, one sentence.", "zh-hans": "姓名、地点、一句话。"}, ("dao", "maya"), language="zh", interpreted=("ne", "en")),
            DemoSession(2, 0, "13:30", 90, "table", "roadshow", "needs", {"en": "Six needs, one by one", "zh-hans": "六项需求，逐项发布", "ne": "छ आवश्यकता, एक एक गरी"},
                        {"en": "Sand, cold, tea, slopes, light and a laboratory.", "zh-hans": "泥沙、冷藏、茶叶、边坡、照明与实验室。"}, ("maya", "bikash"), language="ne", interpreted=("zh", "en")),
            DemoSession(3, 0, "15:15", 105, "table", "docking", "offers", {"en": "Who can help says so", "zh-hans": "能帮忙的请举手", "ne": "मद्दत गर्न सक्नेले भन्नुहोस्"},
                        {"en": "With a name and a date, written on the board.", "zh-hans": "写在白板上：姓名和日期。"}, ("dao",), language="zh", interpreted=("ne", "en"), recording=False),
        ),
        guests=("observer",), waiting=("kathmandu",),
    ),
    DemoEvent(
        "demo-earlier", "demo-conference", "demo_earlier", "conference", "archived", "open", -364, 1,
        {"en": "Demo Conference, the edition before", "zh-hans": "示范技术转移大会（上一届）"},
        {"en": "One day, to find out whether three would be worth it", "zh-hans": "先办一天，看看三天值不值得"},
        {"en": "The earlier edition, kept to be read.", "zh-hans": "上一届会议，留存备查。"},
        KUNMING, VENUE, "#4f7a28",
        tracks=(("transfer", {"en": "Technology transfer", "zh-hans": "技术转移"}, "#6a4a9c"),),
        halls=(("spring", {"en": "Spring Hall", "zh-hans": "春城厅"}, "both", 800, {}),),
        sessions=(
            DemoSession(1, 0, "09:00", 60, "spring", "opening", "transfer", {"en": "Opening", "zh-hans": "开幕式"}, {"en": "A first try.", "zh-hans": "第一次尝试。"}, ("dao",), language="zh", interpreted=("en",)),
            DemoSession(2, 0, "10:15", 75, "spring", "panel", "transfer", {"en": "Why most transfers stop at the customs house", "zh-hans": "多数技术转移为何止步于海关"},
                        {"en": "Four cases, three forms, one telephone number.", "zh-hans": "四个案例，三张表格，一个电话号码。"}, ("somchai", "dao", "dewi"), language="en", interpreted=("zh",)),
            DemoSession(3, 0, "14:00", 90, "spring", "roadshow", "transfer", {"en": "The first road show", "zh-hans": "首场项目路演"},
                        {"en": "Seven projects, of which four are still alive.", "zh-hans": "七个项目，其中四个至今仍在推进。"}, ("lin", "reza", "nimal"), language="en", interpreted=("zh",)),
            DemoSession(4, 0, "16:00", 45, "spring", "opening", "transfer", {"en": "Closing", "zh-hans": "闭幕式"}, {"en": "Three days next time.", "zh-hans": "下次办三天。"}, ("dao",), language="zh", interpreted=("en",)),
        ),
    ),
    DemoEvent(
        "demo-rivers", "demo-rivers", "demo_rivers", "conference", "draft", "invitation", 45, 2,
        {"en": "Demo River Week: water data for everyone", "zh-hans": "示范河流周：人人可用的水文数据", "lo": "ອາທິດແມ່ນ້ຳ ຕົວຢ່າງ: ຂໍ້ມູນນ້ຳສຳລັບທຸກຄົນ"},
        {"en": "Gauges, forecasts and who may see them", "zh-hans": "水位、预报，以及谁可以看到"},
        {"en": "A draft of another organizing body. Nobody else sees it.", "zh-hans": "另一家主办单位的草稿，其他人看不到。"},
        {"en": "Vientiane", "zh-hans": "万象", "lo": "ວຽງຈັນ"}, {"en": "Demo River House", "zh-hans": "示范河畔之家"}, "#2b7a8e",
        time_zone="Asia/Vientiane",
        tracks=(("data", {"en": "Data", "zh-hans": "数据"}, "#2b7a8e"),),
        halls=(("house", {"en": "River House", "zh-hans": "河畔之家"}, "both", 90, {}),),
        sessions=(
            DemoSession(1, 0, "09:00", 60, "house", "opening", "data", {"en": "Opening by the river", "zh-hans": "河畔开幕", "lo": "ພິທີເປີດແຄມນ້ຳ"}, {"en": "To be written.", "zh-hans": "待补充。"}, language="lo", interpreted=("en", "zh")),
            DemoSession(2, 0, "10:30", 90, "house", "panel", "data", {"en": "One gauge, two countries", "zh-hans": "一个水位站，两个国家"}, {"en": "To be written.", "zh-hans": "待补充。"}, language="en"),
        ),
        organizers=("organizer2",),
    ),
)  # fmt: skip
