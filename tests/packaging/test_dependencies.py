"""What is imported is declared, what is declared is imported, and torch is an extra."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

from advisor.torch_package import INSTALL, OLDEST_TORCH

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# What altair and friends are known by on the index, where the import has another name.
DISTRIBUTIONS = {"vl_convert": "vl-convert-python", "yaml": "pyyaml", "sklearn": "scikit-learn"}
# Not among ``all``: torchvision comes with it, whose builds fit one build of torch each.
APART = {"fastai"}
# Imported by code that advisor prints or only where the user's own objects come from it.
OPTIONAL = {"lightning", "transformers", "accelerate", "keras", "scikit-learn"}


def name_of(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("_", "-")


def imported() -> set[str]:
    """Return the distributions that modules of the package import, at the top or inside functions."""
    roots: set[str] = set()
    for path in (ROOT / "advisor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                roots.add(node.module.split(".")[0])
    foreign = roots - {"advisor"} - set(sys.stdlib_module_names)
    return {DISTRIBUTIONS.get(root, root.replace("_", "-")) for root in foreign}


def test_imports_and_requirements_agree() -> None:
    required = {name_of(item) for item in PROJECT["dependencies"]}
    optional = {name_of(item) for extra in EXTRAS.values() for item in extra} - {"lr-advisor"}
    assert required <= imported()
    assert imported() <= required | optional
    assert optional - imported() <= OPTIONAL


def test_a_plain_install_brings_no_torch_and_no_framework() -> None:
    seen: set[str] = set()
    waiting = [name_of(item) for item in PROJECT["dependencies"]]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for requirement in importlib.metadata.requires(name) or ():
            if "extra ==" not in requirement and "sys_platform == 'win32'" not in requirement:
                try:
                    importlib.metadata.distribution(name_of(requirement))
                except importlib.metadata.PackageNotFoundError:
                    continue  # for another system or an older Python
                waiting.append(name_of(requirement))
    assert not seen & {"torch", "pandas", "triton", "lightning", "transformers", "keras", "tensorflow"}
    assert not {name for name in seen if "nvidia" in name or "cuda" in name}


def test_the_extra_that_is_named_exists_and_states_the_oldest_torch() -> None:
    assert re.fullmatch(r'pip install "lr-advisor\[(\w+)\]"', INSTALL)[1] in EXTRAS
    assert EXTRAS["torch"] == ["cloudpickle>=3", f"torch>={'.'.join(map(str, OLDEST_TORCH))}"]


def test_all_is_every_other_extra() -> None:
    (everything,) = EXTRAS["all"]
    assert set(re.fullmatch(r"lr-advisor\[(.+)\]", everything)[1].split(",")) == set(EXTRAS) - {"all", *APART}
