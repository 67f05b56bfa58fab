"""The checks of an accelerator run on the processor, and one that fails is seen."""

from __future__ import annotations

import pytest

from benchmarks import gpu

SHORT = ("losses agree with the CPU's", "recurrent net", "numbers in float64", "memory that runs out")


def test_checks_run_and_say_what_they_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["--fake", "--short", *SHORT]) == 0
    said = capsys.readouterr().out
    assert all(f"  {name}: " in said for name in SHORT)
    assert f"memory that runs out: {gpu.UNMEASURED}" in said
    assert "0 failed" in said


def test_a_check_that_fails_is_told_and_the_next_one_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: gpu.Checks) -> str:
        raise AssertionError("a generator was left elsewhere")

    monkeypatch.setattr(gpu.Checks, "recurrent", fails)
    assert gpu.main(["--fake", "--short", "recurrent net", "memory that runs out"]) == 1
    said = capsys.readouterr().out
    assert "recurrent net: FAILED: AssertionError: a generator was left elsewhere" in said
    assert "1 failed" in said


def test_a_check_sees_weights_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = gpu.Checks(gpu.torch.device("cpu"), samples=64)

    def advise(model: gpu.nn.Module, *_: object, **__: object) -> None:
        with gpu.torch.no_grad():
            next(model.parameters()).add_(1.0)

    monkeypatch.setattr(gpu.advisor, "advise", advise)
    with pytest.raises(AssertionError, match="weights"):
        checks.recurrent()
