from pathlib import Path

import pytest

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.settings import environment_for_children, get_settings, read_settings


def test_without_an_environment_the_database_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert read_settings().database_url is None


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert read_settings().database_url is None


def test_the_state_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INTEGRATIONS_STATE_DIR", "there")
    assert read_settings().state_dir == tmp_path / "there"
    assert read_settings().home_of_dagster == tmp_path / "there" / "dagster"


def test_a_bad_setting_is_one_line_that_names_the_variable_and_not_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://ada:s3cret@db/hub")
    monkeypatch.setenv("INTEGRATIONS_API_PORT", "99999")
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    message = str(refused.value)
    assert "DATABASE_URL: must start with postgresql://" in message
    assert "INTEGRATIONS_API_PORT" in message
    assert "s3cret" not in message and "\n" not in message


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    get_settings.cache_clear()
    first = get_settings()
    monkeypatch.setenv("INTEGRATIONS_API_PORT", "8123")
    assert get_settings() is first
    get_settings.cache_clear()


def test_children_write_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment_for_children({})
