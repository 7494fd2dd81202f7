"""Helpers that Kindling's tutorials share."""
