"""Measurements: each a module that prints a table and, on its last line, JSON. `make bench NAME=...`"""
