"""Kindling: the small package that the tutorials share.

A thing is here because two tutorials use it; the first of them builds it by hand. Importing it does no work:
nothing is downloaded, written, seeded or moved to a device until you call something.
"""
