"""The areas by code: of which level each is, what lies above and below it, what it is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd
import streamlit as st

from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.words import best_names
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.web.access import require
from riskmap.web.language import current_view
from riskmap.web.loaded import KEYS, load_layer

TOPMOST = ("prefecture", "county", "township")
"""The level right below the whole study is the first of these that it has."""


@dataclass(frozen=True)
class AreaTree:
    """Level and parent by code, "" for none; names by language and code, which nothing in data makes more than text.

    Plain mappings, because every drawing of a page asks many such questions, and each costs a table a millisecond.
    """

    levels: Mapping[str, str]
    parents: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, areas: pd.DataFrame) -> "AreaTree":
        """Return the tree of a layer of areas; of rows with one code the first counts."""
        areas = areas.drop_duplicates("area_code", ignore_index=True)
        codes = areas["area_code"].tolist()
        above = areas["parent_code"].tolist() if "parent_code" in areas else [None] * len(codes)
        return cls(
            levels=dict(zip(codes, areas["level"].tolist(), strict=True)),
            parents={code: each if isinstance(each, str) else "" for code, each in zip(codes, above, strict=True)},
            names={
                language: dict(zip(codes, plain_texts(best_names(areas, "area_code", language)), strict=True))
                for language in ("zh", "en")
            },
        )

    def level(self, code: str) -> str:
        """Return the level of an area, "" for an unknown one."""
        return self.levels.get(code, "")

    def name(self, code: str, language: str) -> str:
        """Return what an area is called; its code where it is unknown."""
        return self.names[language].get(code) or plain_text(code)

    def lineage(self, code: str) -> list[str]:
        """Return the codes from the topmost area down to `code`; empty for an unknown one."""
        path: list[str] = []
        while code in self.levels and code not in path:
            path.insert(0, code)
            code = self.parents[code]
        return path

    def below(self, code: str) -> list[str]:
        """Return the areas right below `code`; below the study ("") the prefectures, or the topmost level there is."""
        if code:
            return [area for area, above in self.parents.items() if above == code]
        present = set(self.levels.values())
        topmost = next((level for level in TOPMOST if level in present), "")
        return [area for area, level in self.levels.items() if level == topmost]


def load_area_tree(study: Study) -> AreaTree:
    """Return the areas as they stand now, as far as the reader may see them."""
    study = require("view", study)
    return _tree(study, layer_fingerprint(study, "areas"))


def letters_of_names(study: Study) -> str:
    """Return all letters of the areas' names, unseen: maps and tables draw them once, in the fonts that came."""
    letters = "".join(sorted(set("".join(load_area_tree(study).names[current_view().language].values()))))
    return f'<span class="rm-fetch-fonts" aria-hidden="true">{escape(letters)}</span>'


@st.cache_resource(max_entries=12, show_spinner=False, hash_funcs=KEYS)
def _tree(study: Study, fingerprint: str) -> AreaTree:
    del fingerprint
    return AreaTree.of(load_layer(study, "areas"))
