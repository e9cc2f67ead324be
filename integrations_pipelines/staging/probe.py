"""Tries the credentials of an account with the one cheap request that its connector names."""

from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.client import third_party

_SHORT = Limits(wait_seconds=10, attempts=3, request_seconds=20)


def probe(account: Account, *, limits: Limits = _SHORT) -> None:
    """Return if the third party lets ``account`` in; a connector without a probe (files) lets everybody in.

    Raise ``CredentialError`` where the credentials are refused and ``ThirdPartyRefused`` where they may not do this,
    both with what to check; ``ConfigurationError`` for a setting that is off; ``Later`` where nothing answers.
    """
    request = account.connector.probe
    if request is None:
        return
    with third_party(account, limits) as client:
        client.ask(request)
