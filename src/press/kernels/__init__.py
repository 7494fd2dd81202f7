"""Starts kernels: each is forked from a server that has done the heavy imports; none outlives the press."""
