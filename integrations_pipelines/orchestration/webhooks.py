"""Webhooks at the third parties, looked after once a day: repaired, renewed, and what failed asked for again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from integrations_pipelines.errors import IntegrationsError
from integrations_pipelines.orchestration.answers import dagster_answers, told
from integrations_pipelines.orchestration.house import opened_hub
from integrations_pipelines.settings import get_settings

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.sources import Source

_ACTOR = "dagster:webhooks"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What looking after one account's webhooks took. ``fault`` is why it could not be done, "" where it was."""

    system_key: str
    did: str = ""
    redelivered: int = 0
    fault: str = ""

    def __str__(self) -> str:
        done = self.fault or self.did or "as it should be"
        return f"{done}; {self.redelivered} deliveries asked for again" if self.redelivered else done


@dg.op
def keep_webhooks(context: dg.OpExecutionContext) -> None:
    """Make the webhooks that were registered what is wanted; red, with the reasons, where one cannot be."""
    with dagster_answers(context):
        with opened_hub() as hub:
            kept = [keep(hub, source, get_settings().public_url) for source in registered(hub)]
        context.add_output_metadata({one.system_key: str(one) for one in kept})
        for one in kept:
            context.log.info(f"{one.system_key}: {one}")
    if faults := [one for one in kept if one.fault]:
        reasons = "; ".join(f"{one.system_key}: {one.fault}" for one in faults)
        raise dg.Failure(
            f"{len(faults)} of {len(kept)} webhooks are not as they should be: {reasons}", allow_retries=False
        )


@dg.job(executor_def=dg.in_process_executor)
def webhooks() -> None:
    """Look after the webhooks at the third parties: those that `integrations webhook register` has set up."""
    keep_webhooks()


daily_webhooks = dg.ScheduleDefinition(
    name="daily_webhooks",
    job=webhooks,
    cron_schedule="41 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Repairs and renews the webhooks at the third parties, and has failed deliveries made again.",
)


def registered(hub: "Hub") -> Iterator["Source"]:
    """Yield the active source systems whose webhook we set up."""
    from integrations_pipelines.registry.inbox import registered_words
    from integrations_pipelines.registry.sources import all_sources

    with hub.engine.begin() as connection:
        found = all_sources(connection, only_active=True)
    yield from (one for one in found if registered_words(one))


def keep(hub: "Hub", source: "Source", base_url: str | None) -> Kept:
    """Make the webhook of ``source`` what is wanted, have failed deliveries made again, and say what that took."""
    from integrations_pipelines import redelivering, registering

    key, did, again = source.system_key, "", 0
    try:
        done = registering.register(hub, key, base_url, actor=_ACTOR)
        did = ", ".join(done.did)
        fault = "; ".join(done.standing.off.values())
        if redelivering.can_redeliver(source):
            again = len(redelivering.redeliver(hub, key, actor=_ACTOR).asked)
    except IntegrationsError as error:
        fault = told(error)
    kept = Kept(system_key=key, did=did, redelivered=again, fault=fault)
    _remember(hub, kept)
    return kept


def _remember(hub: "Hub", kept: Kept) -> None:
    """Keep how it went, for those who ask `webhook show`."""
    from integrations_pipelines.registry.inbox import set_webhook_words
    from integrations_pipelines.registry.sources import source_of

    words = {"did": kept.did, "redelivered": kept.redelivered, "fault": kept.fault}
    with hub.engine.begin() as connection:
        source = source_of(connection, kept.system_key)
        set_webhook_words(connection, source, {"checked": {"at": datetime.now(UTC).isoformat(), **words}})
