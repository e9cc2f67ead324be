"""One database, five drivers: how each wants its address written. The only place that rewrites a database URL.

The form kept everywhere else is libpq's, ``postgresql://user:password@host/database?key=value``. The embedded server
is ``postgresql://postgres:x@localhost/postgres?host=<socket folder>``: dlt refuses an address without host or password.
"""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from integrations_pipelines.errors import ConfigurationError

DAGSTER_SCHEMA = "dagster"


def for_psycopg(url: str) -> str:
    """Return ``url`` as libpq reads it: no driver in the scheme.

    Raises ``ConfigurationError`` for an address that is not PostgreSQL's; the message does not repeat it.
    """
    scheme, rest = _split(url)
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise ConfigurationError(f"DATABASE_URL: {scheme or 'an address without a scheme'} is not PostgreSQL")
    return f"postgresql://{rest}"


def for_adbc(url: str) -> str:
    """Return ``url`` for ADBC's PostgreSQL driver, which hands it to libpq."""
    return for_psycopg(url)


def for_sqlalchemy(url: str) -> str:
    """Return ``url`` for SQLAlchemy with psycopg 3, the driver of our own code."""
    return f"postgresql+psycopg://{_rest(url)}"


def for_dagster(url: str, schema: str = DAGSTER_SCHEMA) -> str:
    """Return ``url`` for dagster-postgres: psycopg 2 by name, and a schema of Dagster's own.

    With a bare scheme SQLAlchemy 2.1 picks psycopg 3, whose server-side binding breaks Dagster's NOTIFY: no run can be
    launched then (dagster-io/dagster#33958). The schema has to be there before Dagster makes its tables.
    """
    return f"postgresql+psycopg2://{_rest(with_option(url, 'options', f'-csearch_path={schema}'))}"


def for_dlt(url: str) -> str:
    """Return ``url`` for dlt, which wants a host and a password even where PostgreSQL asks for neither."""
    parts = urlsplit(for_psycopg(url))
    user, _, password = (parts.netloc.rpartition("@")[0] or "postgres").partition(":")
    host = parts.netloc.rpartition("@")[2] or "localhost"
    return urlunsplit(parts._replace(netloc=f"{user}:{password or 'x'}@{host}"))


def for_database(url: str, database: str) -> str:
    """Return ``url`` with another database of the same server."""
    return urlunsplit(urlsplit(for_psycopg(url))._replace(path=f"/{quote(database, safe='')}"))


def for_socket(folder: str, database: str = "postgres") -> str:
    """Return the URL of a server that listens in ``folder`` and trusts whoever can open its socket."""
    return f"postgresql://postgres:x@localhost/{database}?host={quote(folder, safe='/')}"


def with_option(url: str, key: str, value: str) -> str:
    """Return ``url`` with a connection parameter set; ``options`` are added to those already there."""
    parts = urlsplit(for_psycopg(url))
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query[key] = f"{query[key]} {value}" if key == "options" and query.get(key) else value
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="/")))


def without_password(url: str) -> str:
    """Return ``url`` fit for a log or a screen."""
    parts = urlsplit(for_psycopg(url))
    login, at, host = parts.netloc.rpartition("@")
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in {"password", "sslpassword"}]
    shown = urlencode(query, quote_via=quote, safe="/")
    return urlunsplit(parts._replace(netloc=f"{login.partition(':')[0]}{at}{host}", query=shown))


def _rest(url: str) -> str:
    return _split(for_psycopg(url))[1]


def _split(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    return (scheme.lower(), rest) if rest or url.endswith("://") else ("", url)
