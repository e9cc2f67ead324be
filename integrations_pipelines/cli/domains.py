"""`integrations domain`: tables of other data models whose rows are canonical entities."""

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import pairs
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.bindings import Binding

group = typer.Typer(cls=OneLineGroup, help="Tables of other data models whose rows are canonical entities.")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST = 40

Name = Annotated[str, typer.Argument(metavar="NAME", help="The domain.")]


@group.command("bind")
def bind(  # noqa: PLR0913 - its options
    name: Annotated[str, typer.Argument(metavar="NAME", help="What its entities are: customer.")],
    table: Annotated[str, typer.Option(metavar="schema.table", help="A table or view in this database.")],
    map_: Annotated[
        list[str], typer.Option("--map", metavar="attribute=column", help="email=email_address; repeat it.")
    ],
    uuid_column: Annotated[str, typer.Option(metavar="column", help="The rows' own uuid.")] = "uuid",
    entity_type: Annotated[str, typer.Option("--entity-type", help="What its rows are.")] = "person",
    relation: Annotated[
        list[str] | None,
        typer.Option("--relation", help="Makes a record the target's; requester, customer, ... if none."),
    ] = None,
    place: Annotated[
        str | None, typer.Option(help="Where its usernames hold, as zendesk-emea; every place if none.")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only/--writable", help="Whether anything may ever be written there.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Bind a table: its rows become anchors of the identity graph, and records link to them at once."""
    from integrations_pipelines.registry import bindings

    schema, of_schema = _table(table)
    binding = bindings.Binding(
        name=_name(name),
        entity_type=entity_type,
        schema=schema,
        table=of_schema,
        uuid_column=uuid_column,
        columns=_columns(map_),
        relations=relation or bindings.RELATIONS,
        place=place,
        is_read_only=read_only,
    )
    with open_hub() as hub:
        with hub.engine.begin() as connection:
            warnings = bindings.bind(connection, binding)
        outcomes = _poll(hub, binding)
        _say(hub, binding, {"warnings": warnings, "outcomes": outcomes}, as_json=as_json)
    for warning in warnings:
        hint(f"Warning: {warning}")


@group.command("sync")
def sync_(name: Name, as_json: AsJson = False) -> None:
    """Look at the table now, and link anew."""
    from integrations_pipelines.registry import bindings

    with open_hub() as hub:
        with hub.engine.begin() as connection:
            binding = bindings.binding_of(connection, name)
        _say(hub, binding, {"outcomes": _poll(hub, binding)}, as_json=as_json)


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the bound domains."""
    from integrations_pipelines.registry import bindings

    with open_connection() as connection:
        found = [_document(one) for one in bindings.all_bindings(connection)]
    if as_json:
        print_json({"domains": found})
        return
    columns = ("name", "table", "entity_type", "columns", "is_read_only", "polled_at")
    print_table(columns, [[one[column] for column in columns] for one in found])


@group.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show one, with how many records are linked to it, and what should be seen to."""
    from integrations_pipelines.registry import bindings

    with open_connection() as connection:
        binding = bindings.binding_of(connection, name)
        links = bindings.counts(connection, binding)
        try:
            warnings = bindings.check(connection, binding)
        except UsageError as error:
            warnings = [str(error)]
    _print(binding, {"links": links, "warnings": warnings}, as_json=as_json)


@group.command("unbind")
def unbind(name: Name, as_json: AsJson = False) -> None:
    """Let a table go: its links go with it, and what its rows proved is taken back. The table is not touched."""
    from integrations_pipelines import sync
    from integrations_pipelines.registry import bindings

    with open_hub() as hub:
        with hub.engine.begin() as connection:
            binding = bindings.binding_of(connection, name)
        sync.poll_domain(hub, binding, release=True)
        with hub.engine.begin() as connection:
            bindings.unbind(connection, binding)
        sync.resolve(hub)
    print_json({"unbound": name}) if as_json else print_line(
        f"{name} is unbound; {binding.where} is as it was"
    )


def _poll(hub: "Hub", binding: "Binding") -> dict[str, int]:
    from integrations_pipelines import sync

    pulled = sync.poll_domain(hub, binding)
    if pulled.error:
        raise pulled.error
    sync.resolve(hub)
    return dict(pulled.outcomes)


def _say(hub: "Hub", binding: "Binding", more: dict[str, Any], *, as_json: bool) -> None:
    from integrations_pipelines.registry import bindings

    with hub.engine.begin() as connection:
        links = bindings.counts(connection, binding)
    _print(binding, {**more, "links": links}, as_json=as_json)


def _print(binding: "Binding", more: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({**_document(binding), **more})
        return
    document = _document(binding)
    print_table(("", binding.name), [(name, value) for name, value in document.items() if name != "name"])
    links = [tuple(one.values()) for one in more["links"]]
    print_table(("system", "resource", "status", "records"), links, title="linked")
    for warning in more.get("warnings", []):
        hint(f"Warning: {warning}")


def _document(binding: "Binding") -> dict[str, Any]:
    return {
        "name": binding.name,
        "table": binding.where,
        "uuid_column": binding.uuid_column,
        "entity_type": binding.entity_type,
        "columns": {attribute: column for column, attribute in binding.columns.items()},
        "relations": list(binding.relations),
        "place": binding.place,
        "is_read_only": binding.is_read_only,
        "polled_at": binding.polled_at,
    }


def _name(word: str) -> str:
    if len(word) > _LONGEST or not _NAME.fullmatch(word) or word == "entities":
        rule = "lower-case letters, digits and single underscores, a letter first, at most 40 characters"
        raise UsageError(f"{word!r} cannot name a domain: {rule}")
    return word


def _table(word: str) -> tuple[str, str]:
    schema, dot, table = word.partition(".")
    if dot and not (schema and table):
        raise UsageError(f"--table {word!r}: must read schema.table")
    return (schema, table) if dot else ("public", word)


def _columns(words: list[str]) -> dict[str, str]:
    """Return column: attribute of ``attribute=column`` words."""
    found = pairs(words, "--map")
    if len(set(found.values())) < len(found):
        raise UsageError("--map: a column can be one attribute only")
    return {column: attribute for attribute, column in found.items()}
