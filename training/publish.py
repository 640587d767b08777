"""Puts a trained network into the package: its ONNX file and its line in weights.toml.

    python -m training.publish upscale_x2 --work WORK [--half]

Works while the training goes on, too, from its last checkpoint.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import torch

from training.network import write_onnx
from training.recipes import RECIPES
from training.train import Run

WEIGHTS = Path(__file__).parents[1] / "src/pixellab/adapters/enhancers/local/networks/weights"
HEAD = "# Made by training/publish.py: what each network's file must be, and how far it looks.\n"


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("name", choices=RECIPES)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--half", action="store_true", help="keep the weights as float16")
    given = ask.parse_args()
    run = Run(RECIPES[given.name], "cpu")
    checkpoint = torch.load(given.work / f"{given.name}.pt", "cpu", weights_only=True)
    run.average = checkpoint["average"]
    network = run.averaged()
    file = WEIGHTS / f"{given.name}.onnx"
    write_onnx(network, file, half=given.half)
    known = read_listing()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    shape = network.shape
    known[given.name] = {"sha256": digest, "reach": shape.reach, "grid": shape.grid}
    write_listing(known)
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB, SHA-256 {digest}")


def read_listing() -> dict[str, dict[str, Any]]:
    """What weights.toml says of each network."""
    listing = WEIGHTS / "weights.toml"
    return tomllib.loads(listing.read_text()) if listing.exists() else {}


def write_listing(known: dict[str, dict[str, Any]]) -> None:
    parts = [HEAD]
    for name, about in sorted(known.items()):
        lines = (f"{key} = {json.dumps(value)}\n" for key, value in about.items())
        parts.append(f"\n[{name}]\n{''.join(lines)}")
    (WEIGHTS / "weights.toml").write_text("".join(parts))


if __name__ == "__main__":
    main()
