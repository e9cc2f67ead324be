"""`integrations connector`: what can be connected, and manifests of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from integrations_pipelines.contract import Connector, Resource

group = typer.Typer(cls=OneLineGroup, help="The tools that can be connected, and your own manifests.")


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all connectors: those of the product, and the manifests of your own, broken ones with the reason."""
    from integrations_pipelines.catalog import manifests, shipped

    rows = [_row(one, None) for one in shipped().values()]
    rows += [_row(one.connector, one.path) for one in manifests() if one.connector]
    broken = [{"file": str(one.path), "error": str(one.error)} for one in manifests() if one.error]
    if as_json:
        print_json({"connectors": rows, "broken": broken})
        return
    cells = [(one["system_type"], one["title"], ", ".join(one["resources"]), one["manifest"]) for one in rows]
    print_table(("type", "title", "resources", "manifest"), cells)
    for one in broken:
        hint(f"Left out: {one['error']}")


@group.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its type: hubspot.")], as_json: AsJson = False
) -> None:
    """Show what a connector needs and what it brings."""
    from integrations_pipelines.catalog import connector_of

    data = outward(connector_of(name))
    if as_json:
        print_json(data)
        return
    print_line(f"{data['title']} ({name}) at {data['base_url']}; auth: {data['auth']}")
    needs = [(one["name"], "setting", one["required"], one["description"]) for one in data["settings"]]
    needs += [(one["name"], "credential", True, one["description"]) for one in data["credentials"]]
    print_table(("needs", "", "required", "what it is"), needs)
    print_table(
        (
            "resource",
            "entity type",
            "pages",
            "asks for changes by",
            "deleted ones",
            "attributes",
            "relations",
        ),
        [_told(one) for one in data["resources"]],
    )


@group.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A manifest: .yaml, .yml or .toml.")],
    as_json: AsJson = False,
) -> None:
    """Read a manifest and say what is wrong with it, by line and key. Nothing is asked of the third party."""
    from integrations_pipelines.catalog import shipped
    from integrations_pipelines.manifest import read_manifest

    connector = read_manifest(file.expanduser())
    if connector.system_type in shipped():
        raise ConfigurationError(
            f"{file}: system_type: {connector.system_type!r} is a connector of the product"
        )
    if as_json:
        print_json({"file": str(file), "ok": True, **outward(connector)})
        return
    resources = ", ".join(f"{one.name} ({one.projection.entity_type})" for one in connector.resources)
    print_line(f"{file}: good. {connector.title}: {resources}")
    _hint_where(file, connector)


@group.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its type: lower-case letters, digits, underscores.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented manifest that passes the check, to be filled in."""
    from integrations_pipelines.catalog import catalog
    from integrations_pipelines.cli.words import resource_of
    from integrations_pipelines.manifest import skeleton
    from integrations_pipelines.settings import get_settings

    if name in catalog():
        raise UsageError(f"{name!r}: there is such a connector already")
    text = skeleton(resource_of(name, "NAME", "a connector"), name.replace("_", " ").title())
    path = (out or get_settings().folder_of_connectors / f"{name}.yaml").expanduser().absolute()
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise UsageError(f"--out {path}: the skeleton is YAML; its name must end in .yaml")
    _write_new(path, text)
    if as_json:
        print_json({"file": str(path), "system_type": name})
        return
    print_line(str(path))
    hint(f"Next: fill it in, then: integrations connector check {path}")


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path}: is there already, and is not written over") from error
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error


def _hint_where(file: Path, connector: "Connector") -> None:
    from integrations_pipelines.settings import get_settings

    folder = get_settings().folder_of_connectors
    if file.expanduser().absolute().parent != folder:
        hint(f"Next: put it into {folder} (INTEGRATIONS_CONNECTORS names another folder)")
    needed = [f"--set {one.name}=..." for one in connector.settings if one.required]
    hint(f"Next: integrations source add KEY --type {connector.system_type} {' '.join(needed)}")


def _row(connector: "Connector", path: Path | None) -> dict[str, Any]:
    return {
        "system_type": connector.system_type,
        "title": connector.title,
        "resources": [one.name for one in connector.resources],
        "manifest": str(path) if path else None,
    }


def outward(connector: "Connector") -> dict[str, Any]:
    """Return the connector as other programs read it."""
    from integrations_pipelines.manifest.building import spoken

    return {
        "system_type": connector.system_type,
        "title": connector.title,
        "description": connector.description,
        "base_url": connector.base_url,
        "auth": spoken(type(connector.auth)),
        "settings": [
            {
                "name": one.name,
                "required": one.required,
                "default": one.default,
                "description": one.description,
            }
            for one in connector.all_settings
        ],
        "credentials": [{"name": one.name, "description": one.description} for one in connector.credentials],
        "resources": [_outward(one) for one in connector.resources],
    }


def _outward(resource: "Resource") -> dict[str, Any]:
    from integrations_pipelines.manifest.building import spoken

    changes = resource.incremental or resource.changes
    return {
        "name": resource.name,
        "entity_type": resource.projection.entity_type,
        "request": f"{resource.request.method} {resource.request.path}" if resource.request else None,
        "pages": spoken(type(resource.pages)),
        "changes": spoken(type(changes)) if changes else None,
        "deleted": spoken(type(resource.deleted)) if resource.deleted else None,
        "attributes": sorted(resource.projection.attributes),
        "relations": sorted(resource.projection.relations),
        "ignored": dict(resource.ignored),
        "by_default": resource.by_default,
        "poll_seconds": int(resource.poll.total_seconds()),
    }


def _told(one: dict[str, Any]) -> tuple[object, ...]:
    names = (", ".join(one["attributes"]), ", ".join(one["relations"]))
    return (
        one["name"],
        one["entity_type"],
        one["pages"],
        one["changes"] or "reads all",
        one["deleted"],
        *names,
    )
