"""How sources call what the tables hold: column names, Chinese and English, the most telling first.

Names are compared by `plain_name`: without blanks, signs, case and the unit in brackets at their end.
"""

import re
import unicodedata


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WHERE = {
    "lon": _names("经度 东经 longitude lon lng long x坐标 xcoord xcoordinate easting x"),
    "lat": _names("纬度 北纬 latitude lat y坐标 ycoord ycoordinate northing y"),
    "wkt": _names("wkt geom geometry thegeom"),
    "area_code": _names(
        "县区代码 区县代码 行政区划代码 行政区划 区划代码 区划 辖区代码 areacode lsoacode communityarea "
        "neighborhood neighbourhood districtcode countycode fips beat"
    ),
}
_KNOWN = _names(
    "登记时间 登记日期 录入时间 录入日期 立案时间 立案日期 受理时间 knownon reporteddate datereported reportdate "
    "codedmonth monthreported registered dateregistered recordeddate reported reportedon reportedat"
)
_HAPPENED = _names(
    "发案时间 发案日期 案发时间 案发日期 发生时间 发生日期 occurred occurredon dateoccurred dateoccur occurreddate "
    "incidentdate eventdate offensedate offencedate dateofoccurrence occurredat happened happenedon dateofevent "
    "date datetime when month 日期 时间"
)
_NUMBERED = _names("编号 id idno ref refno refnumber reference referenceno referencenumber")
_SUBSTANCE = _names("毒品种类 毒品名称 查获毒品 缴获毒品 毒品 substance drugtype drug drugname clasedeestupefaciente")
_HOURS = _names(
    "工时 出勤工时 出勤小时 出勤时长 巡逻时长 巡逻小时 勤务时长 检查时长 警力投入 投入警力 耗时 时长 hours hoursworked "
    "patrolhours dutyhours officerhours personhours manhours patrolminutes"
)
_PRECISION = _names("定位精度 精度 locationprecision precisionm accuracym")

SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    "cases": {
        "case_id": _names("案件编号 案件号 案号 caseid casenumber caseno crimeid complaint complaintnumber offenseid")
        + _NUMBERED,
        "occurred": _HAPPENED,
        "known_on": _KNOWN,
        "category": _names(
            "案件类别 案件类型 案件性质 案由 类别 category crimetype primarytype offense offence offensetype "
            "description crime kind type"
        ),
        "origin": _names("线索来源 案件来源 发现方式 origin casesource"),
        "count": _names("count 计数"),
    }
    | _WHERE
    | {"location_precision_m": _PRECISION},
    "incidents": {
        "incident_id": _names("警情编号 事件编号 接警编号 incidentid incidentnumber eventid callid callnumber")
        + _NUMBERED,
        "occurred": _names("接警时间 报警时间 警情时间 calldate calltime") + _HAPPENED,
        "known_on": _KNOWN,
        "kind": _names("警情类别 警情类型 事件类别 事件类型 incidenttype calltype eventtype kind type"),
        "count": _names("count 计数"),
    }
    | _WHERE
    | {"location_precision_m": _PRECISION},
    "seizures": {
        "seizure_id": _names("查获编号 缴获编号 seizureid seizurenumber") + _NUMBERED,
        "seized": _names("查获时间 缴获时间 查获日期 缴获日期 seized seizedon dateseized seizuredate fecha")
        + _HAPPENED,
        "known_on": _KNOWN,
        "substance": _SUBSTANCE,
        "amount_g": _names("重量 净重 毒品重量 缴获重量 查获重量 weight netweight amount quantity cantidad"),
        "amount_units": _names("数量 支数 片数 units pills"),
        "place_type": _names("查获部位 查获场所 查获地点类型 缴获部位 placetype clasedesitio"),
        "case_id": _names("关联案件 案件编号 案号 caseid casenumber"),
    }
    | _WHERE
    | {"location_precision_m": _PRECISION},
    "sites": {
        "site_id": _names("场所编号 企业编号 单位编号 统一社会信用代码 siteid facilityid enterpriseid") + _NUMBERED,
        "kind": _names("场所类型 企业类型 类型 类别 sitetype facilitytype kind type"),
        "name_zh": _names("企业名称 场所名称 单位名称 公司名称 网点名称 名称"),
        "name_en": _names("英文名称 companyname facilityname sitename nameen name"),
        "opened_on": _names("启用日期 成立日期 开业日期 openedon opened"),
        "closed_on": _names("停用日期 注销日期 歇业日期 closedon closed"),
        "size": _names("占地面积 建筑面积 面积 floorarea aream2 size"),
    }
    | _WHERE,
    "plants": {
        "plant_id": _names("采样点编号 污水厂编号 厂编号 采样点 厂名 plantid siteid wwtpid wwtpname 编号 id"),
        "code": _names("代号 code"),
        "level": _names("级别 采样点级别 level"),
        "parent_id": _names("上级编号 parentid parentsiteid"),
        "population": _names("服务人口 覆盖人口 人口 populationserved popserv population"),
        "population_source": _names("人口来源 populationsource"),
    }
    | _WHERE,
    "samples": {
        "sample_id": _names("检测编号 样本编号 样品编号 sampleid measurereportid") + _NUMBERED,
        "plant_id": _names("采样点编号 污水厂编号 采样点 厂名 污水厂 plantid siteid wwtpid plant"),
        "sampled": _names(
            "采样时间 采样日期 samplingdate sampledate samplecollectdate sampled date when year 日期 时间"
        ),
        "sampled_from": _names("采样开始 采样开始时间 collectionstart sampledfrom"),
        "sampled_to": _names("采样结束 采样结束时间 collectionend sampledto"),
        "known_on": _names("报告时间 报告日期 检测日期 reportdate") + _KNOWN,
        "kind": _names("样品类型 样本类型 采样方式 sampletype"),
        "analyte": _names("检测物 目标物 检测项目 分析物 analyte metabolite compound biomarker"),
        "concentration_ng_l": _names("浓度 检测结果 结果 concentration result conc"),
        "lod_ng_l": _names("检出限 lod detectionlimit"),
        "loq_ng_l": _names("定量限 loq quantificationlimit"),
        "flow_m3_d": _names("进水流量 日均流量 流量 flow flowrate dailyflow"),
        "rain_flag": _names("是否降雨 降雨 rain rainflag"),
        "laboratory": _names("检测单位 实验室 检测机构 laboratory lab"),
        "method": _names("检测方法 方法 method"),
        "load_mg_d_per_1000": _names("千人日均负荷 负荷 loadmgd1000 populationnormalisedload dailymean"),
    },
    "areas": {
        "area_code": _names("行政区划代码 区划代码 adcode areacode lsoa11cd wd13cd gss fips code"),
        "level": _names("行政级别 级别 level"),
        "parent_code": _names("上级代码 parentcode parent"),
        "name_zh": _names("名称 区划名称 namezh name"),
        "name_en": _names("英文名称 nameen lsoa11nm wd13nm nhdname community"),
    },
    "population": {
        "residents": _names("常住人口 人口数 人口 residents population pop"),
        "year": _names("年份 年度 year"),
        "cell": _names("h3 cell h3cell"),
    }
    | _WHERE,
    "roads": {
        "road_class": _names("道路等级 等级 fclass highway roadclass"),
    },
    "effort": {
        "effort_id": _names("报表编号 勤务编号 出勤编号 巡逻编号 effortid shiftid patrolid") + _NUMBERED,
        "worked": _names(
            "出勤日期 出勤时间 检查日期 巡逻日期 巡逻时间 勤务日期 勤务周期 统计周 统计月 统计周期 统计日期 周次 "
            "worked workdate patroldate shiftdate week weekstarting period"
        )
        + _HAPPENED,
        "worked_from": _names("出勤开始 巡逻开始 勤务开始 开始时间 开始日期 workedfrom shiftstart starttime start"),
        "worked_to": _names("出勤结束 巡逻结束 勤务结束 结束时间 结束日期 workedto shiftend endtime end"),
        "known_on": _names("上报时间 上报日期 填报时间 填报日期 reportedon") + _KNOWN,
        "hours": _HOURS,
        "kind": _names("勤务类型 勤务类别 出勤类型 巡逻类型 勤务方式 efforttype dutytype kind type"),
        "site_id": _names("场所编号 企业编号 单位编号 siteid facilityid"),
        "cell": _names("h3 cell h3cell"),
    }
    | _WHERE,
}
"""Layer -> the table's column -> names under which sources have it."""

TELLING: dict[str, tuple[str, ...]] = {
    "cases": _names(
        "案件编号 案件号 案号 caseid casenumber caseno crimeid 案件类别 案件类型 案件性质 案由 crimetype "
        "primarytype offense offence crime 线索来源 发案时间 案发时间"
    ),
    "incidents": _names("警情编号 警情类别 警情类型 接警时间 incidentid incidenttype calltype incidentdate callid"),
    "seizures": _names("查获编号 缴获编号 seizureid 查获时间 缴获时间 seizuredate") + _SUBSTANCE,
    "sites": _names("企业名称 场所名称 公司名称 场所类型 企业类型 占地面积 启用日期 siteid facilityname facilitytype"),
    "plants": _names("服务人口 人口来源 采样点编号 污水厂编号 populationserved popserv wwtpid siteid 代号"),
    "samples": _names(
        "检测物 检测项目 采样时间 采样日期 采样开始 检出限 样本编号 样品编号 analyte metabolite sampleid "
        "samplingdate sampledate 检测编号"
    ),
    "areas": _names("行政级别 区划名称 adcode lsoa11cd wd13cd 上级代码 parent"),
    "population": _names("常住人口 residents h3"),
    "roads": _names("道路等级 fclass highway roadclass 等级"),
    "effort": _HOURS + _names("勤务类型 勤务类别 出勤日期 巡逻日期 勤务编号 patroldate shiftdate dutytype"),
}
"""Names that speak for one layer rather than another."""
ENOUGH: dict[str, tuple[tuple[str, ...], ...]] = {
    "cases": (("case_id", "category"),),
    "incidents": (("occurred",),),
    "seizures": (("substance",),),
    "sites": (("name_zh", "name_en", "site_id"),),
    "plants": (("plant_id",), ("population",)),
    "samples": (("plant_id",), ("analyte", "concentration_ng_l")),
    "areas": (("area_code",),),
    "population": (("residents",), ("cell", "lon", "area_code")),
    "roads": (("road_class",),),
    "effort": (("hours",),),
}
"""What a file must have for a layer to come into question: one column of each group."""
UNIT_COLUMNS = _names(
    "计量单位 数量单位 重量单位 结果单位 uom unitofmeasure unitsofmeasure measureunit measurementunit resultunit "
    "amountunit quantityunit weightunit unidaddemedida"
)
"""How sources call a column that says in which unit the amount of each row is."""
UNIT_OR_OFFICE = _names("单位 unit units unidad unidades")
"""Names that such a column has, and a column of offices or teams as well: its values tell."""
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]\s*$")


def plain_name(name: str) -> str:
    """Return a column's name as names are compared."""
    bare = _BRACKETS.sub("", name) or name
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", bare)).casefold()


def known_names() -> list[str]:
    """Return every name that is known for a column of any layer."""
    return sorted({name for columns in SYNONYMS.values() for names in columns.values() for name in names})
