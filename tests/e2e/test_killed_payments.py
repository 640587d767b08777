"""A process killed for real between a service's answer and ours is not paid for twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pixellab.domain.images import ProcessingStatus
from pixellab.domain.ports import ImageQuery
from pixellab.domain.results import CallOutcome, Cost, cost_of
from pixellab.domain.use_cases import Reconciled
from pixellab.domain.use_cases.asking.interrupted import UNANSWERED
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes
from tests.e2e.conftest import NewStores, variables
from tests.unit.installation import PRICE

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, signal, sys
from pathlib import Path
from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.domain.requests import Mode
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from tests.unit.installation import PaidEnhancer

class Killing(PaidEnhancer):
    def enhance(self, *arguments, **options):
        answer = super().enhance(*arguments, **options)
        with open("sent", "a") as log:
            log.write("a picture was drawn and billed\\n")
        if sys.argv[1] == "upload":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

factories = {
    "GEMINI": lambda: Killing("GEMINI"), "LOCAL": lambda: DeterministicEnhancer("LOCAL")
}
routed = RoutedEnhancers(factories, dict.fromkeys(Mode, tuple(sys.argv[2].split(">"))))
with bootstrap(enhancers=routed) as lab:
    if sys.argv[1] == "upload":
        with open("photo.jpg", "rb") as content:
            lab.upload_and_enhance(Upload(content=content))
    else:
        print(lab.reconcile())
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("chain", ["GEMINI", "GEMINI>LOCAL"])
def test_killed_between_the_services_answer_and_ours(
    chain: str, new_stores: NewStores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(new_stores() | {"cost_cap_day": 1}).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "photo.jpg").write_bytes(photo_bytes())

    assert run("upload", chain).returncode == -signal.SIGKILL
    settled = run("reconcile", chain)
    falls_back = chain != "GEMINI"
    expected = Reconciled(finished=1) if falls_back else Reconciled(failed=1)
    assert settled.stdout.strip() == str(expected), settled.stderr

    assert (tmp_path / "sent").read_text().count("billed") == 1
    with bootstrap(load_settings()) as lab:
        (image,) = lab.list_images(ImageQuery()).images
        _, (entry,) = lab.get_history(image.id)
        spent = lab.enhance.budget.ledger().spent(entry.created_at.date(), "everyone")
    assert (entry.calls[0].outcome, entry.calls[0].why) == (CallOutcome.UNKNOWN, UNANSWERED)
    assert cost_of(entry.calls) == Cost(None, "USD")
    assert spent == PRICE
    if falls_back:
        assert (entry.status, entry.backend) == (ProcessingStatus.COMPLETED, "LOCAL")
    else:
        assert (entry.status, entry.failure) == (ProcessingStatus.FAILED, UNANSWERED)
