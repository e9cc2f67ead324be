"""A third party as one value, and what a source system's settings must be for it. Checked when it is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from integrations_pipelines.contract.auth import Auth, Credential, NoAuth, filled
from integrations_pipelines.contract.budgets import ACCOUNT, Budget, CostLimit, read_budget
from integrations_pipelines.contract.oauth import OAuth2
from integrations_pipelines.contract.request import Request
from integrations_pipelines.contract.resource import Resource
from integrations_pipelines.contract.rules import BodyRule, RateLimit
from integrations_pipelines.contract.webhooks import Webhooks
from integrations_pipelines.entities.kinds.country_names import COUNTRY_CODES
from integrations_pipelines.errors import ConfigurationError, NotFound


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Something about the account that is no secret. ``pattern`` must match the whole value."""

    name: str
    description: str
    required: bool = True
    default: str | None = None
    pattern: str = ".+"


BASE_URL = Setting(
    name="base_url",
    description="Where the API answers, if not at its usual address: a proxy, or a peer on loopback.",
    required=False,
    pattern=r"https?://[^\s/?#@]+(/[^\s?#]*)?",
)
RESOURCES = Setting(
    name="resources",
    description="Sync these resources only, separated by commas; the usual ones where it is not set.",
    required=False,
    pattern=r"[a-z0-9_]+(\s*,\s*[a-z0-9_]+)*",
)

REGION = Setting(
    name="region",
    description="The country (ISO 3166, two letters) by whose rules phone numbers without a prefix are read.",
    required=False,
    pattern="|".join(COUNTRY_CODES),
)
REJECT_ABOVE = Setting(
    name="reject_above",
    description="A run is red, and starts there again, where a larger share of its records is rejected: 0.05.",
    required=False,
    pattern=r"0(\.\d+)?|1(\.0+)?",
)

BUDGET = Setting(
    name="budget",
    description="At most so many requests in any such span, whoever sends them: 600/1m, 5000/h; m, h, d or s.",
    required=False,
    pattern=r"[1-9]\d{0,6}/([1-9]\d{0,4})?[smhd]",
)


_HTTP_URL = r"https?://[^\s#]+"
OF_OAUTH = (
    Setting(name="client_id", description="The OAuth2 client's id.", required=False),
    Setting(
        name="grant",
        description="How tokens are got: authorization_code, client_credentials or jwt_bearer.",
        required=False,
        pattern="authorization_code|client_credentials|jwt_bearer",
    ),
    Setting(name="subject", description="Whom a JWT assertion speaks for.", required=False),
    Setting(name="scopes", description="OAuth2 scopes, other than the usual ones.", required=False),
    Setting(name="token_url", description="Where tokens are got.", required=False, pattern=_HTTP_URL),
    Setting(name="authorize_url", description="Where a person consents.", required=False, pattern=_HTTP_URL),
)


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Connector:
    """What we know of one third party.

    ``base_url`` is a template over the settings. ``probe`` is a cheap request that fails with bad
    credentials.
    ``headers`` go with every request. ``body_rules`` hold for every answer, before its records are looked at.
    ``refused_statuses`` and ``refused_headers`` (name: value, whatever the status) mean that the credentials are at
    fault. ``title`` is the name as its maker writes it. ``webhooks``: None where the third party has none; ``oauth``
    where tokens can be got by OAuth2 too.
    Making one that contradicts itself raises ``ContractError``.
    """

    system_type: str
    title: str
    base_url: str
    resources: tuple[Resource, ...]
    probe: Request | None = None
    auth: Auth = NoAuth()  # noqa: RUF009 - frozen
    credentials: tuple[Credential, ...] = ()
    settings: tuple[Setting, ...] = ()
    headers: Mapping[str, str] = field(default_factory=_nothing)
    body_rules: tuple[BodyRule, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    budgets: tuple[Budget, ...] = ()
    cost_limit: CostLimit | None = None
    refused_statuses: frozenset[int] = frozenset({401})
    refused_headers: Mapping[str, str] = field(default_factory=_nothing)
    webhooks: Webhooks | None = None
    oauth: OAuth2 | None = None
    description: str = ""

    def __post_init__(self) -> None:
        from integrations_pipelines.contract.check import check_connector

        check_connector(self)

    @property
    def all_settings(self) -> tuple[Setting, ...]:
        """The connector's own settings, and those that every connector has."""
        own = {one.name for one in self.settings}
        oauth = [one for one in OF_OAUTH if self.oauth and one.name not in own]
        return (*self.settings, BASE_URL, RESOURCES, REGION, REJECT_ABOVE, BUDGET, *oauth)

    @property
    def all_credentials(self) -> tuple[Credential, ...]:
        """The secrets that a source system may have: for polling, for OAuth2, and the one that signs webhooks."""
        named = {one.name for one in self.credentials}
        oauth = self.oauth.credentials if self.oauth else ()
        polling = (*self.credentials, *(one for one in oauth if one.name not in named))
        if self.webhooks is None or self.webhooks.secret in {one.name for one in polling}:
            return polling
        described = (
            self.webhooks.description or "Signs the webhooks; the third party shows or takes it there."
        )
        return (*polling, Credential(name=self.webhooks.secret, description=described))

    def resource(self, name: str) -> Resource:
        """Return the resource called ``name``. Raise ``NotFound`` with the names there are."""
        for resource in self.resources:
            if resource.name == name:
                return resource
        known = ", ".join(resource.name for resource in self.resources) or "none"
        raise NotFound(f"{self.system_type} has no resource {name!r}; it has: {known}")

    def configured(self, config: Mapping[str, str]) -> Mapping[str, str]:
        """Return ``config`` with the defaults filled in. Raise ``ConfigurationError`` naming what is off."""
        known = {setting.name: setting for setting in self.all_settings}
        for name in config:
            if name not in known:
                raise ConfigurationError(
                    f"{self.system_type} has no setting {name!r}; it has: {', '.join(known)}"
                )
        values = {
            name: value for name, one in known.items() if (value := self._value(one, config)) is not None
        }
        for name in _listed(values.get("resources", "")):
            self.resource(name)
        return MappingProxyType(values)

    def _value(self, setting: Setting, config: Mapping[str, str]) -> str | None:
        value = config.get(setting.name, setting.default)
        if value is None:
            if setting.required and not (setting.name in self.base_url and "base_url" in config):
                raise ConfigurationError(
                    f"{self.system_type} needs the setting {setting.name!r}: {setting.description}"
                )
            return None
        if not re.fullmatch(setting.pattern, value):
            raise ConfigurationError(
                f"{self.system_type}: {setting.name}={value!r} is off: {setting.description}"
            )
        return value

    def resources_of(self, config: Mapping[str, str]) -> tuple[Resource, ...]:
        """Return the resources that a source system with ``config`` syncs, parents before their children."""
        wanted = _listed(config.get("resources", ""))
        chosen = [one for one in self.resources if (one.name in wanted if wanted else one.by_default)]
        return tuple(sorted(chosen, key=lambda one: one.parent is not None))

    def budgets_of(self, config: Mapping[str, str]) -> tuple[Budget, ...]:
        """Return the budgets of a source system with ``config``; its own setting goes before the usual one."""
        own = config.get("budget")
        if own is None:
            return self.budgets
        return (read_budget(own), *(one for one in self.budgets if one.name != ACCOUNT))

    def base_url_of(self, config: Mapping[str, str]) -> str:
        """Return where the API of a source system with ``config`` (defaults filled in) answers, no slash at
        its end.
        """
        return (config.get("base_url") or filled(self.base_url, config)).rstrip("/")


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())
