"""What a pack says, as frozen values. Pure: no Django, no database."""

from openprotect.programmes.definitions.pack import Pack

__all__ = ["Pack"]
