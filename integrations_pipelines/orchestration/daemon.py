"""Dagster's daemon, with connections that it keeps: takes the words of `dagster-daemon`.

Else it makes one a statement, some twenty between a webhook's arrival and its run, and hundreds a minute without any.
"""

from integrations_pipelines import local

if __name__ == "__main__":
    local.keep_all_connections()
    from dagster._daemon.cli import main

    main()
