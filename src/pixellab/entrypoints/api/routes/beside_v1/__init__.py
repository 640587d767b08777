"""Addresses outside /api/v1: for machines, for browsers, and of stored files."""
