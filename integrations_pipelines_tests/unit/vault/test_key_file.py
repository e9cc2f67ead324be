import json
import multiprocessing
import os
import stat
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.vault.key_file import FileKeys, add_key, make_key_file, remove_key

PROCESSES = 25


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys.json"


def start(path: Path, barrier: Barrier, results: "multiprocessing.Queue[tuple[bool, str]]") -> None:
    barrier.wait()
    results.put((make_key_file(path), FileKeys(path).current_id()))


def test_of_25_processes_that_start_at_once_one_makes_the_key(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    processes = [context.Process(target=start, args=(path, barrier, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    seen = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert [made for made, _ in seen].count(True) == 1
    assert len({key_id for _, key_id in seen}) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        make_key_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610, 0o666])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    make_key_file(path)
    path.chmod(mode)
    with pytest.raises(CredentialError, match=f"open to others .mode {mode:04o}.; run chmod 600"):
        FileKeys(path)


def test_a_file_of_another_user_is_refused(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    make_key_file(path)
    os.chown(path, 12345, -1)
    with pytest.raises(CredentialError, match="belongs to user 12345"):
        FileKeys(path)


def test_a_symbolic_link_is_refused(path: Path) -> None:
    make_key_file(path)
    link = path.with_name("link.json")
    link.symlink_to(path)
    with pytest.raises(CredentialError, match="cannot be opened"):
        FileKeys(link)


def test_a_folder_or_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(CredentialError, match="key file is missing"):
        FileKeys(path)
    path.mkdir(parents=True)
    with pytest.raises(CredentialError, match="not a regular file"):
        FileKeys(path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"current": "a", "keys": {"a": "AA=="}}', '{"keys": 1, "current": 2}']
)
def test_a_file_that_is_no_key_file_is_refused_by_name(path: Path, content: str) -> None:
    make_key_file(path)
    path.write_text(content)
    with pytest.raises(CredentialError, match=r"keys\.json"):
        FileKeys(path)


def test_an_added_key_becomes_current_in_a_process_that_has_the_file_open(path: Path) -> None:
    make_key_file(path)
    keys = FileKeys(path)
    old = keys.wrap(bytes(32), b"")
    new_id = add_key(path)
    assert keys.current_id() == new_id != old.kek_id
    assert keys.unwrap(old, b"") == bytes(32)


def test_keys_added_at_once_are_all_kept(path: Path) -> None:
    make_key_file(path)
    with multiprocessing.get_context("fork").Pool(8) as pool:
        added = set(pool.map(add_key, [path] * 16))
    assert len(added) == 16
    assert added < set(json.loads(path.read_text())["keys"])


def test_only_a_key_that_is_not_current_can_be_removed(path: Path) -> None:
    make_key_file(path)
    old = FileKeys(path).current_id()
    with pytest.raises(CredentialError, match="is the current one"):
        remove_key(path, old)
    add_key(path)
    remove_key(path, old)
    assert old not in FileKeys(path).known_ids()
