"""The wheel, built from the sdist as users get it, holds exactly the tracked files and finds its data."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]  # one worker builds it, once


def tracked(*folders: str) -> set[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return {name for name in listing.split("\0") if name}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)], check=True, capture_output=True)
    (found,) = out.glob("*.whl")
    return found


def test_the_wheel_holds_exactly_the_tracked_files(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    catalogues = {name for name in tracked("translations") if name.endswith(".mo")}
    assert names == tracked("advisor") | {f"advisor/{name}" for name in tracked("rules", "reports") | catalogues}


def test_the_distribution_is_called_lr_advisor(wheel: Path) -> None:
    assert wheel.name.startswith("lr_advisor-")


def test_an_installed_wheel_finds_its_rules_and_renders_a_report_from_them(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(pip, check=True)
    run = [sys.executable, "-m", "advisor", "rules", "where"]
    environment = {**os.environ, "PYTHONPATH": str(site)}
    where = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert Path(where.strip()) == site / "advisor" / "rules"
    checked = subprocess.run([*run[:-1], "check"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    korean = [sys.executable, "-m", "advisor", "recommend", "--set", "model.family=linear", "--lang", "ko"]
    printed = subprocess.run(korean, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert "최대 학습률" in printed
