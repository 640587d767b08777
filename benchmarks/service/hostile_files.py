"""What does a server do with the files that strangers send? Beside it, Pillow alone, and sharp.

    python -m benchmarks.service.hostile_files FOLDER [--clients 4] [--mode AUTO] [--no-peer]

Starts the server as a process of its own and sends every file of FOLDER and its folders, several at
a time, while another process asks /health/live every 10 ms. ``benchmarks.service.make_hostile``
makes such a folder; any pictures will do. Prints the answers by status, the slowest of them, the
latency of liveness, the server's memory, and whether rows and objects say the same. Pillow and
sharp open and decode the same files, one after the other, each for as long as the server may take.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import psutil
from attrs import frozen

from benchmarks.peers.sharp_peer import Opener
from benchmarks.service.burst import memory, polling, server, upload
from benchmarks.service.tally import failures
from pixellab.domain.ports import ImageQuery
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings

ALLOWED = {201, 413, 415, 422}
"""What files are answered; 503 only where more come at once than are taken."""
LIMIT_SECONDS = 10.0
STILL = f"still at it after {LIMIT_SECONDS:g} s"
SLOWEST = 5


@frozen
class Answer:
    """What became of one file."""

    file: Path
    said: str
    seconds: float


def main() -> None:
    """Print the tables."""
    args = _arguments()
    files = sorted(path for path in args.folder.rglob("*") if path.is_file())
    if not files:
        sys.exit(f"There are no files in {args.folder}.")
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {megabytes:.0f} MB, {args.clients} clients, {args.mode}")
    with server() as (process, port):
        with (
            memory(process) as resident,
            polling(port, "meanwhile"),
            ThreadPoolExecutor(args.clients) as clients,
        ):
            answers = list(clients.map(lambda path: _sent(path, port, args.mode), files))
        _report("PixelLab", answers)
        print("  memory " + "   ".join(f"{when} {mb:.0f} MB" for when, mb in resident.items()))
        _compare(process, answers)
    if args.peer:
        _report("Pillow alone", _by_pillow(files))
        _report("sharp alone", _by_sharp(files))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--mode", default="AUTO")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    return parser.parse_args()


def _sent(path: Path, port: int, mode: str) -> Answer:
    began = time.perf_counter()
    try:
        status, kind, _ = upload(port, path.read_bytes(), mode)
        said = f"{status} {kind.rpartition(':')[2]}"
    except (OSError, HTTPException, ValueError) as error:
        said = f"no answer: {type(error).__name__}"
    return Answer(path, said, time.perf_counter() - began)


def _report(title: str, answers: list[Answer]) -> None:
    print(title)
    for said, count in sorted(Counter(each.said for each in answers).items()):
        longest = max(each.seconds for each in answers if each.said == said)
        status = said.partition(" ")[0]
        note = "   NOT ALLOWED" if title == "PixelLab" and not _is_allowed(status) else ""
        print(f"  {said:32} {count:5}   longest {longest:6.2f} s{note}")
        if note:
            print("    " + ", ".join(each.file.name for each in answers if each.said == said)[:500])
    for each in sorted(answers, key=lambda each: -each.seconds)[:SLOWEST]:
        print(f"  slow: {each.seconds:6.2f} s   {each.said:24} {each.file.name}")


def _is_allowed(status: str) -> bool:
    return status.isdecimal() and int(status) in ALLOWED


def _compare(process: psutil.Process, answers: list[Answer]) -> None:
    """Rows and objects of the server's stores, beside what was answered."""
    folder = process.environ()["PIXELLAB_DATA_DIR"]
    with bootstrap(load_settings(data_dir=folder)) as lab:
        rows = lab.list_images(ImageQuery(limit=1)).total
        objects = len(set(lab.store.keys()))
        made = sum(each.said.startswith("201") for each in answers)
        print(f"  {rows} rows, {objects} objects; {made} were answered with 201")
        for what, count in failures(lab).items():
            print(f"  {what}: {count}")


def _by_pillow(files: list[Path]) -> list[Answer]:
    answers = []
    pool = mp.Pool(1)
    for path in files:
        began = time.perf_counter()
        try:
            said = pool.apply_async(_loaded, (path,)).get(LIMIT_SECONDS)
        except mp.TimeoutError:
            pool.terminate()
            pool = mp.Pool(1)
            said = STILL
        answers.append(Answer(path, said, time.perf_counter() - began))
    pool.terminate()
    return answers


def _by_sharp(files: list[Path]) -> list[Answer]:
    answers = []
    with Opener() as sharp:
        for path in files:
            began = time.perf_counter()
            said = sharp.opened(path, LIMIT_SECONDS) or STILL
            answers.append(Answer(path, said, time.perf_counter() - began))
    return answers


def _loaded(path: Path) -> str:
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
    except Exception as error:
        return type(error).__name__
    return "opened"


if __name__ == "__main__":
    main()
