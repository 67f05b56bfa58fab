"""Logs of every framework give the same history."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from advisor.diagnosis import read_history
from advisor.errors import DataError

LOSS = [2.0, 1.5, 1.2, 1.0, 0.9, 0.85]
HELD = [2.1, 1.6, 1.4, 1.3, 1.25, 1.3]


def test_lightning_leaves_gaps_and_logs_epochs_beside_steps(tmp_path: Path) -> None:
    rows = [
        {"step": step, "train_loss_step": loss, "lr-AdamW": 1e-3}
        for step, loss in zip(range(0, 60, 10), LOSS, strict=True)
    ]
    rows += [{"step": 10 * index + 9, "epoch": index, "val_loss": held} for index, held in enumerate(HELD)]
    with (tmp_path / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["step", "epoch", "train_loss_step", "val_loss", "lr-AdamW"])
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["step"]))
    history = read_history(tmp_path)
    assert history.loss is not None
    assert history.validation_loss is not None
    assert history.learning_rate is not None
    assert history.unit == "step"
    assert history.loss.values.tolist() == LOSS
    assert history.loss.at.tolist() == list(range(0, 60, 10))
    assert history.validation_loss.values.tolist() == HELD
    assert set(history.learning_rate.values) == {1e-3}


def test_keras_hugging_face_frames_and_lists() -> None:
    keras = SimpleNamespace(history={"loss": LOSS, "val_loss": HELD}, epoch=list(range(6)))
    face = [{"step": 10 * i, "loss": loss, "learning_rate": 5e-5, "grad_norm": 1.0} for i, loss in enumerate(LOSS)]
    face += [{"step": 10 * i, "eval_loss": held} for i, held in enumerate(HELD)]
    frame = pd.DataFrame({"epoch": range(6), "train/loss": LOSS, "val/loss": HELD})
    for log in (keras, face, frame):
        history = read_history(log)
        assert history.loss is not None
        assert history.validation_loss is not None
        assert history.loss.values.tolist() == LOSS
        assert history.validation_loss.values.tolist() == HELD
    assert read_history(LOSS).watched.values.tolist() == LOSS
    assert read_history(keras).unit == "epoch"


def test_trainer_state_and_lines_cut_short(tmp_path: Path) -> None:
    rows = [{"step": i, "loss": loss} for i, loss in enumerate(LOSS)]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": rows, "epoch": 1.0}), encoding="utf-8")
    lines = "\n".join(json.dumps(row) for row in rows) + '\n{"step": 6, "lo'
    (tmp_path / "log.jsonl").write_text(lines, encoding="utf-8")
    for name in ("trainer_state.json", "log.jsonl"):
        assert read_history(tmp_path / name).watched.values.tolist() == LOSS


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def part(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def record(step: int, tag: str, value: float) -> bytes:
    """Write one scalar as TensorBoard's wire format has it; checksums are left zero."""
    scalar = part(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)
    event = varint(1 << 3 | 1) + struct.pack("<d", 0.0) + varint(2 << 3) + varint(step) + part(5, part(1, scalar))
    return struct.pack("<QI", len(event), 0) + event + struct.pack("<I", 0)


def test_tensorboard_folders(tmp_path: Path) -> None:
    content = b"".join(record(300 * step, "train/loss", loss) for step, loss in enumerate(LOSS))
    (tmp_path / "events.out.tfevents.1").write_bytes(content + record(1, "train/loss", 0.0)[:15])  # the run was killed
    history = read_history(tmp_path)
    assert history.watched.values == pytest.approx(np.array(LOSS))
    assert history.watched.at.tolist() == [300.0 * step for step in range(6)]
    (tmp_path / "events.out.tfevents.2").write_bytes(b"not an event file at all, is it?")
    with pytest.raises(DataError, match="not a TensorBoard event file"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch,accuracy\n1,0.5\n", r"no column is recognised as a loss.*'accuracy'.*--loss-column"),
        ("loss\n1\n2\n", "only 2 points"),
        ("1,2\n3,4\n", "give the columns names"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_history(tmp_path / "log.csv")


def test_columns_can_be_named_and_missing_ones_are_guessed_at() -> None:
    log = {"objective_value": LOSS, "loss": HELD}
    assert read_history(log, loss="objective_value").watched.values.tolist() == LOSS
    with pytest.raises(DataError, match="did you mean 'objective_value'"):
        read_history(log, loss="objective_valu")
    with pytest.raises(DataError, match="not a training log"):
        read_history(42)
    with pytest.raises(DataError, match="neither TensorBoard events"):
        read_history(Path(__file__).parent)
