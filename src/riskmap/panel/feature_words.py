"""What each feature means, in words and units, and whether it follows where the police looked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from riskmap.language import Text

SITE_NAMES = {
    "logistics_park": Text("logistics park"),
    "sorting_centre": Text("sorting centre"),
    "courier_outlet": Text("courier outlet"),
    "warehouse": Text("warehouse"),
    "freight_station": Text("freight station"),
    "port": Text("port"),
    "airport": Text("airport"),
    "precursor_producer": Text("precursor producer"),
    "precursor_dealer": Text("precursor dealer"),
    "precursor_user": Text("precursor user"),
    "precursor_store": Text("precursor store"),
    "venue": Text("venue"),
    "hub": Text("logistics hubs"),
    "precursor": Text("precursor enterprises"),
}
PER_PERIOD = Text("records per period")
METRES = Text("m")
NUMBER = Text("number")
SHARE = Text("share")
HOURS = Text("hours per period")
LOAD = Text("mg per day per 1000 people")
LOG = Text("logarithm of a ratio")
_HISTORY: Sequence[tuple[str, Text, Text]] = [
    (r"_(?:decay|mean|lag)_(?P<n>\d+)", Text("{what} here, {n} periods back"), PER_PERIOD),
    (r"_ring(?P<k>\d)_\w+_(?P<n>\d+)", Text("{what} {k} cells away, {n} periods back"), PER_PERIOD),
    (
        r"_parent_\w+_(?P<n>\d+)",
        Text("{what} in the cells around (two resolutions up), {n} periods back"),
        PER_PERIOD,
    ),
    (r"_area_\w+_(?P<n>\d+)", Text("{what} in the rest of the county, {n} periods back"), PER_PERIOD),
    (
        r"_region_change_(?P<n>\d+)_(?P<long>\d+)",
        Text("{what} in the wider surroundings (three resolutions up), {n} periods back against {long}"),
        LOG,
    ),
]
_SOURCES: Sequence[tuple[str, Text | None]] = [
    (r"cases", Text("recorded cases")),
    (r"cases_discovered", Text("cases found by police work")),
    (r"incidents", Text("other incidents")),
    (r"incidents_(?P<kind>.+?)", None),
]
_OTHERS: Sequence[tuple[str, Text, Text]] = [
    (r"excitation(?:_log)?", Text("what was recorded here and around, lately and over the years"), PER_PERIOD),
    (r"baseline(?:_log)?", Text("recorded cases here and next door"), PER_PERIOD),
    (r"cases_since_(?P<n>\d+)", Text("time since the last recorded case here, at most {n} periods"), Text("periods")),
    (r"distance_road_(?P<kind>.+)_m", Text("distance to the nearest road ({kind})"), METRES),
    (r"distance_border_m", Text("distance to the area's border"), METRES),
    (r"distance_(?P<site>.+)_m", Text("distance to the nearest {site}"), METRES),
    (r"(?P<group>hub|precursor|venue)_within_(?P<m>\d+)m_count", Text("{group} within {m} m"), NUMBER),
    (r"residents_count", Text("residents"), NUMBER),
    (r"neighbours_count", Text("edge of the area"), NUMBER),
    (r"load_(?P<analyte>.+)_mg_d_per_1000", Text("{analyte} in the wastewater"), LOAD),
    (r"detected_(?P<analyte>.+)_share", Text("how often {analyte} is found in the wastewater"), SHARE),
    (r"trend_(?P<analyte>.+)_log", Text("trend of {analyte} in the wastewater"), LOG),
    (r"effort_hours_decay_(?P<n>\d+)", Text("hours of police work here, {n} periods back"), HOURS),
    (r"season_\w+", Text("time of year"), NUMBER),
    (r"holidays_days", Text("public holidays in the period"), Text("days")),
]

SOURCES: Sequence[tuple[str, str, Text]] = [
    ("past", r"(excitation|baseline)_", Text("past events added up (what the trees start from)")),
    ("cases", r"cases_", Text("recorded cases here and around")),
    ("incidents", r"incidents_", Text("other incidents here and around")),
    ("roads", r"distance_road_", Text("roads")),
    ("residents", r"(residents|neighbours)_|distance_border_", Text("residents and shape of the area")),
    ("sites", r"distance_|.+_within_", Text("sites that can be inspected")),
    ("wastewater", r"load_|detected_|trend_", Text("wastewater")),
    ("effort", r"effort_", Text("hours of police work")),
    ("calendar", r"season_|holidays_", Text("calendar")),
]
"""Where features come from: key, how their names begin (the first that fits counts), words."""
OTHER_SOURCE = ("others", Text("others"))


def feature_source(name: str) -> tuple[str, Text]:
    """Return the key of the source that a feature is made from, and the source in words."""
    return next(((key, words) for key, pattern, words in SOURCES if re.match(pattern, name)), OTHER_SOURCE)


@dataclass(frozen=True)
class Feature:
    """One column of the panel; `effort` where it follows police work rather than the world."""

    name: str
    meaning: Text
    unit: Text
    effort: bool


def describe_feature(name: str) -> Feature:
    """Return what a feature means; its bare name where no words are known for it."""
    effort = name.startswith(("excitation", "baseline", "cases_", "effort_"))
    for source, what in _SOURCES:
        for tail, template, unit in _HISTORY:
            match = re.fullmatch(source + tail, name)
            if match:
                values: dict[str, object] = match.groupdict()
                kind = values.pop("kind", None)
                return Feature(name, Text(template.template, values | {"what": what or str(kind)}), unit, effort)
    for pattern, template, unit in _OTHERS:
        match = re.fullmatch(pattern, name)
        if match:
            words = {key: SITE_NAMES.get(value, value) for key, value in match.groupdict().items()}
            return Feature(name, Text(template.template, words), unit, effort)
    return Feature(name, Text("{name}", {"name": name}), Text("{name}", {"name": ""}), effort)
