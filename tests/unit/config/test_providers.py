"""The file of providers: everything that is wrong with it, and no secret in what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from openprotect.config import providers

RIGHT = """
[[provider]]
key = "cis2"
name = "NHS Care Identity"
issuer = "https://cis2.example.nhs.uk/realm"
client_id = "openprotect"
client_secret = "a-secret"
auth_params = { acr_values = "AAL2_OR_AAL3_ANY" }
"""


def read(folder: Path, text: str) -> tuple[tuple[providers.Provider, ...], list[str]]:
    path = folder / "providers.toml"
    path.write_text(text, encoding="utf-8")
    made, faults = providers.read(path)
    return made, [str(fault) for fault in faults]


def test_a_provider_is_asked_with_pkce_whatever_the_file_says(tmp_path: Path) -> None:
    (made,), faults = read(tmp_path, RIGHT)
    assert faults == []
    settings = made.app()["settings"]
    assert settings["oauth_pkce_enabled"] is True
    assert settings["auth_params"] == {"acr_values": "AAL2_OR_AAL3_ANY"}
    assert "a-secret" not in repr(made)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (RIGHT.replace("https://", "http://"), "column issuer"),
        (RIGHT.replace('"cis2"', '"CIS 2"'), "column key"),
        (RIGHT.replace("client_id", "client"), "column client:"),
        (RIGHT + RIGHT, "the same key twice"),
        (RIGHT.replace('"a-secret"', "7"), "what is not shown here"),
        (RIGHT + 'scope = ["email"]', "column scope"),
        ("provider = 3", "tables called [[provider]]"),
        ("x = = 1", "line 1"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_of_it_is_used(tmp_path: Path, wrong: str, said: str) -> None:
    made, faults = read(tmp_path, wrong)
    assert made == ()
    assert any(said in fault for fault in faults), faults
    assert not any("a-secret" in fault for fault in faults)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert providers.read(tmp_path / "none.toml")[1]
