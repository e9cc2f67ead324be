"""The smallest definitions that Dagster's services can be tried with."""

import time

import dagster as dg


@dg.asset
def counted() -> dg.MaterializeResult[None]:
    """Materialise at once."""
    return dg.MaterializeResult(metadata={"rows": 1})


@dg.op
def sleep_for_minutes() -> None:
    """Be there to be cancelled or killed."""
    for _ in range(600):
        time.sleep(0.2)


@dg.job(executor_def=dg.in_process_executor)
def doze() -> None:
    """Run for two minutes."""
    sleep_for_minutes()


@dg.definitions
def definitions() -> dg.Definitions:
    """Return one asset and its job, and a job that takes its time."""
    job = dg.define_asset_job("count", [counted], executor_def=dg.in_process_executor)
    return dg.Definitions(assets=[counted], jobs=[job, doze])
