"""Key-encryption keys that AWS KMS holds: it wraps and unwraps, bound to a context. Needs the extra ``aws``.

API: https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and API_Decrypt.html. Credentials and region
come from where boto3 looks for them: an instance's role, ``AWS_*``, or a profile.
"""

import hashlib
from collections.abc import Collection
from typing import Any, NoReturn

from integrations_pipelines.errors import ConfigurationError, CredentialError
from integrations_pipelines.vault.keys import KeyMissing, SealBroken, WrappedKey
from integrations_pipelines.vault.transit import KeyServiceUnavailable

_CONTEXT = "integrations-pipelines"
_GONE = {"NotFoundException", "DisabledException", "KMSInvalidStateException", "KeyUnavailableException"}
_BROKEN = {"InvalidCiphertextException", "IncorrectKeyException"}
_REFUSED = {"AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId"}


class KmsKeys:
    """One key of AWS KMS; our id of it is its ARN. KMS rotates what is behind it by itself; old blobs still open."""

    def __init__(self, key_id: str) -> None:
        """``key_id`` is an ARN, an alias (``alias/integrations``) or a key id. Raises ``ConfigurationError``."""
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise ConfigurationError(
                "INTEGRATIONS_KEY_SERVICE: aws-kms needs the extra 'aws' (boto3)"
            ) from None
        named = {"region_name": key_id.split(":")[3]} if key_id.count(":") > 3 else {}
        patience = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})
        try:
            self._client: Any = boto3.client("kms", config=patience, **named)
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(f"INTEGRATIONS_KEY_SERVICE: aws-kms: {type(error).__name__}") from None
        self._key_id, self._arn = key_id, ""
        self.where = "AWS KMS"

    def current_id(self) -> str:
        """Return the key's ARN."""
        if not self._arn:
            said = self._asked("describe_key", {"KeyId": self._key_id})
            self._arn = str(said["KeyMetadata"]["Arn"])
        return self._arn

    def known_ids(self) -> Collection[str]:
        """Return the key's ARN alone."""
        return [self.current_id()]

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Return ``data_key`` wrapped, bound to ``context``."""
        asked = {"KeyId": self.current_id(), "Plaintext": data_key, "EncryptionContext": _bound(context)}
        said = self._asked("encrypt", asked)
        return WrappedKey(kek_id=self.current_id(), blob=bytes(said["CiphertextBlob"]))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key. Raises ``KeyMissing`` for another key, ``SealBroken`` for another blob or context."""
        if wrapped.kek_id != self.current_id():
            raise KeyMissing(f"{self.where} is not asked for key {wrapped.kek_id!r}")
        asked = {
            "KeyId": wrapped.kek_id,
            "CiphertextBlob": wrapped.blob,
            "EncryptionContext": _bound(context),
        }
        return bytes(self._asked("decrypt", asked)["Plaintext"])

    def _asked(self, action: str, words: dict[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            said: dict[str, Any] = getattr(self._client, action)(**words)
        except ClientError as error:
            raise self._refusal(str(error.response.get("Error", {}).get("Code", ""))) from None
        except BotoCoreError as error:
            raise KeyServiceUnavailable(f"{self.where} does not answer: {type(error).__name__}") from None
        return said

    def _refusal(self, code: str) -> Exception:
        if code in _BROKEN:
            return SealBroken(f"the data key does not open under key {self._arn!r}")
        if code in _GONE:
            return KeyMissing(f"{self.where} has no key {self._key_id!r} that can be used ({code})")
        if code in _REFUSED:
            return CredentialError(f"{self.where} refuses ({code}); check the role and the key's policy")
        return KeyServiceUnavailable(f"{self.where} answers {code or 'with a fault'}")

    def __repr__(self) -> str:
        return f"KmsKeys({self._key_id})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("keys cannot be pickled or copied")


def _bound(context: bytes) -> dict[str, str]:
    # An encryption context is shown in CloudTrail: the digest binds as well, and tells nothing.
    return {_CONTEXT: hashlib.sha256(context).hexdigest()}
