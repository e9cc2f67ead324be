import base64
import multiprocessing
import shutil
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.pool import NullPool

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.registry import urls
from integrations_pipelines.registry.models import KeyCheck
from integrations_pipelines.vault import (
    KeyMissing,
    KeyRing,
    SealBroken,
    SecretValue,
    open_key_ring,
    set_credential,
)
from integrations_pipelines.vault.key_file import FileKeys, make_key_file

PROCESSES = 25
ONE, TWO = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def test_the_first_start_makes_a_key_and_says_so(engine: Engine, key_file: Path) -> None:
    first = open_key_ring(engine, keys=None, key_file=key_file)
    second = open_key_ring(engine, keys=None, key_file=key_file)
    assert str(key_file) in first.notices[0]
    assert second.notices == ()
    assert first.current_id() == second.current_id()


def start(
    url: str, key_file: Path, barrier: Barrier, results: "multiprocessing.Queue[tuple[str, int] | str]"
) -> None:
    engine = create_engine(urls.for_sqlalchemy(url), poolclass=NullPool)
    barrier.wait()
    try:
        ring = open_key_ring(engine, keys=None, key_file=key_file)
        results.put((ring.current_id(), len(ring.notices)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
        results.put(repr(error))


def test_25_first_starts_at_once_end_with_one_key_and_one_notice(
    database_url: str, engine: Engine, key_file: Path
) -> None:
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    arguments = (database_url, key_file, barrier, results)
    processes = [context.Process(target=start, args=arguments) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    seen = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    assert sorted(seen) == sorted([(seen[0][0], 0)] * (PROCESSES - 1) + [(seen[0][0], 1)])
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(KeyCheck)).scalar_one() == 1


def test_a_lost_key_file_is_not_replaced_by_a_new_key(engine: Engine, key_file: Path, keys: KeyRing) -> None:
    key_file.unlink()
    with pytest.raises(CredentialError, match="the key file is missing, and secrets are sealed under"):
        open_key_ring(engine, keys=None, key_file=key_file)
    assert not key_file.exists()


def test_a_key_file_of_another_installation_is_refused(engine: Engine, key_file: Path, keys: KeyRing) -> None:
    other = key_file.with_name("other.json")
    make_key_file(other)
    with pytest.raises(KeyMissing, match=f"lacks key '{keys.current_id()}'"):
        open_key_ring(engine, keys=None, key_file=other)
    with engine.connect() as connection:
        assert connection.execute(select(KeyCheck.kek_id)).scalars().all() == [keys.current_id()]


def test_another_key_under_a_known_id_is_refused(engine: Engine, key_file: Path) -> None:
    open_key_ring(engine, keys=f"prod:{ONE}", key_file=key_file)
    with pytest.raises(SealBroken, match="key 'prod' of the key ring is not the one"):
        open_key_ring(engine, keys=f"prod:{TWO}", key_file=key_file)


def test_keys_of_the_environment_leave_no_file(engine: Engine, key_file: Path) -> None:
    ring = open_key_ring(engine, keys=f"prod:{ONE}", key_file=key_file)
    assert (ring.current_id(), ring.notices, key_file.exists()) == ("prod", (), False)


def test_a_key_of_the_environment_takes_over_from_the_file(
    engine: Engine, key_file: Path, keys: KeyRing
) -> None:
    ring = open_key_ring(engine, keys=f"prod:{ONE}", key_file=key_file)
    assert ring.known_ids() == ["prod", keys.current_id()]


def test_the_same_keys_from_a_restored_copy_open_everything(
    engine: Engine, key_file: Path, keys: KeyRing
) -> None:
    with engine.begin() as connection:
        set_credential(connection, keys, "hubspot-emea", "access_token", SecretValue("a-secret-value"))
    restored = key_file.with_name("restored.json")
    shutil.copy2(key_file, restored)
    assert open_key_ring(engine, keys=None, key_file=restored).known_ids() == FileKeys(key_file).known_ids()
