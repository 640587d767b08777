"""The networks that the steps of one picture may use, and those that they did use."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from pixellab.adapters.enhancers.local.networks.image_network import Network
from pixellab.adapters.enhancers.local.networks.light_network import LightNetwork
from pixellab.adapters.enhancers.local.networks.shipped import (
    LIGHT,
    contents,
    opened_once,
    shipped,
    shipped_light_network,
)
from pixellab.adapters.enhancers.local.networks.tuning import UNTUNED, Quickest, Tuning
from pixellab.adapters.network_files.providers import CPU
from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.results import Model, Step

log = logging.getLogger(__name__)


class Networks:
    """Gives out networks for one picture, and notes which steps used which.

    ``providers`` compute them (see ``adapters/network_files/providers``). ``upscaler`` is the path
    of a network that enlarges, used in place of ours. ``tuning`` is for those that make pictures.
    """

    def __init__(
        self,
        providers: Sequence[str] = (CPU,),
        upscaler: Path | None = None,
        tuning: Tuning = UNTUNED,
    ) -> None:
        self._providers = tuple(providers)
        self._upscaler = upscaler
        self._tuning = tuning
        self._used: list[tuple[str, Model]] = []
        self._warnings: list[str] = []

    def for_another(self) -> Networks:
        """The same ones, with nothing noted."""
        return Networks(self._providers, self._upscaler, self._tuning)

    def ours(self, name: str) -> Network:
        """One of those that come with PixelLab.

        Raises BackendUnavailable if its file is missing or is not the one that was shipped.
        """
        return shipped(name, self._providers, self._tuning)

    def light_network(self) -> LightNetwork:
        """The one that judges the light.

        Raises BackendUnavailable if its file is missing or is not the one that was shipped.
        """
        return shipped_light_network(self._providers)

    def upscaler(self) -> Network | None:
        """The user's own for enlarging; None if there is none, or none that can be used."""
        if self._upscaler is None:
            return None
        try:
            network = opened_once(self._upscaler, self._providers, self._tuning)
            if network.scale == 1:
                raise BackendUnavailable(f"The network {network.name} does not enlarge.")
        except BackendUnavailable as error:
            self.warn(f"{error.message} PixelLab's own was used instead.")
            return None
        return network

    def diagnose(self) -> list[Finding]:
        """Whether each can be opened, and is computed with what was asked for."""
        try:
            opened = [*(self.ours(name).opened for name in contents()), self.light_network().opened]
        except BackendUnavailable as error:
            return [problem("networks", error.message, "Install PixelLab again.")]
        warnings = {each for session in opened for each in session.warnings}
        advice = "Install the onnxruntime build that has it, or correct PIXELLAB_PROVIDERS."
        computed = Quickest(self._providers[0], self._tuning)
        findings = [
            fine("networks", f"{', '.join((*contents(), LIGHT))} can be used ({computed})"),
            *(warning("providers", each, advice) for each in sorted(warnings)),
        ]
        if self._upscaler is not None:
            findings.append(self._diagnose_upscaler())
        return findings

    def _diagnose_upscaler(self) -> Finding:
        part, another = "upscale network", self.for_another()
        if network := another.upscaler():
            found = f"{network.name}, which enlarges {network.scale} times, can be used"
            return fine(part, found)
        return problem(part, " ".join(another.warnings), "Correct PIXELLAB_UPSCALE_MODEL.")

    def note(self, network: Network | LightNetwork, step: str) -> None:
        """The step of that name used ``network``."""
        self._used.append((step, Model(network.name, network.sha256)))
        self._warnings += network.opened.warnings

    def noted(self, step: str) -> bool:
        """Whether the step of that name used a network."""
        return any(used == step for used, _ in self._used)

    def warn(self, sentence: str) -> None:
        log.warning("%s", sentence)
        self._warnings.append(sentence)

    def used(self, steps: Sequence[Step]) -> tuple[Model, ...]:
        """The networks of those ``steps`` that were applied, in the order of their use."""
        applied = {step.name for step in steps if step.applied}
        return tuple(dict.fromkeys(model for step, model in self._used if step in applied))

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._warnings))
