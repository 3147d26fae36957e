"""What organisations cannot be to each other is refused with a sentence, and nothing is written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import errors
from openprotect.governance.scope import system
from openprotect.journey import flow
from tests.factories.seen import one
from tests.factories.small_service import BEGINS, open_service

MAY = date(2020, 5, 1)


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    open_service(tmp_path_factory.mktemp("service"))


@pytest.mark.parametrize(
    ("action", "arguments", "refusal", "says"),
    [
        ("relate", {"organisation": "T99", "kind": "part_of", "to": "T01"}, errors.UnknownOrganisation, "code T99"),
        ("relate", {"organisation": "T06", "kind": "part_of", "to": "T06"}, errors.NotItsOwnSuccessor, "T06 cannot"),
        ("relate", {"organisation": "T06", "kind": "located_in", "to": "T05"}, errors.RelationsContradict,
         "T06 is already located in T04 from 7 April 2020 to now on."),
        ("relate", {"organisation": "T06", "kind": "part_of", "to": "T01", "ends_on": date(2020, 4, 1)},
         errors.EndsBeforeItStarts, "1 April 2020, is before the first, 1 May 2020"),
        ("merge_organisations", {"codes": ("T04",), "into": "T04", "name": ""}, errors.NotItsOwnSuccessor, "T04"),
        ("merge_organisations", {"codes": ("T04",), "into": "T77", "name": ""}, errors.SuccessorNeedsAName, "T77"),
        ("merge_organisations", {"codes": ("T04", "T98"), "into": "T05", "name": ""}, errors.UnknownOrganisation, "T98"),
        ("close_organisation", {"organisation": "T01"}, errors.TheSafetyNetStays, "surveillance"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(
    service: None, action: str, arguments: dict[str, Any], refusal: type[Exception], says: str
) -> None:
    defaults: dict[str, dict[str, Any]] = {
        "relate": {"starts_on": MAY, "ends_on": None},
        "merge_organisations": {"starts_on": MAY},
        "close_organisation": {"last_day": MAY},
    }
    count = "SELECT count(*) FROM governance_organisationrelation"
    before = one(count)
    with pytest.raises(refusal, match=says):
        flow.perform(
            getattr(governance, action), by=system("test", now=BEGINS), now=BEGINS, **{**defaults[action], **arguments}
        )
    assert one(count) == before
