"""Every format of training logs, as frameworks write them, and what is said about files that are none."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from advisor.diagnosis import read_history
from advisor.errors import DataError

LOSSES = [2.0, 1.5, 1.2, 1.0, 0.9, 0.85]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_lightnings_metrics_with_gaps(tmp_path: Path) -> None:
    rows = ["epoch,lr-AdamW,step,train_loss_epoch,train_loss_step,val_loss"]
    for epoch in range(6):
        rows += [f",0.00{9 - epoch},{10 * epoch},,,", f"{epoch},,{10 * epoch + 4},,{LOSSES[epoch] + 0.1},"]
        rows += [f"{epoch},,{10 * epoch + 9},,,{LOSSES[epoch] + 0.2}", f"{epoch},,{10 * epoch + 9},{LOSSES[epoch]},,"]
    written(tmp_path, "metrics.csv", "\n".join(rows) + "\n")
    log = read_history(tmp_path)  # the folder of a logger
    assert log.unit == "step"
    assert log.epochs == 6
    assert log.loss is not None
    assert log.validation_loss is not None
    assert log.learning_rate is not None
    assert log.loss.name == "train_loss_step" or log.loss.name == "train_loss_epoch"
    assert log.validation_loss.values.tolist() == pytest.approx([loss + 0.2 for loss in LOSSES])
    assert log.validation_loss.at.tolist() == [9, 19, 29, 39, 49, 59]
    assert log.learning_rate.values[0] == 0.009


def test_keras_history_and_csv_logger(tmp_path: Path) -> None:
    table = {"accuracy": [0.5] * 6, "loss": LOSSES, "val_accuracy": [0.4] * 6, "val_loss": [2.1, *LOSSES[1:]]}
    fitted = SimpleNamespace(history=table, epoch=list(range(6)))
    text = "epoch,accuracy,loss,val_accuracy,val_loss\n" + "".join(
        f"{epoch},{','.join(str(values[epoch]) for values in table.values())}\n" for epoch in range(6)
    )
    for log in (read_history(fitted), read_history(table), read_history(written(tmp_path, "training.log", text))):
        assert log.loss is not None
        assert log.validation_loss is not None
        assert log.loss.values.tolist() == LOSSES
        assert log.validation_loss.values[0] == 2.1
    assert read_history(fitted).unit == "epoch"
    assert read_history(fitted).epochs == 6


def test_hugging_faces_trainer_state(tmp_path: Path) -> None:
    history: list[dict[str, float]] = []
    for index, loss in enumerate(LOSSES, 1):
        history.append(
            {"epoch": index / 2, "grad_norm": 1.0 + index, "learning_rate": 1e-4, "loss": loss, "step": 500 * index}
        )
        history.append({"epoch": index / 2, "eval_loss": loss + 0.1, "eval_runtime": 3.0, "step": 500 * index})
    history.append({"epoch": 3.0, "step": 3000, "total_flos": 1e15, "train_loss": 1.2, "train_runtime": 100.0})
    path = written(tmp_path, "trainer_state.json", json.dumps({"best_metric": None, "log_history": history}))
    for log in (read_history(path), read_history(tmp_path), read_history(history)):
        assert log.loss is not None
        assert log.validation_loss is not None
        assert log.gradient_norm is not None
        assert (log.unit, log.epochs) == ("step", 3.0)
        assert log.loss.values.tolist() == LOSSES  # and not the mean over the run in the last row
        assert log.validation_loss.at.tolist() == [500, 1000, 1500, 2000, 2500, 3000]
        assert log.gradient_norm.values[0] == 2.0


def test_json_lines_cut_short_by_a_crash(tmp_path: Path) -> None:
    lines = [json.dumps({"step": step, "train/loss": loss, "lr": 0.1}) for step, loss in enumerate(LOSSES)]
    log = read_history(written(tmp_path, "log.jsonl", "\n".join([*lines, '{"step": 6, "train/lo'])))
    assert log.loss is not None
    assert log.loss.values.tolist() == LOSSES


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "log.jsonl", '{"loss": 1}\n{"loss": \n{"loss": 2}\n')
    with pytest.raises(DataError, match=r"log\.jsonl: line 2 is not JSON"):
        read_history(path)


def test_nan_of_the_run_in_json_lines_is_kept(tmp_path: Path) -> None:
    text = "\n".join(json.dumps({"loss": value}) for value in [*LOSSES, math.nan])
    log = read_history(written(tmp_path, "log.jsonl", text))
    assert math.isnan(log.watched.values[-1])


@pytest.mark.parametrize("values", [LOSSES, tuple(LOSSES), np.array(LOSSES)])
def test_a_plain_list_is_a_loss(values: Any) -> None:
    log = read_history(values)
    assert log.unit == "row"
    assert log.watched.values.tolist() == LOSSES


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(tmp_path: Path, separator: str) -> None:
    text = "\n".join(
        separator.join(row) for row in [("step", "loss"), *((str(i), str(v)) for i, v in enumerate(LOSSES))]
    )
    assert read_history(written(tmp_path, "log.txt", text)).watched.values.tolist() == LOSSES


def test_data_frames_take_gaps_for_gaps_and_nan_for_good_for_the_run() -> None:
    pandas = pytest.importorskip("pandas")
    gaps = pandas.DataFrame(
        {"loss": [1.0, None, 0.9, None, 0.8, None, 0.7, None, 0.6, None], "val_loss": [None, 1.0] * 5}
    )
    assert read_history(gaps).watched.values.tolist() == [1.0, 0.9, 0.8, 0.7, 0.6]
    broken = pandas.DataFrame({"loss": [1.0, 0.9, 0.8, 0.7, 0.6, math.nan, math.nan]})
    assert np.isnan(read_history(broken).watched.values[-2:]).all()


def test_after_resuming_what_was_logged_last_counts() -> None:
    log = read_history({"step": [0, 10, 20, 30, 20, 30, 40], "loss": [5.0, 4.0, 3.0, 9.0, 2.5, 2.0, 1.5]})
    assert log.watched.at.tolist() == [0, 10, 20, 30, 40]
    assert log.watched.values.tolist() == [5.0, 4.0, 2.5, 2.0, 1.5]


def event(step: int, tag: str, value: float, *, as_tensor: bool = False) -> bytes:
    """An event of TensorBoard, encoded by hand as its .proto files say."""

    def varint(number: int) -> bytes:
        out = b""
        while number > 0x7F:
            out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
        return out + bytes([number])

    def field(number: int, content: bytes) -> bytes:
        return varint(number << 3 | 2) + varint(len(content)) + content

    scalar = varint(2 << 3 | 5) + struct.pack("<f", value)
    tensor = field(8, varint(1 << 3) + varint(1) + field(4, struct.pack("<f", value)))
    summary = field(1, field(1, tag.encode()) + (tensor if as_tensor else scalar))
    payload = varint(1 << 3 | 1) + struct.pack("<d", 1e9) + varint(2 << 3) + varint(step) + field(5, summary)
    return record(payload)


def record(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + checksum(length) + payload + checksum(payload)


def checksum(content: bytes) -> bytes:
    """The masked CRC-32C bit by bit, as RFC 3720 and crc32c.h of TensorFlow write it down."""
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@pytest.mark.parametrize("as_tensor", [False, True], ids=["scalar", "tensor"])
def test_a_tensorboard_folder_with_a_last_record_cut_short(tmp_path: Path, as_tensor: bool) -> None:
    records = b"".join(event(step, "train/loss", loss, as_tensor=as_tensor) for step, loss in enumerate(LOSSES))
    (tmp_path / "events.out.tfevents.1.host").write_bytes(records + event(6, "train/loss", 0.1)[:20])
    log = read_history(tmp_path)
    assert log.unit == "step"
    assert log.watched.name == "train/loss"
    assert log.watched.values.tolist() == pytest.approx(LOSSES)


def test_a_column_asked_for_by_name() -> None:
    table = {"loss": LOSSES, "box_nll": [2 * loss for loss in LOSSES]}
    assert read_history(table, loss_column="box_nll").watched.values[0] == 4.0


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ({"accuracy": LOSSES}, r"no column is recognised as a loss \(columns found: 'accuracy'\).*--loss-column"),
        ({"loss": [1.0, 0.5]}, r"only 2 points of a loss were logged; at least 5"),
        ({}, r"not a training log; give a CSV"),
        ("no/such/file.csv", r"cannot be read \(.*\); give a training log"),
        ([1.0, "x"], r"not a training log"),
        (None, r"not a training log"),
    ],
    ids=["no loss", "too short", "empty", "no file", "mixed", "None"],
)
def test_what_cannot_be_used_is_named_with_a_way_out(log: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_history(log)


def test_a_misspelt_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no column 'los'; did you mean 'loss'\? \(columns found: 'loss'\)"):
        read_history({"loss": LOSSES}, loss_column="los")


FILES: Mapping[str, tuple[str, str]] = {
    "no header": ("1,2\n3,4\n", "first line holds values"),
    "empty": ("\n", "the file is empty"),
    "broken json": ('[{"loss": 1},', "cannot be read as JSON"),
    "a list of numbers in lines": ('{"loss": 1}\n[1]\n', "line 2 must be a JSON object"),
}


@pytest.mark.parametrize("case", FILES)
def test_files_that_are_no_logs(tmp_path: Path, case: str) -> None:
    text, says = FILES[case]
    with pytest.raises(DataError, match=says):
        read_history(written(tmp_path, "log.txt", text))


def test_a_folder_without_a_log_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"neither TensorBoard events .* nor metrics\.csv"):
        read_history(tmp_path)


@pytest.mark.parametrize("content", [b"\xff" * 64, b"hello world, this is no event file at all....."])
def test_a_damaged_event_file_is_an_error_and_no_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a TensorBoard event file"):
        read_history(path)
