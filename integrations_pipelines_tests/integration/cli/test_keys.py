"""`integrations key`: added, rotated, retired; and what is wrong with a sealed secret is said in its own words."""

import pytest
from sqlalchemy import text

from integrations_pipelines.registry.sources import add_source
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.integration.cli.conftest import House

SWAPPED = (
    "update integrations.secret_version v set wrapped_key = o.wrapped_key, nonce = o.nonce, ciphertext = o.ciphertext"
    " from integrations.secret_version o where v.id = 2 and o.id = 3"
)
ROLLED_BACK = SWAPPED.replace("o.id = 3", "o.id = 1")
FLIPPED = (
    "update integrations.secret_version"
    " set ciphertext = set_byte(ciphertext, 40, get_byte(ciphertext, 40) # 1) where id = 2"
)


@pytest.fixture
def sealed(house: House) -> House:
    """Give two versions of one secret (rows 1 and 2) and another system's secret (row 3)."""
    with house.hub.engine.begin() as connection:
        for key in ("crm", "shop"):
            add_source(connection, system_key=key, system_type="slack", settings={})
        for key, value in (("crm", "first"), ("crm", "second"), ("shop", "other")):
            set_credential(connection, house.hub.keys, key, "token", SecretValue(f"xoxb-{value}-value"))
    return house


def test_a_key_is_added_rotated_to_and_the_old_one_retired(sealed: House) -> None:
    old = sealed.json("key", "list")["keys"][0]["key"]
    new = sealed.json("key", "add")["key"]
    assert sealed.json("key", "rotate")["done"] == 3
    sealed.json("key", "retire", old)
    states = {one["key"]: (one["state"], one["sealed"]) for one in sealed.json("key", "list")["keys"]}
    assert states == {old: ("retired", 0), new: ("current", 3)}
    assert sealed.json("audit", "verify")["events"] == 6


def test_a_key_cannot_be_retired_while_anything_is_sealed_with_it(sealed: House) -> None:
    old = sealed.json("key", "list")["keys"][0]["key"]
    sealed.json("key", "add")
    result = sealed.run("key", "retire", old)
    assert (result.exit_code, "still seals 3 secret versions; rotate first" in result.stderr) == (2, True)


def test_the_current_key_cannot_be_retired(sealed: House) -> None:
    result = sealed.run("key", "retire", sealed.json("key", "list")["keys"][0]["key"])
    assert (result.exit_code, "is the current one; add another first" in result.stderr) == (2, True)


def test_a_deep_rotation_encrypts_every_value_anew_once(sealed: House) -> None:
    sealed.json("key", "add")
    before = _ciphertexts(sealed)
    assert sealed.json("key", "rotate", "--deep")["done"] == 3
    assert not before & _ciphertexts(sealed)
    assert sealed.json("key", "rotate", "--deep")["done"] == 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (SWAPPED, "crm: token version 2: sealed for another source system"),
        (
            ROLLED_BACK,
            "crm: token version 2: sealed as version 1; another version's bytes were put in its place",
        ),
        (FLIPPED, "crm: token version 2: the sealed value was altered"),
    ],
    ids=["swapped", "rolled back", "bit flipped"],
)
def test_what_was_done_to_a_sealed_secret_is_said(sealed: House, statement: str, said: str) -> None:
    with sealed.hub.engine.begin() as connection:
        connection.execute(text(statement))
    result = sealed.run("source", "test", "crm")
    assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True), result.stderr


def test_a_ring_that_lacks_the_key_is_said(sealed: House) -> None:
    key = sealed.json("key", "list")["keys"][0]["key"]
    other = {"INTEGRATIONS_KEYS": f"mine:{'A' * 43}=", "INTEGRATIONS_KEY_FILE": "/nonexistent/keys.json"}
    result = sealed.run("source", "test", "crm", env=other)
    assert (result.exit_code, f"the key ring lacks key '{key}'" in result.stderr) == (2, True), result.stderr


def _ciphertexts(house: House) -> set[bytes]:
    with house.hub.engine.connect() as connection:
        return set(connection.execute(text("select ciphertext from integrations.secret_version")).scalars())
