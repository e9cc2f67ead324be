"""The type that holds a secret's plaintext and gives it out by one word only: ``reveal``."""

import hmac
from typing import NoReturn

from integrations_pipelines.errors import CredentialError
from integrations_pipelines.vault.redaction import remember


class SecretValue:
    """A secret's plaintext. ``str``, ``format``, pickle, copy, JSON and hash are refused; ``repr`` shows nothing.

    ``str`` raises instead of giving asterisks: a masked value in a header reaches the third party unnoticed.
    Making one tells the redactor its plaintext, so that no log line of this process shows it from then on.
    Python cannot wipe a ``str`` from memory; this type keeps it from being written, not from being dumped.
    """

    __slots__ = ("__plaintext",)

    def __init__(self, plaintext: str) -> None:
        """Raise ``CredentialError`` for an empty plaintext."""
        if not plaintext:
            raise CredentialError("a secret cannot be empty")
        remember(plaintext)
        self.__plaintext = plaintext

    def reveal(self) -> str:
        """Return the plaintext, for the call that needs it; do not keep it."""
        return self.__plaintext

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, with another ``SecretValue`` only."""
        if not isinstance(other, SecretValue):
            return NotImplemented
        return hmac.compare_digest(_bytes(self.__plaintext), _bytes(other.__plaintext))

    __hash__ = None  # type: ignore[assignment] # a hash of the plaintext would tell something of it

    def __repr__(self) -> str:
        return "SecretValue(hidden)"

    def __str__(self) -> NoReturn:
        raise TypeError("a SecretValue has no text; call reveal() where the plaintext is needed")

    def __format__(self, specification: str) -> NoReturn:
        raise TypeError("a SecretValue cannot be formatted; call reveal() where the plaintext is needed")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a SecretValue cannot be pickled or copied")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SecretValue cannot be pickled or copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a SecretValue cannot be pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a SecretValue cannot be copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a SecretValue cannot be copied")


def _bytes(plaintext: str) -> bytes:
    return plaintext.encode("utf-8", "surrogatepass")
