"""`integrations source`: the accounts at third parties that an organisation has connected."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import pairs, seconds, system_key_of
from integrations_pipelines.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from integrations_pipelines.contract import Connector
    from integrations_pipelines.registry.sources import Source

group = typer.Typer(cls=OneLineGroup, help="Connect accounts at third parties.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="The source system, for example crm-eu.")]


@group.command()
def add(  # noqa: PLR0913 - its options
    key: Key,
    type_: Annotated[str, typer.Option("--type", "-t", help="The connector: hubspot, github, files, ...")],
    set_: Annotated[list[str] | None, typer.Option("--set", "-s", metavar="k=v", help="A setting.")] = None,
    label: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    poll: Annotated[str | None, typer.Option(metavar="15m", help="How often it is polled.")] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Read the secrets from stdin, try them, and save only then.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a source system. Credentials follow with `credential set`, or come in with --test."""
    from integrations_pipelines.catalog import connector_of

    connector = connector_of(type_)
    settings = _settings(connector, set_ or [])
    row = {
        "system_key": system_key_of(key),
        "system_type": type_,
        "settings": settings,
        "label": label,
        "poll_seconds": seconds(poll, "--poll") if poll else None,
    }
    source = _add_tested(connector, row) if test else _add(row)
    if as_json:
        print_json(_outward(source))
    else:
        print_line(f"{source.system_key}: added ({connector.title}, {source.uuid})")
    _hint_what_next(connector, source, is_tested=test)


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all source systems."""
    from integrations_pipelines.registry.sources import all_sources

    with open_connection() as connection:
        sources = all_sources(connection)
    if as_json:
        print_json({"sources": [_outward(source) for source in sources]})
        return
    rows = [(one.system_key, one.system_type, one.label, one.is_active, _spelled(one)) for one in sources]
    print_table(("source system", "type", "label", "active", "settings"), rows)


@group.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """Show one source system: settings, credentials, resources and how they stand."""
    from integrations_pipelines.registry.reading import resource_statuses
    from integrations_pipelines.registry.sources import source_of
    from integrations_pipelines.vault import credential_warnings, list_credentials

    with open_connection() as connection:
        source = source_of(connection, key)
        held = sorted({one.name for one in list_credentials(connection, key) if one.state != "revoked"})
        warnings = credential_warnings(connection, key)
        standing = {one.resource: one for one in resource_statuses(connection, key)}
    resources = [
        {
            "resource": name,
            "entity_type": entity_type,
            "status": standing[name].status if name in standing else None,
            "mapped": standing[name].mapped if name in standing else 0,
        }
        for name, entity_type in resources_with_types(source).items()
    ]
    data = {**_outward(source), "credentials": held, "warnings": warnings, "resources": resources}
    if as_json:
        print_json(data)
        return
    named = {"settings": _spelled(source), "credentials": ", ".join(held), "warnings": "; ".join(warnings)}
    print_table(("", ""), [(name, {**data, **named}[name]) for name in data if name != "resources"])
    print_table(("resource", "entity type", "last job", "mapped"), [list(one.values()) for one in resources])


@group.command("set")
def set_settings(
    key: Key,
    set_: Annotated[list[str] | None, typer.Option("--set", "-s", metavar="k=v", help="A setting.")] = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", "-u", metavar="k", help="A setting to drop.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    poll: Annotated[
        str | None, typer.Option(metavar="15m", help="How often it is polled; `default` for its connector's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a source system: settings, label, pace. What is not named stays; the next job goes by it."""
    from integrations_pipelines.registry.sources import change_source, source_of

    if not (set_ or unset or label or poll):
        raise UsageError("nothing to change: give --set, --unset, --label or --poll")
    with open_connection() as connection:
        source = source_of(connection, key)
        changed = change_source(
            connection,
            source,
            settings=_changed_settings(source, set_ or [], unset or []),
            label=label or source.label,
            poll_seconds=_changed_pace(source, poll),
        )
    if as_json:
        print_json(_outward(changed))
    else:
        print_line(f"{key}: {_spelled(changed) or 'no settings'}")


@group.command()
def test(key: Key, as_json: AsJson = False) -> None:
    """Try the stored credentials with one cheap request. Nothing is synced."""
    from integrations_pipelines import hub as hubs
    from integrations_pipelines.registry.sources import source_of
    from integrations_pipelines.staging.probe import probe

    with open_hub() as hub:
        with hub.engine.begin() as connection:
            source = source_of(connection, key)
        account = hubs.account_of(hub, source)
        probe(account)
    if as_json:
        print_json({"system_key": key, "ok": True, "tried": account.connector.probe is not None})
    else:
        done = "the credentials work" if account.connector.probe else "needs no credentials"
        print_line(f"{account.name}: {done}")


@group.command()
def disable(key: Key, as_json: AsJson = False) -> None:
    """Switch polling and syncing off. Nothing that was taken is touched."""
    _switch(key, is_active=False, as_json=as_json)


@group.command()
def enable(key: Key, as_json: AsJson = False) -> None:
    """Switch polling and syncing on again."""
    _switch(key, is_active=True, as_json=as_json)


def resources_with_types(source: "Source") -> dict[str, str]:
    """Return the resources that ``source`` syncs, each with the entity type that its records are."""
    from integrations_pipelines.catalog import connector_of

    files: Mapping[str, Any] = source.config.get("files", {})
    if source.system_type == "files":
        return {name: files[name]["entity_type"] for name in sorted(files)}
    connector = connector_of(source.system_type)
    found = connector.resources_of(connector.configured(source.settings))
    return {one.name: one.projection.entity_type for one in found}


def _settings(connector: "Connector", words: Sequence[str]) -> dict[str, str]:
    return _checked(connector, pairs(words, "--set"))


def _checked(connector: "Connector", given: dict[str, str]) -> dict[str, str]:
    secret = next((one.name for one in connector.credentials if one.name in given), None)
    if secret is not None:
        raise ConfigurationError(
            f"--set {secret}: is a secret and no setting; `integrations credential set KEY {secret}` takes it"
        )
    configured = connector.configured(given)
    if "base_url" in given:
        from integrations_pipelines.egress import check_url

        check_url(connector.base_url_of(configured))
    return given


def _changed_settings(source: "Source", given: Sequence[str], dropped: Sequence[str]) -> dict[str, str]:
    from integrations_pipelines.catalog import connector_of

    unknown = sorted(set(dropped) - set(source.settings))
    if unknown:
        raise UsageError(f"--unset {unknown[0]}: {source.system_key} has no such setting")
    if not (given or dropped):
        return dict(source.settings)
    kept = {name: value for name, value in source.settings.items() if name not in dropped}
    return _checked(connector_of(source.system_type), {**kept, **pairs(given, "--set")})


def _changed_pace(source: "Source", poll: str | None) -> int | None:
    if poll is None:
        return source.poll_seconds
    return None if poll == "default" else seconds(poll, "--poll")


def _add(row: Mapping[str, Any]) -> "Source":
    from integrations_pipelines.registry.sources import add_source

    with open_connection(begins=True) as connection:
        return add_source(connection, **row)


def _add_tested(connector: "Connector", row: Mapping[str, Any]) -> "Source":
    """Try the secrets of stdin against the third party; save source system and secrets together, or nothing."""
    from integrations_pipelines.cli.probing import try_unsaved
    from integrations_pipelines.cli.secrets import read_secrets
    from integrations_pipelines.registry.sources import add_source
    from integrations_pipelines.vault import set_credential

    secrets = read_secrets([one.name for one in connector.credentials])
    with open_hub(begins=True) as hub:
        try_unsaved(connector, row["system_key"], row["settings"], secrets)
        with hub.engine.begin() as connection:
            source = add_source(connection, **row)
            for name, value in secrets.items():
                set_credential(connection, hub.keys, source.system_key, name, value)
    return source


def _switch(key: str, *, is_active: bool, as_json: bool) -> None:
    from integrations_pipelines.registry.sources import set_active, source_of

    with open_connection() as connection:
        set_active(connection, source_of(connection, key), is_active=is_active)
        source = source_of(connection, key)
    if as_json:
        print_json(_outward(source))
    else:
        print_line(f"{key}: switched {'on' if is_active else 'off'}")


def _hint_what_next(connector: "Connector", source: "Source", *, is_tested: bool) -> None:
    if not connector.resources:
        hint(f"Next: integrations import FILE --system {source.system_key} --resource R --entity-type T")
        return
    if is_tested or not connector.credentials:
        hint(f"Next: integrations sync {source.system_key}")
        return
    for one in connector.credentials:
        hint(f"Next: integrations credential set {source.system_key} {one.name}   ({one.description})")


def _outward(source: "Source") -> dict[str, Any]:
    return {
        "system_key": source.system_key,
        "uuid": source.uuid,
        "label": source.label,
        "system_type": source.system_type,
        "is_active": source.is_active,
        "settings": dict(source.settings),
        "poll_seconds": source.poll_seconds,
    }


def _spelled(source: "Source") -> str:
    return ", ".join(f"{name}={value}" for name, value in source.settings.items())
