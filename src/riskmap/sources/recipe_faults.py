"""What is wrong with a recipe, said with the file, the line and the key, in both languages."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from riskmap.errors import RecipeError
from riskmap.language import Text

Key = tuple[str | int, ...]
TOML_FAULTS = {
    "Invalid statement": Text("a key or a [section] must stand here; put quotes around a key that is not plain ASCII"),
    "Expected newline": Text("something follows the value; one key stands on a line"),
    "Expected '='": Text("a key must be followed by = and its value; put quotes around a key that is not plain ASCII"),
    "Invalid initial character for a key": Text("put quotes around a key that is not plain ASCII"),
    "Invalid value": Text("the value is none; put quotes around text"),
    "Cannot overwrite": Text("the key stands there twice"),
    "Duplicate inline": Text("the key stands there twice"),
    "Cannot declare": Text("the section stands there twice"),
    "Cannot redefine": Text("the section stands there twice"),
    "Cannot mutate": Text("the section stands there twice"),
    "Expected ']": Text("the bracket of the section is not closed"),
    "Unclosed array": Text("a list is not closed by ]"),
    "Unclosed inline": Text("a table in braces is not closed by }}"),
    "Unescaped": Text("write \\\\ for a backslash, or put single quotes around the text"),
    "Unterminated": Text("the text has no closing quotes"),
    "Illegal character": Text("the text has no closing quotes, or holds a character that cannot stand there"),
}
"""Beginnings of the parser's messages, which are English only."""
VALUE_FAULTS = {
    "string_type": Text("it must be text in quotes"),
    "string_pattern_mismatch": Text("it may hold letters, digits, - _ . and begins with a letter or digit"),
    "int_type": Text("it must be a whole number"),
    "int_parsing": Text("it must be a whole number"),
    "int_from_float": Text("it must be a whole number"),
    "list_type": Text("it must be a list in brackets"),
    "dict_type": Text("it must be a section of its own, [{key}]"),
    "model_type": Text("it must be a section of its own, [{key}]"),
    "too_short": Text("it must not be empty"),
    "string_too_short": Text("it must not be empty"),
    "string_too_long": Text("it must be one character"),
    "greater_than_equal": Text("it must be at least {ge}"),
    "literal_error": Text("it must be one of {expected}"),
}
"""What is said for each kind of error that pydantic finds."""


class RecipeValueError(ValueError):
    """A rule that a recipe breaks, and the key that breaks it; raised where a recipe is checked."""

    def __init__(self, said: Text, at: Key = ()) -> None:
        self.said = said
        self.at = at
        super().__init__(said.en)


def near(name: str, known: Sequence[str]) -> str:
    """Return the one of `known` that is most like `name`, "" where none is."""
    folded = {item.casefold(): item for item in reversed(known)}
    found = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def unknown_name(said: Text, name: str, known: Sequence[str]) -> Text:
    """Return `said` with the nearest known name, where there is one."""
    guess = near(name, known)
    return Text("{said} (did you mean {guess!r}?)", {"said": said, "guess": guess}) if guess else said


def key_line(text: str, key: Key) -> int | None:
    """Return the line, from 1, on which the statement that sets `key` begins; None where nothing does.

    TOML that is cut off after a whole statement is TOML again, so the statement is the one with which the key appears.
    """
    lines = text.splitlines()
    begin = 1
    for end in range(1, len(lines) + 1):
        try:
            content = tomllib.loads("\n".join(lines[:end]) + "\n")
        except tomllib.TOMLDecodeError:
            continue
        if _depth(content, key) == len(key):
            return begin
        begin = end + 1
    return None


def _depth(content: object, key: Key) -> int:
    """Return how many parts of `key` are in `content`."""
    for depth, part in enumerate(key):
        known = content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
        if part not in known:
            return depth
        content = content[part]  # type: ignore[index]
    return len(key)


def _where(file: str, line: int | None) -> Text:
    return Text("{file}, line {line}", {"file": file, "line": line}) if line else Text("{file}", {"file": file})


def decode_fault(file: str, raw: bytes, invalid: UnicodeDecodeError) -> RecipeError:
    """Return the error for a recipe that is not UTF-8."""
    where = _where(file, raw[: invalid.start].count(b"\n") + 1)
    return RecipeError("Recipe {where}: this is not UTF-8 text; save the file as UTF-8.", where=where)


def toml_fault(file: str, text: str, invalid: tomllib.TOMLDecodeError) -> RecipeError:
    """Return the error for a recipe that is no TOML."""
    message = str(invalid)
    found = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    line = int(found[1]) if found else len(text.splitlines())
    known = [said for begin, said in TOML_FAULTS.items() if message.startswith(begin)]
    problem = known[0] if known else Text("it cannot be read")
    return RecipeError("Recipe {where} is not valid TOML: {problem}.", where=_where(file, line), problem=problem)


def recipe_fault(file: str, text: str, invalid: ValidationError, model: type[BaseModel]) -> RecipeError:
    """Return the error for the first rule that a recipe breaks."""
    first = invalid.errors()[0]
    content = tomllib.loads(text)
    fault = first.get("ctx", {}).get("error")
    key: Key = fault.at if isinstance(fault, RecipeValueError) else first["loc"]
    # pydantic adds the branch of a union to the place; what is in the file is the key.
    present = key[: _depth(content, key)]
    where = _where(file, key_line(text, present) if present else None)
    name = ".".join(str(part) for part in present if isinstance(part, str)) or "-"
    if first["type"] == "missing":
        missing = ".".join(str(part) for part in key)
        return RecipeError("Recipe {where}: the key {key} is missing; see docs/recipes.md.", where=where, key=missing)
    if first["type"] == "extra_forbidden":
        said = Text("the key {key} is not known", {"key": name})
        said = unknown_name(said, str(present[-1]), _keys(model, present[:-1]))
        return RecipeError("Recipe {where}: {said}; see docs/recipes.md.", where=where, said=said)
    if isinstance(fault, RecipeValueError):
        return RecipeError("Recipe {where}: {said}.", where=where, said=fault.said)
    problem = _value_fault(first, name)
    return RecipeError("Recipe {where}: {key} is not valid: {problem}.", where=where, key=name, problem=problem)


def _value_fault(first: ErrorDetails, name: str) -> Text:
    said = VALUE_FAULTS.get(first["type"])
    if said is None:
        return Text("{problem}", {"problem": first["msg"]})
    return Text(said.template, {"key": name, **first.get("ctx", {})})


def _keys(model: type[BaseModel], path: Key) -> list[str]:
    """Return the keys that a recipe may have at `path`."""
    for part in path:
        inner: list[Any] = [field for name, field in model.model_fields.items() if (field.alias or name) == part]
        models = [item for field in inner for item in _models_of(field.annotation)]
        if not models:
            return []
        model = models[0]
    hidden = {name for name, field in model.model_fields.items() if field.exclude}
    return [field.alias or name for name, field in model.model_fields.items() if name not in hidden]


def _models_of(annotation: Any) -> list[type[BaseModel]]:
    """Return the models among the types of `X`, or of `X | None`."""
    options = getattr(annotation, "__args__", (annotation,))
    return [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
