"""Many photos at once, with a bar, until something ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import Factory, define, frozen

from pixellab.domain.errors import StoreUnavailable
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from pixellab.entrypoints.answers import EnhancedAnswer

A = TypeVar("A", bound="EnhancedAnswer")


@frozen(kw_only=True)
class Done(Generic[A]):
    """One photo's answer."""

    answer: A
    earlier: bool
    """Whether an earlier run did it."""


@define
class Tally(Generic[A]):
    """How the photos ended."""

    done: list[Done[A]] = Factory(list)
    failed: int = 0
    not_begun: int = 0
    """Since the store took no more."""

    @property
    def exit_code(self) -> int:
        return EXIT_FAILED if self.failed or self.not_begun else EXIT_OK


def do_each(
    do: Callable[[str], Done[A]],
    folder: Path,
    photos: Sequence[str],
    workers: int,
    *,
    as_json: bool,
) -> Tally[A]:
    """Do each of the ``photos`` of ``folder``, ``workers`` at once, and say what went wrong.

    One bad photo ends nothing. A store that takes no more, such as a full disk, ends it: the next
    photo would fare no better.
    """
    tally: Tally[A] = Tally()
    with screen.progress_bar(as_json=as_json) as bar, threads(workers) as pool:
        line = bar.add_task("Enhancing", total=len(photos))
        work: dict[Future[Done[A]], str] = {pool.submit(do, photo): photo for photo in photos}
        for future in as_completed(work):
            bar.advance(line)
            if future.cancelled():
                tally.not_begun += 1
                continue
            try:
                tally.done.append(future.result())
            except Exception as error:
                tally.failed += 1
                about = screen.shown(folder / work[future])
                screen.complain(error, as_json=as_json, about=about, console=bar.console)
                if isinstance(error, StoreUnavailable):
                    for each in work:
                        each.cancel()
            else:
                if as_json:
                    screen.say_json(tally.done[-1].answer)
    return tally


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are done with their work on leaving, but left to it by an exception.

    The pool's own ``with`` waits for them in either case, which after Ctrl-C can take minutes.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix="batch")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def summary(tally: Tally[A], where: str) -> str:
    """What a person is told at the end; ``where`` is a place."""
    new = [each.answer for each in tally.done if not each.earlier]
    parts = [f"{len(new)} enhanced"]
    if len(tally.done) > len(new):
        parts.append(f"{len(tally.done) - len(new)} were done before")
    if tally.failed:
        parts.append(f"{tally.failed} failed")
    if tally.not_begun:
        parts.append(f"{tally.not_begun} were not begun")
    text = f"{', '.join(parts)}; results in {where}."
    if tally.not_begun:
        text += "\nIt ended early, since no more could be stored; run it again once that is mended."
    if new:
        before = sum(each.quality_before for each in new) / len(new)
        after = sum(each.quality_after for each in new) / len(new)
        megabytes = [
            sum(kilobytes) / 1000
            for kilobytes in zip(
                *((each.original_size_kb, each.enhanced_size_kb) for each in new), strict=True
            )
        ]
        text += (
            f"\nMean score {before:.1f} → {after:.1f}, "
            f"{megabytes[0]:.1f} MB → {megabytes[1]:.1f} MB."
        )
    return text
