"""`integrations webhook register, verify, list, unregister`: webhooks as the third party has them set up."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.opening import actor, current_settings, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import beginning_of

if TYPE_CHECKING:
    from integrations_pipelines.registering import Standing

Key = Annotated[str, typer.Argument(metavar="KEY", help="The source system, for example crm-eu.")]
Url = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where third parties reach us, in place of INTEGRATIONS_PUBLIC_URL.",
        show_default=False,
    ),
]


def register(
    key: Key,
    url: Url = None,
    new_secret: Annotated[
        bool, typer.Option(help="Sign with another secret; the former is accepted for a day more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Set the webhook up at the third party, or repair, renew and complete the one that is there."""
    from integrations_pipelines import registering

    with open_hub() as hub:
        done = registering.register(hub, key, _base(url), actor=actor(), new_secret=new_secret)
    if as_json:
        print_json({**_told(key, done.standing), "did": list(done.did)})
    else:
        print_line(f"{key}: {', '.join(done.did) or 'all is as it should be'}; {done.standing.url}")
    _exit(key, done.standing, as_json=as_json)


def verify(key: Key, url: Url = None, as_json: AsJson = False) -> None:
    """Ask the third party whether our webhook is there, works, and tells of all we want; exit 1 where not."""
    from integrations_pipelines import registering

    with open_hub() as hub:
        standing = registering.standing_of(hub, key, _base(url))
    if as_json:
        print_json(_told(key, standing))
    elif not standing.off:
        print_line(f"{key}: all is as it should be; {standing.url}")
    _exit(key, standing, as_json=as_json)


def list_(key: Key, as_json: AsJson = False) -> None:
    """List our webhooks at the third party."""
    from integrations_pipelines import registering

    with open_hub() as hub:
        hooks = registering.ours_of(hub, key)
    found = [registering.told(one) for one in hooks]
    if as_json:
        print_json({"system_key": key, "webhooks": found})
    else:
        columns = ("id", "url", "events", "active", "expires")
        print_table(columns, [[*one.values()] for one in found])


def unregister(key: Key, as_json: AsJson = False) -> None:
    """Remove our webhooks at the third party. What came stays, and so does the secret."""
    from integrations_pipelines import registering

    with open_hub() as hub:
        removed = registering.unregister(hub, key, actor=actor())
    if as_json:
        print_json({"system_key": key, "removed": removed})
    else:
        print_line(f"{key}: {removed} removed")


def redeliver(
    key: Key,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="6h", help="From when on: a duration, or an ISO 8601 moment; else all there is."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask for nothing; say what would be.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have the third party deliver again what it could not deliver, and the inbox does not hold (GitHub)."""
    from integrations_pipelines import redelivering

    began = beginning_of(since, "--since") if since else None
    with open_hub() as hub:
        done = redelivering.redeliver(hub, key, since=began, dry_run=dry_run, actor=actor())
    asked = [{"delivery": one.key, "event": one.event, "at": one.at} for one in done.asked]
    if as_json:
        counts = {name: getattr(done, name) for name in ("listed", "failed", "here", "left")}
        print_json({"system_key": key, "dry_run": dry_run, **counts, "asked": asked})
        return
    verb = "would be asked for" if dry_run else "asked for again"
    print_line(f"{key}: of {done.listed} deliveries {done.failed} failed; {len(asked)} {verb}")
    if asked:
        print_table(("delivery", "event", "at"), [list(one.values()) for one in asked])
    if done.left:
        hint(f"{done.left} more are for the next time")


def _base(url: str | None) -> str | None:
    return url or current_settings().public_url


def _told(key: str, standing: "Standing") -> dict[str, Any]:
    from integrations_pipelines.registering import told

    return {
        "system_key": key,
        "url": standing.url,
        "wanted_events": list(standing.wanted),
        "is_right": not standing.off,
        "off": dict(standing.off),
        "webhooks": [told(one) for one in standing.hooks],
    }


def _exit(key: str, standing: "Standing", *, as_json: bool) -> None:
    """Say what is off, and exit 1 where anything is."""
    if not standing.off:
        return
    if not as_json:
        for sentence in standing.off.values():
            print_line(f"{key}: {sentence}")
        print_line(f"integrations webhook register {key} puts it right")
    raise typer.Exit(1)
