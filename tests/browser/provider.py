"""A minimal OpenID provider for tests, on this machine: it asks who one is and believes every answer.

    python -m tests.browser.provider PORT PEOPLE.json

PEOPLE.json names, by e-mail address, the further claims of each account.
"""

import json
import secrets
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

KEY = RSAKey.generate_key(2048, {"kid": "test", "use": "sig", "alg": "RS256"})
CLIENT_ID = "riskmap"
VALID_S = 600


def provider(issuer: str, people: dict[str, dict[str, object]]) -> Starlette:
    """Return the provider as an application."""
    asked: dict[str, dict[str, str]] = {}

    def configuration(_: Request) -> Response:
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "end_session_endpoint": f"{issuer}/leave",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def keys(_: Request) -> Response:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    def authorize(request: Request) -> Response:
        kept = dict(request.query_params)
        links = [f'<p><a href="/enter?{urlencode({**kept, "email": email})}">{email}</a></p>' for email in people]
        return HTMLResponse(f"<h1>Who are you?</h1>{''.join(links)}")

    def enter(request: Request) -> Response:
        kept = dict(request.query_params)
        code = secrets.token_urlsafe(16)
        asked[code] = kept
        return RedirectResponse(f"{kept['redirect_uri']}?{urlencode({'code': code, 'state': kept['state']})}", 302)

    async def token(request: Request) -> Response:
        form = await request.form()
        kept = asked.pop(str(form["code"]))
        now, email = int(time.time()), kept["email"]
        claims = {
            "iss": issuer,
            "aud": CLIENT_ID,
            "sub": email,
            "email": email,
            "iat": now,
            "exp": now + VALID_S,
            "nonce": kept["nonce"],
            **people[email],
        }
        signed = jwt.encode({"alg": "RS256", "kid": "test"}, claims, KEY)
        return JSONResponse(
            {"access_token": "none", "token_type": "Bearer", "expires_in": VALID_S, "id_token": signed},
            headers={"Cache-Control": "no-store"},
        )

    def leave(request: Request) -> Response:
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302)

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/keys", keys),
            Route("/authorize", authorize),
            Route("/enter", enter),
            Route("/token", token, methods=["POST"]),
            Route("/leave", leave),
        ]
    )


if __name__ == "__main__":
    port = int(sys.argv[1])
    known = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    uvicorn.run(provider(f"http://127.0.0.1:{port}", known), host="127.0.0.1", port=port, log_level="warning")
