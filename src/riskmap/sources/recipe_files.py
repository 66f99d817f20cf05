"""Where recipes lie, and how one is read from its file."""

from pathlib import Path

from riskmap.errors import RecipeError
from riskmap.language import Text
from riskmap.sources.recipe import Recipe, parse_recipe
from riskmap.sources.recipe_faults import decode_fault, unknown_name
from riskmap.study import REPOSITORY


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
    known = list_recipes()
    said = Text("There is no recipe {name}", {"name": name_or_file})
    said = unknown_name(said, name_or_file, known)
    raise RecipeError("{said}; the recipes here are: {known}.", said=said, known=", ".join(known))


def list_recipes() -> list[str]:
    """Return the names of the recipes under `recipes/`, sorted."""
    return sorted(path.stem for path in (REPOSITORY / "recipes").glob("*.toml"))


def load_recipe(name_or_file: str | Path) -> Recipe:
    """Read and check the recipe `name_or_file`.

    Raises
    ------
    RecipeError
        If it is not there, not TOML, or a key or value is not of the form recipes have; the message names the file,
        the line and the key.
    """
    path = recipe_path(str(name_or_file))
    raw = path.read_bytes()
    try:
        return parse_recipe(raw.decode("utf-8-sig").replace("\r\n", "\n"), path)
    except UnicodeDecodeError as invalid:
        raise decode_fault(path.name, raw, invalid) from None
