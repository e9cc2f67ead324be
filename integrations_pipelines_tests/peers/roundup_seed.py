"""Makes a Roundup tracker (PyPI, MIT) in a folder: ``python roundup_seed.py HOME URL USERS ISSUES``."""

import sys
from pathlib import Path

from roundup import configuration, init, instance, password


def template() -> Path:
    """Return Roundup's classic tracker, where pip put it."""
    return Path(sys.prefix) / "share" / "roundup" / "templates" / "classic"


def make(home: str, url: str, users: int, issues: int) -> None:
    """Install a tracker and fill it."""
    config = configuration.CoreConfig(settings={})
    words = {"TRACKER_HOME": home, "MAIL_DOMAIN": "localhost", "DATABASE": "db", "TRACKER_WEB": url}
    for name, value in {**words, "RDBMS_BACKEND": "sqlite", "WEB_API_CALLS_PER_INTERVAL": 0}.items():
        config[name] = value
    init.install(home, str(template()))
    config.save(str(Path(home) / config.INI_FILE))
    # It would mail everybody about each issue.
    (Path(home) / "detectors" / "nosyreaction.py").unlink(missing_ok=True)
    tracker = instance.open(home)
    tracker.init(password.Password("admin", config=config))
    fill(tracker, users, issues)


def fill(tracker: "instance.Tracker", users: int, issues: int) -> None:
    """Create people and issues, each issue reported by one of them."""
    database = tracker.open("admin")
    secret = password.Password("secret", config=database.config)
    ids = [
        database.user.create(
            username=f"user{n}",
            realname=f"Person {n}",
            address=f"user{n}@acme.example",
            password=secret,
            roles="User",
        )
        for n in range(users)
    ]
    for n in range(issues):
        database.issue.create(title=f"Issue {n}", assignedto=ids[n % users], status="1", priority="1")
    database.commit()
    database.close()


if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
