"""Exports: asked for, made, collected, ended. Whether one may be is asked again at each of these moments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from openprotect.governance import export_files
from openprotect.governance.actions.audit import permit, record
from openprotect.governance.errors import (
    AgreementNotInForce,
    EmergencyInProgress,
    FileNeedsSecond,
    NoExport,
    NotPermitted,
    NotTheGiver,
    NotThere,
    NotYoursToExport,
)
from openprotect.governance.events import ExportAsked
from openprotect.governance.models import Export
from openprotect.governance.queries.agreements import Agreement, resting_on
from openprotect.governance.queries.agreements import agreement as find
from openprotect.governance.queries.emergency import in_emergency
from openprotect.governance.queries.risks import suspended
from openprotect.governance.queries.staff import staff_member
from openprotect.governance.rules.agreements import STANDINGS, Totals, limit, not_for
from openprotect.governance.scope import Scope, enter, system
from openprotect.lib.done import Done

PEOPLE, OWN_RECORDS = "export.people", "act.rights"
_STANDS_STILL = "A risk decision that lets it go on was not reviewed in time, or was to stop"
_LIVE = (Export.State.ASKED, Export.State.READY, Export.State.COLLECTED)


@dataclass(frozen=True)
class ExportToMake:
    """An export that may be made now: as whom (`scope`), of what, under what.

    `request` is set where it is of one person's own records; `purposes` are those of the basis,
    `beyond_care` says that it is not the care of those
    whom the file names, and `opt_out_applies` that the national data opt-out does.
    """

    id: UUID
    scope: Scope
    giver: int
    fields: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    beyond_care: bool = False
    opt_out_applies: bool = False
    request: UUID | None = None


@dataclass(frozen=True)
class CollectedExport:
    """A file that may be handed out now, under the name it is saved as."""

    id: UUID
    file_name: str
    sha256: str


def ask_export(*, agreement: int, reason: str, by: Scope, now: datetime) -> Done[UUID]:
    """Ask for a file of the people whom the giver may see, with the fields of an agreement, for a reason."""
    permit(PEOPLE, by=by)
    if in_emergency(scope=by):
        raise EmergencyInProgress()
    found = find(agreement, scope=by)
    if found is None:
        raise NotThere()
    if not _acts_for(by, found.row.giver_id):
        raise NotTheGiver()
    _require_in_force(found, by.permissions)
    if _stands_still(found, now):
        raise AgreementNotInForce(standing=_STANDS_STILL, owner=found.row.owner)
    made = _asked(reason, by, now, agreement=agreement)
    record("export asked for", by=by, of="export", id=made.id, why=f"agreement {agreement}")
    return Done(made.id, (ExportAsked(made.id),))


def ask_own_records(*, request: UUID, reason: str, by: Scope, now: datetime) -> Done[UUID]:
    """Ask for the file of all that is held about the person of a request; the layer above has checked the request."""
    permit(OWN_RECORDS, by=by)
    made = _asked(reason, by, now, request=request)
    record("export asked for", by=by, of="export", id=made.id, why="a person's own records")
    return Done(made.id, (ExportAsked(made.id),))


def claim_export(*, export: UUID, by: Scope, now: datetime) -> Done[ExportToMake | None]:
    """Whether an export that was asked for may be made now; None where not, and then it is refused for good.

    Its row is locked until the transaction ends, so that two workers make it once.
    """
    row = (
        Export.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(id=export, state=Export.State.ASKED)
        .select_related("agreement__basis")
        .first()
    )
    if row is None:
        return Done(None)
    why = _why_not(row, by, now)
    if not why and row.asked_at <= limit("export_is_made_within").before(now):
        why = "It could not be made in time. Ask for it again."
    if why:
        _refuse(row, why, by)
        return Done(None)
    member = staff_member(row.asked_by_id, now=now, membership=row.membership_id)
    if member is None:
        raise AssertionError("whoever asked was found to work there a moment ago")
    scope = member.scope
    if row.agreement is None:
        return Done(ExportToMake(row.id, scope, row.organisation_id, request=row.request))
    basis = resting_on(row.agreement.basis)
    return Done(
        ExportToMake(
            id=row.id,
            scope=replace(scope, basis=row.agreement.basis_id),
            giver=row.agreement.giver_id,
            fields=tuple(row.agreement.fields),
            purposes=basis.purposes,
            beyond_care=basis.beyond_care,
            opt_out_applies=basis.opt_out_applies,
        )
    )


def keep_export(*, export: UUID, content: bytes, file_name: str, totals: Totals, by: Scope, now: datetime) -> Done[str]:
    """Keep the file of an export that was made, with its control totals; returns its hash."""
    if not totals.add_up:
        raise AssertionError("the control totals of an export do not add up")
    sha256 = export_files.write(export, content)
    Export.objects.filter(id=export, state=Export.State.ASKED).update(
        state=Export.State.READY,
        made_at=now,
        expires_at=limit("export_is_kept").after(now),
        file_name=file_name,
        sha256=sha256,
        **vars(totals),
    )
    record("export made", by=by, of="export", id=export, why=f"{totals.exported} people")
    return Done(sha256)


def refuse_export(*, export: UUID, why: str, by: Scope, now: datetime) -> Done[None]:
    """An export cannot be made, for a reason that its asker reads."""
    row = Export.objects.get(id=export)
    _refuse(row, why, by)
    return Done(None)


def collect_export(*, export: UUID, by: Scope, now: datetime) -> Done[CollectedExport]:
    """Hand out a file, if everything that it rests on still holds at this second.

    One under an agreement to whoever asked for it; one of a person's own records to a colleague of theirs, so that
    nobody alone takes out all that is held about somebody. Raises FileNeedsSecond, NoExport.
    """
    found = Export.objects.filter(id=export).select_related("agreement__basis").first()
    if found is None:
        raise NotThere()
    asked_by_them = str(found.asked_by_id) == by.actor
    if not (_acts_for(by, found.organisation_id) if found.request else asked_by_them):
        raise NotThere()
    permit(_permission(found), by=by)
    if found.request and asked_by_them:
        raise FileNeedsSecond()
    if in_emergency(scope=by):
        raise EmergencyInProgress()
    why = _why_not(found, by, now)
    if not why and found.expires_at is not None and now >= found.expires_at:
        why = "It has expired. Ask for it again."
    if not why and found.state not in (Export.State.READY, Export.State.COLLECTED):
        why = found.refused_because or "It is not made yet." if found.state != "expired" else "It has expired."
    if why:
        raise NoExport(why=why)
    with enter(system("governance", now=now)):
        Export.objects.filter(id=export).update(state=Export.State.COLLECTED, collected_at=now)
    acting = by if found.agreement is None else replace(by, basis=found.agreement.basis_id)
    with enter(acting):
        under = (
            f"agreement {found.agreement_id}, basis {found.agreement.basis_id}" if found.agreement else "own records"
        )
        record("export collected", by=acting, of="export", id=export, why=f"{under}, {found.exported} people")
    return Done(CollectedExport(found.id, found.file_name, found.sha256))


def end_exports(*, by: Scope, now: datetime) -> Done[int]:
    """Exports whose asker has left, whose agreement or basis has ended, or whose time is over: they end, and
    their files go. Returns how many ended.
    """
    ended = 0
    open_now = Export.objects.select_for_update(skip_locked=True, of=("self",)).filter(state__in=_LIVE)
    for row in open_now:
        if row.expires_at is not None and now >= row.expires_at:
            Export.objects.filter(id=row.id).update(state=Export.State.EXPIRED)
            ended += 1
        elif why := _why_not(row, by, now):
            _refuse(row, why, by)
            ended += 1
    return Done(ended)


def delete_files(*, by: Scope, now: datetime) -> Done[int]:
    """Delete the files of exports that have ended; returns how many."""
    lying = export_files.lying()
    states = dict(Export.objects.filter(id__in=lying).values_list("id", "state")) if lying else {}
    kept = [id_ for id_, state in states.items() if state in (Export.State.READY, Export.State.COLLECTED)]
    ended = [id_ for id_, state in states.items() if state in (Export.State.REFUSED, Export.State.EXPIRED)]
    return Done(export_files.delete_all_but(kept, ended) if lying else 0)


def _asked(
    reason: str, by: Scope, now: datetime, *, agreement: int | None = None, request: UUID | None = None
) -> Export:
    if by.membership is None or by.organisation is None:
        raise NotPermitted()
    with enter(system("governance", now=now)):
        return Export.objects.create(
            agreement_id=agreement,
            request=request,
            reason=reason[:400],
            asked_by_id=int(by.actor),
            membership_id=by.membership,
            organisation_id=by.organisation,
            asked_at=now,
        )


def _acts_for(by: Scope, organisation: int) -> bool:
    """Whether somebody acts for an organisation now, under the membership they chose."""
    return by.identity == "staff" and by.membership is not None and by.organisation == organisation


def _require_in_force(found: Agreement, permissions: frozenset[str]) -> None:
    if found.standing != "live":
        raise AgreementNotInForce(standing=STANDINGS[found.standing], owner=found.row.owner)
    if hidden := not_for(found.row.fields, permissions):
        raise NotYoursToExport(fields=", ".join(field.label.lower() for field in hidden))


def _why_not(row: Export, by: Scope, now: datetime) -> str:
    """Why an export may not be made or handed out at `now`; empty where it may."""
    member = staff_member(row.asked_by_id, now=now, membership=row.membership_id)
    if member is None:
        return "Whoever asked for it does not work there any more."
    if not member.scope.may(_permission(row)):
        return "The role of whoever asked for it does not allow it any more."
    if row.agreement is None:
        return ""
    found = find(row.agreement.id, scope=by)
    if found is None or found.standing != "live":
        return f"Nothing is given under its agreement now. {STANDINGS[found.standing] if found else ''}."
    if _stands_still(found, now):
        return f"{_STANDS_STILL}."
    if not_for(found.row.fields, member.scope.permissions):
        return "The role of whoever asked for it does not show everything that the agreement names."
    return ""


def _stands_still(found: Agreement, now: datetime) -> bool:
    """Whether a risk decision about the agreement, its files or the basis that it rests on suspends them."""
    kinds = (("agreement", str(found.row.id)), ("export", str(found.row.id)), ("basis", found.row.basis.key))
    return any(suspended(kind, key, now=now) for kind, key in kinds)


def _permission(row: Export) -> str:
    return OWN_RECORDS if row.request else PEOPLE


def _refuse(row: Export, why: str, by: Scope) -> None:
    Export.objects.filter(id=row.id).update(state=Export.State.REFUSED, refused_because=why[:300])
    record("export refused", by=by, of="export", id=row.id, why=why)
