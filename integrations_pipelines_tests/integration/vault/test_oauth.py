"""OAuth2: one refresh for ten processes, a grant that ended, each way of getting tokens, and what a crash leaves."""

import datetime
import multiprocessing
import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import Engine, create_engine, text

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import Connector, OAuth2
from integrations_pipelines.errors import CredentialError, ThirdPartyUnavailable
from integrations_pipelines.registry import urls
from integrations_pipelines.registry.grants import grant_of, lock_grant
from integrations_pipelines.vault import (
    KeyRing,
    LiveCredentials,
    OAuthClient,
    OAuthTokens,
    ReauthRequired,
    SecretValue,
    Tokens,
    by_itself,
    consented,
    credential_warnings,
    credentials_of,
    open_key_ring,
    set_credential,
    store_tokens,
)
from integrations_pipelines_tests.http_server import Response, ScriptedServer
from integrations_pipelines_tests.integration.vault.conftest import SYSTEMS
from integrations_pipelines_tests.integration.vault.token_server import TokenServer

CRM = SYSTEMS[0]
HUBSPOT = connector_of("hubspot")
CONTEXT = multiprocessing.get_context("fork")


@pytest.fixture
def server(http_server: ScriptedServer) -> TokenServer:
    server = TokenServer()
    http_server.handler = server.answer
    return server


@pytest.fixture
def settings_of(http_server: ScriptedServer) -> dict[str, str]:
    return {"client_id": "client-1", "token_url": f"{http_server.url}/token", "base_url": http_server.url}


@pytest.fixture
def granted(engine: Engine, keys: KeyRing, server: TokenServer) -> None:
    """Store a grant whose access token has ended, and whose refresh token is good for one use."""
    access, refresh = SecretValue("access-that-ended"), SecretValue(server.refresh)
    tokens = Tokens(access=access, refresh=refresh, lifetime_seconds=1, scopes="")
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "client_secret", SecretValue("client-secret-value"))
        lock_grant(connection, CRM)
        store_tokens(connection, keys, CRM, "token", tokens)


def live(
    engine: Engine, keys: KeyRing, settings: dict[str, str], word: Connector = HUBSPOT
) -> LiveCredentials:
    return LiveCredentials(engine, keys, CRM, OAuthTokens(engine, keys, word, CRM, settings))


def ask_api(url: str, key_file: Path, settings: dict[str, str], start: object, said: object) -> None:
    engine = create_engine(urls.for_sqlalchemy(url))
    credentials = live(engine, open_key_ring(engine, keys=None, key_file=key_file), settings)
    start.wait()  # type: ignore[attr-defined] # a barrier of the context
    token = credentials.reveal("token")
    headers = {"Authorization": f"Bearer {token}"}
    said.put(requests.get(f"{settings['base_url']}/contacts", headers=headers, timeout=60).status_code)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("granted")
def test_ten_processes_at_once_make_one_refresh_and_all_ten_work(
    database_url: str, key_file: Path, settings_of: dict[str, str], server: TokenServer
) -> None:
    start, said = CONTEXT.Barrier(10), CONTEXT.Queue()
    words = (database_url, key_file, settings_of, start, said)
    processes = [CONTEXT.Process(target=ask_api, args=words) for _ in range(10)]
    for process in processes:
        process.start()
    answers = [said.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(30)
    assert (answers, server.refreshes, server.reused) == ([200] * 10, 1, 0)


@pytest.mark.usefixtures("granted")
def test_a_token_that_is_good_is_not_refreshed(
    engine: Engine, keys: KeyRing, settings_of: dict[str, str], server: TokenServer
) -> None:
    credentials = live(engine, keys, settings_of)
    assert {credentials.reveal("token") for _ in range(3)} == {server.access}
    assert live(engine, keys, settings_of).reveal("token") == server.access
    assert server.refreshes == 1


@pytest.mark.usefixtures("granted")
def test_a_token_is_refreshed_before_it_ends(
    engine: Engine, keys: KeyRing, settings_of: dict[str, str], server: TokenServer
) -> None:
    server.lifetime = 60  # within the skew: it is over before a request is through
    credentials = live(engine, keys, settings_of)
    credentials.reveal("token")
    credentials.reveal("token")
    assert server.refreshes == 2


@pytest.mark.usefixtures("granted")
def test_a_token_that_the_api_refuses_is_renewed_once(
    engine: Engine, keys: KeyRing, settings_of: dict[str, str], server: TokenServer
) -> None:
    several = [live(engine, keys, settings_of) for _ in range(3)]
    for one in several:
        one.reveal("token")
    assert [one.renew() for one in several] == [True] * 3
    assert ({one.reveal("token") for one in several}, server.refreshes) == ({server.access}, 2)


@pytest.mark.usefixtures("granted")
def test_a_grant_that_ended_needs_a_person_and_is_asked_for_no_more(
    engine: Engine, keys: KeyRing, settings_of: dict[str, str], server: TokenServer
) -> None:
    server.is_ended = True
    for _ in range(3):
        with pytest.raises(ReauthRequired, match="integrations credential connect"):
            live(engine, keys, settings_of).reveal("token")
    with engine.connect() as connection:
        grant, warnings = grant_of(connection, CRM), credential_warnings(connection, CRM)
    assert grant is not None
    assert (grant.status, server.reused) == ("reauth_required", 1)
    assert "reauth_required" in warnings[0]


@pytest.mark.usefixtures("granted")
def test_an_endpoint_that_is_down_is_tried_later_and_ends_no_grant(
    engine: Engine,
    keys: KeyRing,
    settings_of: dict[str, str],
    http_server: ScriptedServer,
    server: TokenServer,
) -> None:
    http_server.handler = lambda _: Response(status=503)
    with pytest.raises(ThirdPartyUnavailable):
        live(engine, keys, settings_of).reveal("token")
    http_server.handler = server.answer
    assert live(engine, keys, settings_of).reveal("token") == server.access


@pytest.mark.usefixtures("granted")
def test_the_new_refresh_token_is_stored_before_the_access_token_is_given_out(
    engine: Engine, keys: KeyRing, settings_of: dict[str, str], server: TokenServer
) -> None:
    credentials = live(engine, keys, settings_of)
    credentials.reveal("token")
    with engine.connect() as connection:
        assert credentials_of(connection, keys, CRM).reveal("refresh_token") == server.refresh


def test_a_person_consents_with_pkce_and_a_state(settings_of: dict[str, str], server: TokenServer) -> None:
    word = replace(HUBSPOT.oauth or OAuth2(token_url=""), authorize_url="https://consent.example/authorize")
    client = OAuthClient(
        word=word, system_key=CRM, settings=settings_of, secret=SecretValue("client-secret-value")
    )

    def person(url: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        server.challenge = asked["code_challenge"]
        forged = {"code": "stolen", "state": "guessed"}
        back = asked["redirect_uri"]

        def answer() -> None:
            requests.get(back, params=forged, timeout=30)
            requests.get(back, params={"code": "the-code", "state": asked["state"]}, timeout=30)

        threading.Thread(target=answer, daemon=True).start()

    tokens = consented(client, person, seconds=30)
    assert tokens.access.reveal() == server.access


def test_a_person_who_refuses_is_said_so(settings_of: dict[str, str], server: TokenServer) -> None:
    client = OAuthClient(word=HUBSPOT.oauth or OAuth2(token_url=""), system_key=CRM, settings=settings_of)

    def person(url: str) -> None:
        asked = parse_qs(urlsplit(url).query)
        no = {"error": "access_denied", "state": asked["state"][0]}
        back = asked["redirect_uri"][0]
        threading.Thread(target=requests.get, args=(back,), kwargs={"params": no, "timeout": 30}).start()

    with pytest.raises(CredentialError, match=r"not granted \(access_denied\)"):
        consented(client, person, seconds=30)


def test_client_credentials_need_no_person(
    engine: Engine, keys: KeyRing, settings_of: dict[str, str], server: TokenServer
) -> None:
    word = replace(HUBSPOT, oauth=OAuth2(token_url="https://x.example/t", kinds=("client_credentials",)))
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "client_secret", SecretValue("client-secret-value"))
    assert live(engine, keys, settings_of, word).reveal("token") == server.access


def test_a_signed_assertion_gets_a_token(settings_of: dict[str, str], server: TokenServer) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    no_password = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    server.public_key = key.public_key().public_bytes(serialization.Encoding.PEM, public).decode()
    word = OAuth2(token_url="https://x.example/t", kinds=("jwt_bearer",), audience="the-audience")
    client = OAuthClient(
        word=word, system_key=CRM, settings=settings_of, private_key=SecretValue(pem.decode())
    )
    assert by_itself(client).access.reveal() == server.access


def test_a_token_that_was_set_by_hand_is_left_alone(
    engine: Engine, keys: KeyRing, settings_of: dict[str, str], server: TokenServer
) -> None:
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "token", SecretValue("pat-na1-by-hand"))
    assert live(engine, keys, settings_of).reveal("token") == "pat-na1-by-hand"
    assert server.number == 0


def test_the_moment_a_token_ends_stands_beside_it(
    engine: Engine, keys: KeyRing, granted: None, settings_of: dict[str, str]
) -> None:
    live(engine, keys, settings_of).reveal("token")
    with engine.connect() as connection:
        ends = connection.execute(text("select access_expires_at from integrations.oauth_grant")).scalar_one()
    assert ends > datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=50)
