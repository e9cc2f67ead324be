"""Tries credentials against the third party before they are saved."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from integrations_pipelines.contract import Connector
    from integrations_pipelines.staging.account import Credentials
    from integrations_pipelines.vault import SecretValue


def try_unsaved(
    connector: "Connector",
    system_key: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, "SecretValue"],
    *,
    stored: "Credentials | None" = None,
) -> None:
    """Return if the third party lets ``secrets`` in, beside those ``stored`` already. Raises as ``probe`` does."""
    from integrations_pipelines.staging.account import Account
    from integrations_pipelines.staging.probe import probe
    from integrations_pipelines.vault import unsaved_credentials

    unsaved = unsaved_credentials(system_key, secrets)
    account = Account(
        source_system=uuid4(),  # there is no row yet; the probe sends no such thing
        system_key=system_key,
        connector=connector,
        config=connector.configured(settings),
        credentials=_Beside(unsaved, stored) if stored else unsaved,
    )
    probe(account)


class _Beside:
    """New credentials first, stored ones for the other names."""

    def __init__(self, unsaved: "Credentials", stored: "Credentials") -> None:
        self._unsaved, self._stored = unsaved, stored

    def reveal(self, name: str) -> str:
        from integrations_pipelines.errors import CredentialError

        try:
            return self._unsaved.reveal(name)
        except CredentialError:
            return self._stored.reveal(name)
