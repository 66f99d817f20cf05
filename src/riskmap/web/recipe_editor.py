"""Which layer files are for and by which recipe they are read: a known one, or a proposal that can be changed."""

from pathlib import Path

import pandas as pd
import streamlit as st

from riskmap.errors import RiskmapError
from riskmap.figures.plain import plain_text
from riskmap.figures.words import layer_word
from riskmap.schema import LAYERS
from riskmap.snapshot import file_sha256
from riskmap.sources.draft import Draft, draft_recipe
from riskmap.sources.recipe import Recipe, list_recipes, load_recipe, parse_recipe, recipe_path
from riskmap.study import Study
from riskmap.web.language import current_view, say, t
from riskmap.web.loaded import KEYS
from riskmap.web.notices import errors_told, tell

BY_FILE = ""
"""Choice of a layer: the one that the file looks like. Choice of a recipe: the one proposed from the file."""


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
    st.dataframe(table, hide_index=True, height=560, row_height=30, key=f"known-recipes-{current_view().language}")


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEYS)
def _draft(study: Study, sha256: str, layer: str, _path: Path) -> Draft:
    del sha256
    return draft_recipe(_path, layer=layer or None, study=study)


def choose_recipe(study: Study, files: list[Path]) -> Recipe | None:
    """Show the choice of layer and recipe with the recipe's text, and return the recipe where the text is one."""
    layer_column, recipe_column = st.columns(2)
    language = current_view().language
    layers = {BY_FILE: t("by the file's columns"), **{name: layer_word(name, language) for name in LAYERS}}
    layer = layer_column.selectbox(t("Layer"), list(layers), format_func=layers.__getitem__, key="import-layer")
    recipes = {BY_FILE: t("proposed from the file"), **{name: name for name in known_recipes(layer)}}
    key = f"import-recipe-{layer}"
    name = recipe_column.selectbox(t("Recipe"), list(recipes), format_func=recipes.__getitem__, key=key)
    # What is wrong with the text is said above it: below, it would be out of sight.
    with errors_told(st.container()):
        text, key = _recipe_text(study, files[0], layer, name)
        with st.container(key="recipe-text"):
            edited = st.text_area(t("What the recipe says (TOML)"), text, height=250, key=f"recipe-text-{key}")
        return parse_recipe(edited, Path(f"{name or files[0].stem}.toml"))
    return None


def _recipe_text(study: Study, file: Path, layer: str, name: str) -> tuple[str, str]:
    """Return the text to begin with, and a name for it: a known recipe's, or the one proposed from the file."""
    if name:
        return load_recipe(name).text, name
    sha256 = file_sha256(file)
    draft = _draft(study, sha256, layer, file)
    _tell_questions(draft, file)
    return draft.in_language(current_view().language), f"{sha256}-{layer}"


def _tell_questions(draft: Draft, file: Path) -> None:
    """Say which layer the file looks like, and what the proposal leaves to the analyst."""
    lines = []
    if draft.layer is not None:
        word = layer_word(draft.layer, current_view().language)
        lines.append(t("{file} looks like the layer {layer}.", file=file.name, layer=word))
    if draft.open_questions:
        lines += [t("To be answered in the recipe:"), *(f"? {say(why)}" for why in draft.open_questions)]
    tell("question" if draft.open_questions else "note", *lines)
