"""Ports to what is kept in a database."""
