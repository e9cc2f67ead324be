"""Says whether a tracked file holds what looks like a secret; what only looks like one is listed with its reason.

The list is ``.ci/allowed_secrets.toml``: a path and why nothing in it is a secret. An entry that nothing needs any more
is an error too, so that the list cannot outlive its reasons.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

ALLOWED = Path(".ci/allowed_secrets.toml")


def main() -> int:
    """Return the exit code; print what was found and where."""
    allowed = tomllib.loads(ALLOWED.read_text())["allowed"]
    skipped = {path for path, one in allowed.items() if one.get("generated")}
    found = found_secrets([path for path in tracked() if path not in skipped])
    new = {path: kinds for path, kinds in found.items() if path not in allowed}
    unneeded = allowed.keys() - skipped - found.keys()
    for path, kinds in sorted(new.items()):
        print(f"{path}: looks like a secret: {', '.join(kinds)}", file=sys.stderr)
    for path in sorted(unneeded):
        print(f"{ALLOWED}: nothing in {path} looks like a secret any more: remove the entry", file=sys.stderr)
    if not new and not unneeded:
        print(
            f"No secret in {len(tracked())} tracked files; {len(allowed)} exceptions, each with its reason."
        )
    return 1 if new or unneeded else 0


def tracked() -> list[str]:
    """Return the paths that git tracks, and those it would."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    return [path for path in said.splitlines() if Path(path).is_file()]


def found_secrets(paths: list[str]) -> dict[str, list[str]]:
    """Return what detect-secrets finds, by path: kind and line, never the secret."""
    secrets = SecretsCollection()
    with default_settings():
        secrets.scan_files(*paths, num_processors=2)
    found: dict[str, list[str]] = {}
    for path, secret in secrets:
        found.setdefault(path, []).append(f"{secret.type} in line {secret.line_number}")
    return found


if __name__ == "__main__":
    sys.exit(main())
