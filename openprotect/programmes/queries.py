"""Published packs, as they were frozen."""

from __future__ import annotations

from openprotect.programmes.definitions import Pack
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


def titles() -> dict[str, str]:
    """The programmes that run now, by key, with their titles."""
    return {key: pack(version).programme.title for key, version in sorted(switched_on().items())}


def switched_on() -> dict[str, int]:
    """Programme -> the version that runs now."""
    return dict(Activation.objects.filter(ends_at=None).values_list("programme", "pack_version_id"))
