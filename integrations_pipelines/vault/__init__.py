"""Credentials: sealed, opened, rotated, and kept out of every text. The only room that speaks cryptography."""

from integrations_pipelines.vault.credentials import (
    OVERLAP,
    Credentials,
    CredentialSummary,
    LiveVersion,
    credentials_of,
    list_credentials,
    set_credential,
    unsaved_credentials,
)
from integrations_pipelines.vault.ed25519 import verify_ed25519
from integrations_pipelines.vault.key_file import add_key, remove_key
from integrations_pipelines.vault.keys import KeyMissing, KeyProvider, KeyRing, SealBroken, WrappedKey
from integrations_pipelines.vault.logs import cap_log_levels, install_redaction
from integrations_pipelines.vault.redaction import no_secrets_in_errors, scrub, scrubbed, without_secrets
from integrations_pipelines.vault.rotation import reseal, retire, rewrap
from integrations_pipelines.vault.start import open_key_ring
from integrations_pipelines.vault.value import SecretValue
from integrations_pipelines.vault.versions import activate, fall_back, revoke, revoke_expired

__all__ = [
    "OVERLAP",
    "CredentialSummary",
    "Credentials",
    "KeyMissing",
    "KeyProvider",
    "KeyRing",
    "LiveVersion",
    "SealBroken",
    "SecretValue",
    "WrappedKey",
    "activate",
    "add_key",
    "cap_log_levels",
    "credentials_of",
    "fall_back",
    "install_redaction",
    "list_credentials",
    "no_secrets_in_errors",
    "open_key_ring",
    "remove_key",
    "reseal",
    "retire",
    "revoke",
    "revoke_expired",
    "rewrap",
    "scrub",
    "scrubbed",
    "set_credential",
    "unsaved_credentials",
    "verify_ed25519",
    "without_secrets",
]
