"""Credentials: sealed, opened, rotated, and kept out of every text. The only room that speaks cryptography."""

from integrations_pipelines.vault.audit import (
    Anchor,
    ChainBroken,
    anchor_of,
    chain_end,
    keep_anchor,
    one_moment,
    read_anchor,
    record,
    seal_anew,
    verify,
)
from integrations_pipelines.vault.authorizing import consented
from integrations_pipelines.vault.consents import Asked, ConsentUnknown, ask_consent, take_consent, tokens_for
from integrations_pipelines.vault.credentials import (
    OVERLAP,
    Credentials,
    CredentialSummary,
    DoorSecret,
    LiveVersion,
    credential_warnings,
    credentials_of,
    door_secrets,
    list_credentials,
    set_credential,
    take_handed_secret,
    unsaved_credentials,
)
from integrations_pipelines.vault.ed25519 import verify_ed25519
from integrations_pipelines.vault.granting import OAuthTokens, client_of, store_tokens
from integrations_pipelines.vault.key_file import add_key, remove_key
from integrations_pipelines.vault.keys import KeyMissing, KeyProvider, KeyRing, SealBroken, WrappedKey
from integrations_pipelines.vault.live import LiveCredentials
from integrations_pipelines.vault.logs import cap_log_levels, install_redaction
from integrations_pipelines.vault.redaction import no_secrets_in_errors, scrub, scrubbed, without_secrets
from integrations_pipelines.vault.rotation import Rotated, deepen, reseal, retire, rewrap
from integrations_pipelines.vault.start import open_key_ring
from integrations_pipelines.vault.token_endpoint import OAuthClient, ReauthRequired, Tokens, by_itself
from integrations_pipelines.vault.tokens import (
    SCOPES,
    Granted,
    TokenRejected,
    check_token,
    create_token,
    revoke_token,
)
from integrations_pipelines.vault.value import SecretValue
from integrations_pipelines.vault.versions import activate, fall_back, revoke, revoke_expired

__all__ = [
    "OVERLAP",
    "SCOPES",
    "Anchor",
    "Asked",
    "ChainBroken",
    "ConsentUnknown",
    "CredentialSummary",
    "Credentials",
    "DoorSecret",
    "Granted",
    "KeyMissing",
    "KeyProvider",
    "KeyRing",
    "LiveCredentials",
    "LiveVersion",
    "OAuthClient",
    "OAuthTokens",
    "ReauthRequired",
    "Rotated",
    "SealBroken",
    "SecretValue",
    "TokenRejected",
    "Tokens",
    "WrappedKey",
    "activate",
    "add_key",
    "anchor_of",
    "ask_consent",
    "by_itself",
    "cap_log_levels",
    "chain_end",
    "check_token",
    "client_of",
    "consented",
    "create_token",
    "credential_warnings",
    "credentials_of",
    "deepen",
    "door_secrets",
    "fall_back",
    "install_redaction",
    "keep_anchor",
    "list_credentials",
    "no_secrets_in_errors",
    "one_moment",
    "open_key_ring",
    "read_anchor",
    "record",
    "remove_key",
    "reseal",
    "retire",
    "revoke",
    "revoke_expired",
    "revoke_token",
    "rewrap",
    "scrub",
    "scrubbed",
    "seal_anew",
    "set_credential",
    "store_tokens",
    "take_consent",
    "take_handed_secret",
    "tokens_for",
    "unsaved_credentials",
    "verify",
    "verify_ed25519",
    "without_secrets",
]
