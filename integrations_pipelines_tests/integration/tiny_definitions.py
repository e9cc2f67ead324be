"""The smallest definitions that Dagster's services can be tried with."""

import dagster as dg


@dg.asset
def counted() -> dg.MaterializeResult[None]:
    """Materialise at once."""
    return dg.MaterializeResult(metadata={"rows": 1})


@dg.definitions
def definitions() -> dg.Definitions:
    """Return one asset and its job."""
    job = dg.define_asset_job("count", [counted], executor_def=dg.in_process_executor)
    return dg.Definitions(assets=[counted], jobs=[job])
