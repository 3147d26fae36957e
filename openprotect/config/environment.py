"""The settings, read from the environment once and checked before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from openprotect.config.database_urls import Urls, parts, without_password
from openprotect.config.providers import Provider
from openprotect.config.providers import read as read_providers
from openprotect.lib.errors import BadInput, Fault

MODES = ("demo", "live", "test")
SHORTEST_KEY = 32
KEYS = {
    "secret_key": "OPENPROTECT_SECRET_KEY",
    "link_key": "OPENPROTECT_LINK_KEY",
    "pseudonym_key": "OPENPROTECT_PSEUDONYM_KEY",
}
REPOSITORY = Path(__file__).resolve().parents[2]


class SettingsHaveFaults(BadInput):
    """{count} setting(s) are missing or wrong, so nothing was started."""


@dataclass(frozen=True)
class Environment:
    """Every setting, checked. Keys are None where they are to be generated (demo and test only)."""

    mode: str
    urls: Urls | None
    data: Path
    allowed_hosts: tuple[str, ...]
    base_url: str
    anchor: Path | None
    anchor_minutes: int
    anchor_email: str
    secret_key: str | None = field(repr=False)
    link_key: str | None = field(repr=False)
    pseudonym_key: str | None = field(repr=False)
    providers: tuple[Provider, ...] = ()
    staff_idle_minutes: int = 30
    staff_session_hours: int = 12
    staff_sessions: int = 3
    proxies: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        return self.mode == "live"

    @property
    def speaks_https(self) -> bool:
        return self.base_url.startswith("https://")


def read(environ: Mapping[str, str], *, home: Path, repository: Path = REPOSITORY) -> Environment:
    """Reads the settings, or raises SettingsHaveFaults with every fault at once.

    Without a mode: an address of a database means live, because that is the
    strict one; no address means the embedded database, which is always a demo.
    """
    reader = _Reader(environ)
    urls = reader.urls()
    mode = reader.get("OPENPROTECT_MODE") or ("live" if urls or reader.faults else "demo")
    if mode not in MODES:
        reader.fault("OPENPROTECT_MODE", mode, "one of " + ", ".join(MODES))
    if mode == "live" and urls is None and not reader.faults:
        reader.fault(
            "DATABASE_URL",
            "",
            "the address of a PostgreSQL database, and DATABASE_OWNER_URL too: "
            "the embedded database is for trying out and for tests, not for live use",
        )
    keys = {key: reader.key(name, required=mode == "live") for key, name in KEYS.items()}
    if mode == "live":
        reader.distinct(keys)
    base_url = reader.base_url(live=mode == "live")
    data = reader.data(home, repository)
    settings = Environment(
        mode=mode,
        urls=urls,
        data=data,
        anchor=reader.anchor(mode, data),
        anchor_minutes=reader.anchor_minutes(),
        anchor_email=reader.anchor_email(mode),
        allowed_hosts=reader.allowed_hosts(base_url, live=mode == "live"),
        base_url=base_url,
        providers=reader.providers(),
        staff_idle_minutes=reader.number("OPENPROTECT_STAFF_IDLE_MINUTES", 30, most=12 * 60),
        staff_session_hours=reader.number("OPENPROTECT_STAFF_SESSION_HOURS", 12, most=24),
        staff_sessions=reader.number("OPENPROTECT_STAFF_SESSIONS", 3, most=20),
        proxies=reader.proxies(live=mode == "live"),
        **keys,
    )
    if reader.faults:
        raise SettingsHaveFaults(reader.faults)
    return settings


def addresses(environ: Mapping[str, str]) -> Urls | None:
    """Only the addresses of the database; raises SettingsHaveFaults where they are wrong."""
    reader = _Reader(environ)
    urls = reader.urls()
    if reader.faults:
        raise SettingsHaveFaults(reader.faults)
    return urls


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[Fault] = []

    def get(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def fault(self, name: str, read: str, expected: str) -> None:
        self.faults.append(Fault("environment", f"setting {name}", "", read, expected))

    def urls(self) -> Urls | None:
        app, owner = self.get("DATABASE_URL"), self.get("DATABASE_OWNER_URL")
        if not app and not owner:
            return None
        for name, url in (("DATABASE_URL", app), ("DATABASE_OWNER_URL", owner)):
            self._url(name, url)
        if self.faults:
            return None
        urls = Urls(owner=owner, app=app)
        if urls.app_role == urls.owner_role:
            self.fault(
                "DATABASE_URL",
                without_password(app),
                "another role than DATABASE_OWNER_URL's: the one that owns the tables is not bound by their policies",
            )
        if urls.database != parts(owner)["dbname"]:
            self.fault("DATABASE_OWNER_URL", without_password(owner), "the same database as DATABASE_URL")
        return urls

    def _url(self, name: str, url: str) -> None:
        expected = "postgresql://role:password@host:port/database"
        if not url:
            return self.fault(name, "", f"{expected}: DATABASE_URL and DATABASE_OWNER_URL are set together, or neither")
        try:
            named = parts(url)
        except ValueError:
            return self.fault(name, without_password(url), expected)
        if not named.get("user") or not named.get("dbname"):
            self.fault(name, without_password(url), f"{expected}, with a role and a database in it")
        return None

    def key(self, name: str, *, required: bool) -> str | None:
        key = self.get(name)
        if key and len(key) < SHORTEST_KEY:
            self.fault(name, f"a key of {len(key)} characters", f"{SHORTEST_KEY} or more random characters")
        elif not key and required:
            self.fault(name, "", f"{SHORTEST_KEY} or more random characters; only a demo makes its own")
        return key or None

    def distinct(self, keys: Mapping[str, str | None]) -> None:
        given = [key for key in keys.values() if key]
        if len(set(given)) < len(given):
            self.fault(", ".join(KEYS.values()), "the same key twice", "a different key for each")

    def base_url(self, *, live: bool) -> str:
        url = self.get("OPENPROTECT_BASE_URL") or "http://127.0.0.1:8000"
        pieces = urlsplit(url)
        if pieces.scheme not in ("http", "https") or not pieces.hostname or pieces.query or pieces.fragment:
            self.fault("OPENPROTECT_BASE_URL", url, "an address such as https://protect.example.nhs.uk")
        elif live and pieces.scheme != "https" and pieces.hostname not in ("127.0.0.1", "localhost"):
            self.fault("OPENPROTECT_BASE_URL", url, "an https:// address: personal links travel by it")
        return url.rstrip("/")

    def allowed_hosts(self, base_url: str, *, live: bool) -> tuple[str, ...]:
        given = tuple(host.strip() for host in self.get("OPENPROTECT_ALLOWED_HOSTS").split(",") if host.strip())
        if live and "*" in given:
            self.fault("OPENPROTECT_ALLOWED_HOSTS", "*", "the names this service answers to, divided by commas")
        own = urlsplit(base_url).hostname or "127.0.0.1"
        return given or tuple(dict.fromkeys((own, "127.0.0.1", "localhost") if not live else (own,)))

    def proxies(self, *, live: bool) -> tuple[str, ...]:
        """The proxies whose word is taken for the address of who asks: tries are counted by it."""
        asked = self.get("OPENPROTECT_PROXIES")
        given = tuple(each.strip() for each in asked.split(",") if each.strip())
        for each in given:
            try:
                ip_network(each)
            except ValueError:
                self.fault("OPENPROTECT_PROXIES", each, "addresses or networks such as 10.1.2.0/24, divided by commas")
        return given or (("127.0.0.1", "::1") if live else ())

    def anchor(self, mode: str, data: Path) -> Path | None:
        """In a test there is none: a database that is rolled back would soon be behind it."""
        name, given = "OPENPROTECT_ANCHOR", self.get("OPENPROTECT_ANCHOR")
        if given and not Path(given).is_absolute():
            self.fault(name, given, "a file whose path starts with /")
        elif mode == "live" and not given:
            self.fault(
                name, "", "a file on another disk or machine than the database: the audit trail's head goes there"
            )
        elif mode == "live" and Path(given).is_relative_to(data):
            self.fault(name, given, "a file outside the data folder, so that they are not lost or changed together")
        if given:
            return Path(given)
        return data / "audit-anchor.jsonl" if mode == "demo" else None

    def anchor_minutes(self) -> int:
        given = self.get("OPENPROTECT_ANCHOR_MINUTES") or "5"
        if not given.isdecimal() or not 1 <= int(given) <= 60:
            self.fault("OPENPROTECT_ANCHOR_MINUTES", given, "a number of minutes from 1 to 60")
            return 5
        return int(given)

    def anchor_email(self, mode: str) -> str:
        given = self.get("OPENPROTECT_ANCHOR_EMAIL")
        if given and ("@" not in given or " " in given):
            self.fault("OPENPROTECT_ANCHOR_EMAIL", given, "the e-mail address of the privacy officer")
        return given or ("privacy-officer@example.org" if mode == "demo" else "")

    def providers(self) -> tuple[Provider, ...]:
        given = self.get("OPENPROTECT_SIGN_IN_PROVIDERS")
        if not given:
            return ()
        found, faults = read_providers(Path(given))
        self.faults += faults
        return found

    def number(self, name: str, otherwise: int, *, most: int) -> int:
        given = self.get(name)
        if not given:
            return otherwise
        if not given.isdecimal() or not 1 <= int(given) <= most:
            self.fault(name, given, f"a whole number from 1 to {most}")
            return otherwise
        return int(given)

    def data(self, home: Path, repository: Path) -> Path:
        given = self.get("OPENPROTECT_DATA")
        shared = self.get("XDG_DATA_HOME")
        folder = Path(given) if given else (Path(shared) if shared else home / ".local" / "share") / "openprotect"
        name = "OPENPROTECT_DATA" if given else "XDG_DATA_HOME"
        if not folder.is_absolute():
            self.fault(name, given or shared, "a path that starts with /")
        elif folder.is_relative_to(repository):
            self.fault(name, str(folder), "a folder outside the repository, so that no person's data is ever committed")
        return folder
