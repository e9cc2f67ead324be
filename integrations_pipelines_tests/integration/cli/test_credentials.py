import pytest

from integrations_pipelines_tests.integration.cli.conftest import House

CANARY = "canary-9f3c1b7e5d"


@pytest.fixture
def crm_account(house: House) -> House:
    house.json("source", "add", "crm", "--type", "hubspot")
    return house


def sealed(house: House) -> bytes:
    with house.hub.engine.connect() as connection:
        rows = connection.exec_driver_sql("select ciphertext from integrations.secret_version").scalars()
        return b"".join(bytes(row) for row in rows)


def test_a_secret_comes_in_by_stdin_and_is_sealed(crm_account: House) -> None:
    assert crm_account.json("credential", "set", "crm", "token", stdin=f"{CANARY}\n") == {
        "system_key": "crm",
        "name": "token",
        "version": 1,
    }
    assert sealed(crm_account)
    assert CANARY.encode() not in sealed(crm_account)


@pytest.mark.parametrize("words", [[CANARY], ["--value", CANARY], [f"--secret={CANARY}"], ["--", CANARY]])
def test_a_secret_in_an_argument_is_refused_and_not_repeated(crm_account: House, words: list[str]) -> None:
    result = crm_account.run("credential", "set", "crm", "token", *words, stdin="x")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert CANARY not in result.output
    assert not sealed(crm_account)


def test_a_secret_in_the_place_of_the_name_is_not_repeated(crm_account: House) -> None:
    result = crm_account.run("credential", "set", "crm", CANARY, stdin="x")
    assert (result.exit_code, CANARY in result.output) == (2, False)


@pytest.mark.parametrize("stdin", ["", "\n", "   \n", b"\xff\xfe", "a\0b", "x" * 70_000])
def test_what_can_be_no_secret_is_refused_in_one_line(crm_account: House, stdin: str | bytes) -> None:
    result = crm_account.run("credential", "set", "crm", "token", stdin=stdin)
    assert (result.exit_code, len(result.stderr.splitlines()), sealed(crm_account)) == (2, 1, b"")


def test_a_secret_of_many_lines_keeps_them(crm_account: House) -> None:
    from integrations_pipelines.vault import credentials_of

    crm_account.json("credential", "set", "crm", "token", stdin=f"-----BEGIN\n{CANARY}\n-----END\n")
    with crm_account.hub.engine.begin() as connection:
        opened = credentials_of(connection, crm_account.hub.keys, "crm")
    assert opened.reveal("token") == f"-----BEGIN\n{CANARY}\n-----END"


def test_the_list_shows_versions_and_no_value(crm_account: House) -> None:
    for number in (1, 2):
        crm_account.json("credential", "set", "crm", "token", stdin=f"{CANARY}{number}")
    listed = crm_account.json("credential", "list")["credentials"]
    assert [(one["version"], one["state"]) for one in listed] == [(2, "active"), (1, "retiring")]
    assert set(listed[0]) == {
        "system_key", "name", "version", "state", "sealed_under", "created_at", "valid_until",
        "expires_at", "age_days", "warning",
    }  # fmt: skip
    assert CANARY not in crm_account.run("credential", "list").output
