"""Settings of the whole home, one TOML file a subject (geodata/basemap.toml, geodata/terms.toml): read and checked."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from riskmap.errors import StudyError

Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(path: Path, form: type[Settings]) -> Settings | None:
    """Return what a settings file says, None where there is no such file.

    Raises
    ------
    StudyError
        If the file is not of the form; the sentence names the key.
    """
    try:
        return form.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise StudyError("{file} is not a settings file: {reason}.", file=path.name, reason=str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or path.name
        raise StudyError("{file}: {key}: {reason}.", file=path.name, key=key, reason=first["msg"]) from None
