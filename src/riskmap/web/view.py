"""What the screen shows, as a few short codes in the page's address: a copied address opens the same view.

lang=zh  a=<study>  v=<area code>  p=<first day of the period>  l=<letters of the layers switched on>  c=<cell>
m=<d: difference, s: side by side>  b=<against what: y, m or a first day>  i=1 (a picture)
part=<part of the Data page>  w=<substance in wastewater>  g=<level of sampling places>  s=<sampling place>
wall=1: a screen on a wall, which turns by itself  every=<seconds until it turns>
Codes never change with the language. Whatever an address holds that is not of this form is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from riskmap.schema import PLANT_LEVELS
from riskmap.snapshot import text_sha256

LAYER_CODES = {
    "cases": "c",
    "seizures": "s",
    "hubs": "h",
    "enterprises": "e",
    "venues": "v",
    "plants": "w",
    "not_monitored": "n",
    "blind_spots": "b",
    "roads": "r",
}
DEFAULT_LAYERS = ("not_monitored", "roads")
NO_LAYERS = "0"
MODE_CODES = {"change": "d", "beside": "s"}
AGAINST_CODES = {"year": "y", "baseline": "m"}
"""Other periods stand for themselves; none named is the period before."""
DATA_PARTS = ("bring_in", "sources", "quarantine", "booking_points")
FORMS = {
    "lang": re.compile(r"zh|en"),
    "a": re.compile(r"[a-z0-9][a-z0-9_-]{0,63}"),
    "v": re.compile(r"[A-Za-z0-9_.-]{1,32}"),
    "p": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "l": re.compile(r"[a-z0]{1,16}"),
    "c": re.compile(r"[0-9a-f]{15}"),
    "m": re.compile("|".join(MODE_CODES.values())),
    "b": re.compile(r"y|m|\d{4}-\d{2}-\d{2}"),
    "i": re.compile("1"),
    "part": re.compile("|".join(DATA_PARTS)),
    "w": re.compile(r"[a-z0-9][a-z0-9_-]{0,39}"),
    "g": re.compile("|".join(PLANT_LEVELS)),
    "s": re.compile(r"[0-9a-f]{10}"),
    "wall": re.compile("1"),
    "every": re.compile(r"[0-9]{1,6}"),
}
EVERY_S, LEAST_S, MOST_S = 30, 5, 1800
"""Seconds that a screen on a wall stands, and the bounds of what an address may ask for; a map's tiles are good for an
hour at least."""


@dataclass(frozen=True)
class View:
    """The language, study, place inside it, period, layers, cell and part that a screen shows; "" is: as it comes.

    `mode` is "", "change" or "beside", `against` what a map is then held against: "" (the period before), "year",
    "baseline" or a period's first day. A `picture` is drawn by the server.
    `analyte` and `plant` are codes (`analyte_code`, `plant_code`), `level` is one of PLANT_LEVELS. On a `wall` the
    screens take turns `every_s` seconds, and show the newest period whatever it is.
    """

    language: str = "zh"
    study: str = ""
    place: str = ""
    period: str = ""
    layers: tuple[str, ...] = DEFAULT_LAYERS
    cell: str = ""
    mode: str = ""
    against: str = ""
    picture: bool = False
    part: str = ""
    analyte: str = ""
    level: str = ""
    plant: str = ""
    wall: bool = False
    every_s: int = EVERY_S

    def changed(self, **changes: object) -> "View":
        """Return the view with `changes`; another study drops the place, period, cell and plant of the one before."""
        if self.study and changes.get("study", self.study) != self.study:
            changes = {"place": "", "period": "", "cell": "", "against": "", "plant": "", **changes}
        return replace(self, **changes)  # type: ignore[arg-type]


def encode_view(view: View) -> dict[str, str]:
    """Return the address's parameters for `view`."""
    letters = "".join(LAYER_CODES[layer] for layer in LAYER_CODES if layer in view.layers)
    parameters = {
        "lang": view.language,
        "a": view.study,
        "v": view.place,
        "p": view.period,
        "l": "" if set(view.layers) == set(DEFAULT_LAYERS) else letters or NO_LAYERS,
        "c": view.cell,
        "m": MODE_CODES.get(view.mode, ""),
        "b": AGAINST_CODES.get(view.against, view.against),
        "i": "1" if view.picture else "",
        "part": view.part,
        "w": view.analyte,
        "g": view.level,
        "s": view.plant,
        "wall": "1" if view.wall else "",
        "every": str(view.every_s) if view.wall and view.every_s != EVERY_S else "",
    }
    return {key: value for key, value in parameters.items() if value}


def decode_view(parameters: Mapping[str, str], language: str = "zh") -> View:
    """Return the view of an address; `language` is taken where the address names none."""
    valid = {key: value for key, value in parameters.items() if key in FORMS and FORMS[key].fullmatch(value)}
    layers: tuple[str, ...] = DEFAULT_LAYERS
    if "l" in valid:
        layers = tuple(layer for layer, code in LAYER_CODES.items() if code in valid["l"])
    wall = "wall" in valid
    every_s = min(max(int(valid["every"]), LEAST_S), MOST_S) if wall and "every" in valid else EVERY_S
    return View(
        language=valid.get("lang", language),
        study=valid.get("a", ""),
        place=valid.get("v", ""),
        period="" if wall else valid.get("p", ""),
        layers=layers,
        cell=valid.get("c", ""),
        mode=_word(MODE_CODES, valid.get("m", "")),
        against=_word(AGAINST_CODES, valid.get("b", "")) or valid.get("b", ""),
        picture="i" in valid,
        part=valid.get("part", ""),
        analyte=valid.get("w", ""),
        level=valid.get("g", ""),
        plant=valid.get("s", ""),
        wall=wall,
        every_s=every_s,
    )


def _word(codes: Mapping[str, str], code: str) -> str:
    return next((word for word, its in codes.items() if its == code), "")


def analyte_code(analyte: str) -> str:
    """Return the code of a substance: its name where that is one of ours, else a hash of it."""
    return analyte if FORMS["w"].fullmatch(analyte) else "x" + text_sha256(analyte)[:10]


def plant_code(plant_id: str) -> str:
    """Return the code of a sampling place: a hash, because its id is for analysts and may be any text."""
    return text_sha256("plant", plant_id)[:10]


def language_of(locale: str | None) -> str:
    """Return the language to begin with for a browser's locale: English for en-*, else Chinese."""
    return "en" if (locale or "").lower().startswith("en") else "zh"
