"""ADBC's handles of databases, kept: opening one reads every type and column there is, 90 ms before the first row.

A handle is no connection: it holds what ADBC has read of the types, and each copy connects anew through it.
"""

from functools import lru_cache

import adbc_driver_manager
from adbc_driver_manager import dbapi
from dlt.common.destination.client import LoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.destinations.impl.postgres.factory import get_adbc_driver_location
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresParquetCopyJob


class Client(PostgresClient):
    """dlt's client of PostgreSQL, whose Parquet files are copied through a handle that is kept."""

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """As dlt does it; the copy of a Parquet file is ours."""
        job = super().create_load_job(table, file_path, load_id, restore)
        return _CopyJob(file_path) if isinstance(job, PostgresParquetCopyJob) else job


class _CopyJob(PostgresParquetCopyJob):
    def _connect(self) -> dbapi.Connection:
        handle = _handle(self._job_client.sql_client.credentials.to_native_representation())
        return dbapi.Connection(handle, adbc_driver_manager.AdbcConnection(handle))


class _Kept(adbc_driver_manager.AdbcDatabase):
    """A handle that stays open when a connection that came of it is closed; it goes with its last user."""

    def close(self) -> None:
        """Do nothing: others use it."""

    def __del__(self) -> None:
        super().close()  # else a megabyte stays


@lru_cache(maxsize=8)
def _handle(database_url: str) -> _Kept:
    return _Kept(driver=get_adbc_driver_location(), uri=database_url)
