"""Which layer files are for and by which recipe they are read: a known one, or a proposal that can be changed."""

import re
from pathlib import Path

import pandas as pd
import streamlit as st

from riskmap.errors import RiskmapError
from riskmap.figures.plain import plain_text
from riskmap.figures.words import layer_word
from riskmap.language import LANGUAGES, Text
from riskmap.schema import LAYERS
from riskmap.snapshot import file_sha256
from riskmap.sources.draft import Draft, draft_recipe
from riskmap.sources.draft_lines import Line, written
from riskmap.sources.recipe import Recipe, parse_recipe
from riskmap.sources.recipe_files import list_recipes, load_recipe, recipe_path
from riskmap.study import Study
from riskmap.web.access import needs
from riskmap.web.exports import offer_table
from riskmap.web.language import current_view, say, t
from riskmap.web.loaded import KEYS
from riskmap.web.notices import errors_told, tell

BY_FILE = ""
"""Choice of a layer: the one that the file looks like. Choice of a recipe: the one proposed from the file."""
NO_LAYER = re.compile(r'^\s*layer\s*=\s*""', re.MULTILINE)


@st.cache_resource(max_entries=256, show_spinner=False)
def _load(name: str, changed: float) -> Recipe | None:
    """Return a recipe under recipes/, None where it cannot be loaded."""
    del changed
    try:
        return load_recipe(name)
    except RiskmapError:
        return None


def known_recipes(layer: str = BY_FILE) -> dict[str, Recipe]:
    """Return the recipes under recipes/ that can be loaded, those of one layer where it is named."""
    found = {name: _load(name, recipe_path(name).stat().st_mtime) for name in list_recipes()}
    return {name: recipe for name, recipe in found.items() if recipe is not None and layer in (BY_FILE, recipe.layer)}


def show_known_recipes() -> None:
    """Show which sources are known already."""
    recipes = known_recipes()
    table = pd.DataFrame(
        {
            t("Layer"): [layer_word(recipe.layer, current_view().language) for recipe in recipes.values()],
            t("Recipe"): list(recipes),
            t("Publisher"): [plain_text(recipe.publisher) for recipe in recipes.values()],
            t("Licence"): [plain_text(recipe.licence) for recipe in recipes.values()],
        }
    ).sort_values([t("Layer"), t("Recipe")])
    st.subheader(t("Known recipes"), anchor=False)
    # All of it fits the smallest window; left to itself a column is as wide as its first rows ask for.
    widths = {t("Layer"): 165, t("Recipe"): 200, t("Publisher"): 560, t("Licence"): 330}
    offer_table("recipes", t("Known recipes"), table)
    st.dataframe(
        table,
        hide_index=True,
        height=420,
        row_height=30,
        column_config={name: st.column_config.TextColumn(width=width) for name, width in widths.items()},
        key=f"known-recipes-{current_view().language}",
    )


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEYS)
def _draft(study: Study, sha256: str, layer: str, _path: Path) -> Draft:
    del sha256
    return draft_recipe(_path, layer=layer or None, study=study)


@needs("change_data")
def choose_recipe(study: Study, files: list[Path]) -> Recipe | None:
    """Show the choice of layer and recipe with the recipe's text, and return the recipe where the text is one."""
    layer_column, recipe_column = st.columns(2)
    language = current_view().language
    layers = {BY_FILE: t("by the file's columns"), **{name: layer_word(name, language) for name in LAYERS}}
    layer = layer_column.selectbox(t("Layer"), list(layers), format_func=layers.__getitem__, key="import-layer")
    recipes = {BY_FILE: t("proposed from the file"), **{name: name for name in known_recipes(layer)}}
    key = f"import-recipe-{layer}"
    name = recipe_column.selectbox(t("Recipe"), list(recipes), format_func=recipes.__getitem__, key=key)
    # What is asked and what is wrong with the text is said above it: below, it would be out of sight.
    notice = st.container()
    with errors_told(notice):
        draft, text, key = _recipe_text(study, files[0], layer, name)
        with st.container(key="recipe-text"):
            edited = st.text_area(t("What the recipe says (TOML)"), text, height=250, key=f"recipe-text-{key}")
        with notice:
            if draft is not None and draft.layer is None and NO_LAYER.search(edited):
                tell("question", t("Choose the layer: the columns of {file} do not tell it.", file=files[0].name))
                return None
            if draft is not None:
                _tell_questions(draft, edited, files[0].name, chosen=bool(layer))
        return parse_recipe(edited, Path(f"{name or files[0].stem}.toml"))
    return None


def _recipe_text(study: Study, file: Path, layer: str, name: str) -> tuple[Draft | None, str, str]:
    """Return the text to begin with and a name for it: a known recipe's, or that of a draft from the file."""
    if name:
        return None, load_recipe(name).text, name
    sha256 = file_sha256(file)
    with st.spinner(t("Loading")):
        draft = _draft(study, sha256, layer, file)
    return draft, draft.in_language(current_view().language), f"{sha256}-{layer}"


def _tell_questions(draft: Draft, text: str, file: str, *, chosen: bool) -> None:
    """Say which layer the file looks like where nobody chose one, and what the text leaves to the analyst."""
    lines = []
    if draft.layer is not None and not chosen:
        word = layer_word(draft.layer, current_view().language)
        lines.append(t("{file} looks like the layer {layer}.", file=file, layer=word))
    questions = questions_left(draft, text)
    if questions:
        lines.append(t("To be answered in the recipe, or delete the question mark:"))
        lines += [f"? {say(why)}" for why in questions]
    if lines:
        tell("question" if questions else "note", *lines)


def questions_left(draft: Draft, text: str) -> list[Text]:
    """Return the questions of a draft that the text made of it still leaves open.

    A line is answered once it reads otherwise or lost its question mark, or once its key is set in another line.
    """
    there = {line.strip() for line in text.splitlines()}
    return [
        line.why
        for line in draft.lines
        if line.open
        and line.why is not None
        and any(written(line, language) in there for language in LANGUAGES)
        and _times_set(line, text) <= _times_set(line, draft.text)
    ]


def _times_set(line: Line, text: str) -> int:
    """Return how often a text sets the key of a line, which may be commented out, to something that is not blank."""
    key = re.match(r"(?:#\s*)?([\w-]+)\s*=", line.code)
    return len(re.findall(rf'^\s*{key[1]}\s*=\s*(?!"")\S', text, re.MULTILINE)) if key else 0
