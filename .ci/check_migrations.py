"""Says whether the migrations make what the models describe: migrates an empty database and compares."""

import sys
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from integrations_pipelines.local import embedded_database
from integrations_pipelines.registry import migrate, urls


def main() -> int:
    """Return the exit code; print the differences."""
    with tempfile.TemporaryDirectory(prefix="ip-") as folder:
        Path(folder).chmod(0o711)  # root's server runs as nobody, and has to walk in
        with embedded_database(Path(folder) / "postgres", durable=False) as url:
            migrate.upgrade(url)
            engine = create_engine(urls.for_sqlalchemy(url))
            found = migrate.differences(engine)
            engine.dispose()
    if found:
        print(f"Models and migrations are out of step: {found}", file=sys.stderr)
        return 1
    print("Migrations are in step with the models.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
