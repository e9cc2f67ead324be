"""Deliveries that failed at the third party and are asked for once more: GitHub tries once, and keeps them for days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from integrations_pipelines.errors import NotFound
from integrations_pipelines.hub import Hub, audited
from integrations_pipelines.inbox.doors import webhooks_of
from integrations_pipelines.registering import opened, ours_among
from integrations_pipelines.registry.inbox import delivered_keys
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.staging.hooks import Attempt, Hook, Hooks
from integrations_pipelines.vault import record

MOST = 1_000
"""How many deliveries are asked for in one go; the next one asks for the rest."""


@dataclass(frozen=True, kw_only=True)
class Redelivered:
    """What was looked through, and which deliveries were asked for again, the oldest first.

    ``listed`` counts deliveries, ``failed`` those of them that never came through, ``here`` those of the failed that
    are in the inbox all the same: our answer came too late. ``left`` is how many are for the next time.
    """

    listed: int
    failed: int
    here: int
    left: int
    asked: Sequence[Attempt]


def can_redeliver(source: Source) -> bool:
    """Return whether the third party of ``source`` delivers again what it could not deliver; nobody is asked."""
    known = webhooks_of(source)
    return known is not None and known.registration is not None and known.registration.redelivery is not None


def redeliver(
    hub: Hub, key: str, *, since: datetime | None = None, dry_run: bool = False, actor: str, most: int = MOST
) -> Redelivered:
    """Have what failed from ``since`` on delivered again; None: as far back as the third party goes.

    Nothing that the inbox holds is asked for. ``dry_run`` asks for nothing. Raises ``NotFound`` where the third party
    does not deliver again, or has no webhook of ours, and what ``errors`` knows of a third party.
    """
    with opened(hub, key) as (source, webhooks, hooks):
        word = webhooks.registration.redelivery if webhooks.registration else None
        if word is None:
            raise NotFound(
                f"{key}: {source.system_type} delivers nothing again; the next poll brings what was missed"
            )
        ours = ours_among(source, hooks.found())
        if not ours:
            raise NotFound(
                f"{key}: there is no webhook of ours; integrations webhook register {key} sets one up"
            )
        oldest = max(since or datetime.min.replace(tzinfo=UTC), datetime.now(UTC) - word.within)
        tried = _by_key(hooks, ours, oldest)
        failed = {key: one[0] for key, one in tried.items() if not any(two.is_delivered for _, two in one)}
        with hub.engine.begin() as connection:
            here = delivered_keys(connection, source, list(failed))
        wanted = sorted(
            (one for key, one in failed.items() if key not in here), key=lambda one: (one[1].at, one[1].key)
        )
        if wanted and not dry_run:
            _ask(hub, source, hooks, wanted[:most], actor)
    asked, left = [one for _, one in wanted[:most]], len(wanted[most:])
    return Redelivered(listed=len(tried), failed=len(failed), here=len(here), left=left, asked=asked)


def _by_key(hooks: Hooks, ours: Sequence[Hook], since: datetime) -> dict[str, list[tuple[Hook, Attempt]]]:
    """Return the attempts of each delivery, the newest first, with the webhook that they were made for."""
    found: dict[str, list[tuple[Hook, Attempt]]] = {}
    for hook in ours:
        for one in hooks.attempts(hook, since):
            found.setdefault(one.key, []).append((hook, one))
    return found


def _ask(hub: Hub, source: Source, hooks: Hooks, wanted: Sequence[tuple[Hook, Attempt]], actor: str) -> None:
    for hook, one in wanted:
        hooks.try_again(hook, one)
    with audited(hub, actor) as connection:
        record(connection, hub.keys, "webhook.redeliver", source.system_key, {"deliveries": len(wanted)})
