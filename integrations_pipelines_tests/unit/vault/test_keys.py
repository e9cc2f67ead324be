import base64
import pickle

import pytest

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.vault.key_file import keys_from_text
from integrations_pipelines.vault.keys import KeyMissing, KeyRing, LocalKeys, SealBroken, WrappedKey

DATA_KEY = bytes(32)
FIRST = base64.b64encode(b"1" * 32).decode()
SECOND = base64.b64encode(b"2" * 32).decode()


def test_the_first_key_of_the_environment_wraps_and_all_unwrap() -> None:
    old, both = keys_from_text(f"old:{SECOND}"), keys_from_text(f" new:{FIRST}, old:{SECOND} ,")
    assert both.wrap(DATA_KEY, b"").kek_id == "new"
    assert both.unwrap(old.wrap(DATA_KEY, b"here"), b"here") == DATA_KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        FIRST,
        f":{FIRST}",
        "id:",
        "id:no base64 at all!",
        f"id:{FIRST[:20]}",
        f"a:{FIRST},a:{SECOND}",
    ],
)
def test_keys_that_cannot_be_read_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(CredentialError, match="INTEGRATIONS_KEYS") as refusal:
        keys_from_text(text)
    assert FIRST[:20] not in str(refusal.value)


def test_a_ring_unwraps_what_any_of_its_providers_knows() -> None:
    one, two = LocalKeys({"one": b"1" * 32}, "one"), LocalKeys({"two": b"2" * 32}, "two")
    ring = KeyRing([one, two])
    assert ring.unwrap(two.wrap(DATA_KEY, b""), b"") == DATA_KEY
    assert (ring.current_id(), ring.known_ids()) == ("one", ["one", "two"])


def test_a_ring_without_the_key_says_which_it_has() -> None:
    ring = KeyRing([LocalKeys({"one": b"1" * 32}, "one"), LocalKeys({"two": b"2" * 32}, "two")])
    with pytest.raises(KeyMissing, match=r"lacks key 'three' \(it has one, two\)"):
        ring.unwrap(WrappedKey(kek_id="three", blob=b""), b"")


def test_there_is_no_ring_without_a_key() -> None:
    with pytest.raises(CredentialError, match="never stored unsealed"):
        KeyRing([])


def test_a_data_key_does_not_unwrap_in_another_context() -> None:
    keys = LocalKeys({"one": b"1" * 32}, "one")
    with pytest.raises(SealBroken):
        keys.unwrap(keys.wrap(DATA_KEY, b"here"), b"there")


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(CredentialError, match="16 bytes; a key has 32"):
        LocalKeys({"short": bytes(16)}, "short")


def test_keys_are_neither_shown_nor_pickled() -> None:
    ring = KeyRing([LocalKeys({"one": b"1" * 32}, "one")])
    assert repr(ring) == "KeyRing(one)"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(ring)
