"""Who may do what where: roles, what each may do, and the rules of geodata/access.toml.

    group_claim = "groups"              # the claim of the identity provider that names groups; this is the default

    [[rule]]
    email = "li.wei@police.example"     # or group = "narcotics-analysts"
    role = "officer"
    studies = ["demo"]                  # ids of studies, "*" for all
    areas = ["100101"]                  # codes of prefectures or counties; without it the whole study

For each study the first rule that names both the reader and it counts; the order of the file is the order of weight.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from riskmap.errors import RiskmapError
from riskmap.language import Text

ACCESS_FILE = "access.toml"
Role = Literal["viewer", "officer", "analyst", "approver", "admin"]
Action = Literal[
    "view", "challenge", "export", "comment", "read_data", "change_data", "read_models", "train", "promote", "audit"
]
ROLES: tuple[Role, ...] = ("viewer", "officer", "analyst", "approver", "admin")
"""Each may do what those before it may."""
ROLE_WORDS: dict[Role, Text] = {
    "viewer": Text("viewer"),
    "officer": Text("officer"),
    "analyst": Text("analyst"),
    "approver": Text("approver"),
    "admin": Text("admin"),
}
LEAST_ROLES: dict[Action, Role] = {
    "view": "viewer",
    "challenge": "viewer",
    "export": "officer",
    "comment": "officer",
    "read_data": "analyst",
    "change_data": "analyst",
    "read_models": "analyst",
    "train": "analyst",
    "promote": "approver",
    "audit": "admin",
}
OF_A_PART: tuple[Action, ...] = ("view", "challenge", "export")
"""What can be done for some areas of a study alone; everything else reads or changes the whole of it."""


class AccessError(RiskmapError):
    """Somebody asks for what no rule gives them."""


class Rule(BaseModel):
    """One rule: whom it names, and what it gives them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = ""
    group: str = ""
    role: Role
    studies: tuple[str, ...] = Field(min_length=1)
    areas: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.email.strip()) == bool(self.group.strip()):
            raise ValueError("name either an email or a group")
        return self

    def covers(self, study: str) -> bool:
        """Return whether it gives anything on a study."""
        return study in self.studies or "*" in self.studies


class Rules(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group_claim: str = "groups"
    rule: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Reader:
    """Somebody before the screen, and the rules that name them; `local` is whoever sits at the machine itself."""

    who: str
    rules: tuple[Rule, ...] = ()
    local: bool = False

    def rule_for(self, study: str) -> Rule | None:
        """Return the rule that counts on a study, None where there is none."""
        return next((rule for rule in self.rules if rule.covers(study)), None)

    @property
    def is_known(self) -> bool:
        """Whether any rule names them."""
        return self.local or bool(self.rules)


def at_least(role: Role, needed: Role) -> bool:
    """Return whether `role` may do what `needed` may."""
    return ROLES.index(role) >= ROLES.index(needed)


def access_path(home: Path) -> Path:
    """Return where the rules of a home are kept."""
    return home / "geodata" / ACCESS_FILE


def read_rules(home: Path) -> Rules:
    """Return the rules of a home; none where there is no file. Read anew when the file changes.

    Raises
    ------
    AccessError
        If the file is not of the form above; then nobody has access, rather than everybody.
    """
    path = access_path(home)
    try:
        return _parse(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return Rules()


@lru_cache(maxsize=4)
def _parse(path: Path, changed: int) -> Rules:
    del changed
    try:
        return Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as invalid:
        first = invalid.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "rule"
        problem = first["msg"].removeprefix("Value error, ")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as invalid:
        key, problem = "TOML", str(invalid)
    raise AccessError(
        "The rules of access in {path} are not valid ({key}: {problem}).", path=path, key=key, problem=problem
    )


def reader_of(claims: dict[str, Any], rules: Rules) -> Reader:
    """Return the reader whom an identity provider's claims describe, with the rules that name them.

    An e-mail address that the provider calls unverified names nobody.
    """
    email = str(claims.get("email") or "").strip().casefold()
    verified = claims.get("email_verified", True) not in (False, "false")
    listed = claims.get(rules.group_claim) or []
    groups = {listed} if isinstance(listed, str) else {str(group) for group in listed}
    named = tuple(
        rule
        for rule in rules.rule
        if (rule.email and verified and rule.email.strip().casefold() == email) or (rule.group and rule.group in groups)
    )
    return Reader(email or str(claims.get("sub") or "?"), named)
