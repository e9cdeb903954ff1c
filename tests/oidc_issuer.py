"""An OIDC issuer on loopback: its discovery document, its keys, and the tokens that it signs."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa


def encoded(number: int) -> str:
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class SigningKey:
    """A key of an issuer; `public` is its JWK."""

    algorithm: str
    kid: str
    private: Any = None
    public: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.algorithm.startswith("RS"):
            self.private = self.private or rsa.generate_private_key(65537, 2048)
            numbers = self.private.public_key().public_numbers()
            self.public = {"kty": "RSA", "n": encoded(numbers.n), "e": encoded(numbers.e)}
        elif self.algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            numbers = self.private.public_key().public_numbers()
            self.public = {"kty": "EC", "crv": "P-256"}
            for name, value in (("x", numbers.x), ("y", numbers.y)):
                self.public[name] = base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()
            raw = self.private.public_key().public_bytes_raw()
            self.public = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}
        self.public |= {"kid": self.kid, "use": "sig"}

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers={"kid": self.kid} | headers)


class Issuer:
    """Serves until `close`; `requests` counts what was asked, `status` and `discovery` bring faults."""

    def __init__(self) -> None:
        self.keys = [SigningKey("RS256", "first")]
        self.requests: list[str] = []
        self.status = 200
        self.discovery: dict[str, Any] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests.append(self.path)
                body = issuer.answer(self.path)
                self.send_response(issuer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> bytes:
        if path == "/.well-known/openid-configuration":
            return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.discovery).encode()
        return self.jwks().encode()

    def jwks(self) -> str:
        return json.dumps({"keys": [key.public for key in self.keys]})

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "registry", "sub": "repo:team/app:main", "iat": now, "exp": now + 600}
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def token(self, **changes: Any) -> str:
        return self.keys[0].sign(self.claims(**changes))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
