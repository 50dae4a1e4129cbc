"""The programme of the demo conference: tracks, halls and sessions over three days, each day from 04:00 to 04:00 in Kunming.

The sessions of the open consultation follow one another without a gap, day and night, except while its host gives a talk of
his own; a test holds that at every moment something is live that the demo speaker can go on stage in.
"""

from __future__ import annotations

from dataclasses import dataclass

from conference.core.text import Text
from conference.programme.models import Session


@dataclass(frozen=True, slots=True)
class DemoSession:
    """One session. `day` counts from 0, `start` is the clock in Kunming (before 04:00: still the evening of that day).

    `green_room`: where the demo speaker must be able to appear at any hour there is none, whatever the kind.

    `before` is what the first release said, where it differs: a day, clock and hall, or None if it was not in it.
    """

    number: int
    day: int
    start: str
    minutes: int
    hall: str
    kind: str
    track: str
    title: Text
    abstract: Text
    speakers: tuple[str, ...] = ()
    moderators: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    language: str = "en"
    interpreted: tuple[str, ...] = ()
    capacity: int | None = None
    recording: bool = True
    cancelled: bool = False
    before: tuple[int, str, str] | None | str = "same"
    green_room: bool | None = None

    @property
    def has_green_room(self) -> bool:
        """As its kind has, where nothing else is said."""
        return self.kind in Session.STAGED if self.green_room is None else self.green_room

    @property
    def is_small(self) -> bool:
        return self.kind in Session.ALL_ON_STAGE


TRACKS: tuple[tuple[str, Text, str], ...] = (
    ("agriculture", {"en": "Highland agriculture and food", "zh-hans": "高原农业与食品"}, "#4f7a28"),
    ("energy", {"en": "Energy, mining and materials", "zh-hans": "能源、矿冶与材料"}, "#8a5a00"),
    ("health", {"en": "Health and biomedicine", "zh-hans": "健康与生物医药"}, "#a03a5a"),
    ("digital", {"en": "Digital and language technology", "zh-hans": "数字与语言技术"}, "#2b5f9e"),
    ("transfer", {"en": "Technology transfer and talent", "zh-hans": "技术转移与人才"}, "#6a4a9c"),
)

HALLS: tuple[tuple[str, Text, str, int | None, Text], ...] = (
    ("spring", {"en": "Spring Hall", "zh-hans": "春城厅"}, "both", 800,
     {"en": "Ground floor. Interpretation booths along the gallery; headsets at the door.", "zh-hans": "一层。同传间位于回廊，入口处领取耳机。"}),
    ("dianchi", {"en": "Dianchi Hall", "zh-hans": "滇池厅"}, "both", 240,
     {"en": "First floor, step-free by the east lift.", "zh-hans": "二层，可乘东侧无障碍电梯到达。"}),
    ("cangshan", {"en": "Cangshan Hall", "zh-hans": "苍山厅"}, "both", 120,
     {"en": "First floor, beside the exhibition.", "zh-hans": "二层，紧邻展区。"}),
    ("workshop", {"en": "Tea Horse Workshop", "zh-hans": "茶马工坊"}, "venue", 40,
     {"en": "Benches, tools and forty seats. Not broadcast.", "zh-hans": "设有工作台和工具，共四十座，不作直播。"}),
    ("cloud", {"en": "Cloud Hall", "zh-hans": "云上会场"}, "online", None,
     {"en": "Online only, open day and night.", "zh-hans": "仅限线上，昼夜开放。"}),
    ("chairs", {"en": "Twelve Chairs", "zh-hans": "十二把椅子"}, "online", 12,
     {"en": "A table online, day and night. Everybody at it has a camera and a microphone.", "zh-hans": "线上的一张圆桌，昼夜开放。围坐的人都可以打开摄像头和麦克风。"}),
)  # fmt: skip

DAY_LABELS: tuple[Text, ...] = (
    {"en": "What travels", "zh-hans": "什么走得远"},
    {"en": "What it needs", "zh-hans": "还需要什么"},
    {"en": "What we agree", "zh-hans": "我们约定什么"},
)

MAIN: tuple[DemoSession, ...] = (
    DemoSession(
        1, 0, "09:00", 60, "spring", "opening", "transfer",
        {"en": "Opening: three days, five questions", "zh-hans": "开幕式：三天，五个问题",
         "lo": "ພິທີເປີດ: ສາມມື້, ຫ້າຄຳຖາມ", "th": "พิธีเปิด: สามวัน ห้าคำถาม", "km": "ពិធីបើក៖ បីថ្ងៃ ប្រាំសំណួរ",
         "my": "ဖွင့်ပွဲ - သုံးရက်၊ မေးခွန်းငါးခု", "ne": "उद्घाटन: तीन दिन, पाँच प्रश्न", "ur": "افتتاح: تین دن، پانچ سوال"},
        {"en": "Welcome, and the five questions that the programme was built around. Each of them came from a workshop, a clinic or a field, and each gets an answer, or an honest \"not yet\", at the closing session.",
         "zh-hans": "欢迎辞，以及贯穿全部日程的五个问题。每个问题都来自车间、诊所或田间，在闭幕式上都会得到答案，或者一句坦率的“尚未解决”。"},
        ("dao",), ("moderator",), ("interpreter",), "zh", ("en", "lo", "th", "my", "km"),
    ),
    DemoSession(
        2, 0, "10:15", 60, "spring", "keynote", "agriculture",
        {"en": "One mountain, five countries: breeding tea on shared data", "zh-hans": "一座山，五个国家：共享数据上的茶树育种"},
        {"en": "Old tea trees do not stop at borders, and neither does frost. Mei Ruolan shows what four hundred field books tell when they are read together, which traits are ready for crossing, and what a smallholder gets back for each leaf sample.",
         "zh-hans": "古茶树不会止步于国界，霜冻也一样。梅若兰将展示四百份田间档案合在一起说明了什么，哪些性状可以进入杂交，以及农户每提供一份叶样能得到什么回报。"},
        ("mei",), ("moderator",), (), "zh", ("en", "lo", "my"),
    ),
    DemoSession(
        3, 0, "10:30", 90, "dianchi", "panel", "energy",
        {"en": "Small hydropower after a dry year", "zh-hans": "枯水年之后的小水电", "ne": "सुक्खा वर्षपछिको साना जलविद्युत"},
        {"en": "Reservoirs were low, sand was not. Three engineers compare what they did with the turbines in the dry months, what it cost, and which repairs could be shared across the region.",
         "zh-hans": "水库水位低了，泥沙却没有少。三位工程师比较枯水期对水轮机的处理办法、花费，以及哪些维修能力可以在区域内共享。"},
        ("bikash", "arjun", "lan"), (), (), "en", ("zh",),
    ),
    DemoSession(
        4, 0, "10:30", 60, "cangshan", "talk", "health",
        {"en": "A clinic on one bar of signal", "zh-hans": "一格信号上的诊所", "bn": "এক দাগ সিগন্যালের ক্লিনিক"},
        {"en": "Thirty of forty patients are seen on a screen. What has to be sent, what can wait until night, and why the stethoscope turned out to be harder than the picture.",
         "zh-hans": "四十位患者中有三十位在屏幕上就诊。哪些数据必须立即传，哪些可以等到夜里，以及为什么听诊器比画面更难。"},
        ("farida", "tanvir"), (), (), "en", ("zh", "bn"),
    ),
    DemoSession(
        5, 0, "12:30", 60, "spring", "break", "",
        {"en": "Lunch", "zh-hans": "午餐"},
        {"en": "In the garden hall. Online, the consultation desk stays open.", "zh-hans": "在花园厅用餐。线上咨询台照常开放。"},
        language="", recording=False,
    ),
    DemoSession(
        6, 0, "13:30", 120, "workshop", "training", "transfer",
        {"en": "Patent search for people who build things", "zh-hans": "给动手的人讲专利检索"},
        {"en": "Bring a drawing or a photograph of something you made. You leave with three patents that are close to it, what they protect and where, and whether you may sell yours.",
         "zh-hans": "请带一张自己作品的图纸或照片。离开时，您会知道三项与之最接近的专利、它们保护什么、在哪里有效，以及您的产品能不能卖。"},
        ("dao",), (), (), "zh", ("en",), 40, False,
    ),
    DemoSession(
        7, 0, "14:00", 90, "spring", "panel", "transfer",
        {"en": "What makes a technology travel", "zh-hans": "技术为什么走得远"},
        {"en": "A park, a broker, a cooperative and a laboratory each bring one transfer that worked and one that did not. The second kind takes up most of the time.",
         "zh-hans": "一家科技园、一家转移机构、一家合作社和一个实验室，各带来一个成功案例和一个失败案例。后者将占去大部分时间。"},
        ("dewi", "maya", "khamla", "lin"), ("moderator",), (), "en", ("zh", "th", "lo"),
    ),
    DemoSession(
        8, 0, "14:00", 60, "dianchi", "talk", "agriculture",
        {"en": "Sixty hours of cold: fruit from Chiang Rai to Kunming", "zh-hans": "六十小时的冷：从清莱到昆明的水果",
         "th": "ความเย็นหกสิบชั่วโมง: ผลไม้จากเชียงรายถึงคุนหมิง"},
        {"en": "Every box carries a logger the size of a coin. The records show where the cold is lost: rarely on the road, often at the door. With the full data set, open for download.",
         "zh-hans": "每箱水果都带着一枚硬币大小的记录仪。数据显示，冷量很少丢在路上，常常丢在门口。完整数据集开放下载。"},
        ("somchai",), (), ("interpreter",), "th", ("zh", "en"),
    ),
    DemoSession(
        9, 0, "14:00", 90, "cangshan", "talk", "digital",
        {"en": "Finding words where no spaces are", "zh-hans": "在没有空格的地方找到词", "th": "ค้นหาคำในภาษาที่ไม่เว้นวรรค",
         "my": "စကားလုံးခြားခြင်းမရှိသော စာများတွင် ရှာဖွေခြင်း", "km": "ស្វែងរកពាក្យនៅកន្លែងដែលគ្មានចន្លោះ", "lo": "ຊອກຫາຄຳໃນພາສາທີ່ບໍ່ຍະຫວ່າງ"},
        {"en": "Thai, Lao, Khmer, Burmese and Chinese are written without spaces, and search boxes built for English fail quietly. A tour of what works, with a small test set to take home.",
         "zh-hans": "泰语、老挝语、高棉语、缅甸语和中文书写时都没有空格，为英文设计的搜索框会悄无声息地失灵。本场介绍可行的办法，并附一个可以带走的小测试集。"},
        ("pim",), (), (), "en", ("zh", "th"), before=(0, "15:45", "cangshan"),
    ),
    DemoSession(
        10, 0, "15:45", 90, "dianchi", "roadshow", "agriculture",
        {"en": "Ten minutes each: agriculture projects looking for partners", "zh-hans": "每人十分钟：寻找伙伴的农业项目"},
        {"en": "Flood-proof rice, a solar dryer for mango, drone seeding on burnt slopes and shade trees for coffee. Ten minutes to present, five for questions from the hall and from the screen alike.",
         "zh-hans": "耐淹水稻、芒果太阳能烘干机、火烧迹地无人机飞播、咖啡遮荫树。十分钟路演，五分钟提问，会场与线上一视同仁。"},
        ("sophea", "khamla", "reza", "nandar"), ("moderator",), (), "en", ("zh",),
    ),
    DemoSession(
        11, 0, "16:00", 60, "cangshan", "talk", "energy",
        {"en": "Yesterday's tailings, tomorrow's ore", "zh-hans": "昨天的尾矿，明天的矿石"},
        {"en": "A closed copper dam holds more cobalt than some mines. Dry stacking, bioleaching and the question of who is liable once the first truck is loaded.",
         "zh-hans": "一座闭库的铜尾矿里，钴含量可能高于某些矿山。本场讨论干堆、生物浸出，以及第一车料装走之后责任由谁承担。"},
        ("zhou",), (), (), "zh", ("en",),
    ),
    DemoSession(
        12, 0, "19:00", 90, "spring", "other", "",
        {"en": "An evening of teas", "zh-hans": "茶之夜"},
        {"en": "Nine teas from five countries, no speeches.", "zh-hans": "五国九茶，没有致辞。"},
        ("mei",), recording=False, language="zh",
    ),
    DemoSession(
        13, 1, "09:00", 45, "spring", "keynote", "agriculture",
        {"en": "Rice that can hold its breath", "zh-hans": "会屏住呼吸的水稻", "km": "ស្រូវដែលអាចទប់ដង្ហើមបាន"},
        {"en": "Two weeks under water, and the plant waits. Sophea Chan explains how, what the gene costs in yield, and what farmers on the lower Mekong said when they cooked it.",
         "zh-hans": "在水下两周，植株仍在等待。索菲娅讲解其中的机理、该基因在产量上的代价，以及湄公河下游农户煮出米饭后的评价。"},
        ("sophea",), ("moderator",), (), "en", ("zh", "km", "lo"),
    ),
    DemoSession(
        14, 1, "10:00", 90, "dianchi", "talk", "transfer",
        {"en": "Bringing a machine home: notes of a technology envoy", "zh-hans": "把一台机器带回家：科技特派员手记",
         "lo": "ນຳເຄື່ອງຈັກກັບບ້ານ: ບັນທຶກຂອງທູດເຕັກໂນໂລຊີ"},
        {"en": "Six dryers were delivered, two are running. Anousone Vongsavat went back to all of them with the people who built them. What he learned fits on one page and begins with the voltage.",
         "zh-hans": "交付了六台烘干机，有两台还在运转。阿努松带着制造者逐一回访，学到的东西写满一页纸，第一行是电压。"},
        ("speaker", "khamla"), (), ("interpreter",), "lo", ("zh", "en", "th"), green_room=False,
    ),
    DemoSession(
        15, 1, "10:00", 90, "spring", "panel", "energy",
        {"en": "Cross-border grids and the price of rain", "zh-hans": "跨境电网与雨水的价格"},
        {"en": "When it rains in one country, lights stay on in another. How contracts, forecasts and trust have to change so that surplus power is sold rather than spilled.",
         "zh-hans": "一国下雨，另一国灯火通明。合同、预报和互信需要怎样改变，才能让富余电力被卖出去，而不是白白弃掉。"},
        ("arjun", "bikash", "gao"), ("moderator",), (), "en", ("zh", "lo", "ne"),
    ),
    DemoSession(
        16, 1, "10:00", 120, "workshop", "training", "energy",
        {"en": "Repair a pump controller in two hours", "zh-hans": "两小时修好水泵控制器", "my": "ရေတင်စက် ထိန်းချုပ်ကိရိယာကို နှစ်နာရီအတွင်း ပြုပြင်ခြင်း"},
        {"en": "Twenty broken controllers, forty hands. Find the fault, replace the part, write down what you did so that the next person need not find it again.",
         "zh-hans": "二十台坏控制器，四十只手。找到故障，换掉零件，写下过程，让下一个人不必从头再找。"},
        ("thiri",), (), (), "en", ("zh",), 40, False,
    ),
    DemoSession(
        17, 1, "10:30", 60, "cangshan", "talk", "agriculture",
        {"en": "Rubber leaf disease, seen from orbit", "zh-hans": "从轨道上看橡胶叶病"},
        {"en": "A plantation turns yellow three weeks before anybody on the ground notices. A satellite analyst and a plant pathologist on how to tell disease from drought, and whom to call.",
         "zh-hans": "种植园变黄，地面上的人三周后才察觉。一位卫星分析师和一位植物病理学家谈如何区分病害与干旱，以及应该通知谁。"},
        ("kavya", "aisyah"), (), (), "en", ("zh",),
    ),
    DemoSession(
        18, 1, "12:30", 60, "spring", "break", "",
        {"en": "Lunch", "zh-hans": "午餐"},
        {"en": "In the garden hall. Online, the consultation desk stays open.", "zh-hans": "在花园厅用餐。线上咨询台照常开放。"},
        language="", recording=False,
    ),
    DemoSession(
        19, 1, "13:30", 90, "spring", "panel", "health",
        {"en": "Whose scan, whose server?", "zh-hans": "谁的影像，谁的服务器？", "ur": "کس کا اسکین، کس کا سرور؟"},
        {"en": "A chest film crosses two borders before it is read. A physician, a lawyer and an epidemiologist agree on a consent form in the hall, line by line.",
         "zh-hans": "一张胸片在被读取之前要跨过两道国界。一位医生、一位律师和一位流行病学家将在现场逐行商定一份知情同意书。"},
        ("farida", "sana", "ma"), ("moderator",), (), "en", ("zh", "ur", "bn"),
    ),
    DemoSession(
        20, 1, "14:00", 60, "dianchi", "talk", "energy",
        {"en": "Green aluminium: what the buyer will ask", "zh-hans": "绿色铝：买方会问什么"},
        {"en": "A certificate is a beginning. The seven questions that come after it, from the source of the alumina to the hour of the electricity, with answers that have been accepted.",
         "zh-hans": "证书只是开始。从氧化铝来源到用电时段，接下来还有七个问题；本场给出已被买方接受的回答。"},
        ("gao",), (), (), "zh", ("en",), before=(1, "14:00", "cangshan"),
    ),
    DemoSession(
        21, 1, "14:00", 120, "cangshan", "docking", "agriculture",
        {"en": "China and Laos docking meeting: fruit, tea and timber processing", "zh-hans": "中老对接会：水果、茶叶与木材加工",
         "lo": "ກອງປະຊຸມເຊື່ອມໂຍງ ຈີນ-ລາວ: ການປຸງແຕ່ງໝາກໄມ້, ຊາ ແລະ ໄມ້"},
        {"en": "Eight needs from processors in Laos, read out one by one. For each of them, whoever can help says so at once, with a name and a date.",
         "zh-hans": "逐一宣读老挝加工企业的八项需求。能提供帮助的一方当场表态，并写下姓名和日期。",
         "lo": "ອ່ານຄວາມຕ້ອງການແປດຢ່າງຂອງຜູ້ປຸງແຕ່ງໃນລາວ. ຜູ້ທີ່ຊ່ວຍໄດ້ກໍບອກທັນທີ ພ້ອມຊື່ ແລະ ວັນທີ."},
        ("khamla", "mei"), (), ("interpreter",), "zh", ("lo", "en"), 60,
    ),
    DemoSession(
        22, 1, "15:00", 90, "workshop", "workshop", "digital",
        {"en": "Lend your voice: an hour of Nepali and Urdu", "zh-hans": "借您的声音：一小时尼泊尔语和乌尔都语", "ne": "आफ्नो स्वर दिनुहोस्: एक घण्टा नेपाली र उर्दू",
         "ur": "اپنی آواز دیجیے: نیپالی اور اردو کا ایک گھنٹہ"},
        {"en": "Speech recognition for small languages begins with people reading aloud. Read for a quarter of an hour, hear what the machine made of it, and keep your recording if you like.",
         "zh-hans": "小语种语音识别从朗读开始。读上一刻钟，听听机器听成了什么；您的录音可以带走。"},
        ("imran",), (), (), "en", ("zh",), 30, False,
    ),
    DemoSession(
        23, 1, "15:45", 90, "dianchi", "roadshow", "energy",
        {"en": "Ten minutes each: energy and materials projects", "zh-hans": "每人十分钟：能源与材料项目"},
        {"en": "Second-life batteries for mills, sand-proof runners, cobalt from tailings and a repair school for solar pumps.",
         "zh-hans": "用于碾米房的梯次电池、抗泥沙转轮、尾矿提钴，以及一所光伏水泵维修学校。"},
        ("lin", "bikash", "zhou", "thiri"), (), (), "en", ("zh",),
    ),
    DemoSession(
        24, 1, "16:00", 60, "spring", "keynote", "health",
        {"en": "Fever maps: seeing dengue two weeks ahead", "zh-hans": "发热地图：提前两周看见登革热"},
        {"en": "Rain, rubbish and bus timetables forecast an outbreak better than last year's cases. A model that runs on a district laptop, and the health officers who decide what to do with it.",
         "zh-hans": "降雨、垃圾和公交时刻表比去年的病例更能预报疫情。一个能在县级笔记本电脑上运行的模型，以及决定如何使用它的卫生官员。"},
        ("ma",), ("moderator",), (), "zh", ("en", "my", "lo"),
    ),
    DemoSession(
        25, 1, "16:15", 60, "cangshan", "talk", "agriculture",
        {"en": "From mushroom bed to cattle feed", "zh-hans": "从菌床到牛饲料"},
        {"en": "For each kilogram of mushrooms, five of spent substrate. He Limei has fed it to cattle for three winters and brings the figures, the failures and the smell.",
         "zh-hans": "每收一公斤菇，就剩下五公斤菌渣。和丽梅用它喂了三个冬天的牛，带来了数据、失败经验，还有气味。"},
        ("he",), (), (), "zh", ("en",),
    ),
    DemoSession(
        26, 1, "20:00", 60, "dianchi", "panel", "transfer",
        {"en": "By the fire: women who run laboratories", "zh-hans": "炉边谈话：主持实验室的女性"},
        {"en": "Four directors on money, instruments, night shifts and the one piece of advice they would not give again.",
         "zh-hans": "四位负责人谈经费、仪器、夜班，以及一条她们不会再给别人的建议。"},
        ("maya", "he", "aisyah", "pim"), (), (), "en", ("zh",), recording=False, before=None,
    ),
    DemoSession(
        27, 2, "09:00", 60, "spring", "keynote", "transfer",
        {"en": "Talent that need not move house", "zh-hans": "不必搬家的人才"},
        {"en": "Six months in a laboratory, six at home; a supervisor in each place. What flexible posts cost, what they return, and the paragraph in the contract that makes them possible.",
         "zh-hans": "半年在实验室，半年在家乡，两地各有一位导师。柔性岗位的成本与回报，以及合同里让这一切成为可能的那一段话。"},
        ("recruiter", "dewi"), ("moderator",), (), "zh", ("en", "ur", "bn"),
    ),
    DemoSession(
        28, 2, "09:30", 90, "dianchi", "panel", "agriculture",
        {"en": "Coffee after the rust: Pu'er, Bolaven, Shan", "zh-hans": "锈病之后的咖啡：普洱、波罗芬、掸邦"},
        {"en": "Three plateaus, one fungus. Growers' advisers compare varieties, shade and prices, and draft a common trial for next season.",
         "zh-hans": "三片高原，同一种真菌。种植顾问们比较品种、遮荫和价格，并拟定下一季的联合试验。"},
        ("nandar", "khamla", "mei"), (), ("interpreter",), "en", ("zh", "my", "lo"),
    ),
    DemoSession(
        29, 2, "10:00", 60, "cangshan", "talk", "digital",
        {"en": "Waking a valley: landslide warning with cheap sensors", "zh-hans": "叫醒一条山谷：低成本滑坡预警"},
        {"en": "A tilt sensor costs as much as a dinner; a false alarm costs a night's trust. A builder of sensors and a duty officer on thresholds, batteries and the hour between two and three.",
         "zh-hans": "一枚倾角传感器只值一顿饭钱，一次误报却要付出一整夜的信任。传感器研制者与值班员谈阈值、电池和凌晨两点到三点之间。"},
        ("lan", "pema"), (), (), "en", ("zh", "ne"),
    ),
    DemoSession(
        30, 2, "10:15", 90, "spring", "docking", "transfer",
        {"en": "China and Nepal docking meeting: mountain development", "zh-hans": "中尼对接会：山地发展", "ne": "चीन र नेपाल भेटघाट: पर्वतीय विकास"},
        {"en": "Cold rooms without a grid, sand in turbines, tea at two thousand metres. Six needs, ten offers, and a table of who calls whom by Friday.",
         "zh-hans": "无电网冷库、水轮机泥沙、海拔两千米的茶。六项需求、十项供给，以及一张写明周五前谁联系谁的表。"},
        ("maya", "bikash"), ("moderator",), (), "en", ("zh", "ne"), 80,
    ),
    DemoSession(
        31, 2, "10:00", 120, "workshop", "workshop", "transfer",
        {"en": "Write one licence in two languages", "zh-hans": "用两种语言写一份许可协议"},
        {"en": "Pairs draft the same two pages, one in Chinese and one in English, swap them, and translate back. Where the texts part, the quarrel would have begun.",
         "zh-hans": "两人一组，同一份两页协议，一人写中文，一人写英文，交换后再译回。译文分歧之处，正是日后争议开始的地方。"},
        ("dao",), (), (), "zh", ("en",), 36, False,
    ),
    DemoSession(
        32, 2, "12:30", 60, "spring", "break", "",
        {"en": "Lunch", "zh-hans": "午餐"},
        {"en": "In the garden hall. Online, the consultation desk stays open.", "zh-hans": "在花园厅用餐。线上咨询台照常开放。"},
        language="", recording=False,
    ),
    DemoSession(
        33, 2, "11:15", 60, "cangshan", "talk", "health",
        {"en": "Fingerprints for a hundred herbs", "zh-hans": "一百种草药的指纹", "si": "ඖෂධ පැළෑටි සියයක ඇඟිලි සලකුණු"},
        {"en": "Two roots look alike and one of them harms. An open catalogue of spectra, a reader for the price of a telephone, and how to add your own plants.",
         "zh-hans": "两种根茎长得一样，其中一种有害。一个开放的光谱图库、一台手机价格的读取器，以及如何加入您本地的植物。"},
        ("nimal",), (), (), "en", ("zh",),
    ),
    DemoSession(
        34, 2, "14:00", 60, "spring", "talk", "energy",
        {"en": "The second life of a bus battery", "zh-hans": "公交电池的第二次生命"},
        {"en": "What is left after eight years on the road, how to sort it in an afternoon, and why a rice mill is the best retirement home.",
         "zh-hans": "上路八年之后还剩多少电量，如何在一个下午完成分选，以及为什么碾米房是最好的养老院。"},
        ("lin",), (), (), "zh", ("en", "km"), before=(2, "15:00", "spring"),
    ),
    DemoSession(
        35, 2, "14:00", 90, "dianchi", "roadshow", "digital",
        {"en": "Ten minutes each: digital and health projects", "zh-hans": "每人十分钟：数字与健康项目"},
        {"en": "A stethoscope for weak networks, speech in six languages, slope sensors and a herb reader.",
         "zh-hans": "弱网听诊器、六种语言的语音识别、边坡传感器和草药读取器。"},
        ("tanvir", "imran", "lan", "nimal"), (), (), "en", ("zh",),
    ),
    DemoSession(
        36, 2, "15:00", 60, "cangshan", "talk", "agriculture",
        {"en": "One page at the border: plant health papers that agree", "zh-hans": "口岸一页纸：互认的植物检疫单证"},
        {"en": "Four countries, four forms, the same eleven facts. A proposal for one page, tested on three lorries.",
         "zh-hans": "四个国家，四种表格，同样的十一项信息。一页纸方案，已在三辆货车上试用。"},
        ("somchai", "vibol"), (), ("interpreter",), "en", ("zh", "th", "km"),
    ),
    DemoSession(
        37, 2, "15:45", 75, "dianchi", "other", "agriculture",
        {"en": "Visit to the flower auction", "zh-hans": "参观花卉拍卖市场"},
        {"en": "By bus from the east gate. Cancelled: the auction hall is closed for repairs.", "zh-hans": "东门乘车前往。因拍卖大厅检修，本次参观取消。"},
        (), (), (), "zh", ("en",), 45, False, True, before=(2, "15:45", "dianchi"),
    ),
    DemoSession(
        38, 2, "16:15", 60, "spring", "opening", "transfer",
        {"en": "Closing: what was agreed, by whom, until when", "zh-hans": "闭幕式：约定了什么，谁来做，何时完成",
         "lo": "ພິທີປິດ: ຕົກລົງຫຍັງ, ໃຜເຮັດ, ຮອດເມື່ອໃດ"},
        {"en": "The five questions again, and a list of names and dates. No applause until the list has been read.",
         "zh-hans": "重温五个问题，宣读姓名与日期。清单读完之前，请先不要鼓掌。"},
        ("dao", "maya", "sophea"), ("moderator",), ("interpreter",), "zh", ("en", "lo", "th", "my", "km", "ne", "ur"),
    ),
)  # fmt: skip

EARLY: Text = {
    "en": "Early desk: questions from the night, answered", "zh-hans": "清晨咨询台：解答夜间留言",
}  # fmt: skip
EARLY_ABOUT: Text = {
    "en": "Whatever was left at the overnight desk is answered in the order it came. Type or speak, in any language that one of us can read.",
    "zh-hans": "按先后顺序答复夜间留下的问题。打字或语音均可，只要值班人员看得懂的语言都行。",
}
SOUTH_ASIA: Text = {
    "en": "Regional desk: evening hours for South Asia", "zh-hans": "区域咨询台：南亚晚间时段",
    "ne": "क्षेत्रीय परामर्श: दक्षिण एसियाको साँझ", "ur": "علاقائی ڈیسک: جنوبی ایشیا کی شام", "bn": "আঞ্চলিক ডেস্ক: দক্ষিণ এশিয়ার সন্ধ্যা",
}  # fmt: skip
SOUTH_ASIA_ABOUT: Text = {
    "en": "When the halls in Kunming are dark it is early evening in Kathmandu, Dhaka and Islamabad. Bring a need, leave with a name.",
    "zh-hans": "昆明的会场熄灯时，加德满都、达卡和伊斯兰堡刚入夜。带着需求来，带着联系人走。",
}
OVERNIGHT: Text = {
    "en": "Overnight desk: open consultation",
    "zh-hans": "夜间咨询台：开放咨询",
}
OVERNIGHT_ABOUT: Text = {
    "en": "Someone is always here. For time zones far from ours, for night shifts, and for people who think best when it is quiet.",
    "zh-hans": "这里始终有人。服务于时差较远的朋友、上夜班的人，以及夜深人静时思路最清楚的人。",
}

DESKS: tuple[tuple[str, Text, Text, tuple[str, ...]], ...] = (
    ("agriculture",
     {"en": "Open consultation: drying, cooling, packing", "zh-hans": "开放咨询：烘干、冷藏、包装", "lo": "ໃຫ້ຄຳປຶກສາ: ອົບແຫ້ງ, ແຊ່ເຢັນ, ຫຸ້ມຫໍ່"},
     {"en": "Office hours for processors. Show your product to the camera; we tell you what we would try first and what it costs.",
      "zh-hans": "面向加工企业的咨询时段。把产品拿到镜头前，我们告诉您先试什么、大约多少钱。"}, ("khamla",)),
    ("energy",
     {"en": "Open consultation: pumps, turbines, batteries", "zh-hans": "开放咨询：水泵、水轮机、电池"},
     {"en": "Office hours for anyone with a machine that has stopped. A photograph of the name plate helps.",
      "zh-hans": "机器停了就来。最好带一张铭牌照片。"}, ("thiri",)),
    ("energy",
     {"en": "Open consultation: the power that you have", "zh-hans": "开放咨询：用好您手里的电"},
     {"en": "Voltage, hours and price: bring your last bill and leave with a plan for the machines you want to add.",
      "zh-hans": "电压、时段和价格：带上最近一张电费单，带走一份增添设备的方案。"}, ("lin",)),
    ("digital",
     {"en": "Open consultation: sensors, speech, small networks", "zh-hans": "开放咨询：传感器、语音与弱网络"},
     {"en": "Office hours on what can be measured, recorded and sent from where you are.",
      "zh-hans": "关于在您所在之处能测量、能记录、能传输什么。"}, ("tanvir",)),
    ("health",
     {"en": "Open consultation: clinics, herbs, laboratories", "zh-hans": "开放咨询：诊所、草药与实验室"},
     {"en": "Office hours for health projects, from equipment lists to consent forms.",
      "zh-hans": "面向健康类项目：从设备清单到知情同意书。"}, ("farida",)),
    ("transfer",
     {"en": "Open consultation: contracts, customs, first money", "zh-hans": "开放咨询：合同、海关、第一笔钱"},
     {"en": "Office hours on everything that comes after the handshake.",
      "zh-hans": "握手之后的一切问题，都可以来问。"}, ("dewi",)),
)  # fmt: skip


GREEN_DESK = (2, "13:00")
"""The desk, tomorrow, in whose green room the demo speaker can look around."""


def consultation() -> tuple[DemoSession, ...]:
    """The desk in the Cloud Hall, all through the three days, with a pause while its host speaks elsewhere (session 14)."""
    made: list[DemoSession] = []

    def desk(day: int, start: str, minutes: int, track: str, title: Text, about: Text, *others: str) -> None:
        made.append(
            DemoSession(
                len(MAIN) + len(made) + 1, day, start, minutes, "cloud", "other", track, title, about,
                ("speaker", *others), language="en", interpreted=("zh", "lo", "th") if others else (), recording=False,
                green_room=(day, start) == GREEN_DESK,
            )
        )  # fmt: skip

    for day in range(3):
        morning, afternoon = DESKS[2 * day], DESKS[2 * day + 1]
        desk(day, "04:00", 270, "transfer", EARLY, EARLY_ABOUT)
        if day == 1:
            desk(day, "08:30", 90, morning[0], morning[1], morning[2], *morning[3])
            desk(day, "11:30", 150, morning[0], morning[1], morning[2], *morning[3])
            desk(day, "14:00", 210, afternoon[0], afternoon[1], afternoon[2], *afternoon[3])
        else:
            desk(day, "08:30", 270, morning[0], morning[1], morning[2], *morning[3])
            desk(day, "13:00", 270, afternoon[0], afternoon[1], afternoon[2], *afternoon[3])
        desk(day, "17:30", 270, "transfer", SOUTH_ASIA, SOUTH_ASIA_ABOUT)
        desk(day, "22:00", 360, "transfer", OVERNIGHT, OVERNIGHT_ABOUT)
    return tuple(made)


TABLE: Text = {
    "en": "Round table: bring a question, meet eleven people", "zh-hans": "圆桌：带一个问题来，认识十一个人",
    "ur": "گول میز: ایک سوال لائیں، گیارہ لوگوں سے ملیں",
}  # fmt: skip
TABLE_ABOUT: Text = {
    "en": "Nobody gives a talk here. Twelve people see and hear each other; who wants to say something raises a hand. Come and go as you like.",
    "zh-hans": "这里没有主讲人。十二个人彼此看得见、听得到，想发言就举手。来去自便。",
}


def tables() -> tuple[DemoSession, ...]:
    """The small room that is open at every hour of the three days."""
    number = len(MAIN) + len(consultation())
    return tuple(
        DemoSession(
            number + 3 * day + part + 1, day, ("04:00", "12:00", "20:00")[part], 480, "chairs", "roundtable", "transfer",
            TABLE, TABLE_ABOUT, capacity=12, recording=False,
        )
        for day in range(3) for part in range(3)
    )  # fmt: skip


SESSIONS = MAIN + consultation() + tables()
