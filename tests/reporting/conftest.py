"""The hand-made advices and the diagnoses, and their pages rendered once."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from advisor.api.advice import Advice


@cache
def module(file: str) -> ModuleType:
    name = f"reporting_{file}"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{file}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def advices() -> ModuleType:
    return module("advices")


@cache
def page(case: str) -> str:
    return {**advices().CASES, **module("diagnoses").CASES}[case]().to_html()


LOGS = ("healthy_log", "troubled_log", "broken_log", "undecided_log", "short_log", "nan_log", "hostile_log")
CASES = ("typical", "minimal", "fixed", "rejected", "inconclusive", "hostile", "huge")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def advice(case: str) -> Advice:
    return advices().CASES[case]()


@pytest.fixture(params=[*CASES, *LOGS])
def any_page(request: pytest.FixtureRequest) -> str:
    return page(str(request.param))


@pytest.fixture(params=LOGS)
def log_case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def diagnoses() -> ModuleType:
    return module("diagnoses")


@pytest.fixture
def typical() -> Advice:
    return advices().typical()


@pytest.fixture
def make() -> ModuleType:
    return advices()


@pytest.fixture
def page_of() -> Callable[[str], str]:
    return page
