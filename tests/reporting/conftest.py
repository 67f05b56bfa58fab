"""The hand-made advices, and their pages rendered once."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from advisor.results import Advice


@cache
def advices() -> ModuleType:
    name = "reporting_advices"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("advices.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@cache
def page(case: str) -> str:
    from advisor.reporting import html

    return html.render(advices().CASES[case]())


CASES = ("typical", "minimal", "fixed", "rejected", "inconclusive", "hostile", "huge")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def advice(case: str) -> Advice:
    return advices().CASES[case]()


@pytest.fixture
def typical() -> Advice:
    return advices().typical()


@pytest.fixture
def make() -> ModuleType:
    return advices()


@pytest.fixture
def page_of() -> Callable[[str], str]:
    return page
