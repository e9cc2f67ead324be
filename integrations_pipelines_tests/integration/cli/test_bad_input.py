"""Must-show 9 of issue 2: whatever is wrong with the words, one line on stderr names it; no traceback, exit code 2."""

from pathlib import Path

import pytest

from integrations_pipelines_tests.integration.cli.conftest import House

IMPORT = ("--system", "bills", "--resource", "rows", "--entity-type", "person")

CASES: list[tuple[list[str], str]] = [
    (["nonsense"], "nonsense"),
    (["source", "add", "x"], "--type"),
    (["source", "add", "x", "--typ", "hubspot"], "--typ"),
    (["source", "add", "x", "--type", "nope"], "nope"),
    (["source", "add", "X Y", "--type", "hubspot"], "X Y"),
    (["source", "add", "billing", "--type", "files"], "billing"),
    (["source", "add", "x", "--type", "hubspot", "--set", "portal=1"], "portal"),
    (["source", "add", "x", "--type", "hubspot", "--set", "novalue"], "--set number 1"),
    (["source", "add", "x", "--type", "hubspot", "--set", "base_url=ftp://x"], "base_url"),
    (["source", "add", "x", "--type", "hubspot", "--set", "resources=nope"], "nope"),
    (["source", "add", "x", "--type", "hubspot", "--set", "token=y"], "token"),
    (["source", "add", "x", "--type", "jira"], "jira needs the setting"),
    (["source", "add", "x", "--type", "hubspot", "--poll", "soon"], "soon"),
    (["source", "add", "x", "--type", "hubspot", "--set", "region=ZZ"], "region='ZZ'"),
    (["source", "show", "unknown"], "unknown"),
    (["source", "test", "unknown"], "unknown"),
    (["source", "disable", "unknown"], "unknown"),
    (["source", "test", "crm"], "token"),
    (["credential", "set", "unknown", "token"], "unknown"),
    (["credential", "set", "crm", "tokn"], "crm (hubspot)"),
    (["credential", "set", "crm", "token"], "the secret is empty"),
    (["credential", "list", "unknown"], "unknown"),
    (["sync", "unknown"], "unknown"),
    (["sync", "crm", "--resource", "nope"], "nope"),
    (["sync", "billing"], "billing holds files"),
    (["status", "unknown"], "unknown"),
    (["record-map", "list", "--system", "unknown"], "unknown"),
    (["record-map", "list", "--system", "billing", "--resource", "nope"], "nope"),
    (["record-map", "list", "--status", "nope"], "nope"),
    (["record-map", "list", "--entity", "not-a-uuid"], "not-a-uuid"),
    (["record-map", "list", "--entity", "00000000-0000-7000-8000-000000000000"], "00000000-0000-7000"),
    (["record-map", "list", "--limit", "0"], "--limit"),
    (["record-map", "list", "--limit", "many"], "--limit"),
    (["review", "list", "--entity-type", "unicorn"], "unicorn"),
    (["entity", "show", "x"], "no uuid of an entity"),
    (["connector", "new", "Bad Name"], "cannot name a connector"),
    (["sweep", "billing"], "--snapshot"),
    (["webhook", "register", "billing"], "knows of no webhooks"),
    (["export", "entities", "--out", "nowhere/x.csv"], "there is no folder nowhere"),
    (["explain", "billing"], "billing"),
    (["explain", "billing:customers"], "billing:customers"),
    (["explain", "billing:customers:nobody"], "billing:customers:nobody"),
    (["explain", "billing:nothing:1"], "billing:nothing:1"),
    (["explain", "unknown:customers:1"], "unknown"),
    (["explain", "00000000-0000-7000-8000-000000000000"], "00000000-0000-7000"),
    (["import", "nofile.csv", *IMPORT], "nofile.csv"),
    (["import", ".", *IMPORT], "no such file"),
    (["import", "empty.csv", *IMPORT], "empty.csv"),
    (["import", "rows.csv", *IMPORT, "--map", "nope=email"], "nope"),
    (["import", "rows.csv", *IMPORT, "--map", "mail=shoe_size"], "shoe_size"),
    (["import", "rows.csv", *IMPORT, "--map", "mail"], "--map number 1"),
    (["import", "rows.csv", *IMPORT, "--key", "nope"], "nope"),
    (["import", "other.csv", *IMPORT], "other.csv"),
    (["import", "rows.csv", *IMPORT[:4], "--entity-type", "unicorn"], "unicorn"),
    (["import", "rows.csv", "--system", "bills", "--resource", "A B", *IMPORT[4:]], "A B"),
    (["import", "rows.csv", "--system", "A:B", *IMPORT[2:]], "A:B"),
    (["import", "rows.csv", "--system", "crm", *IMPORT[2:]], "crm"),
    (
        [
            "import",
            "rows.csv",
            "--system",
            "billing",
            "--resource",
            "customers",
            "--entity-type",
            "organization",
        ],
        "customers",
    ),
]


@pytest.fixture(scope="module")
def words_of_files() -> dict[str, str]:
    return {"rows.csv": "id,mail\n1,a@x.example\n", "empty.csv": "", "other.csv": "shoe,size\n1,2\n"}


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture
def wronged(people: House, words_of_files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> House:
    """Give the house with a HubSpot account that has no credentials, in a folder with some files."""
    people.json("source", "add", "crm", "--type", "hubspot")
    for name, text in words_of_files.items():
        (people.folder / name).write_text(text)
    monkeypatch.chdir(people.folder)
    return people


def test_whatever_is_wrong_is_named_in_one_line_and_leaves_with_2(wronged: House) -> None:
    wrong = {}
    for words, named in CASES:
        result = wronged.run(*words, stdin="")
        told = lines(result.stderr)
        if result.exit_code != 2 or len(told) != 1 or named not in told[0] or "Traceback" in result.output:
            wrong[" ".join(words)] = (result.exit_code, result.stderr)
        assert result.stdout == ""
    assert wrong == {}


def test_a_refused_import_leaves_nothing_behind(wronged: House) -> None:
    before = wronged.json("source", "list")
    for words, _ in CASES:
        if words[0] in ("import", "source"):
            wronged.run(*words, stdin="")
    after = wronged.json("source", "list")
    assert [one["system_key"] for one in after["sources"]] == [one["system_key"] for one in before["sources"]]


@pytest.mark.parametrize(
    ("environment", "code", "named"),
    [
        ({"DATABASE_URL": "mysql://root:hunter2@db/x"}, 2, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense-hunter2"}, 2, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/x"}, 3, "127.0.0.1"),
        ({"INTEGRATIONS_LOG_LEVEL": "LOUD"}, 2, "INTEGRATIONS_LOG_LEVEL"),
        ({"DATABASE_URL": None, "INTEGRATIONS_STATE_DIR": "/dev/null/state"}, 2, "INTEGRATIONS_STATE_DIR"),
    ],
    ids=["not PostgreSQL", "not a URL", "unreachable", "unknown level", "unwritable state folder"],
)
def test_settings_that_are_off_are_named_and_no_password_is_shown(
    house: House, environment: dict[str, str | None], code: int, named: str
) -> None:
    result = house.run("status", env=environment)
    assert (result.exit_code, len(lines(result.stderr))) == (code, 1), result.stderr
    assert named in result.stderr
    assert "hunter2" not in result.output


def test_a_database_that_was_never_set_up_says_which_command_does_it(
    house: House, database_server: str
) -> None:
    result = house.run("status", env={"DATABASE_URL": database_server})
    assert result.exit_code == 2
    assert "integrations database migrate" in result.stderr
    assert len(lines(result.stderr)) == 1


def test_a_database_that_does_not_exist_is_a_wrong_setting(house: House) -> None:
    url = str(house.settings.database_url).replace("/test_", "/nowhere_")
    result = house.run("status", env={"DATABASE_URL": url})
    assert (result.exit_code, len(lines(result.stderr))) == (2, 1)
    assert "nowhere_" in result.stderr


def test_debug_shows_the_traceback_wherever_it_stands(house: House) -> None:
    for words in (["--debug", "status", "unknown"], ["status", "unknown", "--debug"]):
        result = house.run(*words)
        assert (result.exit_code, "Traceback" in result.stderr) == (2, True)


def test_a_process_of_its_own_says_the_same(people: House) -> None:
    done = people.process("explain", "billing:customers:nobody")
    assert (done.returncode, done.stdout, len(lines(done.stderr))) == (2, "", 1)
    assert "billing:customers:nobody" in done.stderr


def test_an_unreachable_database_is_3_in_a_process_of_its_own(house: House, tmp_path: Path) -> None:
    done = house.process(
        "source", "list", env={"DATABASE_URL": f"postgresql://me:x@localhost/x?host={tmp_path}"}
    )
    assert (done.returncode, done.stdout, len(lines(done.stderr))) == (3, "", 1)
