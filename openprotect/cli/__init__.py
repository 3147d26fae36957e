"""The `openprotect` command: one module a noun, loaded only when it is asked for."""

from openprotect.cli.edge import main

__all__ = ["main"]
