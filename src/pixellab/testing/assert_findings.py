"""What every diagnosis promises."""

from __future__ import annotations

from collections.abc import Sequence

from pixellab.domain.findings import Finding, Verdict


def assert_works(findings: Sequence[Finding]) -> None:
    """There are findings, and none is of something that is wrong."""
    assert_advises(findings)
    assert findings
    assert {each.verdict for each in findings} == {Verdict.OK}


def assert_advises(findings: Sequence[Finding]) -> None:
    """Each says what it is about and what was found, and what to do where all is not well."""
    for each in findings:
        assert each.part
        assert each.found
        assert bool(each.advice) is (each.verdict is not Verdict.OK), each
