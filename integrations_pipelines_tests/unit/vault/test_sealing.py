import uuid as uuidlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.registry.secrets import SealedValue
from integrations_pipelines.vault import KeyMissing, SealBroken, SecretValue
from integrations_pipelines.vault.keys import LocalKeys, length_prefixed
from integrations_pipelines.vault.sealing import Place, open_sealed, resealed, rewrapped, seal

KEYS = LocalKeys({"first": bytes(range(32)), "second": bytes(range(32, 64))}, "first")
NEW = LocalKeys({"first": bytes(range(32)), "second": bytes(range(32, 64))}, "second")
ONE_SYSTEM = uuidlib.UUID(int=1)
PLACE = Place(system_uuid=ONE_SYSTEM, system_key="hubspot-emea", name="access_token", version=2)
CANARY = "canary-4b8e0f6d1a"
SEALED = seal(KEYS, PLACE, SecretValue(CANARY))
FIELDS = ("wrapped_key", "nonce", "ciphertext")

texts = st.text(min_size=1, max_size=200)
places = st.builds(
    Place,
    system_uuid=st.uuids(),
    system_key=st.just("some-system"),
    name=st.text(alphabet=st.characters(codec="utf-8"), max_size=20),
    version=st.integers(1, 2**40),
)


@given(texts, places)
def test_what_is_sealed_opens_at_its_place(plaintext: str, place: Place) -> None:
    assert open_sealed(KEYS, place, seal(KEYS, place, SecretValue(plaintext))).reveal() == plaintext


@given(places, places)
def test_it_opens_nowhere_else(place: Place, other: Place) -> None:
    if place != other:
        with pytest.raises(SealBroken):
            open_sealed(KEYS, other, seal(KEYS, place, SecretValue(CANARY)))


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_no_two_contexts_read_the_same(one: list[bytes], other: list[bytes]) -> None:
    assert (length_prefixed(*one) == length_prefixed(*other)) == (one == other)


def with_bytes(field: str, stored: bytes) -> SealedValue:
    return SealedValue(**{**vars(SEALED), field: stored})


@pytest.mark.parametrize("field", FIELDS)
def test_every_single_flipped_bit_is_refused(field: str) -> None:
    stored: bytes = getattr(SEALED, field)
    for bit in range(8 * len(stored)):
        flipped = bytearray(stored)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken, match="hubspot-emea: access_token version 2"):
            open_sealed(KEYS, PLACE, with_bytes(field, bytes(flipped)))


@given(st.sampled_from(FIELDS), st.binary(max_size=300))
def test_any_other_bytes_are_refused(field: str, stored: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(KEYS, PLACE, with_bytes(field, stored))


@pytest.mark.parametrize(
    ("elsewhere", "reason"),
    [
        (
            replace(PLACE, system_uuid=uuidlib.UUID(int=2)),
            "sealed for another source system .*the row was moved",
        ),
        (replace(PLACE, name="refresh_token"), "secret of another name; the row was moved"),
        (replace(PLACE, version=3), "sealed as version 2; another version's bytes"),
    ],
)
def test_a_moved_or_rolled_back_row_says_which(elsewhere: Place, reason: str) -> None:
    with pytest.raises(SealBroken, match=reason) as refusal:
        open_sealed(KEYS, elsewhere, SEALED)
    assert str(elsewhere) in str(refusal.value)
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("field", FIELDS)
def test_a_column_taken_from_another_sealing_of_the_same_place_is_refused(field: str) -> None:
    other = seal(KEYS, PLACE, SecretValue(CANARY))
    with pytest.raises(SealBroken):
        open_sealed(KEYS, PLACE, with_bytes(field, getattr(other, field)))


def test_a_wrapped_key_in_the_column_of_the_value_says_so() -> None:
    with pytest.raises(SealBroken, match="another column"):
        open_sealed(KEYS, PLACE, replace(SEALED, ciphertext=SEALED.wrapped_key))


def test_a_row_pointed_at_another_key_is_refused() -> None:
    with pytest.raises(SealBroken, match="does not open under key 'second'"):
        open_sealed(KEYS, PLACE, replace(SEALED, kek_id="second"))


def test_a_ring_without_the_key_names_the_key_and_the_secret() -> None:
    lacking = LocalKeys({"third": bytes(32)}, "third")
    with pytest.raises(
        KeyMissing, match=r"hubspot-emea: access_token version 2: .*lacks key 'first' \(it has third\)"
    ):
        open_sealed(lacking, PLACE, SEALED)


def test_another_key_under_the_same_id_is_refused() -> None:
    with pytest.raises(SealBroken, match="the key is another"):
        open_sealed(LocalKeys({"first": bytes(32)}, "first"), PLACE, SEALED)


def test_no_two_sealings_share_a_data_key_or_a_nonce() -> None:
    sealed = [seal(KEYS, PLACE, SecretValue(CANARY)) for _ in range(100)]
    assert len({value.nonce for value in sealed}) == len({value.wrapped_key for value in sealed}) == 100


def test_rewrapping_changes_the_key_and_not_the_ciphertext() -> None:
    moved = rewrapped(NEW, PLACE, SEALED)
    assert (moved.kek_id, moved.ciphertext, moved.nonce) == ("second", SEALED.ciphertext, SEALED.nonce)
    assert open_sealed(NEW, PLACE, moved).reveal() == CANARY


def test_resealing_changes_every_byte_of_it() -> None:
    fresh = resealed(NEW, PLACE, SEALED)
    assert not {fresh.ciphertext, fresh.nonce, fresh.wrapped_key} & {
        SEALED.ciphertext,
        SEALED.nonce,
        SEALED.wrapped_key,
    }
    assert open_sealed(NEW, PLACE, fresh).reveal() == CANARY


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=6, max_size=60))
def test_no_plaintext_is_in_what_is_stored(plaintext: str) -> None:
    sealed: SealedValue = seal(KEYS, PLACE, SecretValue(plaintext))
    assert not [field for field in FIELDS if plaintext.encode() in getattr(sealed, field)]
