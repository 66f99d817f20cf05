"""Units in which sources give a number, and the factor to the table's own."""

from riskmap.language import Text
from riskmap.sources.recipe_faults import RecipeValueError

UNIT_FACTORS: dict[str, dict[str, float]] = {
    "ng/L": {"ng/L": 1, "ug/L": 1e3, "μg/L": 1e3, "µg/L": 1e3, "mg/L": 1e6, "mg/m3": 1e3, "ug/m3": 1},
    "m3/d": {
        "m3/d": 1,
        "m³/d": 1,
        "10^4 m3/d": 1e4,
        "万m3/d": 1e4,
        "万m³/d": 1e4,
        "万m³/天": 1e4,
        "L/s": 86.4,
        "ML/d": 1e3,
    },
    "g": {"g": 1, "kg": 1e3, "mg": 1e-3, "t": 1e6, "克": 1, "千克": 1e3, "公斤": 1e3},
    "people": {"people": 1, "thousand": 1e3, "10^4": 1e4, "万人": 1e4, "人": 1},
    "m": {"m": 1, "km": 1e3, "ft": 0.3048},
    "m2": {"m2": 1, "km2": 1e6, "ha": 1e4, "亩": 10000 / 15},
    "h": {
        "h": 1,
        "hours": 1,
        "小时": 1,
        "人时": 1,
        "人小时": 1,
        "工时": 1,
        "person-hours": 1,
        "min": 1 / 60,
        "minutes": 1 / 60,
        "分钟": 1 / 60,
        "人分钟": 1 / 60,
    },
}
COLUMN_UNITS = {
    "concentration_ng_l": "ng/L",
    "lod_ng_l": "ng/L",
    "loq_ng_l": "ng/L",
    "flow_m3_d": "m3/d",
    "amount_g": "g",
    "population": "people",
    "residents": "people",
    "location_precision_m": "m",
    "size": "m2",
    "hours": "h",
}


def known_units(column: str) -> dict[str, float]:
    """Return unit -> factor for the table's `column`; nothing where it has no unit."""
    return UNIT_FACTORS.get(COLUMN_UNITS.get(column, ""), {})


def unit_factor(column: str, unit: str) -> float:
    """Return the factor from `unit` to the unit of the table's `column`.

    Raises
    ------
    RecipeValueError
        If the column has no such unit; the message names those that it has.
    """
    factors = known_units(column)
    if unit in factors:
        return factors[unit]
    at = ("units", column)
    if not factors:
        values = {"column": column, "unit": unit}
        said = Text("[units] {column} has no unit, so {unit!r} says nothing; give a factor without quotes", values)
        raise RecipeValueError(said, at)
    values = {"column": column, "unit": unit, "known": ", ".join(factors)}
    raise RecipeValueError(Text("[units] {column} = {unit!r} is not known; known are {known}", values), at)
