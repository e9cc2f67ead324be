import copy
import dataclasses
import json
import pickle
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydantic import BaseModel, ConfigDict

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.vault import SecretValue

PLAINTEXT = "canary-9f3b1c77e2"


@dataclasses.dataclass
class Holder:
    secret: SecretValue


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    secret: SecretValue


REFUSED: dict[str, Callable[[SecretValue], Any]] = {
    "str": str,
    "format": lambda secret: f"{secret}",
    "format with a width": lambda secret: f"{secret:>40}",
    "percent": lambda secret: "%s" % secret,  # noqa: UP031 - this is what is tried
    "bytes": bytes,  # type: ignore[dict-item]
    "iteration": list,  # type: ignore[dict-item]
    "hash": hash,
    "set": lambda secret: {secret},
    "json": json.dumps,
    "orjson": orjson.dumps,
    "orjson in a dataclass": lambda secret: orjson.dumps(Holder(secret)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "asdict": lambda secret: dataclasses.asdict(Holder(secret)),
    "model_dump_json": lambda secret: Model(secret=secret).model_dump_json(),
    "pickle": pickle.dumps,
    "pickle, oldest": lambda secret: pickle.dumps(secret, 0),
    "pickle of a holder": lambda secret: pickle.dumps(Holder(secret)),
}


@pytest.mark.parametrize("way", REFUSED)
def test_a_secret_value_refuses_to_be_written(way: str) -> None:
    with pytest.raises(Exception) as refusal:
        REFUSED[way](SecretValue(PLAINTEXT))
    assert PLAINTEXT not in f"{refusal.value!r} {refusal.value}"


def test_its_repr_shows_nothing_of_it() -> None:
    shown = [
        repr(SecretValue(PLAINTEXT)),
        repr(Holder(SecretValue(PLAINTEXT))),
        repr(Model(secret=SecretValue(PLAINTEXT))),
    ]
    assert not [text for text in shown if PLAINTEXT in text or "canary" in text]


def test_it_has_no_dictionary_that_could_be_dumped() -> None:
    assert not hasattr(SecretValue(PLAINTEXT), "__dict__")


def test_reveal_is_the_only_word_that_gives_it_out() -> None:
    assert SecretValue(PLAINTEXT).reveal() == PLAINTEXT


def test_two_of_one_plaintext_are_equal_and_a_str_is_never() -> None:
    assert SecretValue(PLAINTEXT) == SecretValue(PLAINTEXT)
    assert SecretValue(PLAINTEXT) != SecretValue(PLAINTEXT + "x")
    assert SecretValue(PLAINTEXT) != PLAINTEXT


def test_an_empty_one_is_refused() -> None:
    with pytest.raises(CredentialError, match="empty"):
        SecretValue("")
