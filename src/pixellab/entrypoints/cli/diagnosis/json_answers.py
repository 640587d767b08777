"""What ``pixellab doctor --json`` and ``pixellab models ... --json`` print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NetworkFile
from pixellab.domain.findings import Finding
from pixellab.entrypoints.answers import Answer


class FindingAnswer(Answer):
    """One part, whether it works, and what to do about it."""

    part: str
    verdict: Literal["ok", "warning", "problem"]
    found: str
    advice: str

    @classmethod
    def of(cls, finding: Finding) -> FindingAnswer:
        return cls(
            part=finding.part,
            verdict=finding.verdict.value,
            found=finding.found,
            advice=finding.advice,
        )


class DoctorAnswer(Answer):
    """Whether everything works, and what each check found."""

    healthy: bool
    findings: list[FindingAnswer]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> DoctorAnswer:
        listed = [FindingAnswer.of(each) for each in findings]
        return cls(healthy=all(each.verdict != "problem" for each in listed), findings=listed)


class ModelAnswer(Answer):
    """A network, and what there is of it."""

    name: str
    about: str
    licence: str
    size_bytes: int
    sha256: str
    address: str
    state: Literal["ready", "missing", "damaged"]
    in_use: bool


class ModelsAnswer(Answer):
    """The folder, and networks that are or could be in it."""

    folder: str
    models: list[ModelAnswer]
    own: FindingAnswer | None = None
    """What ``models verify`` found of the user's own network for cut-outs, if one is in use."""

    @classmethod
    def of(
        cls,
        folder: NetworkFolder,
        models: Iterable[NetworkFile],
        in_use: str,
        own: Finding | None = None,
    ) -> ModelsAnswer:
        listed = [
            ModelAnswer(
                name=each.name,
                about=each.about,
                licence=each.licence,
                size_bytes=each.size,
                sha256=each.sha256,
                address=each.address,
                state=folder.state(each).value,
                in_use=each.name == in_use,
            )
            for each in models
        ]
        return cls(
            folder=str(folder.path),
            models=listed,
            own=None if own is None else FindingAnswer.of(own),
        )
