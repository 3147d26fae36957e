"""Roles from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from openprotect.governance import shipped_roles
from openprotect.governance.permissions import PERMISSIONS
from openprotect.governance.shipped_roles import RolesHaveFaults


def test_the_roles_that_ship_hold_permissions_that_there_are() -> None:
    roles = shipped_roles.read()
    assert {each.name for each in roles} >= {"reviewer", "call_handler", "access_administrator"}
    assert {name for each in roles for name in each.permissions} <= PERMISSIONS.keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '\n[roles.x]\nlabel = "X"\npermissions = ["see.everything"]',
            "line 2, column permissions: read 'see.everything'",
        ),
        ('[roles.x]\nlabel = ""\npermissions = ["see.audit"]', "line 1, column label"),
        ('[roles.x]\nlabel = "X"\npermissions = []', "a list of permissions"),
        ('[roles.X]\nlabel = "X"\npermissions = ["see.audit"]', "small letters"),
        ('[roles.x]\nlabel = "X"\npermission = 1\npermissions = ["see.audit"]', "column permission"),
        ("[people]", "tables called [roles.NAME]"),
        ("x = = 1", "line 1"),
    ],
)
def test_what_is_wrong_is_said_by_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "roles.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RolesHaveFaults) as refused:
        shipped_roles.read(path)
    assert any(said in str(fault) for fault in refused.value.faults), refused.value.faults
