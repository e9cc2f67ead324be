"""How a third party grants access by OAuth2 (RFC 6749): where its tokens come from, as data; the vault holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from integrations_pipelines.contract.auth import Credential

OAuthKind = Literal["authorization_code", "client_credentials", "jwt_bearer"]


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class OAuth2:
    """Where access tokens come from; the token is the credential ``credential``, which ``auth`` sends.

    ``token_url`` and ``authorize_url`` are templates over the settings; an account may override both by settings of
    these names, and choose among ``kinds`` by the setting ``grant`` (the first one is meant otherwise).
    ``client_auth``: the client's secret goes in the form's body or as HTTP basic. ``audience``: the ``aud`` of a JWT
    assertion; "" means the token URL. ``lifetime_seconds`` holds where an answer does not say ``expires_in``.
    ``extra`` goes along with the authorisation request: Google's ``access_type=offline``.
    """

    token_url: str
    authorize_url: str = ""
    kinds: tuple[OAuthKind, ...] = ("authorization_code",)
    scopes: tuple[str, ...] = ()
    credential: str = "token"
    client_auth: Literal["body", "basic"] = "body"
    audience: str = ""
    algorithm: str = "RS256"
    lifetime_seconds: int = 3600
    extra: Mapping[str, str] = field(default_factory=_nothing)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The secrets that getting tokens needs, by kind."""
        found = []
        if set(self.kinds) & {"authorization_code", "client_credentials"}:
            found.append(Credential(name="client_secret", description="The OAuth2 client's secret."))
        if "authorization_code" in self.kinds:
            found.append(Credential(name="refresh_token", description="`credential connect` gets it."))
        if "jwt_bearer" in self.kinds:
            found.append(
                Credential(name="private_key", description="The key, in PEM, that signs the assertions.")
            )
        return tuple(found)
