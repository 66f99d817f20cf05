"""How sign-in is set up: the section [auth] of Streamlit's secrets.toml, and whether the pages may leave this machine.

[auth]
redirect_uri = "https://riskmap.example/oauth2callback"
cookie_secret = "..."                # 32 or more random characters
client_id = "riskmap"
client_secret = "..."
server_metadata_url = "https://sso.example/.well-known/openid-configuration"
"""

from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from streamlit import config
from streamlit.auth_util import get_secrets_auth_section

from riskmap.language import Text

NEEDED = ("redirect_uri", "cookie_secret")
OF_A_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
FEWEST_CHARACTERS = 32
"""Of the cookie's secret: whoever guesses it is whoever they want to be."""
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def auth_section() -> Mapping[str, Any]:
    """Return the section [auth]; empty where sign-in is not set up."""
    # Streamlit parses again and again what is not there, and everything that reads asks here first.
    if not any(Path(path).exists() for path in config.get_option("secrets.files")):
        return {}
    return dict(get_secrets_auth_section().to_dict())


def is_wanted() -> bool:
    """Return whether sign-in is set up, well or not: then nobody reads without it."""
    return bool(auth_section())


def providers(section: Mapping[str, Any]) -> list[str]:
    """Return the names of the identity providers that can be asked; "default" for the one without a name."""
    named = [name for name, part in section.items() if isinstance(part, Mapping) and _is_whole(part)]
    return ["default"] * _is_whole(section) + [name for name in named if name != "client_kwargs"]


def _is_whole(part: Mapping[str, Any]) -> bool:
    return all(str(part.get(key) or "").strip() for key in OF_A_PROVIDER)


def problem(section: Mapping[str, Any]) -> Text | None:
    """Return what keeps sign-in from working, None for nothing."""
    if not section:
        return Text("sign-in is not set up: .streamlit/secrets.toml has no section [auth]")
    for key in NEEDED:
        if not str(section.get(key) or "").strip():
            return Text("the section [auth] of secrets.toml lacks {key}", {"key": key})
    if len(str(section["cookie_secret"])) < FEWEST_CHARACTERS:
        return Text("cookie_secret in secrets.toml is shorter than {n} characters", {"n": FEWEST_CHARACTERS})
    if not providers(section):
        return Text("the section [auth] of secrets.toml lacks {key}", {"key": ", ".join(OF_A_PROVIDER)})
    return None if find_spec("authlib") else Text("the package Authlib is not installed")


def is_local(address: str | None) -> bool:
    """Return whether nobody but this machine reaches an address; none at all is every network."""
    if (address or "").lower() in LOCAL_NAMES:
        return True
    try:
        return ip_address(str(address).strip("[]")).is_loopback
    except ValueError:
        return False


def refusal(address: str | None) -> Text | None:
    """Return why the pages must not listen on `address`; None where they may."""
    found = problem(auth_section())
    if found is None or (is_local(address) and not is_wanted()):
        return None
    if is_local(address):
        return Text("The pages do not start: {problem}. docs/access.md says how sign-in is set up.", {"problem": found})
    return Text(
        "The pages do not listen on {host}: {problem}. Without sign-in they are for this machine alone "
        "(127.0.0.1); docs/access.md says how it is set up.",
        {"host": address or "0.0.0.0", "problem": found},  # noqa: S104
    )
