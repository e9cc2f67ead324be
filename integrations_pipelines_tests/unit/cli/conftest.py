from pathlib import Path

import pytest

from integrations_pipelines.settings import Settings, read_settings


@pytest.fixture
def settings_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings whose state folder is this test's own, for what reads the environment anew."""
    monkeypatch.setenv("INTEGRATIONS_STATE_DIR", str(tmp_path))
    return read_settings()
