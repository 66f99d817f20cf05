"""Readers for tests: who may do what on the invented area, and how a session becomes theirs."""

import json
from pathlib import Path

COUNTY = "100101"
ROLES = ("viewer", "officer", "analyst", "approver", "admin")
AUTH = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
    "client_id": "riskmap",
    "client_secret": "none",
    "server_metadata_url": "http://127.0.0.1:9/.well-known/openid-configuration",
}


def address_of(reader: str) -> str:
    """Return the e-mail address of a reader; `officer of a county` is one of COUNTY alone."""
    return reader.replace(" ", "-") + "@example.org"


def write_rules(home: Path) -> None:
    """Give each role on the whole area, and each role on COUNTY alone, to one address."""
    lines = []
    for role in ROLES:
        for reader, areas in ((role, None), (f"{role} of a county", [COUNTY])):
            lines += ["[[rule]]", f'email = "{address_of(reader)}"', f'role = "{role}"', 'studies = ["ocean"]']
            lines += [f"areas = {json.dumps(areas)}"] if areas else []
    (home / "geodata" / "access.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sign_in(monkeypatch, reader: str | None) -> None:
    """Let everything outside a session be read by `reader`; by nobody for None, though sign-in is set up."""
    claims = {} if reader is None else {"is_logged_in": True, "email": address_of(reader)}
    monkeypatch.setattr("riskmap.web.access.is_wanted", lambda: True)
    monkeypatch.setattr("riskmap.web.access.claims_of_session", lambda: claims)
