from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "integrations_pipelines").rglob("*.py"))
NOT_A_NAME = {"utils.py", "helpers.py", "common.py", "misc.py", "base_utils.py"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_a_source_file_is_shorter_than_300_lines(source: Path) -> None:
    assert len(source.read_text().splitlines()) < 300


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_a_source_file_says_first_what_lives_there(source: Path) -> None:
    text = source.read_text()
    assert not text.strip() or text.startswith('"""')


def test_no_module_is_named_for_having_no_place() -> None:
    assert not [relative(source) for source in SOURCES if source.name in NOT_A_NAME]


def test_only_settings_reads_the_environment() -> None:
    readers = [relative(source) for source in SOURCES if "os.environ" in source.read_text()]
    assert readers == ["integrations_pipelines/settings.py"]


def test_no_lock_names_an_index() -> None:
    locks = [ROOT / "requirements.lock", ROOT / ".ci" / "uv.lock"]
    assert not [lock.name for lock in locks if "://" in lock.read_text()]
