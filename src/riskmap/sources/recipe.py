"""How one source is read: a TOML file that says which of its columns is which of ours (docs/recipes.md)."""

import re
import tomllib
from fnmatch import translate as wildcard_pattern
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from riskmap.errors import RecipeError
from riskmap.schema import COLUMNS, LAYERS, TIME_COLUMNS
from riskmap.study import REPOSITORY

PLACE_COLUMNS = ("lon", "lat", "x", "y", "wkt")
"""What a recipe may map although the tables hold a geometry in its stead."""

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
}


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_texts(value: object) -> object:
    """Numbers and truth values of TOML as the texts that a file would hold."""
    items = value if isinstance(value, list) else [value]
    return [str(item) if isinstance(item, int | float) and not isinstance(item, bool) else item for item in items]


Names = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]
Patterns = Annotated[list[str], BeforeValidator(_as_texts), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableForm(_Part):
    """Where in a file the table lies.

    `sheet` is a worksheet's name (Excel) or a layer's (GeoPackage); `header_row` is counted from 1;
    `header` names the columns of a file that has no header row; `blank` are texts that mean "nothing"; `escape` is the
    sign before a quote inside quotes, where it is not a second quote.
    """

    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    header: list[str] | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    escape: str | None = Field(default=None, min_length=1, max_length=1)
    blank: list[str] = Field(default_factory=list)


class Wide(_Part):
    """Columns that are rows in truth: one analyte, or one day, a column.

    Each of `columns` becomes a row that holds the column's name in `name` and the cell's text in `value`; both may
    then be used under [columns] like columns of the file. A blank cell is no measurement.
    """

    columns: list[str] = Field(min_length=1)
    name: str = "name"
    value: str = "value"


class Recipe(_Part):
    """One source's form, as written in its TOML file; `text` and `path` say where it came from."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    layer: str
    publisher: str = ""
    licence: str = ""
    notes: str = ""
    encoding: Names = Field(default_factory=lambda: ["auto"])
    crs: str | None = None
    timezone: str = ""
    outside: Literal["quarantine", "leave_out"] = "quarantine"
    table: TableForm = Field(default_factory=TableForm)
    wide: Wide | None = None
    columns: dict[str, Names] = Field(default_factory=dict)
    join: dict[str, list[str]] = Field(default_factory=dict)
    optional: list[str] = Field(default_factory=list)
    dates: dict[str, Names] = Field(default_factory=dict)
    keep: dict[str, Patterns] = Field(default_factory=dict)
    leave_out: dict[str, Patterns] = Field(default_factory=dict)
    value_maps: dict[str, dict[str, str]] = Field(default_factory=dict, alias="values")
    constants: dict[str, str | int | float | bool] = Field(default_factory=dict)
    units: dict[str, str | float] = Field(default_factory=dict)
    text: str = Field(default="", exclude=True)
    path: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _targets_are_columns_of_the_layer(self) -> "Recipe":
        if self.layer not in LAYERS:
            raise ValueError(f"layer {self.layer!r} is not known; the layers are {', '.join(LAYERS)}")
        known = target_columns(self.layer)
        for section in ("columns", "join", "values", "constants", "units", "dates", "optional"):
            named = self.value_maps if section == "values" else getattr(self, section)
            unknown = sorted(set(named) - set(known))
            if unknown:
                raise ValueError(
                    f"[{section}] {unknown[0]!r} is no column of {self.layer}; the columns are {', '.join(known)}"
                )
        if self.timezone not in ("", "local") and self.timezone not in available_timezones():
            raise ValueError(f"timezone {self.timezone!r} is neither an IANA time zone nor 'local'")
        for column, forms in self.dates.items():
            for form in forms:
                check_date_form(column, form)
        for column, unit in self.units.items():
            if isinstance(unit, str):
                unit_factor(column, unit)
        return self

    def factor(self, column: str) -> float:
        """Return what a number of `column` is multiplied by to be in the table's unit."""
        unit = self.units.get(column, 1.0)
        return unit_factor(column, unit) if isinstance(unit, str) else float(unit)


def target_columns(layer: str) -> tuple[str, ...]:
    """Return the names that a recipe of `layer` may map, in the table's order."""
    names = [name for name in COLUMNS[layer] if name != "geometry"]
    if layer in TIME_COLUMNS:
        names.append(TIME_COLUMNS[layer][0].removesuffix("_from"))
    if "geometry" in COLUMNS[layer]:
        names.extend(PLACE_COLUMNS)
    return tuple(names)


def check_date_form(column: str, form: str) -> None:
    """Refuse a date form that strptime does not know."""
    if form == "auto":
        return
    try:
        pd.to_datetime(pd.Series(["-"]), format=form, errors="coerce")
    except ValueError as invalid:
        raise ValueError(f"[dates] {column} = {form!r} is no date form: {invalid}") from None
    if "%" not in form:
        raise ValueError(f"[dates] {column} = {form!r} is no date form; examples are '%Y-%m-%d' and 'auto'")


def unit_factor(column: str, unit: str) -> float:
    """Return the factor from `unit` to the unit of the table's `column`."""
    factors = UNIT_FACTORS.get(COLUMN_UNITS.get(column, ""), {})
    if unit not in factors:
        raise ValueError(f"[units] {column} = {unit!r} is not known; known are {', '.join(factors) or 'numbers only'}")
    return factors[unit]


def alternatives(column: str) -> list[str]:
    """Return the names that a key of [keep] or [leave_out] stands for: "A | B" is the first of them that is present."""
    return [name.strip() for name in column.split("|")]


def match_patterns(texts: pd.Series, patterns: list[str]) -> pd.Series:
    """Return where a text, blanks around it left off, is one of `patterns` (`*` and `?` stand for any characters)."""
    codes, distinct = pd.factorize(texts.fillna(""))
    stripped = pd.Series(distinct, dtype="str").str.strip()
    plain = [pattern for pattern in patterns if not re.search(r"[*?]", pattern)]
    found = stripped.isin(plain)
    for pattern in patterns:
        if pattern not in plain:
            found |= stripped.str.match(wildcard_pattern(pattern.replace("[", "[[]")))
    return pd.Series(found.to_numpy(bool)[codes], index=texts.index)


def recipe_path(name_or_file: str) -> Path:
    """Return the file of a recipe: a path, or a name under `recipes/`.

    Raises
    ------
    RecipeError
        If neither is there, naming the recipes that are.
    """
    given = Path(name_or_file).expanduser()
    named = REPOSITORY / "recipes" / f"{name_or_file}.toml"
    if given.is_file():
        return given
    if given.name == name_or_file and named.is_file():
        return named
    known = ", ".join(sorted(path.stem for path in named.parent.glob("*.toml")))
    raise RecipeError("There is no recipe {name}; the recipes here are: {known}.", name=name_or_file, known=known)


def load_recipe(name_or_file: str | Path) -> Recipe:
    """Read and check the recipe `name_or_file`.

    Raises
    ------
    RecipeError
        If it is not there, not TOML, or a key or value is not of the form recipes have; the message names the file
        and the key.
    """
    path = recipe_path(str(name_or_file))
    try:
        text = path.read_text(encoding="utf-8")
        return Recipe.model_validate({**tomllib.loads(text), "text": text, "path": str(path)})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as invalid:
        raise RecipeError("Recipe {path} is not valid TOML: {problem}.", path=path.name, problem=str(invalid)) from None
    except ValidationError as invalid:
        raise _recipe_error(path, invalid) from None


def _recipe_error(path: Path, invalid: ValidationError) -> RecipeError:
    first = invalid.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "-"
    if first["type"] == "extra_forbidden":
        return RecipeError("Recipe {path}: the key {key} is not known; see docs/recipes.md.", path=path.name, key=key)
    if first["type"] == "missing":
        return RecipeError("Recipe {path}: the key {key} is missing; see docs/recipes.md.", path=path.name, key=key)
    problem = first["msg"].removeprefix("Value error, ")
    return RecipeError("Recipe {path}: {key} is not valid: {problem}.", path=path.name, key=key, problem=problem)
