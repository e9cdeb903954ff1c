"""Bearer tokens, where anonymous pulls are allowed: clients without credentials get through no other challenge.

Source: Distribution Registry v2 token authentication (https://distribution.github.io/distribution/spec/auth/token/).
A token stands for who asked for it, not for the scope that was asked for: what it is good for is decided when it is
used.
"""

from __future__ import annotations

import json
from typing import Final

from wharfside.api.authentication import NOBODY
from wharfside.api.messages import Request, Response
from wharfside.api.oci.routes import match
from wharfside.core.errors import RegistryError
from wharfside.core.moments import text_of_moment
from wharfside.registry.tokens import AuthorizationToken, seal_authorization
from wharfside.store.sealing import Sealer

TOKEN_PATH: Final = "/v2/token"  # noqa: S105  # a path
"""Where clients change their credentials, or none, for a token. No repository has this path."""
NOBODY_SECONDS: Final = 3600
"""After how long clients ask for another token for nobody."""


def bearer_challenge(request: Request) -> str:
    """The value of WWW-Authenticate that sends clients for a token."""
    realm = f"{request.scheme}://{request.host}{TOKEN_PATH}"
    scope = _scope(request)
    return f'Bearer realm="{realm}",service="{request.host}"' + (f',scope="{scope}"' if scope else "")


def _scope(request: Request) -> str:
    try:
        found = match(request.path)
    except RegistryError:
        return ""
    if found.repository is None:
        return "registry:catalog:*"
    actions = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}.get(request.method, "pull,push")
    return f"repository:{found.repository}:{actions}"


def answer_with_token(sealer: Sealer, token: AuthorizationToken | None, now: float) -> Response:
    """A bearer token for who has signed in with `token`, good as long as that one; without, for nobody."""
    text = NOBODY if token is None else seal_authorization(sealer, token)
    seconds = NOBODY_SECONDS if token is None else int(token.expires_at - now)
    answer = {
        "token": text,
        "access_token": text,
        "expires_in": seconds,
        "issued_at": text_of_moment(now),
    }
    return Response(200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, json.dumps(answer).encode())
