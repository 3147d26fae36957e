"""Frozen values of governance."""
