"""Every wrong or missing setting gets a line of its own, all of them at once."""

from pathlib import Path

import pytest

from openprotect.config.environment import Environment, SettingsHaveFaults, read

HOME = Path("/home/somebody")
REPOSITORY = Path("/home/somebody/openprotect")
ADDRESSES = {
    "DATABASE_URL": "postgresql://app:secret@db/protect",
    "DATABASE_OWNER_URL": "postgresql://owner:secret@db/protect",
}
KEYS = {f"OPENPROTECT_{name}_KEY": name.lower().ljust(40, "x") for name in ("SECRET", "LINK", "PSEUDONYM")}
DEMO = {"OPENPROTECT_MODE": "demo"}
ANCHORED = {"OPENPROTECT_ANCHOR": "/elsewhere/anchor.jsonl"}
LIVE = ADDRESSES | KEYS | ANCHORED | {"OPENPROTECT_BASE_URL": "https://protect.example.nhs.uk"}


def settings(**environ: str) -> Environment:
    return read(environ, home=HOME, repository=REPOSITORY)


def faults(**environ: str) -> list[str]:
    with pytest.raises(SettingsHaveFaults) as refused:
        settings(**environ)
    return [str(fault) for fault in refused.value.faults]


def test_nothing_set_is_a_demo_on_the_embedded_database() -> None:
    found = settings()
    assert (found.mode, found.urls, found.data) == ("demo", None, HOME / ".local/share/openprotect")


def test_the_address_of_a_database_means_live_unless_something_else_is_said() -> None:
    assert settings(**LIVE).mode == "live"
    assert settings(**ADDRESSES, OPENPROTECT_MODE="demo").mode == "demo"


def test_live_answers_only_to_its_own_name() -> None:
    assert settings(**LIVE).allowed_hosts == ("protect.example.nhs.uk",)


def test_live_takes_the_word_of_a_proxy_on_this_machine_and_of_those_that_are_named() -> None:
    assert settings(**LIVE).proxies == ("127.0.0.1", "::1")
    assert settings(**LIVE, OPENPROTECT_PROXIES="10.1.2.0/24, 10.9.9.9").proxies == ("10.1.2.0/24", "10.9.9.9")
    assert settings().proxies == ()


def test_the_folder_follows_the_desktop_convention_and_our_own_setting_before_it() -> None:
    assert settings(XDG_DATA_HOME="/data").data == Path("/data/openprotect")
    assert settings(XDG_DATA_HOME="/data", OPENPROTECT_DATA="/else").data == Path("/else")


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"OPENPROTECT_MODE": "production"}, "read 'production', expected one of demo, live, test"),
        (KEYS | ANCHORED | {"OPENPROTECT_MODE": "live"}, "the embedded database is for trying out"),
        (
            DEMO | {"DATABASE_URL": ADDRESSES["DATABASE_URL"]},
            "setting DATABASE_OWNER_URL: read '', expected postgresql://",
        ),
        (DEMO | {"DATABASE_OWNER_URL": ADDRESSES["DATABASE_OWNER_URL"]}, "setting DATABASE_URL: read ''"),
        (
            DEMO | ADDRESSES | {"DATABASE_URL": "mysql://app@db/protect"},
            "read 'mysql://app@db/protect', expected postgresql",
        ),
        (DEMO | ADDRESSES | {"DATABASE_URL": "postgresql://db/protect"}, "with a role and a database in it"),
        (
            DEMO | ADDRESSES | {"DATABASE_URL": ADDRESSES["DATABASE_OWNER_URL"]},
            "another role than DATABASE_OWNER_URL's",
        ),
        (DEMO | ADDRESSES | {"DATABASE_URL": "postgresql://app:secret@db/other"}, "the same database as DATABASE_URL"),
        (LIVE | {"OPENPROTECT_LINK_KEY": ""}, "setting OPENPROTECT_LINK_KEY: read '', expected 32 or more random"),
        (LIVE | {"OPENPROTECT_LINK_KEY": "short"}, "read 'a key of 5 characters', expected 32 or more"),
        (LIVE | {"OPENPROTECT_LINK_KEY": KEYS["OPENPROTECT_SECRET_KEY"]}, "a different key for each"),
        (LIVE | {"OPENPROTECT_BASE_URL": "http://protect.example.nhs.uk"}, "personal links travel by it"),
        ({"OPENPROTECT_BASE_URL": "protect"}, "an address such as"),
        (LIVE | {"OPENPROTECT_ANCHOR": ""}, "setting OPENPROTECT_ANCHOR: read '', expected a file on another disk"),
        (LIVE | {"OPENPROTECT_ANCHOR": "/d/a", "OPENPROTECT_DATA": "/d"}, "a file outside the data folder"),
        ({"OPENPROTECT_ANCHOR": "anchor"}, "a file whose path starts with /"),
        ({"OPENPROTECT_ANCHOR_MINUTES": "0"}, "a number of minutes from 1 to 60"),
        ({"OPENPROTECT_ANCHOR_EMAIL": "nobody"}, "the e-mail address of the privacy officer"),
        (LIVE | {"OPENPROTECT_PROXIES": "*"}, "setting OPENPROTECT_PROXIES: read '*'"),
        (LIVE | {"OPENPROTECT_ALLOWED_HOSTS": "*"}, "setting OPENPROTECT_ALLOWED_HOSTS: read '*'"),
        ({"OPENPROTECT_DATA": "here"}, "read 'here', expected a path that starts with /"),
        ({"OPENPROTECT_DATA": str(REPOSITORY / "data")}, "a folder outside the repository"),
    ],
)
def test_a_wrong_setting_gets_a_line(environ: dict[str, str], line: str) -> None:
    (only,) = faults(**environ)
    assert only.startswith("environment, setting ")
    assert line in only


def test_several_faults_are_told_at_once() -> None:
    found = faults(OPENPROTECT_MODE="odd", OPENPROTECT_DATA="here", OPENPROTECT_BASE_URL="x", OPENPROTECT_LINK_KEY="y")
    assert len(found) == 4


def test_no_secret_is_ever_shown() -> None:
    wrong = ADDRESSES | {"DATABASE_URL": "postgresql://:secret@db/protect", "OPENPROTECT_LINK_KEY": "hush"}
    assert not [line for line in faults(**wrong) if "secret@" in line or "hush" in line]
    assert "secretx" not in repr(settings(**LIVE))
