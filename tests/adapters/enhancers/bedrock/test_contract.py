"""BEDROCK keeps the contract of every enhancer, over a server that speaks as Bedrock does."""

from __future__ import annotations

from pixellab.testing import EnhancerContract


class TestBedrock(EnhancerContract):
    """Over the fixture ``enhancer`` of this folder."""
