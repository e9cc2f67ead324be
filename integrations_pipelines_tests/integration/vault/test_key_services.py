"""Keys that a service holds: HashiCorp Vault over real HTTP, AWS KMS as moto answers for it."""

import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import Engine, text

from integrations_pipelines.errors import ConfigurationError, CredentialError, Later
from integrations_pipelines.registry.secrets import versions_by_key
from integrations_pipelines.vault import (
    KeyMissing,
    KeyProvider,
    KeyRing,
    SealBroken,
    SecretValue,
    WrappedKey,
    credentials_of,
    open_key_ring,
    retire,
    rewrap,
    set_credential,
)
from integrations_pipelines.vault.keys import LocalKeys
from integrations_pipelines.vault.kms import KmsKeys
from integrations_pipelines.vault.remembering import RememberingKeys
from integrations_pipelines.vault.transit import TransitKeys
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.vault.conftest import SYSTEMS, every_byte
from integrations_pipelines_tests.integration.vault.transit_server import TOKEN, Transit

CRM, CANARY, DATA_KEY = SYSTEMS[0], "c4nary-of-a-service", b"d" * 32
OLD = "transit/integrations/v1"


@pytest.fixture
def transit(http_server: ScriptedServer) -> Transit:
    transit = Transit()
    http_server.handler = transit.answer
    return transit


@pytest.fixture
def service(transit: Transit, http_server: ScriptedServer) -> str:
    return f"transit:{http_server.url}/transit/integrations"


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in {
        "ACCESS_KEY_ID": "x",
        "SECRET_ACCESS_KEY": "x",
        "DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        yield str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(params=["transit", "kms"])
def provider(request: pytest.FixtureRequest) -> KeyProvider:
    if request.param == "kms":
        return KmsKeys(request.getfixturevalue("kms"))
    address = request.getfixturevalue("service").removeprefix("transit:")
    return TransitKeys(address, SecretValue(TOKEN))


def opened(engine: Engine, service: str, key_file: Path, *, seconds: float = 0) -> KeyRing:
    return open_key_ring(
        engine,
        keys=None,
        key_file=key_file,
        service=service,
        vault_token=TOKEN,
        data_key_seconds=seconds,
    )


def unwraps(http_server: ScriptedServer) -> int:
    return sum("/decrypt/" in one.path for one in http_server.requests)


def read(engine: Engine, keys: KeyRing, times: int) -> None:
    for _ in range(times):
        with engine.connect() as connection:
            assert credentials_of(connection, keys, CRM).reveal("token") == CANARY


def test_what_a_service_wraps_it_unwraps(provider: KeyProvider) -> None:
    wrapped = provider.wrap(DATA_KEY, b"crm/token")
    assert DATA_KEY not in wrapped.blob
    assert (provider.unwrap(wrapped, b"crm/token"), wrapped.kek_id) == (DATA_KEY, provider.current_id())


def test_another_context_or_an_altered_blob_is_refused(provider: KeyProvider) -> None:
    wrapped = provider.wrap(DATA_KEY, b"crm/token")
    flipped = wrapped.blob[:-6] + bytes([wrapped.blob[-6] ^ 1]) + wrapped.blob[-5:]
    with pytest.raises(SealBroken):
        provider.unwrap(wrapped, b"shop/token")
    with pytest.raises(SealBroken):
        provider.unwrap(WrappedKey(kek_id=wrapped.kek_id, blob=flipped), b"crm/token")


def test_a_key_of_elsewhere_is_missing(provider: KeyProvider) -> None:
    with pytest.raises(KeyMissing):
        provider.unwrap(WrappedKey(kek_id="key-20260101-aa", blob=b"x" * 60), b"crm/token")


@pytest.mark.usefixtures("systems")
def test_secrets_are_sealed_under_a_service_without_any_key_file(
    engine: Engine, service: str, key_file: Path
) -> None:
    keys = opened(engine, service, key_file)
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "token", SecretValue(CANARY))
        assert credentials_of(connection, keys, CRM).reveal("token") == CANARY
        assert CANARY not in every_byte(connection)
    assert not key_file.exists()


def test_secrets_move_from_the_key_file_to_a_service(
    engine: Engine, keys: KeyRing, key_file: Path, kms: str
) -> None:
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "token", SecretValue(CANARY))
    moved = opened(engine, f"aws-kms:{kms}", key_file)
    rewrap(engine, moved)
    with engine.begin() as connection:
        retire(connection, moved, keys.current_id())
        assert versions_by_key(connection) == {kms: 1}
    key_file.unlink()
    with engine.connect() as connection:
        alone = opened(engine, f"aws-kms:{kms}", key_file)
        assert credentials_of(connection, alone, CRM).reveal("token") == CANARY


@pytest.mark.usefixtures("systems")
def test_a_version_that_the_service_lets_go_is_a_clear_error_and_rotating_before_is_none(
    engine: Engine, transit: Transit, service: str, key_file: Path
) -> None:
    keys = opened(engine, service, key_file)
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "token", SecretValue(CANARY))
    transit.rotate()
    fresh = opened(engine, service, key_file)
    assert rewrap(engine, fresh).done == 1
    with engine.begin() as connection:
        assert versions_by_key(connection) == {"transit/integrations/v2": 1}
        retire(connection, fresh, "transit/integrations/v1")
    transit.min_decryption_version = 2
    with engine.connect() as connection:
        again = opened(engine, service, key_file)
        assert credentials_of(connection, again, CRM).reveal("token") == CANARY
        old = WrappedKey(kek_id="transit/integrations/v1", blob=b"vault:v1:AAAA")
        with pytest.raises(KeyMissing):
            again.unwrap(old, b"")


@pytest.mark.usefixtures("systems")
def test_a_service_that_is_away_is_later_and_nothing_is_stored_unsealed(
    engine: Engine, transit: Transit, service: str, key_file: Path
) -> None:
    keys = opened(engine, service, key_file)
    transit.is_sealed = True
    with pytest.raises(Later), engine.begin() as connection:
        set_credential(connection, keys, CRM, "token", SecretValue(CANARY))
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from integrations.secret_version")).scalar_one() == 0


def test_a_token_that_the_service_refuses_is_said(engine: Engine, service: str, key_file: Path) -> None:
    with pytest.raises(CredentialError, match="check INTEGRATIONS_VAULT_TOKEN"):
        open_key_ring(engine, keys=None, key_file=key_file, service=service, vault_token="wrong-token")


@pytest.mark.parametrize("word", ["vault", "transit:nowhere", "aws-kms:", "transit:ftp://x/y/z"])
def test_a_service_that_cannot_be_read_is_said(engine: Engine, key_file: Path, word: str) -> None:
    with pytest.raises(ConfigurationError, match="INTEGRATIONS_KEY_SERVICE"):
        opened(engine, word, key_file)


@pytest.mark.usefixtures("systems")
@pytest.mark.parametrize(("seconds", "calls"), [(300, 1), (0, 20)])
def test_a_data_key_is_asked_for_once_in_its_minutes_and_with_each_use_where_none_is_kept(
    engine: Engine, service: str, key_file: Path, http_server: ScriptedServer, seconds: float, calls: int
) -> None:
    keys = opened(engine, service, key_file, seconds=seconds)
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "token", SecretValue(CANARY))
    before = unwraps(http_server)
    read(engine, keys, 20)
    assert unwraps(http_server) - before == calls


@pytest.mark.usefixtures("systems")
def test_rotating_and_retiring_drop_the_data_keys(
    engine: Engine, transit: Transit, service: str, key_file: Path, http_server: ScriptedServer
) -> None:
    keys = opened(engine, service, key_file, seconds=300)
    with engine.begin() as connection:
        set_credential(connection, keys, CRM, "token", SecretValue(CANARY))
    read(engine, keys, 2)
    transit.rotate()
    fresh = opened(engine, service, key_file, seconds=300)
    calls = []
    for is_retired in (False, True):
        assert rewrap(engine, fresh).remaining == 0
        with engine.begin() as connection:
            if is_retired:
                retire(connection, fresh, OLD)
        before = unwraps(http_server)
        read(engine, fresh, 3)
        calls.append(unwraps(http_server) - before)
    assert calls == [1, 1]


def test_a_data_key_opens_its_own_blob_and_context_alone_and_for_its_time(
    service: str, transit: Transit, http_server: ScriptedServer
) -> None:
    provider = TransitKeys(service.removeprefix("transit:"), SecretValue(TOKEN))
    keys = RememberingKeys(provider, seconds=0.3)
    wrapped = keys.wrap(DATA_KEY, b"crm/token")
    assert {keys.unwrap(wrapped, b"crm/token") for _ in range(5)} == {DATA_KEY}
    with pytest.raises(SealBroken):
        keys.unwrap(wrapped, b"shop/token")
    with pytest.raises(SealBroken):
        keys.unwrap(WrappedKey(kek_id=wrapped.kek_id, blob=wrapped.blob[:-6] + b"AAAAA="), b"crm/token")
    time.sleep(0.35)
    transit.is_sealed = True
    with pytest.raises(Later):
        keys.unwrap(wrapped, b"crm/token")
    assert (len(keys), unwraps(http_server)) == (0, 4)


def test_no_more_data_keys_are_kept_than_are_allowed_and_none_is_shown() -> None:
    keys = RememberingKeys(LocalKeys({"k": b"k" * 32}, "k"), seconds=300, most=3)
    for number in range(10):
        keys.unwrap(keys.wrap(DATA_KEY, f"{number}".encode()), f"{number}".encode())
    assert (len(keys), "d" * 8 in repr(keys) + repr(vars(keys.__class__))) == (3, False)
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(keys)
