"""What networks can be computed with."""

from __future__ import annotations

from collections.abc import Mapping

CPU = "CPU"
PROVIDERS: Mapping[str, str] = {
    CPU: "CPUExecutionProvider",
    "CUDA": "CUDAExecutionProvider",
    "OPENVINO": "OpenVINOExecutionProvider",
    "COREML": "CoreMLExecutionProvider",
    "DIRECTML": "DmlExecutionProvider",
}
"""Our names of what onnxruntime can compute with, and its own."""
