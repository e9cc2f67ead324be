"""Nightly: frequencies and the prior are learnt anew where the data has grown, and promoted if little changes."""

import dagster as dg

from integrations_pipelines.orchestration.answers import dagster_answers
from integrations_pipelines.orchestration.house import opened_hub


class LearnConfig(dg.Config):
    """When a type is learnt from again, and what may come of it unasked.

    ``growth``: so many times the records of the last time. ``most_changed``: the share of entities that may merge or
    split; above, the learnt model is not promoted. ``most_records``: larger types are left to `matching refresh`.
    """

    growth: float = 1.5
    most_changed: float = 0.02
    most_records: int = 2_000_000


@dg.op
def learn_frequencies(context: dg.OpExecutionContext, config: LearnConfig) -> None:
    """Learn each scored type that has grown; what came of it stands in the run's log and in the sync log."""
    with dagster_answers(context), opened_hub() as hub:
        from integrations_pipelines.promoting import Growth, refresh_grown

        limits = Growth(
            growth=config.growth, most_changed=config.most_changed, most_records=config.most_records
        )
        found = list(refresh_grown(hub, limits))
        for one in found:
            context.log.info(
                f"{one.entity_type}: {one.records} records, {one.changed} entities would merge or split: {one.outcome}"
            )
        context.log.info(f"{len(found)} types had grown enough to learn from them")


@dg.job(executor_def=dg.in_process_executor)
def refresh_matching() -> None:
    """Learn what records are scored by from the data anew, where it has grown by half since."""
    learn_frequencies()


nightly_learning = dg.ScheduleDefinition(
    name="nightly_learning",
    job=refresh_matching,
    cron_schedule="47 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
