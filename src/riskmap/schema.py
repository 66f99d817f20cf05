"""The tables, declared once and checked at every stage's door.

Times are wall-clock times of the study's zone, stored without a zone (datetime64[us]); an interval is half open,
[from, to). Geometry is EPSG:4326. H3 cells are uint64. Every imported row carries where it came from:
`source_id` (recipe name), `row_id` (file, sheet, row) and `import_id`; a point that was moved or repaired keeps its
coordinates as they came (`x_original`, `y_original`).
"""

from functools import cache

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from riskmap.errors import TableError

CATEGORIES = ("manufacture", "trafficking", "transport", "possession", "use_venue", "precursor", "other")
ORIGINS = ("reported", "patrol", "inspection", "checkpoint", "intelligence", "unknown")
SITE_KINDS = (
    "logistics_park",
    "sorting_centre",
    "courier_outlet",
    "warehouse",
    "freight_station",
    "port",
    "airport",
    "precursor_producer",
    "precursor_dealer",
    "precursor_user",
    "precursor_store",
    "venue",
)
PLANT_LEVELS = ("plant", "street", "community")
AREA_LEVELS = ("province", "prefecture", "county", "township")
OVERLAPS = ("priority", "split")
"""Whose people are those whom two catchments claim: the first plant's, or shared out."""
SAMPLE_KINDS = ("composite_24h", "grab")
EFFORT_KINDS = ("patrol", "inspection", "checkpoint", "intelligence", "other")
QUALIFIERS = ("=", "<LOD", "<LOQ")
TIME = "datetime64[us]"


def _text(*, required: bool = True, allowed: tuple[str, ...] = (), nullable: bool = False) -> pa.Column:
    checks = [pa.Check.isin(allowed)] if allowed else []
    return pa.Column(str, checks, required=required, nullable=nullable)


def _number(*, required: bool = True, nullable: bool = True, above: float | None = 0.0) -> pa.Column:
    checks = [] if above is None else [pa.Check.ge(above)]
    return pa.Column(float, checks, required=required, nullable=nullable)


def _time(*, required: bool = True, nullable: bool = False) -> pa.Column:
    return pa.Column(TIME, required=required, nullable=nullable)


def _geometry(*, required: bool = True, nullable: bool = True) -> pa.Column:
    return pa.Column("geometry", required=required, nullable=nullable)


_DATED = {
    "known_on": _time(),
    "geometry": _geometry(),
    "area_code": _text(required=False, nullable=True),
    "location_precision_m": _number(required=False),
}
_PROVENANCE = {"source_id": _text(), "row_id": _text(), "import_id": _text()}
_ORIGINAL = {name: _text(required=False, nullable=True) for name in ("x_original", "y_original")}
"""A point's coordinates as the source wrote them, where they are not stored as they came."""
_CASE = {
    "case_id": _text(),
    "occurred_from": _time(),
    "occurred_to": _time(),
    "category": _text(allowed=CATEGORIES),
    "origin": _text(allowed=ORIGINS),
    "count": pa.Column("int64", pa.Check.isin((-1, 1))),
}
_VALIDITY = {
    "valid_from": _time(required=False, nullable=True),
    "valid_to": _time(required=False, nullable=True),
}

COLUMNS: dict[str, dict[str, pa.Column]] = {
    "cases": _CASE | _DATED,
    "incidents": {
        "incident_id": _text(),
        "occurred_from": _time(),
        "occurred_to": _time(),
        "kind": _text(),
        "count": pa.Column("int64", pa.Check.isin((-1, 1))),
    }
    | _DATED,
    "seizures": {
        "seizure_id": _text(),
        "seized_from": _time(),
        "seized_to": _time(),
        "substance": _text(),
        "amount_g": _number(required=False),
        "amount_units": _number(required=False),
        "place_type": _text(required=False, nullable=True),
        "case_id": _text(required=False, nullable=True),
    }
    | _DATED,
    "sites": {
        "site_id": _text(),
        "kind": _text(allowed=SITE_KINDS),
        "name_zh": _text(required=False, nullable=True),
        "name_en": _text(required=False, nullable=True),
        "geometry": _geometry(nullable=False),
        "opened_on": _time(required=False, nullable=True),
        "closed_on": _time(required=False, nullable=True),
        "size": _number(required=False),
    },
    "plants": {
        "plant_id": _text(),
        "code": _text(),
        "level": _text(allowed=PLANT_LEVELS),
        "parent_id": _text(required=False, nullable=True),
        "geometry": _geometry(nullable=False),
        "population": pa.Column(float, pa.Check.gt(0), nullable=False),
        "population_source": _text(required=False, nullable=True),
        "overlap": _text(required=False, allowed=OVERLAPS, nullable=True),
    }
    | _VALIDITY,
    "samples": {
        "sample_id": _text(),
        "plant_id": _text(),
        "sampled_from": _time(),
        "sampled_to": _time(),
        "known_on": _time(),
        "kind": _text(allowed=SAMPLE_KINDS),
        "analyte": _text(),
        "concentration_ng_l": _number(required=False),
        "qualifier": _text(allowed=QUALIFIERS),
        "lod_ng_l": _number(required=False),
        "loq_ng_l": _number(required=False),
        "flow_m3_d": pa.Column(float, pa.Check.gt(0), required=False, nullable=True),
        "rain_flag": pa.Column("boolean", required=False, nullable=True),
        "laboratory": _text(required=False, nullable=True),
        "method": _text(required=False, nullable=True),
        "load_mg_d_per_1000": _number(required=False),
        "limit_mg_d_per_1000": _number(required=False),
    },
    "areas": {
        "area_code": _text(),
        "level": _text(allowed=AREA_LEVELS),
        "parent_code": _text(required=False, nullable=True),
        "name_zh": _text(required=False, nullable=True),
        "name_en": _text(required=False, nullable=True),
        "geometry": _geometry(nullable=False),
    }
    | _VALIDITY,
    "population": {
        "cell": pa.Column("uint64", required=False),
        "area_code": _text(required=False, nullable=True),
        "residents": _number(nullable=False),
        "year": pa.Column("int64", required=False),
        "geometry": _geometry(required=False),
    },
    "roads": {"road_class": _text(), "geometry": _geometry(nullable=False)},
    "effort": {
        "effort_id": _text(),
        "worked_from": _time(),
        "worked_to": _time(),
        "hours": _number(nullable=False),
        "kind": _text(allowed=EFFORT_KINDS),
        "site_id": _text(required=False, nullable=True),
        "cell": pa.Column("uint64", required=False),
    }
    | _DATED,
}
LAYERS = tuple(COLUMNS)
"""Layers that `riskmap import` takes."""

ID_COLUMN = {
    "cases": "case_id",
    "incidents": "incident_id",
    "seizures": "seizure_id",
    "sites": "site_id",
    "plants": "plant_id",
    "samples": "sample_id",
    "areas": "area_code",
    "effort": "effort_id",
}
"""The column that names a row of a layer; layers without one have no identity to repeat."""

TIME_COLUMNS = {
    "cases": ("occurred_from", "occurred_to"),
    "incidents": ("occurred_from", "occurred_to"),
    "seizures": ("seized_from", "seized_to"),
    "samples": ("sampled_from", "sampled_to"),
    "effort": ("worked_from", "worked_to"),
}
"""The interval in which a dated layer's row happened."""

SURFACE = {
    "cell": pa.Column("uint64", unique=True),
    "expected": _number(nullable=False),
    "low": _number(nullable=False),
    "high": _number(nullable=False),
    "need": _number(nullable=False),
    "rank": pa.Column("int32", pa.Check.ge(1)),
    "band": pa.Column("int8", pa.Check.in_range(1, 6)),
    "baseline_expected": _number(nullable=False),
    "baseline_rank": pa.Column("int32", pa.Check.ge(1)),
    "monitored": pa.Column(bool),
    "reasons": _text(),
}


@cache
def table_schema(table: str) -> pa.DataFrameSchema:
    """Return the schema of an imported `table`, provenance included."""
    original = _ORIGINAL if "geometry" in COLUMNS[table] else {}
    return pa.DataFrameSchema({**COLUMNS[table], **original, **_PROVENANCE}, strict="filter", coerce=True, name=table)


def check_table(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with the table's types, columns the table does not know left out.

    Raises
    ------
    TableError
        Naming the table, the column, the rule and the first value that breaks it.
    """
    schema = surface_schema() if table == "surface" else table_schema(table)
    try:
        checked = schema.validate(frame, lazy=True)
    except SchemaErrors as broken:
        first = broken.failure_cases.iloc[0]
        raise TableError(
            "Table {table}: column {column} breaks the rule {rule} in {n} of {total} rows, first {value!r}.",
            table=table,
            column=first["column"] or first["failure_case"],
            rule=str(first["check"]),
            n=int((broken.failure_cases["check"] == first["check"]).sum()),
            total=len(frame),
            value=first["failure_case"],
        ) from None
    # pandera coerces times to nanoseconds whatever unit the schema names.
    times = checked.select_dtypes("datetime64").columns
    return checked.astype(dict.fromkeys(times, TIME)) if len(times) else checked


@cache
def surface_schema() -> pa.DataFrameSchema:
    """Return the schema of a published surface's cells."""
    return pa.DataFrameSchema(SURFACE, strict=True, coerce=True, name="surface")
