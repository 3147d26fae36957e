"""Pure decisions of governance: no database, no clock; `now` is an argument."""
