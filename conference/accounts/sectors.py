"""The sector vocabulary: ten domains, 67 terms, each with a stable code. Interests, offers and needs point to codes."""

from __future__ import annotations

from dataclasses import dataclass

from conference.core.text import Text


@dataclass(frozen=True, slots=True)
class Sector:
    """A domain (one letter) or a term (letter and number). `name` has at least English and Chinese."""

    code: str
    name: Text
    terms: tuple[Sector, ...] = ()


DOMAINS: tuple[Sector, ...] = (
    Sector(
        "A",
        {"en": "Agriculture & food", "zh-hans": "农业与食品"},
        (
            Sector("A1", {"en": "Seed & crop breeding", "zh-hans": "种业与作物育种"}),
            Sector("A2", {"en": "Rice & upland grains", "zh-hans": "水稻与旱粮"}),
            Sector("A3", {"en": "Tea & coffee", "zh-hans": "茶叶咖啡"}),
            Sector("A4", {"en": "Flowers & horticulture", "zh-hans": "花卉园艺"}),
            Sector("A5", {"en": "Tropical cash crops", "zh-hans": "热带经济作物"}),
            Sector("A6", {"en": "Edible fungi", "zh-hans": "食用菌"}),
            Sector("A7", {"en": "Livestock & animal health", "zh-hans": "畜禽与动物健康"}),
            Sector("A8", {"en": "Aquaculture", "zh-hans": "水产养殖"}),
            Sector("A9", {"en": "Plant protection & cross-border pests", "zh-hans": "植保与跨境病虫害"}),
            Sector("A10", {"en": "Farm machinery & irrigation", "zh-hans": "农机与灌溉"}),
            Sector("A11", {"en": "Post-harvest, cold chain & processing", "zh-hans": "采后冷链与加工"}),
            Sector("A12", {"en": "Smart farming", "zh-hans": "智慧农业"}),
        ),
    ),
    Sector(
        "B",
        {"en": "Medicine & health", "zh-hans": "生物医药与健康"},
        (
            Sector("B1", {"en": "Natural & traditional medicine", "zh-hans": "天然药物与传统医药"}),
            Sector("B2", {"en": "Vaccines & biologics", "zh-hans": "疫苗与生物制品"}),
            Sector("B3", {"en": "Drugs & generics", "zh-hans": "创新药与仿制药"}),
            Sector("B4", {"en": "Diagnostics & devices", "zh-hans": "诊断与医疗器械"}),
            Sector("B5", {"en": "Tropical & infectious disease", "zh-hans": "热带病与传染病"}),
            Sector("B6", {"en": "Telemedicine & digital health", "zh-hans": "远程医疗与数字健康"}),
            Sector("B7", {"en": "Wellness & elderly care", "zh-hans": "康养"}),
        ),
    ),
    Sector(
        "C",
        {"en": "Biotechnology", "zh-hans": "生物技术"},
        (
            Sector("C1", {"en": "Germplasm & bioresources", "zh-hans": "种质与生物资源"}),
            Sector("C2", {"en": "Fermentation & synthetic biology", "zh-hans": "发酵与合成生物"}),
            Sector("C3", {"en": "Gene & cell technology", "zh-hans": "基因与细胞技术"}),
        ),
    ),
    Sector(
        "D",
        {"en": "Mining & metallurgy", "zh-hans": "矿冶"},
        (
            Sector("D1", {"en": "Geological survey", "zh-hans": "地质勘查"}),
            Sector("D2", {"en": "Smart & safe mining", "zh-hans": "智能安全开采"}),
            Sector("D3", {"en": "Mineral processing", "zh-hans": "选矿"}),
            Sector("D4", {"en": "Non-ferrous smelting", "zh-hans": "有色冶金"}),
            Sector("D5", {"en": "Rare & precious metals", "zh-hans": "稀贵金属"}),
            Sector("D6", {"en": "Tailings & secondary resources", "zh-hans": "尾矿与二次资源"}),
        ),
    ),
    Sector(
        "E",
        {"en": "Energy", "zh-hans": "能源"},
        (
            Sector("E1", {"en": "Hydropower", "zh-hans": "水电"}),
            Sector("E2", {"en": "Solar", "zh-hans": "光伏"}),
            Sector("E3", {"en": "Wind", "zh-hans": "风电"}),
            Sector("E4", {"en": "Storage & batteries", "zh-hans": "储能与电池"}),
            Sector("E5", {"en": "Smart & cross-border grids", "zh-hans": "智能与跨境电网"}),
            Sector("E6", {"en": "Biomass & biogas", "zh-hans": "生物质与沼气"}),
            Sector("E7", {"en": "Hydrogen", "zh-hans": "氢能"}),
            Sector("E8", {"en": "Energy saving", "zh-hans": "节能"}),
        ),
    ),
    Sector(
        "F",
        {"en": "New materials", "zh-hans": "新材料"},
        (
            Sector("F1", {"en": "Green aluminium & alloys", "zh-hans": "绿色铝与合金"}),
            Sector("F2", {"en": "Battery materials", "zh-hans": "电池材料"}),
            Sector("F3", {"en": "Photoelectric & semiconductor materials", "zh-hans": "光电与半导体材料"}),
            Sector("F4", {"en": "Polymers & rubber", "zh-hans": "高分子与橡胶"}),
            Sector("F5", {"en": "Low-carbon building materials", "zh-hans": "低碳建材"}),
        ),
    ),
    Sector(
        "G",
        {"en": "Ecology & climate", "zh-hans": "生态与气候"},
        (
            Sector("G1", {"en": "Biodiversity", "zh-hans": "生物多样性"}),
            Sector("G2", {"en": "Water & river basins", "zh-hans": "水资源与流域"}),
            Sector("G3", {"en": "Wastewater", "zh-hans": "污水处理"}),
            Sector("G4", {"en": "Solid waste", "zh-hans": "固废资源化"}),
            Sector("G5", {"en": "Air & haze", "zh-hans": "大气与烟霾"}),
            Sector("G6", {"en": "Disaster early warning", "zh-hans": "防灾预警"}),
            Sector("G7", {"en": "Climate & carbon", "zh-hans": "气候与碳"}),
            Sector("G8", {"en": "Mountain development", "zh-hans": "山地可持续发展"}),
        ),
    ),
    Sector(
        "H",
        {"en": "Digital", "zh-hans": "数字技术"},
        (
            Sector("H1", {"en": "AI & data", "zh-hans": "人工智能与大数据"}),
            Sector("H2", {"en": "Language technology", "zh-hans": "语言技术"}),
            Sector("H3", {"en": "IoT & sensors", "zh-hans": "物联网与传感"}),
            Sector("H4", {"en": "Satellite & remote sensing", "zh-hans": "北斗与遥感"}),
            Sector("H5", {"en": "Communications", "zh-hans": "通信"}),
            Sector("H6", {"en": "Cyber security", "zh-hans": "网络安全"}),
            Sector("H7", {"en": "E-commerce & payment", "zh-hans": "电子商务与支付"}),
        ),
    ),
    Sector(
        "I",
        {"en": "Manufacturing & transport", "zh-hans": "制造与交通"},
        (
            Sector("I1", {"en": "Smart equipment", "zh-hans": "智能装备"}),
            Sector("I2", {"en": "Vehicles & e-mobility", "zh-hans": "新能源汽车"}),
            Sector("I3", {"en": "Railway", "zh-hans": "轨道交通"}),
            Sector("I4", {"en": "Logistics & ports", "zh-hans": "物流与口岸"}),
            Sector("I5", {"en": "Civil engineering & tunnels", "zh-hans": "土木与隧道"}),
        ),
    ),
    Sector(
        "J",
        {"en": "Innovation services", "zh-hans": "创新服务"},
        (
            Sector("J1", {"en": "Tech transfer & IP", "zh-hans": "技术转移与知识产权"}),
            Sector("J2", {"en": "Standards & testing", "zh-hans": "标准与检测"}),
            Sector("J3", {"en": "Vocational training", "zh-hans": "职业与技术培训"}),
            Sector("J4", {"en": "Parks & incubation", "zh-hans": "园区与孵化"}),
            Sector("J5", {"en": "Technology finance", "zh-hans": "科技金融"}),
            Sector("J6", {"en": "Culture & tourism technology", "zh-hans": "文旅科技"}),
        ),
    ),
)

SECTORS: dict[str, Sector] = {term.code: term for domain in DOMAINS for term in (domain, *domain.terms)}
"""Every domain and term by its code."""
