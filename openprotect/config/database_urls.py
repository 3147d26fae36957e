"""The two database addresses: one for the owner of the tables, one for the application."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


@dataclass(frozen=True)
class Urls:
    """Where the database is, as the role that owns the tables and as the one that may only use them."""

    owner: str
    app: str

    def named(self, database: str) -> Self:
        """The same server and roles, another database."""
        return type(self)(owner=with_database(self.owner, database), app=with_database(self.app, database))

    @property
    def database(self) -> str:
        return str(parts(self.app)["dbname"])

    @property
    def app_role(self) -> str:
        return str(parts(self.app)["user"])

    @property
    def owner_role(self) -> str:
        return str(parts(self.owner)["user"])


def parts(url: str) -> dict[str, object]:
    """What libpq reads from the address; raises ValueError where it reads nothing."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("not a postgresql:// address")
    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError as error:
        raise ValueError(str(error).strip()) from None


def with_database(url: str, database: str) -> str:
    pieces = urlsplit(url)
    query = urlencode([pair for pair in parse_qsl(pieces.query) if pair[0] != "dbname"], quote_via=quote)
    # Built by hand: urlunsplit drops the "//" of an address without a host, as a socket's is.
    scheme_and_host = f"{pieces.scheme}://{pieces.netloc}"
    return f"{scheme_and_host}/{quote(database)}" + (f"?{query}" if query else "")


def on_socket(*, user: str, password: str, folder: str, database: str) -> str:
    return f"postgresql://{user}:{quote(password, safe='')}@/{quote(database)}?{urlencode({'host': folder}, quote_via=quote)}"


def without_password(url: str) -> str:
    """For messages: an address must never show its password."""
    try:
        pieces = urlsplit(url)
        if pieces.password is None:
            return url
    except ValueError:
        return "an address that cannot be read"
    return urlunsplit(pieces._replace(netloc=f"{pieces.username}:***@{pieces.netloc.rpartition('@')[2]}"))


def django_database(url: str | None, *, pool: Mapping[str, object] | None = None) -> dict[str, object]:
    """One entry of Django's DATABASES; without an address, one that cannot connect to anything by accident."""
    names = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT", "dbname": "NAME"}
    read = parts(url) if url else {"dbname": "no-database", "host": "/nonexistent"}
    rest = {key: value for key, value in read.items() if key not in names}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{names[key]: str(value) for key, value in read.items() if key in names},
        # Prepared statements: with row-level security, planning a query costs more than running it.
        "OPTIONS": rest | {"server_side_binding": True, "prepare_threshold": 5} | ({"pool": pool} if pool else {}),
    }
