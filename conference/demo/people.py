"""The people and organisations of the demo: invented, each with a name in its own script. All addresses are at example.org."""

from __future__ import annotations

from dataclasses import dataclass, field

from conference.core.text import Text


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """An organisation that does not exist."""

    key: str
    name: str
    latin: str
    chinese: str
    kind: str
    country: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone with an account. `roles` are their roles at the main event; `account` says that the demo password opens it."""

    key: str
    name: str
    latin: str
    chinese: str
    organisation: str
    job: str
    country: str
    time_zone: str
    languages: dict[str, int]
    sectors: tuple[str, ...]
    came_for: tuple[str, ...] = ("learn",)
    biography: Text = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    account: Text = field(default_factory=dict)
    page_language: str = "en"
    introduction: str = ""
    mode: str = "online"
    listed: str = "participants"

    @property
    def email(self) -> str:
        return f"{self.key}@example.org"


ORGANISATIONS = (
    DemoOrganisation("centre", "示范南亚东南亚技术转移中心", "Demo Centre for Technology Transfer", "示范南亚东南亚技术转移中心", "transfer", "CN"),
    DemoOrganisation("tea", "示范茶叶研究所", "Demo Tea Research Institute", "示范茶叶研究所", "institute", "CN"),
    DemoOrganisation("copper", "示范有色金属研究院", "Demo Institute of Non-ferrous Metals", "示范有色金属研究院", "institute", "CN"),
    DemoOrganisation("aluminium", "示范绿铝股份公司", "Demo Green Aluminium", "示范绿铝股份公司", "company", "CN"),
    DemoOrganisation("talent", "示范人才服务中心", "Demo Talent Service Centre", "示范人才服务中心", "government", "CN"),
    DemoOrganisation("mountain-university", "示范高原大学", "Demo Highland University", "示范高原大学", "institute", "CN"),
    DemoOrganisation("lao-envoys", "ສູນສົ່ງເສີມເຕັກໂນໂລຊີ ຕົວຢ່າງ", "Demo Technology Promotion Centre", "老挝示范技术推广中心", "transfer", "LA"),
    DemoOrganisation("mekong", "Demo Mekong Rivers Office", "Demo Mekong Rivers Office", "示范湄公河流域办公室", "government", "LA"),
    DemoOrganisation("thai-cold", "บริษัท ตัวอย่าง โซ่ความเย็น", "Demo Cold Chain", "泰国示范冷链公司", "company", "TH"),
    DemoOrganisation("thai-language", "ห้องปฏิบัติการภาษาตัวอย่าง", "Demo Language Laboratory", "泰国示范语言实验室", "institute", "TH"),
    DemoOrganisation("myanmar-solar", "နမူနာ နေရောင်ခြည် လုပ်ငန်း", "Demo Sun Works", "缅甸示范光伏工坊", "company", "MM"),
    DemoOrganisation("cambodia-rice", "វិទ្យាស្ថានស្រូវគំរូ", "Demo Rice Institute", "柬埔寨示范水稻研究所", "institute", "KH"),
    DemoOrganisation("vietnam-sensors", "Công ty Cảm biến Mẫu", "Demo Sensors Company", "越南示范传感器公司", "company", "VN"),
    DemoOrganisation("nepal-hydro", "नमुना जलविद्युत प्रयोगशाला", "Demo Hydropower Laboratory", "尼泊尔示范水电实验室", "institute", "NP"),
    DemoOrganisation("nepal-hills", "नमुना पहाडी विकास केन्द्र", "Demo Hill Development Centre", "尼泊尔示范山地发展中心", "other", "NP"),
    DemoOrganisation("bangladesh-clinic", "নমুনা টেলিমেডিসিন", "Demo Telemedicine", "孟加拉国示范远程医疗公司", "company", "BD"),
    DemoOrganisation("pakistan-board", "نمونہ سائنس بورڈ", "Demo Science Board", "巴基斯坦示范科学委员会", "government", "PK"),
    DemoOrganisation("pakistan-health", "نمونہ یونیورسٹی برائے صحت", "Demo University of Health", "巴基斯坦示范健康大学", "institute", "PK"),
    DemoOrganisation("india-grid", "नमूना ग्रिड अध्ययन केंद्र", "Demo Centre for Grid Studies", "印度示范电网研究中心", "institute", "IN"),
    DemoOrganisation("lanka-herbs", "ආදර්ශ ඖෂධ පැළෑටි ආයතනය", "Demo Herb Institute", "斯里兰卡示范草药研究所", "institute", "LK"),
    DemoOrganisation("indonesia-park", "Taman Teknologi Contoh", "Demo Technology Park", "印度尼西亚示范科技园", "park", "ID"),
    DemoOrganisation("malaysia-rubber", "Makmal Getah Contoh", "Demo Rubber Laboratory", "马来西亚示范橡胶实验室", "institute", "MY"),
    DemoOrganisation("bhutan-warning", "དཔེ་སྟོན་ཉེན་བརྡ་ལྟེ་བ།", "Demo Early Warning Centre", "不丹示范预警中心", "government", "BT"),
)  # fmt: skip


ACCOUNTS = (
    DemoPerson(
        "admin", "示范管理员", "Demo Administrator", "示范管理员", "centre", "Installation administrator", "CN", "Asia/Shanghai",
        {"zh": 4, "en": 3}, ("J1",),
        account={"en": "Administrator of the installation: sees every body and the whole back office", "zh-hans": "平台管理员：可见所有主办单位和整个管理后台"},
        listed="", page_language="en",
    ),
    DemoPerson(
        "organizer", "李云", "Li Yun", "李云", "centre", "Head of conferences", "CN", "Asia/Shanghai",
        {"zh": 4, "en": 3, "lo": 1}, ("J1", "J4"), ("represent",), roles=("organizer",),
        account={"en": "Organizer: programme, people, settings; back office of its own body", "zh-hans": "组织者：日程、人员、设置，以及本单位的管理后台"},
        introduction="Ask me about the programme.", mode="onsite",
    ),
    DemoPerson(
        "moderator", "陈明", "Chen Ming", "陈明", "mountain-university", "Lecturer", "CN", "Asia/Shanghai",
        {"zh": 4, "en": 3}, ("H1", "J1"), ("learn",), roles=("moderator",),
        account={"en": "Moderator: runs every room of the main event", "zh-hans": "主持人：主持主会议的所有会场"},
        mode="onsite",
    ),
    DemoPerson(
        "speaker", "ອານຸສອນ ວົງສະຫວັດ", "Anousone Vongsavat", "阿努松", "lao-envoys", "Technology envoy", "LA", "Asia/Vientiane",
        {"lo": 4, "th": 3, "en": 3, "zh": 2}, ("A11", "J1", "E2"), ("offer", "find"), roles=("speaker",),
        account={"en": "Speaker: on stage at whatever hour you look, with camera and microphone", "zh-hans": "演讲人：任何时刻都有一场正在进行的会话可开启摄像头和麦克风"},
        introduction="ຂ້ອຍຊ່ວຍໃຫ້ເຕັກໂນໂລຊີໄປຮອດໂຮງງານນ້ອຍ.",
        biography={
            "en": "Anousone Vongsavat has spent eleven years bringing dryers, pumps and cold rooms to small processors on both banks of the Mekong. He leads the open consultation of this conference and counts a visit as useful only if someone changes a machine afterwards.",
            "zh-hans": "阿努松十一年来一直在湄公河两岸为小型加工厂引进烘干机、水泵和冷库。他负责本次会议的开放咨询台；在他看来，只有促成设备改进的走访才算有用。",
            "lo": "ອານຸສອນ ວົງສະຫວັດ ເຮັດວຽກມາສິບເອັດປີ ເພື່ອນຳເຄື່ອງອົບແຫ້ງ ປໍ້ານ້ຳ ແລະ ຫ້ອງເຢັນ ໄປສູ່ໂຮງງານປຸງແຕ່ງຂະໜາດນ້ອຍ.",
        },
    ),
    DemoPerson(
        "interpreter", "นภา ศรีสุข", "Napa Srisuk", "娜帕", "thai-language", "Conference interpreter", "TH", "Asia/Bangkok",
        {"th": 4, "lo": 3, "zh": 3, "en": 3}, ("H2",), ("learn",), roles=("interpreter",),
        account={"en": "Interpreter between Thai, Lao, Chinese and English", "zh-hans": "口译员：泰语、老挝语、中文、英语"},
        biography={
            "en": "Napa Srisuk interprets between Thai, Lao, Chinese and English, mostly on tea, timber and turbines.",
            "zh-hans": "娜帕从事泰语、老挝语、中文和英语口译，最熟悉茶叶、木材和水轮机。",
        },
    ),
    DemoPerson(
        "exhibitor", "রহিম উদ্দিন", "Rahim Uddin", "拉希姆", "bangladesh-clinic", "Managing director", "BD", "Asia/Dhaka",
        {"bn": 4, "en": 3, "hi": 2}, ("B6", "B4"), ("offer",), roles=("exhibitor",),
        account={"en": "Exhibitor: a telemedicine company", "zh-hans": "参展商：一家远程医疗公司"},
        introduction="We connect clinics that have one doctor and one bar of signal.",
    ),
    DemoPerson(
        "recruiter", "王芳", "Wang Fang", "王芳", "talent", "Talent adviser", "CN", "Asia/Shanghai",
        {"zh": 4, "en": 3, "vi": 1}, ("J3", "J1"), ("hire",), roles=("recruiter",),
        account={"en": "Recruiter for laboratories in Yunnan", "zh-hans": "招聘方：为云南的实验室引才"},
        page_language="zh-hans", introduction="为高原农业和新材料实验室寻找合作者，工作地点可以商量。", mode="onsite",
    ),
    DemoPerson(
        "door", "杨阳", "Yang Yang", "杨阳", "centre", "Front of house", "CN", "Asia/Shanghai",
        {"zh": 4, "en": 2}, ("J6",), roles=("door",),
        account={"en": "Door staff", "zh-hans": "现场签到人员"}, page_language="zh-hans", mode="onsite", listed="",
    ),
    DemoPerson(
        "observer", "عائشہ خان", "Ayesha Khan", "阿伊莎", "pakistan-board", "Deputy secretary", "PK", "Asia/Karachi",
        {"ur": 4, "en": 3}, ("J1", "J2", "G7"), ("represent",), roles=("observer",),
        account={"en": "Observer from a ministry", "zh-hans": "部委观察员"},
        introduction="ہم زراعت اور صحت میں مشترکہ منصوبے تلاش کر رہے ہیں۔",
    ),
    DemoPerson(
        "kathmandu", "सुनिता गुरुङ", "Sunita Gurung", "", "nepal-hydro", "Hydropower engineer", "NP", "Asia/Kathmandu",
        {"ne": 4, "en": 3, "hi": 3}, ("E1", "G8", "G6"), ("find", "learn"),
        account={"en": "Attendee in Kathmandu, online", "zh-hans": "线上参会者，在加德满都"},
        introduction="साना जलविद्युत आयोजनाका लागि बालुवा थुपार्ने प्रविधि खोज्दै छु।",
    ),
    DemoPerson(
        "yangon", "ခင်မာလာ", "Khin Mar Lar", "", "myanmar-solar", "Founder", "MM", "Asia/Yangon",
        {"my": 4, "en": 2}, ("E2", "E4", "A10"), ("find", "offer"),
        account={"en": "Attendee in Yangon, online, on a weak network", "zh-hans": "线上参会者，在仰光，网络较弱"},
        introduction="ကျေးလက်ရေတင်စက်တွေအတွက် ဘက်ထရီရှာနေပါတယ်။",
    ),
    DemoPerson(
        "vientiane", "ບຸນມີ", "Bounmy", "", "lao-envoys", "Fruit processor", "LA", "Asia/Vientiane",
        {"lo": 4, "th": 3}, ("A11", "A5"), ("find",),
        account={"en": "Attendee in Vientiane, in the hall, with a single name", "zh-hans": "现场参会者，来自万象，只有单名"},
        introduction="ຢາກໄດ້ເຄື່ອງອົບໝາກມ່ວງທີ່ໃຊ້ໄຟໜ້ອຍ.", mode="onsite", listed="organizers",
    ),
    DemoPerson(
        "organizer2", "ສຸພາພອນ", "Souphaphone", "苏帕蓬", "mekong", "Programme officer", "LA", "Asia/Vientiane",
        {"lo": 4, "en": 3, "fr": 2}, ("G2",), ("represent",),
        account={"en": "Organizer of a second body: sees its own draft and nothing of the first", "zh-hans": "第二家主办单位的组织者：只看得到自己的草稿"},
        listed="",
    ),
)  # fmt: skip


SPEAKERS = (
    DemoPerson(
        "mei", "梅若兰", "Mei Ruolan", "梅若兰", "tea", "Breeder", "CN", "Asia/Shanghai", {"zh": 4, "en": 3}, ("A3", "A1", "C1"), ("offer",),
        {
            "en": "Mei Ruolan breeds tea for frost and drought. She keeps the field book of four hundred old trees and publishes it every winter.",
            "zh-hans": "梅若兰从事茶树抗寒抗旱育种，为四百株古茶树建立田间档案，并在每年冬天公开数据。",
        }, mode="onsite",
    ),
    DemoPerson(
        "zhou", "周树海", "Zhou Shuhai", "周树海", "copper", "Chief engineer", "CN", "Asia/Shanghai", {"zh": 4, "en": 2}, ("D6", "D3", "D4"), ("offer",),
        {
            "en": "Zhou Shuhai has closed three tailings dams and would like to see no new ones built.",
            "zh-hans": "周树海主持过三座尾矿库的闭库工程，他希望以后不必再建新的尾矿库。",
        }, mode="onsite",
    ),
    DemoPerson(
        "gao", "高晓峰", "Gao Xiaofeng", "高晓峰", "aluminium", "Head of product carbon", "CN", "Asia/Shanghai", {"zh": 4, "en": 3}, ("F1", "G7"), ("offer",),
        {
            "en": "Gao Xiaofeng measures the carbon of every ingot that leaves a smelter powered by rivers.",
            "zh-hans": "高晓峰负责核算以水电冶炼的每一块铝锭的碳足迹。",
        }, mode="onsite",
    ),
    DemoPerson(
        "he", "和丽梅", "He Limei", "和丽梅", "mountain-university", "Professor of mycology", "CN", "Asia/Shanghai", {"zh": 4, "en": 3}, ("A6", "A7", "G4"), ("offer",),
        {
            "en": "He Limei studies what is left when the mushrooms are picked, and who could eat it.",
            "zh-hans": "和丽梅研究采菇之后剩下的菌渣，以及它还能喂养谁。",
        }, mode="onsite",
    ),
    DemoPerson(
        "dao", "刀玉香", "Dao Yuxiang", "刀玉香", "centre", "Licensing lawyer", "CN", "Asia/Shanghai", {"zh": 4, "en": 3, "th": 2}, ("J1", "J5"), ("offer",),
        {
            "en": "Dao Yuxiang writes licence agreements that both sides can read without her.",
            "zh-hans": "刀玉香起草的许可协议，双方不用请她解释也能读懂。",
        }, mode="onsite",
    ),
    DemoPerson(
        "ma", "马建国", "Ma Jianguo", "马建国", "mountain-university", "Epidemiologist", "CN", "Asia/Shanghai", {"zh": 4, "en": 3}, ("B5", "H1"), ("offer",),
        {
            "en": "Ma Jianguo counts mosquitoes in border towns and turns the counts into forecasts that a village doctor can use.",
            "zh-hans": "马建国在边境城镇统计蚊媒密度，并把数据变成村医用得上的预报。",
        },
    ),
    DemoPerson(
        "lin", "林子墨", "Lin Zimo", "林子墨", "mountain-university", "Battery engineer", "CN", "Asia/Shanghai", {"zh": 4, "en": 3}, ("E4", "F2", "I2"), ("offer",),
        {
            "en": "Lin Zimo takes batteries out of buses and puts them behind village mills.",
            "zh-hans": "林子墨把公交车退役电池改装成乡村碾米房的储能。",
        }, mode="onsite",
    ),
    DemoPerson(
        "khamla", "ຄຳຫຼ້າ ພິມມະສອນ", "Khamla Phimmasone", "坎拉", "lao-envoys", "Food engineer", "LA", "Asia/Vientiane", {"lo": 4, "th": 3, "en": 2}, ("A11", "A5"), ("find",),
        {
            "en": "Khamla Phimmasone runs a pilot plant that anyone may book by the day.",
            "zh-hans": "坎拉管理着一座可以按天预约的中试加工车间。",
            "lo": "ຄຳຫຼ້າ ຄຸ້ມຄອງໂຮງງານທົດລອງທີ່ໃຜກໍຈອງໄດ້ເປັນລາຍວັນ.",
        },
    ),
    DemoPerson(
        "somchai", "สมชาย ใจเย็น", "Somchai Jaiyen", "颂猜", "thai-cold", "Logistics director", "TH", "Asia/Bangkok", {"th": 4, "en": 3}, ("A11", "I4"), ("offer",),
        {
            "en": "Somchai Jaiyen moves fruit over three borders and keeps the temperature record of every box.",
            "zh-hans": "颂猜负责水果的三国跨境运输，并保存每一箱的温度记录。",
            "th": "สมชาย ใจเย็น ขนส่งผลไม้ข้ามสามพรมแดน และเก็บบันทึกอุณหภูมิของทุกกล่อง",
        },
    ),
    DemoPerson(
        "pim", "พิมพ์ชนก แสงทอง", "Pimchanok Saengthong", "萍查诺", "thai-language", "Computational linguist", "TH", "Asia/Bangkok", {"th": 4, "en": 3, "lo": 2}, ("H2", "H1"), ("offer",),
        {
            "en": "Pimchanok Saengthong teaches computers where a word ends in scripts that do not say so.",
            "zh-hans": "萍查诺研究没有空格的文字，教计算机判断一个词在哪里结束。",
        },
    ),
    DemoPerson(
        "thiri", "သီရိ", "Thiri", "蒂丽", "myanmar-solar", "Repair trainer", "MM", "Asia/Yangon", {"my": 4, "en": 3}, ("E2", "J3"), ("offer",),
        {
            "en": "Thiri, who has one name and is content with it, has taught two hundred people to repair pump controllers.",
            "zh-hans": "蒂丽只有单名，她已教会两百人维修光伏水泵控制器。",
            "my": "သီရိသည် ရေတင်စက် ထိန်းချုပ်ကိရိယာများ ပြုပြင်နည်းကို လူနှစ်ရာကို သင်ပေးခဲ့သည်။",
        },
    ),
    DemoPerson(
        "nandar", "နန္ဒာဝင်း", "Nandar Win", "南达温", "myanmar-solar", "Coffee agronomist", "MM", "Asia/Yangon", {"my": 4, "en": 2}, ("A3", "A9"), ("find",),
        {
            "en": "Nandar Win advises growers in the Shan hills on shade, rust and prices, in that order.",
            "zh-hans": "南达温为掸邦山区的咖啡种植户提供遮荫、锈病和价格方面的建议，顺序也正是如此。",
        },
    ),
    DemoPerson(
        "sophea", "សុភា ចាន់", "Sophea Chan", "索菲娅", "cambodia-rice", "Rice physiologist", "KH", "Asia/Phnom_Penh", {"km": 4, "en": 3, "fr": 2}, ("A2", "A1"), ("offer", "find"),
        {
            "en": "Sophea Chan looks for rice that can stand two weeks under water and still be worth eating.",
            "zh-hans": "索菲娅寻找能在水下坚持两周、收获后依然好吃的水稻。",
            "km": "សុភា ចាន់ ស្វែងរកពូជស្រូវដែលធន់នឹងទឹកជំនន់ពីរសប្ដាហ៍។",
        },
    ),
    DemoPerson(
        "vibol", "វិបុល កែវ", "Vibol Keo", "维博", "cambodia-rice", "Extension officer", "KH", "Asia/Phnom_Penh", {"km": 4, "en": 2}, ("A2", "A10"), ("learn",),
        {
            "en": "Vibol Keo visits four villages a week and answers questions by voice message in between.",
            "zh-hans": "维博每周走访四个村庄，其余时间用语音消息答疑。",
        },
    ),
    DemoPerson(
        "lan", "Nguyễn Thị Lan", "Nguyen Thi Lan", "阮氏兰", "vietnam-sensors", "Head of field tests", "VN", "Asia/Ho_Chi_Minh", {"vi": 4, "en": 3}, ("H3", "G6"), ("offer",),
        {
            "en": "Nguyễn Thị Lan builds sensors for slopes where nobody wants to climb twice.",
            "zh-hans": "阮氏兰为没人愿意爬第二次的山坡研制传感器。",
        },
    ),
    DemoPerson(
        "bikash", "विकास तामाङ", "Bikash Tamang", "比卡什", "nepal-hydro", "Sediment engineer", "NP", "Asia/Kathmandu", {"ne": 4, "en": 3}, ("E1", "G2"), ("find",),
        {
            "en": "Bikash Tamang knows how much of a mountain goes through a turbine each year.",
            "zh-hans": "比卡什清楚每年有多少山石从水轮机里流过。",
            "ne": "विकास तामाङलाई हरेक वर्ष टर्बाइनबाट कति पहाड बगेर जान्छ भन्ने थाहा छ।",
        },
    ),
    DemoPerson(
        "maya", "माया शेर्पा", "Maya Sherpa", "玛雅", "nepal-hills", "Director", "NP", "Asia/Kathmandu", {"ne": 4, "en": 3}, ("G8", "A3", "J3"), ("find", "represent"),
        {
            "en": "Maya Sherpa runs a centre where hill cooperatives share one laboratory and one accountant.",
            "zh-hans": "玛雅管理的中心，让多家山区合作社共用一个实验室和一名会计。",
        },
    ),
    DemoPerson(
        "farida", "ফরিদা আক্তার", "Farida Akter", "法丽达", "bangladesh-clinic", "Physician", "BD", "Asia/Dhaka", {"bn": 4, "en": 3}, ("B6", "B4"), ("offer",),
        {
            "en": "Farida Akter sees forty patients a day, thirty of them on a screen the size of a hand.",
            "zh-hans": "法丽达每天接诊四十位患者，其中三十位在巴掌大的屏幕上。",
            "bn": "ফরিদা আক্তার দিনে চল্লিশজন রোগী দেখেন, তাঁদের ত্রিশজনকে হাতের মাপের পর্দায়।",
        },
    ),
    DemoPerson(
        "tanvir", "তানভীর হাসান", "Tanvir Hasan", "坦维尔", "bangladesh-clinic", "Network engineer", "BD", "Asia/Dhaka", {"bn": 4, "en": 3}, ("H5", "B6"), ("offer",),
        {
            "en": "Tanvir Hasan makes pictures small enough for a river island.",
            "zh-hans": "坦维尔让图像小到河心岛上也能传送。",
        },
    ),
    DemoPerson(
        "imran", "عمران ملک", "Imran Malik", "伊姆兰", "pakistan-health", "Speech scientist", "PK", "Asia/Karachi", {"ur": 4, "en": 3}, ("H2", "H1"), ("offer",),
        {
            "en": "Imran Malik records voices in Urdu and its neighbours and gives the recordings away.",
            "zh-hans": "伊姆兰采集乌尔都语及周边语言的语音，并免费公开。",
            "ur": "عمران ملک اردو اور اس کی ہمسایہ زبانوں کی آوازیں ریکارڈ کرتے ہیں اور سب کو دے دیتے ہیں۔",
        },
    ),
    DemoPerson(
        "sana", "ثناء احمد", "Sana Ahmed", "萨娜", "pakistan-health", "Health lawyer", "PK", "Asia/Karachi", {"ur": 4, "en": 3}, ("B6", "H6"), ("learn",),
        {
            "en": "Sana Ahmed asks who may read a scan, and for how long.",
            "zh-hans": "萨娜关心的是：谁有权查看一张影像，又能看多久。",
        },
    ),
    DemoPerson(
        "arjun", "अर्जुन मेहता", "Arjun Mehta", "阿尔琼", "india-grid", "Grid economist", "IN", "Asia/Kolkata", {"hi": 4, "en": 4}, ("E5", "E1"), ("offer",),
        {
            "en": "Arjun Mehta works out what an hour of rain is worth two countries away.",
            "zh-hans": "阿尔琼计算一小时的降雨在两国之外值多少钱。",
        },
    ),
    DemoPerson(
        "kavya", "காவ்யா ராமன்", "Kavya Raman", "卡维娅", "india-grid", "Satellite analyst", "IN", "Asia/Kolkata", {"ta": 4, "en": 4}, ("H4", "A9"), ("offer",),
        {
            "en": "Kavya Raman sees a sick plantation from five hundred kilometres up, usually before its owner does.",
            "zh-hans": "卡维娅从五百公里高空发现染病的种植园，通常比主人更早。",
        },
    ),
    DemoPerson(
        "nimal", "නිමල් පෙරේරා", "Nimal Perera", "尼马尔", "lanka-herbs", "Pharmacognosist", "LK", "Asia/Colombo", {"si": 4, "en": 3}, ("B1", "J2"), ("offer", "find"),
        {
            "en": "Nimal Perera can tell two roots apart by their light, and has made a catalogue so that others can too.",
            "zh-hans": "尼马尔能凭光谱分辨两种根茎，并编成图谱让别人也能做到。",
        },
    ),
    DemoPerson(
        "dewi", "Dewi", "Dewi", "黛薇", "indonesia-park", "Incubator manager", "ID", "Asia/Jakarta", {"id": 4, "en": 3}, ("J4", "J5"), ("offer",),
        {
            "en": "Dewi gives start-ups desks, a customs form and a deadline.",
            "zh-hans": "黛薇为初创企业提供工位、报关单，还有一个截止日期。",
        },
    ),
    DemoPerson(
        "aisyah", "Nur Aisyah", "Nur Aisyah", "爱莎", "malaysia-rubber", "Plant pathologist", "MY", "Asia/Kuala_Lumpur", {"ms": 4, "en": 3}, ("A5", "A9", "F4"), ("offer",),
        {
            "en": "Nur Aisyah follows a leaf disease across borders that it does not respect.",
            "zh-hans": "爱莎追踪一种不认国界的叶部病害。",
        },
    ),
    DemoPerson(
        "pema", "པདྨ།", "Pema", "白玛", "bhutan-warning", "Duty officer", "BT", "Asia/Thimphu", {"dz": 4, "en": 3}, ("G6", "G8"), ("find",),
        {
            "en": "Pema decides, some nights, whether to wake a valley.",
            "zh-hans": "白玛在某些夜晚要决定是否叫醒整条山谷。",
        },
    ),
    DemoPerson(
        "reza", "Reza Santoso", "Reza Santoso", "雷扎", "indonesia-park", "Founder of a drone company", "ID", "Asia/Jakarta", {"id": 4, "en": 3}, ("A12", "I1"), ("offer",),
        {
            "en": "Reza Santoso flies seed over burnt slopes and counts what grows.",
            "zh-hans": "雷扎用无人机在火烧迹地飞播，然后清点长出了多少苗。",
        },
    ),
)  # fmt: skip
