from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "integrations_pipelines").rglob("*.py"))
TESTS = sorted((ROOT / "integrations_pipelines_tests").rglob("*.py"))
NOT_A_NAME = {"utils.py", "helpers.py", "common.py", "misc.py", "base_utils.py"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_file_is_shorter_than_300_lines() -> None:
    assert not [relative(one) for one in (*SOURCES, *TESTS) if len(one.read_text().splitlines()) >= 300]


def test_a_source_file_says_first_what_lives_there() -> None:
    texts = {relative(source): source.read_text() for source in SOURCES}
    assert not [name for name, text in texts.items() if text.strip() and not text.startswith('"""')]


def test_no_module_is_named_for_having_no_place() -> None:
    assert not [relative(source) for source in SOURCES if source.name in NOT_A_NAME]


def test_only_settings_reads_the_environment() -> None:
    readers = [relative(source) for source in SOURCES if "os.environ" in source.read_text()]
    assert readers == ["integrations_pipelines/settings.py"]


def test_no_lock_names_an_index() -> None:
    locks = [ROOT / "requirements.lock", ROOT / ".ci" / "uv.lock"]
    assert not [lock.name for lock in locks if "://" in lock.read_text()]
