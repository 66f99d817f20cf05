"""Which of a source's columns a recipe names, and for what."""

from riskmap.schema import COLUMNS, TIME_COLUMNS
from riskmap.sources.patterns import alternatives
from riskmap.sources.recipe import Recipe


def named_columns(recipe: Recipe) -> list[str]:
    """Return every column that the recipe names, each once; they tell a header from other rows."""
    named = [name for part in (recipe.columns, recipe.join) for names in part.values() for name in names]
    named += [name for part in (recipe.keep, recipe.leave_out) for key in part for name in alternatives(key)]
    if recipe.wide is not None:
        named += recipe.wide.columns
    return list(dict.fromkeys(named))


def own_column(recipe: Recipe, target: str) -> str:
    """Return what the source calls the column of `target`."""
    return " / ".join(recipe.columns.get(target) or recipe.join.get(target) or [target])


def id_columns(recipe: Recipe) -> list[str]:
    """Return the columns that are mapped to ids (`case_id`, `sample_id`, `parent_id` ...)."""
    targets = [name for name in COLUMNS[recipe.layer] if name.endswith("_id")]
    return [name for part in (recipe.columns, recipe.join) for target in targets for name in part.get(target, [])]


def date_columns(recipe: Recipe) -> list[str]:
    """Return the columns of dates whose form the recipe leaves open."""
    return [
        name
        for target in _time_targets(recipe)
        if recipe.dates.get(target, ["auto"]) == ["auto"]
        for name in recipe.columns.get(target, [])
    ]


def time_columns(recipe: Recipe) -> set[str]:
    """Return all columns that are mapped to dates."""
    return {
        name
        for part in (recipe.columns, recipe.join)
        for target in _time_targets(recipe)
        for name in part.get(target, [])
    }


def _time_targets(recipe: Recipe) -> list[str]:
    times = [name for name, column in COLUMNS[recipe.layer].items() if "datetime" in str(column.dtype)]
    if recipe.layer in TIME_COLUMNS:
        times.append(TIME_COLUMNS[recipe.layer][0].removesuffix("_from"))
    return times
