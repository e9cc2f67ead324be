"""Quarantined records taken anew, through the corridor that they did not get through."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from integrations_pipelines.corridor import Corridor, apply_landing, land_rows, landed_unit
from integrations_pipelines.registry import landings, quarantine
from integrations_pipelines.registry.quarantine import Asked, Waiting
from integrations_pipelines.staging.rereading import reread


def retake(corridor: Corridor, asked: Asked | None = None) -> Counter[str]:
    """Read quarantined records anew, as they came and with the moment at which they came; return the outcomes.

    Those ``asked`` for, or (None) a batch of those that are due by themselves. The version guard keeps an older version
    from overwriting a newer one that was applied meanwhile.
    """
    outcomes, after = Counter[str](), 0
    with corridor.hub.engine.begin() as connection:
        quarantine.wake_unresolved(connection, corridor.job, corridor.resource.name, asked)
    while batch := _waiting(corridor, asked, after):
        outcomes += _retake(corridor, batch)
        after = batch[-1].id if asked else sys.maxsize
    return outcomes


def _waiting(corridor: Corridor, asked: Asked | None, after: int) -> list[Waiting]:
    with corridor.hub.engine.begin() as connection:
        return quarantine.waiting(connection, corridor.job, corridor.resource.name, asked, after=after)


def _retake(corridor: Corridor, batch: Sequence[Waiting]) -> Counter[str]:
    again = reread(batch, corridor.resource)
    outcomes, landed = Counter(quarantined=len(again.failed)), again.rows.num_rows
    with corridor.hub.engine.begin() as connection:
        number = landings.start_landing(
            connection, corridor.job, corridor.resource.name, origin="replay", cursor=None
        )
    land_rows(corridor, number, again.rows, datetime.now(UTC))
    with corridor.hub.engine.begin() as connection:
        landings.note_landed(connection, number, extracted=len(batch), landed=landed, outcomes=outcomes)
        if landed == 0:
            landings.note_applied(connection, number, +outcomes)
    if landed:
        unit = landed_unit(corridor.job.source, corridor.resource, number, job=corridor.job.id)
        outcomes = apply_landing(corridor, unit, outcomes) or outcomes
    with corridor.hub.engine.begin() as connection:
        quarantine.settle(connection, corridor.job, again.taken, again.failed)
    return +outcomes
