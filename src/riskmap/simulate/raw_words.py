"""The words that the simulated offices write, for each of the tables' own words; the recipes demo-*.toml undo them."""

CATEGORIES_ZH = {
    "manufacture": "制造毒品",
    "trafficking": "贩卖毒品",
    "transport": "运输毒品",
    "possession": "非法持有毒品",
    "use_venue": "容留吸毒",
    "precursor": "易制毒化学品违法",
    "other": "其他涉毒",
}
ORIGINS_ZH = {
    "reported": "群众举报",
    "patrol": "巡逻盘查",
    "inspection": "场所检查",
    "checkpoint": "公开查缉",
    "intelligence": "情报线索",
}
INCIDENTS_ZH = {"theft": "盗窃警情", "disturbance": "治安纠纷", "assault": "殴打他人"}
SUBSTANCES_ZH = {
    "methamphetamine": "甲基苯丙胺",
    "heroin": "海洛因",
    "ketamine": "氯胺酮",
    "etomidate": "依托咪酯",
    "cannabis": "大麻",
    "mdma": "MDMA",
    "ephedrine": "麻黄碱",
    "other": "其他",
}
PLACE_TYPES_ZH = {
    "road": "道路",
    "parcel": "寄递包裹",
    "dwelling": "住宅",
    "venue": "娱乐场所",
    "hotel": "宾馆",
    "warehouse": "仓库",
}
SITES_ZH = {
    "courier_outlet": "快递网点",
    "warehouse": "仓储",
    "freight_station": "货运站",
    "sorting_centre": "分拨中心",
    "logistics_park": "物流园区",
    "port": "港口码头",
    "airport": "机场",
    "precursor_user": "使用企业",
    "precursor_dealer": "经营企业",
    "precursor_store": "储存企业",
    "precursor_producer": "生产企业",
}
ANALYTES_ZH = {
    "methamphetamine": "甲基苯丙胺",
    "amphetamine": "苯丙胺",
    "ketamine": "氯胺酮",
    "morphine": "吗啡",
    "etomidate_acid": "依托咪酯酸",
    "cotinine": "可替宁",
}
LEVELS_ZH = {"plant": "污水处理厂", "street": "街道管网", "community": "社区管网"}
AREA_LEVELS_ZH = {"province": "省级", "prefecture": "地级", "county": "县级"}
ROADS_ZH = {"motorway": "高速公路", "national": "国道", "provincial": "省道", "county": "县道"}
DUTIES_ZH = {"patrol": "巡逻防控", "inspection": "行业检查"}
OUTCOMES_ZH = {"none": "未发现隐患", "minor": "一般隐患", "serious": "重大隐患"}
VISITS_ZH = {"routine": "日常检查", "targeted": "重点检查", "random": "随机抽查"}
