import subprocess
import sys

HEAVY = ("dagster", "dlt", "pyarrow", "sqlalchemy", "psycopg", "pydantic", "rich", "numpy", "cryptography")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from integrations_pipelines.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        f"sys.exit(' '.join(sorted(set({HEAVY!r}) & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "credential" in done.stdout
