"""Executes tutorials: each in its own watched kernel, so that whatever a cell does ends in an Outcome."""
