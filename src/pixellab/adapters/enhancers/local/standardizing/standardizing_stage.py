"""STANDARDIZE's steps."""

from __future__ import annotations

from attrs import evolve

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
from pixellab.adapters.enhancers.local.stage import Stage, pixels_before, with_step
from pixellab.adapters.enhancers.local.standardizing.standardize import standardize
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced


def standardizing(
    segment: Segment | None, networks: Networks | None = None, came: Picture | None = None
) -> Stage:
    """A stage that makes the picture fit ``task.profile``; ``segment`` asks a network where the
    product is, in the picture that ``came`` before other stages changed it, and ``networks``
    enlarge it."""

    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        done = standardize(
            so_far.picture, task.profile, segment, networks, pixels_before(so_far, came)
        )
        return evolve(
            with_step(so_far, done.pixels, *done.steps),
            rules=done.rules,
            measure_again=done.measure_again,
            product=None,
            file_rules=done.file_rules,
            warnings=(*so_far.warnings, *done.warnings),
            model_version=done.model,
        )

    return stage
