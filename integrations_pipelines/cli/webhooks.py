"""`integrations webhook`: where a third party sends its webhooks, how they are verified, and what came."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli import registering
from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import current_settings, open_connection
from integrations_pipelines.cli.output import AsJson, print_json, print_line, print_table
from integrations_pipelines.errors import NotFound, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from integrations_pipelines.contract import Webhooks
    from integrations_pipelines.registry.sources import Source

group = typer.Typer(cls=OneLineGroup, help="Receive what third parties send by themselves.")

group.command("register")(registering.register)
group.command("verify")(registering.verify)
group.command("list")(registering.list_)
group.command("unregister")(registering.unregister)
group.command("redeliver")(registering.redeliver)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The source system, for example crm-eu.")]


@group.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """Show the address to give to the third party, the secret's name, and what came so far."""
    with open_connection() as connection:
        data = _standing(connection, key)
    if as_json:
        print_json(data)
        return
    print_table(("", ""), [(name, value) for name, value in data.items() if not isinstance(value, Mapping)])
    print_table(("events", "number"), list(data["events"].items()))
    print_table(("refused for", "number"), list(data["refused"].items()))
    if data["missed_events"]:
        rows = [(name, one["lost"], one["late"]) for name, one in data["missed_events"].items()]
        print_table(("resource", "no webhook told", "told late"), rows)
    if not data["secret_is_set"] and not data["allow_unsigned"]:
        print_line(f"Nothing is accepted yet: integrations credential set {key} {data['secret']}")


@group.command("set")
def set_(  # noqa: PLR0913 - its options
    key: Key,
    scheme: Annotated[str | None, typer.Option(help="Another signature scheme than the connector's.")] = None,
    largest_body: Annotated[int | None, typer.Option(min=1, help="Bytes; more is refused with 413.")] = None,
    allow_unsigned: Annotated[
        str | None, typer.Option(metavar="REASON", help="Take unsigned ones too, and say why. Dangerous.")
    ] = None,
    require_signature: Annotated[bool, typer.Option(help="Take back --allow-unsigned.")] = False,
    gone: Annotated[
        bool | None, typer.Option("--gone/--not-gone", help="Answer 410: the third party shall stop.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how webhooks of a source system are taken. What is not named stays as it is."""
    from integrations_pipelines.contract.schemes import SCHEMES
    from integrations_pipelines.registry.inbox import set_webhook_words

    if scheme is not None and scheme not in SCHEMES:
        raise UsageError(f"--scheme: {scheme!r} is none of {', '.join(SCHEMES)}")
    if allow_unsigned is not None and (require_signature or not allow_unsigned.strip()):
        raise UsageError("--allow-unsigned needs a reason, and cannot stand beside --require-signature")
    words = {"scheme": scheme, "largest_body": largest_body, "allow_unsigned": allow_unsigned, "gone": gone}
    said: dict[str, Any] = {name: value for name, value in words.items() if value is not None}
    with open_connection() as connection:
        source, _ = _source(connection, key)
        set_webhook_words(connection, source, said | ({"allow_unsigned": None} if require_signature else {}))
        data = _standing(connection, key)
    if as_json:
        print_json(data)
    else:
        print_line(f"{key}: set")


@group.command()
def expect(
    key: Key,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Let the third party hand over its secret by the next handshake (Asana), just before the webhook is made."""
    from integrations_pipelines.contract import HookSecret
    from integrations_pipelines.inbox.doors import expect_secret

    with open_connection() as connection:
        source, webhooks = _source(connection, key)
        if not any(isinstance(one, HookSecret) for one in webhooks.handshakes):
            raise UsageError(
                f"{key}: {source.system_type} hands over no secret; store it with `credential set`"
            )
        until = expect_secret(connection, source, minutes=minutes)
    if as_json:
        print_json({"system_key": key, "expects_secret_until": until})
    else:
        print_line(f"{key}: a secret may be handed over until {until:%H:%M:%S} UTC")


def _source(connection: "Connection", key: str) -> "tuple[Source, Webhooks]":
    from integrations_pipelines.inbox.doors import webhooks_of
    from integrations_pipelines.registry.sources import source_of

    source = source_of(connection, key)
    webhooks = webhooks_of(source)
    if webhooks is None:
        raise NotFound(f"{key}: the connector {source.system_type} knows of no webhooks")
    return source, webhooks


def _standing(connection: "Connection", key: str) -> dict[str, Any]:
    from integrations_pipelines.inbox.doors import door_of, path_of, scheme_name
    from integrations_pipelines.registry import inbox
    from integrations_pipelines.registry.missed import missed_events
    from integrations_pipelines.vault import list_credentials

    source, webhooks = _source(connection, key)
    door = door_of(source, ())
    states = {one.state for one in list_credentials(connection, key) if one.name == webhooks.secret}
    settings = current_settings()
    base = (settings.public_url or "").rstrip("/")
    return {
        "system_key": key,
        "url_path": path_of(source.uuid),
        "url": f"{base}{path_of(source.uuid)}" if base else None,
        "scheme": scheme_name(webhooks.scheme),
        "secret": webhooks.secret,
        "secret_is_set": bool(states & {"active", "retiring"}),
        "set_up": webhooks.description or None,
        "allow_unsigned": door.unsigned or None if door else None,
        "largest_body": door.largest_body if door else None,
        "answers_gone": door.is_gone if door else None,
        "last_check": source.config.get("webhook", {}).get("checked"),
        **inbox.standing(connection, source),
        "missed_events": {
            name: {"lost": one.lost, "late": one.late}
            for name, one in missed_events(connection, source).items()
        },
    }
