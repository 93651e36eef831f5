"""A provider of OpenID Connect as a process of its own, made of Authlib: nothing of it is ours.

`python -m tests.support.openid_provider` prints where it listens. Whoever comes is who they say
they are (`login`); clients are public, so a code is only given for with PKCE.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, Response, jsonify, request
from joserfc.jwk import KeySet, RSAKey

AUDIENCE = "yice"
CALLBACK = "http://127.0.0.1:1/callback"


@dataclass
class Signing:
    """Its keys; the last one signs."""

    keys: list[RSAKey] = field(default_factory=list)
    guests: list[Any] = field(default_factory=list)
    asked: int = 0
    fails: bool = False

    def turn(self, *, forget: bool) -> None:
        """Sign with another from now on."""
        key_id = f"key-{len(self.keys) + 1}"
        made = RSAKey.generate_key(2048, {"kid": key_id, "use": "sig", "alg": "RS256"})
        self.keys = [made] if forget else [*self.keys, made]

    def published(self) -> list[dict[str, Any]]:
        return [*self.guests, *(dict(key.as_dict(private=False)) for key in self.keys)]


SIGNING = Signing()
CODES: dict[str, Code] = {}


@dataclass
class Person:
    login: str

    def get_user_id(self) -> str:
        return self.login


class Console(ClientMixin):
    """A page in a browser: it can keep no secret."""

    client_id = "console"

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return CALLBACK

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == CALLBACK

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    login: str
    redirect_uri: str
    scope: str
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012 - Authlib's own

    def save_authorization_code(self, code: str, request: Any) -> None:
        said = request.payload.data
        CODES[code] = Code(
            login=request.user.login,
            redirect_uri=request.payload.redirect_uri,
            scope=request.payload.scope,
            code_challenge=said.get("code_challenge"),
            code_challenge_method=said.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        for code, known in list(CODES.items()):
            if known is authorization_code:
                del CODES[code]

    def authenticate_user(self, authorization_code: Code) -> Person:
        return Person(authorization_code.login)


class Tokens(JWTBearerTokenGenerator):
    def get_jwks(self) -> KeySet:
        """A set, so that its tokens say which key signed them."""
        return KeySet(SIGNING.keys[-1:])

    def get_audiences(self, client: Any, user: Any, scope: Any) -> list[str]:
        return [AUDIENCE]

    def get_extra_claims(self, client: Any, grant_type: Any, user: Any, scope: Any) -> Any:
        return {"yice_staff": user.login}


def create(issuer: str) -> Flask:
    app = Flask("provider")
    server = AuthorizationServer(app, lambda _: Console(), lambda token, request: None)
    server.register_grant(CodeGrant, [CodeChallenge(required=True)])
    server.register_token_generator("default", Tokens(issuer))
    SIGNING.turn(forget=True)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            issuer=issuer,
            authorization_endpoint=f"{issuer}/authorize",
            token_endpoint=f"{issuer}/token",
            jwks_uri=f"{issuer}/keys",
            response_types_supported=["code"],
            code_challenge_methods_supported=["S256"],
        )

    @app.get("/keys")
    def keys() -> Any:
        SIGNING.asked += 1
        if SIGNING.fails:
            return "not now", 503
        return jsonify(keys=SIGNING.published())

    @app.get("/authorize")
    def authorize() -> Any:
        person = Person(request.args["login"])
        grant = server.get_consent_grant(end_user=person)
        return server.create_authorization_response(grant_user=person, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    for_tests(app)
    return app


def for_tests(app: Flask) -> None:
    """What no provider has: ways to make it turn to other keys, or fall silent."""

    @app.post("/turn")
    def turn() -> Any:
        """For tests: other keys, or none at all for a while."""
        SIGNING.fails = request.args.get("fails") == "yes"
        if request.args.get("keys"):
            SIGNING.turn(forget=request.args["keys"] == "forget")
        return {"asked": SIGNING.asked, "at": time.time()}

    @app.post("/guests")
    def take_in() -> Any:
        """For tests: publish the key of another, to sign what Authlib never would."""
        SIGNING.guests = [request.get_json()]
        return {}


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def main() -> None:
    with make_server("127.0.0.1", 0, lambda *_: [], handler_class=Silent) as server:
        issuer = f"http://127.0.0.1:{server.server_port}"
        server.set_app(create(issuer))
        print(issuer, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
