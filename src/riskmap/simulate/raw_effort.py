"""The weekly duty reports of the counties: hours of police work, mostly on time, mostly right."""

import numpy as np
import pandas as pd

from riskmap.simulate.province import Province
from riskmap.simulate.raw_words import DUTIES_ZH
from riskmap.simulate.scales import CUT_OFF, WEEKS, stream, week_starts

HOURS_PER_1000 = 7.0
"""Person-hours a week per thousand residents of a county of a thousand; larger ones have somewhat fewer a head."""
PATROL_SHARE = 0.65
MISREPORTED_SD = 0.12
NOT_REPORTED = 0.015
LATE = 0.06


def duty_table(province: Province) -> pd.DataFrame:
    """Return the duty reports as handed in, one row a county, week and kind of duty, flaws included.

    Hours follow the true effort with an error of some 12 %. A few reports never came, some came weeks late; one came
    twice, some name the county instead of its code, some are unreadable.
    """
    random = stream(province.seed, "duty reports")
    counties = province.areas.level("county").reset_index(drop=True)
    people = np.bincount(
        province.land.table["county"].to_numpy(), province.land.table["residents"].to_numpy(), len(counties)
    )
    usual = HOURS_PER_1000 * (people / 1000) ** 0.9 * random.lognormal(0, 0.1, len(counties))
    worked = usual * province.draws.effort * random.lognormal(0, MISREPORTED_SD, (WEEKS, len(counties)))
    patrol = worked * np.clip(random.normal(PATROL_SHARE, 0.04, worked.shape), 0.4, 0.9)
    hours = np.stack([patrol, worked - patrol], axis=2).round(1)  # weeks, counties, kinds of duty
    week, county, duty = (at.ravel() for at in np.indices(hours.shape))
    monday = pd.Series(week_starts().to_numpy()[week])
    days = np.where(random.random(worked.shape) < LATE, random.integers(14, 60, worked.shape), 0)
    known_on = monday + pd.to_timedelta(7 + days[week, county] + random.integers(0, 3, len(week)), unit="D")
    codes = counties["area_code"].to_numpy()[county]
    numbers = [f"QW{w:03d}-{code}-{d}" for w, code, d in zip(week, codes, duty, strict=True)]
    table = pd.DataFrame(
        {
            "报表编号": numbers,
            "开始日期": monday.dt.strftime("%Y-%m-%d"),
            "结束日期": (monday + pd.Timedelta(days=6)).dt.strftime("%Y-%m-%d"),
            "上报日期": known_on.dt.strftime("%Y-%m-%d"),
            "县区代码": codes,
            "勤务类型": np.array(list(DUTIES_ZH.values()))[duty],
            "投入警力(人时)": np.char.mod("%.1f", hours.ravel()),
        }
    )
    came = (known_on < CUT_OFF).to_numpy() & (random.random(worked.shape) >= NOT_REPORTED)[week, county]
    return _spoil(table[came].reset_index(drop=True), counties["name_zh"].to_numpy()[county[came]], random)


def _spoil(table: pd.DataFrame, names: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with the flaws of real reports."""
    table = table.copy()
    chosen = random.choice(len(table), 12, replace=False)
    by_name, unreadable, twice = chosen[:6], chosen[6:9], chosen[9:]
    table.loc[by_name, "县区代码"] = names[by_name]
    table.loc[unreadable, "投入警力(人时)"] = ["约300", "待核", "-5"]
    table = pd.concat([table, table.loc[twice]])
    return table.sort_values(["上报日期", "报表编号"], kind="stable", ignore_index=True)
