import base64
import json

import pytest

from riskmap.web.signed import VALID_S, SignatureError, read_token, sign

CLAIMS = {"area": "a", "surface": "20260101-x"}
NOW = 1_700_000_000.0


def test_what_was_signed_is_read():
    assert read_token(sign(CLAIMS, NOW), NOW) == CLAIMS


def test_an_address_stays_the_same_within_the_hour():
    hour = NOW // VALID_S * VALID_S
    assert sign(CLAIMS, hour) == sign(CLAIMS, hour + VALID_S - 1)
    assert sign(CLAIMS, hour) != sign(CLAIMS, hour + VALID_S)


def test_an_address_expires_after_one_to_two_hours():
    hour = NOW // VALID_S * VALID_S
    token = sign(CLAIMS, hour)
    assert read_token(token, hour + 2 * VALID_S - 1) == CLAIMS
    with pytest.raises(SignatureError, match="expired"):
        read_token(token, hour + 2 * VALID_S)


def test_every_altered_sign_is_refused():
    token = sign(CLAIMS, NOW)
    for at in range(len(token) - 1):  # the last sign holds spare bits
        altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(SignatureError):
            read_token(altered, NOW)


@pytest.mark.parametrize("token", ["", "x", "äöü", "a" * 5000, "....", base64.urlsafe_b64encode(b"{}" * 20).decode()])
def test_what_nobody_signed_is_refused(token):
    with pytest.raises(SignatureError):
        read_token(token, NOW)


def test_claims_of_somebody_else_are_refused():
    payload = json.dumps({**CLAIMS, "exp": NOW + 99}).encode()
    with pytest.raises(SignatureError):
        read_token(base64.urlsafe_b64encode(b"0" * 16 + payload).decode().rstrip("="), NOW)
