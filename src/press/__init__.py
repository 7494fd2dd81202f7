"""Turns literate scripts into executed notebooks and pages."""
