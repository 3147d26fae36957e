"""A made-up population that misbehaves like a real one: `openprotect synthesise`."""
