"""Tokens of an OpenID Connect provider, which runs as a process of its own."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

import pytest
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import RSAKey

from application.door import DoorTerms, OpenIdTerms
from domain.ticket import Ticket
from infrastructure.openid import FRESH_SECONDS, PATIENCE_SECONDS, OpenIdProvider
from tests.interface.given import MATTER
from tests.support.facts import C1, LI_NA
from tests.support.http import ADMIN, Office, Person
from tests.support.openid_provider import AUDIENCE, CALLBACK
from tests.support.processes import REPOSITORY, environment

VERIFIER = "a-verifier-that-is-long-enough-for-RFC-7636-to-take-it"
ALL = "yice:read yice:write yice:manage"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.openid_provider"],
        cwd=REPOSITORY,
        env=environment(tmp_path_factory.mktemp("provider"), AUTHLIB_INSECURE_TRANSPORT="1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


class Watch:
    """A clock for what is kept, put on by the test."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(office: Office, issuer: str, watch: Watch) -> Office:
    """One that takes the provider's tokens; its clock goes as the provider's does."""
    turn(issuer)
    terms = OpenIdTerms(issuer=issuer, audience=AUDIENCE, leeway=timedelta(seconds=60))
    office.guard(DoorTerms(requests_a_minute=0), OpenIdProvider(terms, watch))
    office.now = datetime.now(UTC)
    return office


def turn(issuer: str, what: str = "") -> int:
    """Give the provider other keys (`keys=more`, `keys=forget`), or silence; how often asked."""
    with urlopen(Request(f"{issuer}/turn?{what}", method="POST")) as answer:
        return int(json.load(answer)["asked"])


def logged_in(
    issuer: str, who: UUID | str = LI_NA, scope: str = ALL, verifier: str = VERIFIER
) -> Any:
    """What a console gets by the code flow with PKCE, spoken by Authlib's client."""
    console = OAuth2Session(
        "console",
        redirect_uri=CALLBACK,
        scope=scope,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    )
    with console:
        url, _ = console.create_authorization_url(
            f"{issuer}/authorize", code_verifier=VERIFIER, login=str(who)
        )
        sent_to = console.get(url, allow_redirects=False, withhold_token=True).headers["Location"]
        return console.fetch_token(
            f"{issuer}/token", authorization_response=sent_to, code_verifier=verifier
        )


def bearer(house: Office, issuer: str, **said: Any) -> Person:
    return house.stranger(logged_in(issuer, **said)["access_token"])


def refused(house: Office, token: str) -> bool:
    return house.stranger(token).look("/v1/me").refusal == (401, "not_authenticated", None)


def test_who_is_known_elsewhere_is_known_here_and_acts_in_their_own_name(
    house: Office, issuer: str
):
    li_na = bearer(house, issuer)

    assert li_na.get("/v1/me").body["staff_id"] == str(LI_NA)
    answer = li_na.post("/v1/tickets", MATTER)
    assert answer.carried_out[0] == Ticket.Opened
    assert answer.events[0].by == f"staff:{LI_NA}"


def test_a_code_is_worth_nothing_to_who_has_not_asked_for_it(issuer: str):
    with pytest.raises(Exception, match="invalid_grant"):
        logged_in(issuer, verifier=VERIFIER[::-1])


def test_their_roles_are_those_of_the_register(house: Office, issuer: str):
    li_na, admin = bearer(house, issuer), bearer(house, issuer, who=ADMIN)

    assert li_na.post("/v1/staff", {"name": "孙某"}).refusal[:2] == (403, "forbidden")
    assert admin.post("/v1/staff", {"name": "孙某"}).status == 201


def test_a_token_is_held_to_the_scopes_that_it_names(house: Office, issuer: str):
    reading = bearer(house, issuer, scope="openid yice:read")
    plain = bearer(house, issuer, who=ADMIN, scope="openid")

    assert reading.look("/v1/me").status == 200
    assert reading.post("/v1/tickets", MATTER).refusal == (403, "forbidden", None)
    assert plain.post("/v1/clients", {"name": "赵某"}).status == 201
    assert plain.post("/v1/staff", {"name": "孙某"}).refusal == (403, "forbidden", None)


def test_who_left_is_nobody_though_their_token_is_good(house: Office, issuer: str):
    li_na = bearer(house, issuer)
    assert li_na.look("/v1/me").status == 200

    house.person(ADMIN).post(f"/v1/staff/{LI_NA}/departure")

    assert li_na.look("/v1/me").refusal == (401, "not_authenticated", None)


@pytest.mark.parametrize("who", [C1, "li.na", "", UUID(int=0)])
def test_who_is_no_staff_is_nobody(house: Office, issuer: str, who: Any):
    assert refused(house, logged_in(issuer, who=who)["access_token"])


def test_a_token_ends_when_it_says_and_a_little_later_for_the_clocks(house: Office, issuer: str):
    token = logged_in(issuer)["access_token"]
    ends = datetime.fromtimestamp(parts_of(token)[1]["exp"], UTC)
    li_na = house.stranger(token)

    house.now = ends + timedelta(seconds=59)
    assert li_na.look("/v1/me").status == 200
    house.now = ends + timedelta(seconds=60)
    assert refused(house, token)


def parts_of(token: str) -> tuple[Any, Any]:
    """Header and claims."""
    texts = [base64.urlsafe_b64decode(part + "==") for part in token.split(".")[:2]]
    return json.loads(texts[0]), json.loads(texts[1])


def forged(token: str, key: Any, *, header: Any = (), **claims: Any) -> str:
    """The same, signed by somebody else, or saying something else."""
    was, said = parts_of(token)
    kept = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode({**was, **dict(header)}, kept, key, algorithms=["RS256"])


def signed_with_what_everybody_has(token: str, public: bytes) -> str:
    """By HMAC with the published key for a secret; joserfc itself would not make such a one."""
    was, _ = parts_of(token)
    head = text_of({**was, "alg": "HS256"})
    said = f"{head}.{token.split('.')[1]}"
    return f"{said}.{text_of(hmac.digest(public, said.encode(), 'sha256'))}"


def text_of(said: Any) -> str:
    content = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_what_the_provider_has_not_signed_is_refused(house: Office, issuer: str):
    token = logged_in(issuer)["access_token"]
    head, claims, signature = token.split(".")
    stranger = RSAKey.generate_key(2048)
    with urlopen(f"{issuer}/keys") as published:
        public = RSAKey.import_key(json.load(published)["keys"][-1])
    symmetric = signed_with_what_everybody_has(token, public.as_pem(private=False))
    none = text_of({"alg": "none", "kid": "key-1", "typ": "JWT"})
    other = text_of(parts_of(token)[1] | {"yice_staff": str(ADMIN)})

    for forgery in (
        forged(token, stranger),
        symmetric,
        forged(token, stranger, header={"jwk": stranger.as_dict(private=False)}),
        forged(token, stranger, header={"kid": "key-99"}),
        f"{none}.{claims}.",
        f"{none}.{claims}.{signature}",
        f"{head}.{other}.{signature}",
        f"{head}.{claims}.",
        "..",
        "a.b.c",
        f"{head}.{claims}.{signature}.{signature}",
    ):
        assert refused(house, forgery), forgery
    assert not refuses(house, token)


def refuses(house: Office, token: str) -> bool:
    return house.stranger(token).look("/v1/me").status != 200


@pytest.fixture
def signer(house: Office, issuer: str) -> tuple[RSAKey, str]:
    """A key that the provider publishes and the test has, and a token to say otherwise."""
    key = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
    body = json.dumps(key.as_dict(private=False)).encode()
    said = {"Content-Type": "application/json"}
    urlopen(Request(f"{issuer}/guests", body, said)).close()
    return key, logged_in(issuer)["access_token"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "and.another"]},
        {"aud": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"yice_staff": None},
        {"yice_staff": [str(LI_NA)]},
    ],
    ids=str,
)
def test_what_is_signed_must_also_be_said_to_us_and_now(
    house: Office, signer: tuple[RSAKey, str], claims: dict[str, Any]
):
    key, token = signer
    said = {"header": {"kid": "ours"}}

    assert not refuses(house, forged(token, key, **said))
    assert refused(house, forged(token, key, **said, **claims))


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt"])
def test_a_signed_thing_that_is_no_access_token_is_none(
    house: Office, signer: tuple[RSAKey, str], kind: str
):
    key, token = signer

    assert refused(house, forged(token, key, header={"kid": "ours", "typ": kind}))


def test_its_keys_are_asked_for_once(house: Office, issuer: str):
    li_na = bearer(house, issuer)
    before = turn(issuer)

    for _ in range(5):
        assert li_na.look("/v1/me").status == 200

    assert turn(issuer) == before + 1


def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(house: Office, issuer: str, watch: Watch):
    old = bearer(house, issuer)
    assert old.look("/v1/me").status == 200

    turn(issuer, "keys=forget")
    watch.seconds += PATIENCE_SECONDS
    new = bearer(house, issuer)

    assert new.look("/v1/me").status == 200
    watch.seconds += FRESH_SECONDS
    assert old.look("/v1/me").refusal == (401, "not_authenticated", None)


def test_a_withdrawn_key_is_forgotten_though_nobody_comes_with_another(
    house: Office, issuer: str, watch: Watch
):
    li_na = bearer(house, issuer)
    assert li_na.look("/v1/me").status == 200

    turn(issuer, "keys=forget")
    watch.seconds += FRESH_SECONDS

    assert li_na.look("/v1/me").refusal == (401, "not_authenticated", None)


def test_unknown_keys_do_not_make_us_ask_again_and_again(house: Office, issuer: str, watch: Watch):
    token = logged_in(issuer)["access_token"]
    assert not refuses(house, token)
    before = turn(issuer)

    for number in range(20):
        forgery = forged(token, RSAKey.generate_key(2048), header={"kid": f"made-up-{number}"})
        assert refused(house, forgery)
        watch.seconds += PATIENCE_SECONDS / 10

    assert turn(issuer) <= before + 2


def test_while_the_provider_is_silent_known_keys_are_good(house: Office, issuer: str, watch: Watch):
    li_na = bearer(house, issuer)
    assert li_na.look("/v1/me").status == 200

    turn(issuer, "fails=yes")
    watch.seconds += FRESH_SECONDS

    assert li_na.look("/v1/me").status == 200


def test_nobody_can_tell_while_it_was_never_heard(house: Office, issuer: str, watch: Watch):
    li_na = bearer(house, issuer)
    turn(issuer, "fails=yes")

    answer = li_na.look("/v1/me")

    assert answer.refusal == (503, "store_unavailable", None)
    turn(issuer)
    watch.seconds += PATIENCE_SECONDS
    assert li_na.look("/v1/me").status == 200


def test_where_no_provider_is_named_none_is_believed(office: Office, issuer: str):
    office.now = datetime.now(UTC)

    assert refused(office, logged_in(issuer)["access_token"])


def test_a_console_is_told_where_to_log_in(house: Office, issuer: str, office: Office):
    answer = house.stranger().look("/.well-known/oauth-protected-resource")

    assert answer.status == 200
    assert answer.body == {
        "resource": AUDIENCE,
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["yice:manage", "yice:read", "yice:write"],
    }
