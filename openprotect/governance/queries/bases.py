"""Legal bases."""

from __future__ import annotations

from collections.abc import Collection

from openprotect.governance.models import LegalBasis


def basis_id(key: str) -> int:
    """The id of the legal basis with this key."""
    return LegalBasis.objects.values_list("id", flat=True).get(key=key)


def find_basis(key: str) -> int | None:
    """The id of the legal basis with this key, if it was stated."""
    return LegalBasis.objects.filter(key=key).values_list("id", flat=True).first()


def basis_titles(ids: Collection[int]) -> dict[int, str]:
    """Titles by id."""
    return dict(LegalBasis.objects.filter(id__in=ids).values_list("id", "title"))
