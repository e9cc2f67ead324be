import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.local import embedded_database, is_running, running_database
from integrations_pipelines.local.cluster import (
    LONGEST_SOCKET_PATH,
    Cluster,
    cluster_in,
    copied,
    own_folder,
    wheel_binaries,
)
from integrations_pipelines.registry.urls import for_psycopg
from integrations_pipelines.settings import read_settings

USER = """
import sys
from pathlib import Path
from integrations_pipelines.local import embedded_database
with embedded_database(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_user(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Give another process that uses the server in ``folder`` until its standard input closes."""
    command = [sys.executable, "-c", USER, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.communicate()


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_the_last_user_stops_the_server(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    with embedded_database(folder, durable=False) as url:
        with embedded_database(folder, durable=False):
            pass
        assert answers(url)
    assert not answers(url)


def test_a_server_asked_to_stay_stays_until_the_next_user_ends(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    with embedded_database(folder, durable=False, stay=True) as url:
        pass
    assert answers(url)
    with embedded_database(folder, durable=False):
        pass
    assert not answers(url)


def test_a_killed_user_does_not_take_the_server_from_the_others(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    with another_user(folder) as killed:
        url = first_line(killed)
        with embedded_database(folder, durable=False):
            killed.kill()
            killed.wait()
            assert answers(url)
    assert not answers(url)


def test_after_the_only_user_was_killed_the_next_one_works_and_stops_the_server(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    with another_user(folder) as killed:
        url = first_line(killed)
        killed.kill()
        killed.wait()
    with embedded_database(folder, durable=False):
        assert answers(url)
    assert not answers(url)


def test_a_killed_server_is_started_again_with_its_rows(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    with embedded_database(folder, stay=True) as url, psycopg.connect(url) as connection:
        connection.execute("create table kept as select 1 as one")
    os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    with embedded_database(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)


def test_processes_that_start_at_once_share_one_server(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    with another_user(folder) as one, another_user(folder) as two, another_user(folder) as three:
        urls = {first_line(process) for process in (one, two, three)}
        assert len(urls) == 1
        assert answers(urls.pop())


def test_threads_that_start_at_once_share_one_server(state_folder: Path) -> None:
    def use(_: int) -> bool:
        with embedded_database(state_folder / "postgres", durable=False) as url:
            return answers(url)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(use, range(8)))


def test_a_set_up_that_was_killed_halfway_is_done_again(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    unfinished = cluster_in(folder).home / "data.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with embedded_database(folder, durable=False) as url:
        assert answers(url)


def test_a_state_folder_too_deep_for_a_socket_works(state_folder: Path) -> None:
    deep = state_folder / ("d" * LONGEST_SOCKET_PATH) / "it's a folder"
    with embedded_database(deep / "postgres", durable=False) as url:
        assert answers(url)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another account")
def test_a_private_folder_of_roots_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with embedded_database(tmp_path / "postgres", durable=False) as url:
        assert answers(url)
    shutil.rmtree((tmp_path / "postgres").resolve())
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_the_copy_for_an_account_that_cannot_reach_the_wheel_works(state_folder: Path) -> None:
    binaries = copied(wheel_binaries(), state_folder)
    cluster = Cluster(home=state_folder, binaries=binaries, account="nobody" if os.geteuid() == 0 else None)
    assert cluster.run("initdb", "--version").stdout.startswith("initdb (PostgreSQL) 18")
    assert copied(wheel_binaries(), state_folder) == binaries


def test_a_folder_of_another_user_is_refused(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_711)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        own_folder(state_folder, None)


def test_the_server_listens_on_no_port(state_folder: Path) -> None:
    with (
        embedded_database(state_folder / "postgres", durable=False) as url,
        psycopg.connect(url) as connection,
    ):
        assert connection.execute("show listen_addresses").fetchone() == ("",)


def test_bulk_settings_are_in_force_and_nothing_is_unsafe(state_folder: Path) -> None:
    asked = "select name, setting from pg_settings where name in ('fsync', 'jit', 'work_mem', 'synchronous_commit')"
    with embedded_database(state_folder / "postgres") as url, psycopg.connect(url) as connection:
        found: dict[str, str] = dict(connection.execute(asked).fetchall())
    assert found == {"fsync": "on", "jit": "off", "work_mem": "65536", "synchronous_commit": "on"}


def test_a_refused_row_does_not_reach_the_servers_log(state_folder: Path) -> None:
    folder = state_folder / "postgres"
    with (
        embedded_database(folder, durable=False) as url,
        psycopg.connect(url) as connection,
        pytest.raises(psycopg.Error),
    ):
        connection.execute("select cast('ada@example.com' || no_such_column as int)")
    assert "ada@example.com" not in (folder / "log").read_text()


def test_a_database_url_is_used_as_it_is_and_nothing_is_started(
    state_folder: Path, database_url: str
) -> None:
    settings = read_settings(database_url=database_url, state_dir=state_folder)
    with running_database(settings) as url:
        assert url == for_psycopg(database_url)
    assert not is_running(settings)
    assert not (state_folder / "postgres").exists()
