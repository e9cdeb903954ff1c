"""The requests that every checker is asked about, made by the generator that our own tests use."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[2] / "tests" / "unit" / "sdk"


def write_requests(file: Path) -> None:
    """Two lists of (service, operation, members): for every constraint one that breaks it, and legal ones.

    Illegal are only what awsJson can say: no null, which checkers of Python values treat as absent or not.
    """
    values = _model_values()
    illegal = [
        (case.service, case.operation, case.request)
        for service in values.SERVICES
        for case in values.illegal_cases(service)
        if case.kind not in ("required, null", "null item", "pattern, trailing line feed")
    ]
    file.write_bytes(pickle.dumps((illegal, [("ecr", *request) for request in values.REFUSED_BY_OTHERS])))


def _model_values() -> Any:
    specification = importlib.util.spec_from_file_location("benchmarks.sdk.model_values", _TESTS / "model_values.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module
