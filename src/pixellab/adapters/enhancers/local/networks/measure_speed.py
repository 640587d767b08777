"""Measures what computes the shipped networks quickest on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.networks.image_network import Network
from pixellab.adapters.enhancers.local.networks.shipped import shipped
from pixellab.adapters.enhancers.local.networks.tuning import Level, Quickest, Tuning
from pixellab.adapters.enhancers.local.pixels.cores import cores
from pixellab.adapters.enhancers.local.pixels.tiles import MAX_THREADS
from pixellab.adapters.network_files.providers import CPU, PROVIDERS

MEASURED = ("upscale_x2", "denoise")
"""The networks that most of the time goes to."""
SIDE, TILE = 320, 160
"""Of the picture and its tiles, in pixels: four of them, so that as many threads have work."""
ROUNDS = 3
WORTH = 0.95
"""Share of the time of what is done without tuning from which on a change is worth it: below
that it is mostly chance."""


@frozen
class Speed:
    """The quickest of what was tried, its seconds, and those of what is done without tuning."""

    quickest: Quickest
    seconds: float
    untuned: float


def measure(providers: Sequence[str], side: int = SIDE, rounds: int = ROUNDS) -> Speed:
    """Among ``providers``, keys of ``PROVIDERS``: each with each level and number of tiles.

    By a drawn picture of ``side`` x ``side`` pixels, the best of ``rounds`` in turn, so that other
    work on the machine harms all alike. A provider that this machine lacks is passed over. Raises
    BackendUnavailable if a network's file is missing or is not the one that was shipped, and
    BackendFailed where memory does not suffice.
    """
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    tried = {each: _networks(each) for each in _choices(providers)}
    # The CPU is always among those that are tried, and so is this.
    usual = Quickest(tuning=Tuning(tiles=min(cores(), MAX_THREADS)))
    seconds = dict.fromkeys(tried, float("inf"))
    for _ in range(rounds):
        for each, networks in tried.items():
            began = time.perf_counter()
            for network in networks:
                network.run(pixels, tile=TILE, threads=each.tuning.tiles)
            seconds[each] = min(seconds[each], time.perf_counter() - began)
    best = min(seconds, key=seconds.__getitem__)
    if seconds[best] > WORTH * seconds[usual]:
        best = usual
    return Speed(best, seconds[best], seconds[usual])


def _choices(providers: Sequence[str]) -> Iterator[Quickest]:
    most = min(cores(), MAX_THREADS)
    for provider in dict.fromkeys((*providers, CPU)):
        # Others than the CPU are given one tile at a time.
        at_a_time = sorted({1, 2, most} & {*range(most + 1)}) if provider == CPU else [1]
        for level in Level:
            choices = [Quickest(provider, Tuning(level, tiles)) for tiles in at_a_time]
            if _is_here(choices[0]):
                yield from choices


def _is_here(choice: Quickest) -> bool:
    """Whether this build of onnxruntime has the provider, and it starts."""
    import onnxruntime

    if PROVIDERS[choice.provider] not in onnxruntime.get_available_providers():
        return False
    return choice.provider == CPU or not _networks(choice)[0].opened.on_cpu


def _networks(choice: Quickest) -> list[Network]:
    providers = tuple(dict.fromkeys((choice.provider, CPU)))
    level = Tuning(choice.tuning.level)
    return [shipped(name, providers, level) for name in MEASURED]
