from __future__ import annotations

import inspect

import pytest

from pixellab.domain import errors
from pixellab.entrypoints import refusals
from pixellab.entrypoints.error_table import PROBLEMS, problem_details, problem_of

CONCRETE = {
    kind
    for module in (errors, refusals)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, errors.PixelLabError)
    # Several wrong fields are shown as one is.
} - {errors.PixelLabError, errors.BackendError, errors.InvalidFields}


def test_every_concrete_error_has_one_row() -> None:
    assert set(PROBLEMS) == CONCRETE


def test_slugs_are_unique() -> None:
    assert len({problem.slug for problem in PROBLEMS.values()}) == len(PROBLEMS)


class QuotaSpent(errors.BackendUnavailable):
    """As a plug-in may derive its own errors."""


class QuotaSpentToday(QuotaSpent):
    pass


class LateAndRefused(errors.BackendTimeout, errors.BackendRefused):
    pass


@pytest.mark.parametrize(
    ("kind", "shown_as"),
    [
        (QuotaSpent, errors.BackendUnavailable),
        (QuotaSpentToday, errors.BackendUnavailable),
        (LateAndRefused, errors.BackendTimeout),
    ],
)
def test_an_error_derived_from_one_of_ours_is_shown_as_that_one(
    kind: type[errors.PixelLabError], shown_as: type[errors.PixelLabError]
) -> None:
    assert problem_of(kind("The quota is spent.")) == PROBLEMS[shown_as]
    body = problem_details(kind("The quota is spent."))
    assert (body["status"], body["detail"]) == (PROBLEMS[shown_as].status, "The quota is spent.")


def test_an_unknown_error_shows_nothing_of_itself() -> None:
    body = problem_details(RuntimeError("/secret/path password=hunter2"))
    assert body["status"] == 500
    assert "secret" not in str(body)
    assert "hunter2" not in str(body)


def test_a_field_error_names_the_field() -> None:
    body = problem_details(errors.InvalidRequest("limit", "limit is 0; allowed are 1 to 200."))
    assert body["status"] == 400
    assert body["errors"] == [{"field": "limit", "message": "limit is 0; allowed are 1 to 200."}]
    assert body["type"] == "urn:pixellab:problem:invalid-request"


def test_the_statuses_are_those_of_the_contract() -> None:
    expected = {
        errors.InvalidRequest: 400,
        refusals.Unauthorized: 401,
        errors.UnknownImage: 404,
        errors.SkuTaken: 409,
        errors.IdempotencyConflict: 409,
        errors.FileTooLarge: 413,
        errors.UnsupportedImage: 415,
        errors.UndecodableImage: 422,
        errors.BackendRefused: 422,
        errors.OverBudget: 422,
        errors.BudgetSpent: 429,
        refusals.RateLimited: 429,
        errors.BackendFailed: 502,
        errors.StoreUnavailable: 503,
        errors.BackendUnavailable: 503,
        refusals.Busy: 503,
        errors.BackendTimeout: 504,
    }
    assert {kind: PROBLEMS[kind].status for kind in expected} == expected
    assert problem_of(refusals.Busy("full")).exit_code != 0


@pytest.mark.parametrize("refusal", ["Busy", "RateLimited", "Unauthorized"])
def test_the_domain_knows_no_refusal_of_the_http_api(refusal: str) -> None:
    assert not hasattr(errors, refusal)
    assert getattr(refusals, refusal).__module__ == refusals.__name__
