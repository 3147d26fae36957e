"""Published packs, as they were frozen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from openprotect.governance import queries as governance
from openprotect.governance.risk_errors import (
    Suspended,
)
from openprotect.programmes import rules
from openprotect.programmes.codelists import CodeList
from openprotect.programmes.cohort_lists import FILE, read_lists
from openprotect.programmes.definitions import Pack
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.loader import cached_pack
from openprotect.programmes.models import Activation, PackVersion

_hashes: dict[int, str] = {}


def pack(version: int) -> Pack:
    """The pack of a published version. Kept in memory: a version never changes."""
    if version not in _hashes:
        _hashes[version] = PackVersion.objects.values_list("hash", flat=True).get(id=version)
    return cached_pack(_hashes[version], lambda: _files(version))


def _files(version: int) -> dict[str, bytes]:
    files = PackVersion.objects.values_list("files", flat=True).get(id=version)
    return {name: text.encode("utf-8") for name, text in files.items()}


def cohort_with_lists(version: int) -> tuple[Cohort, dict[str, CodeList]]:
    """The cohort of a published version, and the code lists that were frozen with it."""
    found = pack(version)
    return found.cohort, read_lists(found.cohort, found.files, None, FILE, [])


def version_id(programme: str, version: str) -> int | None:
    """The id of a published version by its name."""
    return PackVersion.objects.filter(programme=programme, version=version).values_list("id", flat=True).first()


def versions(programme: str) -> list[PackVersion]:
    """The published versions of a programme, the latest first."""
    return list(PackVersion.objects.filter(programme=programme).defer("files").order_by("-published_at", "-id"))


def titles() -> dict[str, str]:
    """The programmes that run now, by key, with their titles."""
    return {key: pack(version).programme.title for key, version in sorted(switched_on().items())}


def switched_on() -> dict[str, int]:
    """Programme -> the version that runs now."""
    return dict(Activation.objects.filter(ends_at=None).values_list("programme", "pack_version_id"))


def basis_for(version: int, part: str, *, now: datetime) -> int | None:
    """The legal basis on which a part of a programme (`rules.ASKING`, ...) rests now; None where there is none."""
    return governance.live_basis(purpose=rules.purpose_of(pack(version).programme, part), now=now)


def require_basis(version: int, part: str, *, now: datetime) -> int:
    """The legal basis on which a part of a programme rests now. Raises NoLiveBasis."""
    return governance.require_basis(purpose=rules.purpose_of(pack(version).programme, part), now=now)


def bases_by_source(version: int, part: str, sources: Collection[str], *, now: datetime) -> dict[str, int | None]:
    """The legal basis on which a part of a programme uses what comes from each source; None where there is none."""
    purpose = rules.purpose_of(pack(version).programme, part)
    return {source: governance.live_basis(purpose=purpose, source=source, now=now) for source in sources}


def require_running(programme: str, *, now: datetime) -> None:
    """Raises Suspended where a risk decision suspends a programme. What is open for its members goes on."""
    if governance.suspended("programme", programme, now=now):
        raise Suspended(what=f"The programme '{programme}'")


def may_ask(*, now: datetime) -> list[int]:
    """The published versions under which people may be asked now: those whose basis for it is in force."""
    live = governance.live_purposes(now=now)
    versions = PackVersion.objects.values_list("id", flat=True)
    return [v for v in versions if rules.purpose_of(pack(v).programme, rules.ASKING) in live]


def may_contact(*, now: datetime) -> list[int]:
    """Those of them under which people are written to and rung: no risk decision suspends their programme.

    Whoever was written to before may still answer.
    """
    stopped = governance.suspended_keys("programme", now=now)
    return [version for version in may_ask(now=now) if pack(version).programme.key not in stopped]


def asks_nobody(*, now: datetime) -> bool:
    """Whether programmes run and none of them has a legal basis in force for asking people."""
    on = switched_on().values()
    return bool(on) and not set(on) & set(may_ask(now=now))


def resting_on(purposes: set[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """The programmes that run and rest on one of these purposes: key, title, and which of their parts."""
    found = []
    for key, version in sorted(switched_on().items()):
        programme = pack(version).programme
        if parts := rules.parts_on(programme, purposes):
            found.append((key, programme.title, parts))
    return found
