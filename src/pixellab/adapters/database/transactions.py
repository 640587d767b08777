"""Transactions, repeated as a whole where the database gave up on them and that is safe."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pixellab.adapters.database.engine import RETRY_AFTER, our_errors
from pixellab.adapters.database.mysql import REPEATABLE, error_code
from pixellab.domain.errors import StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

PAUSES = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Seconds before each repetition; up to twice that, so that rivals do not meet again."""


class Transactions:
    """Runs pieces of work over ``engine``, each in a transaction of its own."""

    def __init__(self, engine: Engine, *, timeout: float) -> None:
        """After ``timeout`` seconds nothing is repeated any more."""
        self._engine = engine
        self._timeout = timeout

    def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """What ``work`` returns, once that is committed; its errors undo all that it did.

        A transaction that was lost before it was to be committed (a deadlock, a connection that
        broke) is repeated. One whose commit went unanswered is not, for it may stand. Raises
        StoreUnavailable, and what ``work`` raises.
        """
        with our_errors():
            end = time.monotonic() + self._timeout
            for pause in PAUSES:
                try:
                    return self._once(work, writes=writes)
                except DBAPIError as error:
                    if not _lost(error) or time.monotonic() >= end:
                        raise
                time.sleep(random.uniform(pause, 2 * pause))  # noqa: S311 - only to part rivals
            return self._once(work, writes=writes)

    def _once(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        with self._engine.connect() as connection:
            if writes:
                connection.execution_options(writes=True)
            with connection.begin() as transaction:
                result = work(connection)
                try:
                    transaction.commit()
                except DBAPIError as error:
                    if writes and error.connection_invalidated:
                        raise StoreUnavailable(
                            "The database went away before it said whether the record was written; "
                            "try again later.",
                            retry_after=RETRY_AFTER,
                        ) from error
                    raise
            return result


def _lost(error: DBAPIError) -> bool:
    return error.connection_invalidated or error_code(error) in REPEATABLE


class _Transacting(Protocol):
    _transactions: Transactions


R = TypeVar("R", bound=_Transacting)


def reading(
    method: Callable[Concatenate[R, Connection, P], T],
) -> Callable[Concatenate[R, P], T]:
    """Gives a method the connection of a transaction that only reads."""
    return _transacting(method, writes=False)


def writing(
    method: Callable[Concatenate[R, Connection, P], T],
) -> Callable[Concatenate[R, P], T]:
    """Gives a method the connection of a transaction that is committed when it returns."""
    return _transacting(method, writes=True)


def _transacting(
    method: Callable[Concatenate[R, Connection, P], T], *, writes: bool
) -> Callable[Concatenate[R, P], T]:
    @wraps(method)
    def run(repository: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return repository._transactions.run(
            lambda connection: method(repository, connection, *args, **kwargs), writes=writes
        )

    return run
