"""Short-lived signed addresses: what a page hands out, its own process serves, to nobody else and not for long.

Routes beside the pages are not behind any sign-in, so an address carries what it is for and until when, with an HMAC
that only this process can make. A server that was started anew refuses old addresses; the page then hands out new ones.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping

from riskmap.errors import RiskmapError

KEY = secrets.token_bytes(32)
VALID_S = 3600
"""Addresses are good for one to two hours and change on the hour: a map drawn again asks for the same ones."""
MAC_BYTES = 16


class SignatureError(RiskmapError):
    """An address that nobody here signed, or that is no longer good."""


def sign(claims: Mapping[str, str], now: float | None = None) -> str:
    """Return `claims` as a token for an address, good for one to two times VALID_S."""
    expires = (int((time.time() if now is None else now) // VALID_S) + 2) * VALID_S
    payload = json.dumps({**claims, "exp": expires}, sort_keys=True, separators=(",", ":")).encode()
    return _text(_mac(payload) + payload)


def read_token(token: str, now: float | None = None) -> dict[str, str]:
    """Return the claims of a token.

    Raises
    ------
    SignatureError
        If it was altered, was made by another process, or has expired.
    """
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        raise SignatureError("The address was altered; open the page again.") from None
    mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(payload)):
        raise SignatureError("The address was altered; open the page again.")
    claims: dict[str, str] = json.loads(payload)
    if int(claims.pop("exp")) <= (time.time() if now is None else now):
        raise SignatureError("The address has expired; open the page again.")
    return claims


def _mac(payload: bytes) -> bytes:
    return hmac.new(KEY, payload, hashlib.sha256).digest()[:MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
