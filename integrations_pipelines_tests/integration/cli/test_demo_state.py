"""Where nothing but a demo was run, the reading commands show the demo."""

from pathlib import Path

import pytest

from integrations_pipelines.cli.opening import current_settings


@pytest.fixture
def state(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INTEGRATIONS_STATE_DIR", str(state_folder))
    (state_folder / "demo" / "postgres").mkdir(parents=True)
    return state_folder


def test_after_a_demo_alone_commands_show_the_demo(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert current_settings().state_dir == state / "demo"
    assert "demo" in capsys.readouterr().err


def test_an_installation_of_ones_own_comes_before_the_demo(state: Path) -> None:
    (state / "postgres").mkdir()
    assert current_settings().state_dir == state


def test_what_begins_an_installation_never_means_the_demo(state: Path) -> None:
    assert current_settings(begins=True).state_dir == state


def test_a_database_of_ones_own_is_never_the_demo(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres:x@localhost/none")
    assert current_settings().state_dir == state
