"""Publishing a pack, and switching a published version on."""

from __future__ import annotations

from datetime import datetime

from openprotect.governance.actions import permit, record
from openprotect.governance.facts import law
from openprotect.governance.queries import is_demo, live_purposes
from openprotect.governance.scope import Scope
from openprotect.lib.done import Done
from openprotect.programmes import queries, rules
from openprotect.programmes.definitions import Pack
from openprotect.programmes.errors import BasisIsMissing, NotClinicallyApproved, SwitchedOnJustNow, VersionIsFrozen
from openprotect.programmes.models import Activation, PackVersion


def publish_pack(*, pack: Pack, by: Scope, now: datetime) -> Done[int]:
    """Freeze a checked pack under its hash; returns the id of the version.

    The same files again are the same version. Raises VersionIsFrozen where other files were
    published under this version before.
    """
    permit("manage.programmes", by=by)
    programme = pack.programme
    version, created = PackVersion.objects.get_or_create(
        programme=programme.key,
        version=programme.version,
        defaults={
            "title": programme.title,
            "hash": pack.hash,
            "files": {name: data.decode("utf-8") for name, data in sorted(pack.files.items())},
            "clinically_approved": programme.clinically_approved,
            "published_at": now,
            "published_by": by.actor,
        },
    )
    if version.hash != pack.hash:
        raise VersionIsFrozen(programme=programme.key, version=programme.version)
    if created:
        record("pack published", by=by, of="pack version", id=version.id)
    return Done(version.id)


def switch_on(*, version: int, by: Scope, now: datetime) -> Done[None]:
    """Make a published version the one that runs, where each legal basis that it needs is in force.

    Raises BasisIsMissing, Suspended, SwitchedOnJustNow, and NotClinicallyApproved outside a demo.
    """
    permit("manage.programmes", by=by)
    pack = PackVersion.objects.get(id=version)
    if not pack.clinically_approved and not is_demo():
        raise NotClinicallyApproved(programme=pack.programme, version=pack.version)
    queries.require_running(pack.programme, now=now)
    live = live_purposes(now=now)
    missing = [p for p in rules.needed(queries.pack(version).programme) if p not in live]
    if missing:
        raise BasisIsMissing(programme=pack.title, purposes=", ".join(law.PURPOSES[p] for p in missing))
    on = Activation.objects.filter(programme=pack.programme, ends_at=None)
    if on.filter(pack_version=pack).exists():
        return Done(None)
    if on.filter(starts_at__gte=now).exists():
        raise SwitchedOnJustNow(programme=pack.title)
    on.update(ends_at=now)
    Activation.objects.create(pack_version=pack, programme=pack.programme, starts_at=now, started_by=by.actor)
    record("pack switched on", by=by, of="pack version", id=version)
    return Done(None)
