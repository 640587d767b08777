"""What axe-core finds wrong with a page for people who use it in other ways than most."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.dashboard.conftest import settled

SERIOUS = {"serious", "critical"}


def serious_violations(page: Page) -> list[str]:
    """A line for each element with a serious violation: the rule, the element, what is wrong."""
    settled(page)
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]
