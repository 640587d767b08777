"""Batches and their lines in an SQL database."""
