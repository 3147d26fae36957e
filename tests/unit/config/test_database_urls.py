"""Addresses of databases: by host, by socket, with odd passwords."""

import pytest

from openprotect.config.database_urls import Urls, django_database, on_socket, parts, with_database, without_password


def test_another_database_on_the_same_server() -> None:
    assert with_database("postgresql://app:p@db:5433/one?sslmode=require", "two") == (
        "postgresql://app:p@db:5433/two?sslmode=require"
    )


def test_a_socket_and_a_password_with_every_sign_come_through() -> None:
    address = with_database(on_socket(user="app", password="p/@:?# %", folder="/tmp/a b", database="one"), "two")
    assert parts(address) == {"user": "app", "password": "p/@:?# %", "host": "/tmp/a b", "dbname": "two"}


def test_django_gets_what_libpq_reads() -> None:
    entry = django_database("postgresql://app:p%2F@db:5433/one?sslmode=require")
    assert (entry["USER"], entry["PASSWORD"], entry["PORT"], entry["NAME"]) == ("app", "p/", "5433", "one")
    assert entry["OPTIONS"] == {"sslmode": "require", "server_side_binding": True, "prepare_threshold": 5}


def test_without_an_address_nothing_is_reached_by_accident() -> None:
    assert django_database(None)["HOST"] == "/nonexistent"


@pytest.mark.parametrize("address", ["postgresql://app:hush@db/one", "postgresql://app:hush@[broken/one"])
def test_a_password_is_not_shown(address: str) -> None:
    assert "hush" not in without_password(address)


def test_roles_and_database_are_read_from_the_addresses() -> None:
    urls = Urls(owner="postgresql://o:p@db/one", app="postgresql://a:p@db/one").named("two")
    assert (urls.owner_role, urls.app_role, urls.database) == ("o", "a", "two")
