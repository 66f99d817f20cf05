"""One area under watch: its settings, and where its files lie.

geodata/<area>/study.toml                 this module
geodata/<area>/boundary.parquet           EPSG:4326, one row
geodata/<area>/layers/<layer>/<import>/   what each import brought (layers/folders.py)
geodata/<area>/surfaces/<snapshot>/       what was published (surface/publish.py)
geodata/<area>/plans/<number>/            inspection lists (decisions/inspections.py)
models/<area>/<model>/                    fitted models (model/registry.py)
"""

import os
import re
import tomllib
from datetime import tzinfo
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import pyarrow.parquet as pq
import shapely
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator
from shapely.geometry.base import BaseGeometry

from riskmap.errors import StudyError

Period = Literal["day", "week", "month", "quarter"]
REPOSITORY = Path(__file__).resolve().parents[2]
ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


known_timezones = cache(available_timezones)
"""The names of all time zones; to list them anew would go through 600 files for each study that is opened."""


def default_home() -> Path:
    """Return where `geodata/` and `models/` lie: RISKMAP_HOME, else the repository."""
    return Path(os.environ.get("RISKMAP_HOME") or REPOSITORY).expanduser().resolve()


class Study(BaseModel):
    """The settings of one area; frozen, because forecasts under changed settings cannot be compared.

    `operating_share` is the share of the area that the inspection teams can cover in one period; scores, lists
    and promotion gates are read at it. `minimum_count` is the smallest count that is shown as a change.
    `weigh_by_effort` says whether discovered cases count one over the propensity of having looked in the need, which
    inspections go by, where layer `effort` tells (docs/evaluation.md, Weights for effort). `marking` and `map_number`
    are printed on the briefing, `contact` (an office) on the help page; they change no forecast, so they are no part of
    what a model was fitted under (`study_toml`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    resolution: int = Field(ge=3, le=12)
    period: Period
    timezone: str
    horizon: int = Field(default=1, ge=1, le=13)
    operating_share: float = Field(default=0.05, gt=0, lt=1)
    minimum_count: int = Field(default=5, ge=1)
    seed: int = Field(default=20260105, ge=0)
    weigh_by_effort: bool = True
    simulated: bool = False
    name_zh: str = ""
    name_en: str = ""
    marking: str = Field(default="", max_length=20, exclude=True)
    map_number: str = Field(default="", max_length=40, exclude=True)
    contact: str = Field(default="", max_length=200, exclude=True)
    home: Path = Field(default_factory=default_home, exclude=True)
    _within: tuple[str, ...] = PrivateAttr(())

    @field_validator("id")
    @classmethod
    def _id_is_a_folder_name(cls, value: str) -> str:
        if not ID_PATTERN.fullmatch(value):
            raise ValueError("use lower-case letters, digits, '-' and '_', at most 64 characters")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str) -> str:
        if value not in known_timezones():
            raise ValueError(f"{value!r} is not an IANA time zone; an example is Asia/Shanghai")
        return value

    @property
    def zone(self) -> tzinfo:
        """The time zone in which periods begin."""
        return ZoneInfo(self.timezone)

    @property
    def within(self) -> tuple[str, ...]:
        """Codes of the only areas of it that whoever holds this study may see; empty where all may be seen.

        Every function that reads records, forecasts or lists of a study leaves out what lies elsewhere.
        """
        return self._within

    def narrowed(self, codes: tuple[str, ...]) -> "Study":
        """Return the study for a reader of the areas `codes` only; of the whole of it for none."""
        study = self.model_copy()
        study._within = tuple(sorted(codes))
        return study

    def whole(self) -> "Study":
        """Return the study with all of its areas, for what is the same for every reader: scales, tiles, outlines."""
        return self.narrowed(()) if self._within else self

    @property
    def folder(self) -> Path:
        """Where everything of this area lies."""
        return self.home / "geodata" / self.id

    @property
    def models_folder(self) -> Path:
        """Where the area's fitted models lie."""
        return self.home / "models" / self.id

    def name(self, language: str) -> str:
        """Return the area's name in `language`, else its id."""
        return (self.name_zh if language == "zh" else self.name_en) or self.id

    def boundary(self) -> BaseGeometry:
        """Return the area's outline, EPSG:4326."""
        # Without geopandas, which takes 30 ms to understand a coordinate system that is always the same one.
        (outline,) = pq.read_table(self.folder / "boundary.parquet", columns=["geometry"])["geometry"].to_pylist()
        return shapely.from_wkb(outline)


def check_study(settings: dict[str, object]) -> Study:
    """Return the settings as a `Study`, or say in one sentence which of them breaks which rule."""
    try:
        return Study.model_validate(settings)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise StudyError(
            "The setting {key} of area {area} is not valid: {problem}; it was {value!r}.",
            key=key,
            area=settings.get("id", "?"),
            problem=first["msg"].removeprefix("Value error, "),
            value=first.get("input"),
        ) from None


def load_study(area: str, home: Path | None = None) -> Study:
    """Read the study of `area`.

    Raises
    ------
    StudyError
        If there is no such area under `home`, or its study.toml is not valid.
    """
    home = home or default_home()
    path = home / "geodata" / area / "study.toml"
    if not ID_PATTERN.fullmatch(area) or not path.is_file():
        known = ", ".join(list_studies(home)) or "-"
        raise StudyError(
            "There is no area {area!r} under {home}; there are: {known}. Make one with `riskmap area create`.",
            area=area,
            home=str(home / "geodata"),
            known=known,
        )
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as invalid:
        raise StudyError("{path} is not valid TOML: {problem}.", path=str(path), problem=str(invalid)) from None
    return check_study({**settings, "home": home})


def list_studies(home: Path | None = None) -> list[str]:
    """Return the ids of the areas under `home`, sorted."""
    return sorted(path.parent.name for path in ((home or default_home()) / "geodata").glob("*/study.toml"))


def study_toml(study: Study) -> str:
    """Return the text of study.toml for `study`: what its forecasts rest on."""
    lines = []
    for key, value in study.model_dump().items():
        text = str(value).lower() if isinstance(value, bool) else value
        quoted = '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        lines.append(f"{key} = {quoted if isinstance(value, str) else text}")
    return "\n".join(lines) + "\n"
