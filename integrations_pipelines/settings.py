"""What is set from outside: the only reader of the environment."""

import ipaddress
import os
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from integrations_pipelines.errors import ConfigurationError


class Settings(BaseSettings):
    """The settings of this process. Every field is an environment variable, most under ``INTEGRATIONS_``."""

    model_config = SettingsConfigDict(
        env_prefix="INTEGRATIONS_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """The PostgreSQL server to use; None means an embedded one under ``state_dir``. May hold a password."""

    state_dir: Path = Path(".state")
    """Where the embedded cluster, Dagster's home and the key file live; always absolute once read."""

    key_file: Path | None = None
    """The key ring of the vault; None means ``keys.json`` in ``state_dir``."""

    key_ring: SecretStr | None = Field(default=None, validation_alias="INTEGRATIONS_KEYS")
    """The vault's keys themselves, where they come from the environment and not from a file."""

    key_service: str | None = None
    """Who holds the vault's keys: ``transit:https://vault:8200/<mount>/<key>`` or ``aws-kms:<key>``, by commas."""

    vault_token: SecretStr | None = None
    """What HashiCorp Vault is asked with."""

    data_key_seconds: float = Field(default=300, ge=0, le=3600)
    """How long a data key that ``key_service`` unwrapped is kept in memory; 0 asks for it with every use."""

    allowed_networks: str | None = None
    """Hosts and networks that requests may go to though they are not public, or are asked by plain HTTP, by commas.

    None means this machine's loopback where the database is an embedded one, and nothing else.
    """

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    connectors: Path | None = None
    """The folder of the organisation's own connectors (manifests); None means ``connectors`` beside ``state_dir``."""

    match_link: float = Field(default=0.95, gt=0, lt=1)
    """The probability from which on two records are linked by their score alone."""
    match_review: float = Field(default=0.5, gt=0, lt=1)
    """The probability from which on a person is asked; not above ``match_link``."""

    dagster_home: Path | None = None
    """Dagster's home; None means ``dagster`` in ``state_dir``. Not ``DAGSTER_HOME``: that may be another project's."""

    dagster_host: str = "127.0.0.1"
    dagster_port: int = Field(default=3000, ge=1, le=65535)
    code_server_host: str = "127.0.0.1"
    code_server_port: int = Field(default=0, ge=0, le=65535)
    """0 means any free port: nobody but our own webserver and daemon speaks to the code server."""
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=1, le=65535)
    public_url: str | None = None
    """Where third parties reach the API: ``https://hub.example.com``. Some sign the address that they call."""

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://", "postgresql+")):
            raise ValueError("must start with postgresql://")
        return url

    @field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, words: str | None) -> str | None:
        for word in (words or "").split(","):
            if "/" in word:
                ipaddress.ip_network(word.strip(), strict=False)
        return words

    @field_validator("state_dir", "key_file", "connectors", "dagster_home")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path is not None else None

    @field_validator("match_review")
    @classmethod
    def _asks_below_linking(cls, review: float, found: ValidationInfo) -> float:
        if review > found.data.get("match_link", 1.0):
            raise ValueError("must not be above INTEGRATIONS_MATCH_LINK")
        return review

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @property
    def keys(self) -> Path:
        """The vault's key ring."""
        return self.key_file or self.state_dir / "keys.json"

    @property
    def networks_allowed(self) -> tuple[str, ...]:
        """Hosts and networks that requests may go to besides the open internet."""
        if self.allowed_networks is None:
            return () if self.database_url else ("127.0.0.0/8", "::1")
        return tuple(word.strip() for word in self.allowed_networks.split(",") if word.strip())

    @property
    def audit_anchor(self) -> Path:
        """Where the end of the audit chain is kept, outside the database."""
        return self.state_dir / "audit-anchor.json"

    @property
    def folder_of_connectors(self) -> Path:
        """Where the manifests are; the folder need not be there."""
        return self.connectors or self.state_dir.parent / "connectors"

    @property
    def home_of_dagster(self) -> Path:
        """The folder that ``DAGSTER_HOME`` names for our child processes."""
        return self.dagster_home or self.state_dir / "dagster"


def read_settings(**overrides: object) -> Settings:
    """Return the settings of the environment, with ``overrides`` by field name.

    Raises ``ConfigurationError`` that names the variables, never their values: one may be a password.
    """
    try:
        return Settings.model_validate(overrides)
    except ValidationError as error:
        raise ConfigurationError(_one_line(error)) from None


@cache
def get_settings() -> Settings:
    """Return the settings of this process, read once. Raises ``ConfigurationError``."""
    return read_settings()


def _one_line(error: ValidationError) -> str:
    return "; ".join(
        f"{_variable(fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors()
    )


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    return name if name.isupper() else f"INTEGRATIONS_{name.upper()}"


def environment_for_children(more: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with ``more`` on top, for a process that we start."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **more}


def publish(more: dict[str, str]) -> None:
    """Put ``more`` into this process's own environment, for libraries that read it, and read our settings anew."""
    os.environ.update(more)
    get_settings.cache_clear()
