"""Dagster's webserver as a process of ours, which starts sooner: takes the words of `dagster-webserver`."""

if __name__ == "__main__":
    from dagster_webserver.cli import main

    main()  # type: ignore[no-untyped-call]  # as shipped
