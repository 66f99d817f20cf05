"""How one source is read: a TOML file that says which of its columns is which of ours (docs/recipes.md)."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from riskmap.language import Text
from riskmap.schema import COLUMNS, LAYERS, TIME_COLUMNS
from riskmap.sources.dates import NAMED_FORMS
from riskmap.sources.publisher import Fetch
from riskmap.sources.recipe_faults import RecipeValueError, recipe_fault, toml_fault, unknown_name
from riskmap.sources.units import unit_factor

PLACE_COLUMNS = ("lon", "lat", "x", "y", "wkt")
"""What a recipe may map although the tables hold a geometry in its stead."""


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

    `sheet` is a worksheet's name (Excel), a layer's (GeoPackage) or a table's (databases); `query` is the SELECT that
    gives the rows of a database; `header_row` is counted from 1, and found by the names in the recipe where it is not
    given; `header` names the columns of a file that has no header row; `blank` are texts that mean "nothing"; `escape`
    is the sign before a quote inside quotes, where it is not a second quote.
    """

    sheet: str | None = None
    query: str | None = None
    header_row: int | None = Field(default=None, ge=1)
    header: list[str] | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    escape: str | None = Field(default=None, min_length=1, max_length=1)
    blank: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _header_names_each_column_once(self) -> "TableForm":
        repeated = [name for at, name in enumerate(self.header or []) if name in (self.header or [])[:at]]
        if repeated:
            said = Text(
                "[table] header names {name!r} twice; every column needs a name of its own", {"name": repeated[0]}
            )
            raise RecipeValueError(said, ("table", "header"))
        return self


class Wide(_Part):
    """Columns that are rows in truth: one analyte, or one day, a column.

    Each of `columns` becomes a row that holds the column's name in `name` and the cell's text in `value`; both may
    then be used under [columns] like columns of the file. A blank cell is no measurement. With `some` a file may lack
    some of them, not all. With `others` further columns count like them: those that the recipe names nowhere and that
    hold results, but for the names (`*` and `?` allowed) in `others_not`.
    """

    columns: list[str] = Field(min_length=1)
    some: bool = False
    others: bool = False
    others_not: list[str] = Field(default_factory=list)
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
    join: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(default_factory=dict)
    optional: list[str] = Field(default_factory=list)
    dates: dict[str, Names] = Field(default_factory=dict)
    keep: dict[str, Patterns] = Field(default_factory=dict)
    leave_out: dict[str, Patterns] = Field(default_factory=dict)
    value_maps: dict[str, dict[str, str]] = Field(default_factory=dict, alias="values")
    constants: dict[str, str | int | float | bool] = Field(default_factory=dict)
    units: dict[str, str | float] = Field(default_factory=dict)
    fetch: Fetch | None = None
    text: str = Field(default="", exclude=True)
    path: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _targets_are_columns_of_the_layer(self) -> "Recipe":
        if self.layer not in LAYERS:
            said = Text("layer {layer!r} is not known; the layers are {known}", _listed(LAYERS, layer=self.layer))
            raise RecipeValueError(unknown_name(said, self.layer, LAYERS), ("layer",))
        known = target_columns(self.layer)
        for section in ("columns", "join", "values", "constants", "units", "dates", "optional"):
            named = self.value_maps if section == "values" else getattr(self, section)
            unknown = [name for name in named if name not in known]
            if unknown:
                values = _listed(known, section=section, column=unknown[0], layer=self.layer)
                said = Text("[{section}] {column!r} is no column of {layer}; the columns are {known}", values)
                raise RecipeValueError(unknown_name(said, unknown[0], known), (section, unknown[0]))
        return self

    @model_validator(mode="after")
    def _values_can_be_used(self) -> "Recipe":
        if self.timezone not in ("", "local") and self.timezone not in available_timezones():
            said = Text("timezone {zone!r} is neither an IANA time zone nor 'local'", {"zone": self.timezone})
            raise RecipeValueError(unknown_name(said, self.timezone, sorted(available_timezones())), ("timezone",))
        for column, forms in self.dates.items():
            for form in forms:
                check_date_form(column, form)
        for column, unit in self.units.items():
            if isinstance(unit, str):
                unit_factor(column, unit)
        return self

    @model_validator(mode="after")
    def _values_are_allowed_in_their_column(self) -> "Recipe":
        for column, words in self.value_maps.items():
            for source, word in words.items():
                self._check_allowed(("values", column, source), column, word)
        for column, constant in self.constants.items():
            self._check_allowed(("constants", column), column, constant)
        return self

    def _check_allowed(self, at: tuple[str, ...], column: str, value: str | float | bool) -> None:
        allowed = allowed_values(self.layer, column)
        if not allowed or value == "" or _is_one_of(value, allowed):
            return
        section, key = ".".join(at[:-1]), at[-1]
        values = _listed([str(item) for item in allowed], section=section, key=key, value=value, column=column)
        said = Text("[{section}] {key!r} = {value!r} is not allowed in {column}; allowed are {known}", values)
        raise RecipeValueError(unknown_name(said, str(value), [str(item) for item in allowed]), at)

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


def allowed_values(layer: str, column: str) -> tuple[str | int, ...]:
    """Return the only values that `column` of `layer` takes; nothing where it takes any."""
    checks = COLUMNS[layer][column].checks if column in COLUMNS[layer] else []
    return tuple(value for check in checks for value in (check.statistics or {}).get("allowed_values", ()))


def _is_one_of(value: str | float | bool, allowed: Sequence[str | int]) -> bool:
    """Return whether `value`, as a file would hold it, is allowed; numbers are compared as numbers."""
    if isinstance(value, bool):
        return False
    if all(isinstance(item, str) for item in allowed):
        return value in allowed
    try:
        return float(value) in allowed
    except ValueError:
        return False


def _listed(known: Sequence[str], **values: object) -> dict[str, object]:
    return {**values, "known": ", ".join(known)}


def check_date_form(column: str, form: str) -> None:
    """Refuse a date form that strptime does not know."""
    if form in NAMED_FORMS:
        return
    try:
        pd.to_datetime(pd.Series(["-"]), format=form, errors="coerce")
        known = "%" in form
    except ValueError:
        known = False
    if not known:
        said = Text(
            "[dates] {column} = {form!r} is no date form; examples are '%Y-%m-%d' and 'auto'",
            {"column": column, "form": form},
        )
        raise RecipeValueError(said, ("dates", column))


def parse_recipe(text: str, path: Path) -> Recipe:
    """Return the recipe that `text` says; `path` is the file that it is, or will be, in.

    Raises
    ------
    RecipeError
        As `load_recipe`.
    """
    try:
        return Recipe.model_validate({**tomllib.loads(text), "text": text, "path": str(path)})
    except tomllib.TOMLDecodeError as invalid:
        raise toml_fault(path.name, text, invalid) from None
    except ValidationError as invalid:
        raise recipe_fault(path.name, text, invalid, Recipe) from None
