"""Imports what the product imports, two processes at once, so that the .pyc files are there before they are needed.

Compiling all of site-packages takes 25 s on two cores, and two thirds of it is never imported: this takes 10 s.
"""

import subprocess
import sys

DAGSTER = (
    "dagster dagster_postgres dagster_webserver.cli dagster._cli dagster._daemon.cli dagster._grpc.server"
)
OURS = (
    "dlt dlt.destinations.impl.postgres.postgres sqlalchemy.orm sqlalchemy.dialects.postgresql alembic.command "
    "psycopg adbc_driver_postgresql.dbapi pyarrow.parquet fastapi uvicorn typer rich.table httpx phonenumbers "
    "scipy.sparse.csgraph backlot.main backlot.importer.byo hypothesis pytest xdist"
)


def importing(modules: str) -> subprocess.Popen[bytes]:
    """Start a process that imports the modules named in ``modules``, each if it is there."""
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1].split():\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError as error: print(f'not compiled: {error}', file=sys.stderr)\n"
    )
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, modules])


if __name__ == "__main__":
    sys.exit(max([process.wait() for process in [importing(DAGSTER), importing(OURS)]]))
