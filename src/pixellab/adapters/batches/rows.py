"""Batches and lines to rows and back. Rows of other versions stay readable."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import asdict
from sqlalchemy import RowMapping

from pixellab.adapters.image_repositories.sql.rows import task_of
from pixellab.domain.batches import Batch, BatchItem, BatchState, ItemState, Line
from pixellab.domain.results import Cost
from pixellab.domain.statistics import AMOUNT_STEP


def batch_row(batch: Batch) -> dict[str, Any]:
    """The values of its row of ``batches`` when it is new."""
    return {
        "id": batch.id,
        "name": batch.name,
        "operation": str(batch.task.mode),
        "parameters": asdict(batch.task),
        "backend": batch.backend,
        "payer": batch.payer,
        "state": str(batch.state),
        "lines": 0,
        "created_at": batch.created_at,
        "idempotency_key": batch.idempotency_key,
        "fingerprint": batch.fingerprint,
        "webhook_url": batch.webhook_url,
        "lease_until": batch.lease_until,
        "lease_owner": batch.lease_owner,
    }


def batch_of(row: RowMapping) -> Batch:
    return Batch(
        id=row["id"],
        name=row["name"],
        task=task_of(row["parameters"]),
        backend=row["backend"],
        payer=row["payer"],
        state=BatchState(row["state"]),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        idempotency_key=row["idempotency_key"],
        fingerprint=row["fingerprint"],
        webhook_url=row["webhook_url"],
        lease_until=row["lease_until"],
        lease_owner=row["lease_owner"],
    )


def line_row(batch_id: str, line: Line) -> dict[str, Any]:
    """The values of its row of ``batch_items`` when it is new."""
    return {
        "batch_id": batch_id,
        "number": line.number,
        "source": line.source,
        "sku_id": line.sku_id,
        "state": str(_state_of(line)),
        "failure": line.failure,
        "attempts": 0,
        "retries": 0,
    }


def _state_of(line: Line) -> ItemState:
    if line.failure:
        return ItemState.FAILED
    return ItemState.ARRIVING if line.arriving else ItemState.WAITING


def item_of(row: RowMapping) -> BatchItem:
    return BatchItem(
        batch_id=row["batch_id"],
        number=row["number"],
        source=row["source"],
        sku_id=row["sku_id"],
        state=ItemState(row["state"]),
        image_id=row["image_id"],
        failure=row["failure"],
        attempts=row["attempts"],
        retries=row["retries"],
        lease_until=row["lease_until"],
        lease_owner=row["lease_owner"],
        finished_at=row["finished_at"],
    )


def units_of(cost: Cost | None) -> dict[str, Any] | None:
    """A cost as ``batch_costs`` counts it."""
    if cost is None:
        return None
    known = cost.amount is not None
    amount = round((cost.amount or Decimal()) * AMOUNT_STEP)
    return {"currency": cost.currency, "amount": amount, "unpriced": int(not known)}


def cost_of(row: RowMapping) -> Cost:
    amount = None if row["unpriced"] else Decimal(row["amount"]) / AMOUNT_STEP
    return Cost(amount, row["currency"])
