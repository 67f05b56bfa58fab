"""Logs as frameworks write them, line by line: losses, rate, positions and epochs are what a person reads in them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import advisor
from advisor.diagnosis import History, read_history
from advisor.errors import DataError

EPOCHS, BATCHES = 6, 5
TRAIN = [round(0.4 + 2.0 * math.exp(-i / 10.0), 4) for i in range(EPOCHS * BATCHES)]
TESTED = [round(0.5 + 2.0 * math.exp(-i / 2.0), 4) for i in range(EPOCHS)]


def read(text: str | Sequence[str], folder: Path, name: str = "train.log") -> History:
    path = folder / name
    path.write_text(text if isinstance(text, str) else "\n".join(text), encoding="utf-8")
    return read_history(path)


def values(log: History, part: str = "loss") -> list[float]:
    series = getattr(log, part)
    return [] if series is None else [round(float(value), 4) for value in series.values]


def lightning() -> list[str]:
    names = ("epoch", "lr-AdamW", "step", "test_loss", "train_loss_epoch", "train_loss_step", "val_loss")
    rows: list[dict[str, float]] = []
    for epoch in range(EPOCHS):
        for batch in range(BATCHES):
            step = 50 * (epoch * BATCHES + batch + 1) - 1
            rows += [{"lr-AdamW": 1e-3, "step": step}]
            rows += [{"epoch": epoch, "step": step, "train_loss_step": TRAIN[epoch * BATCHES + batch]}]
        rows += [{"epoch": epoch, "step": step, "val_loss": TESTED[epoch]}]
        rows += [{"epoch": epoch, "step": step, "train_loss_epoch": 1.0}]
    rows += [{"epoch": EPOCHS, "step": step + 1, "test_loss": 9.0}]
    return [",".join(names), *(",".join(str(row.get(name, "")) for name in names) for row in rows)]


def fairseq() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        row = {
            "epoch": index // BATCHES + 1,
            "update": round((index + 1) / BATCHES, 3),
            "loss": str(loss),
            "lr": "0.001",
        }
        row |= {"num_updates": str(10 * (index + 1)), "gnorm": "1.9", "train_wall": "40"}
        lines.append(f"2023-05-01 10:00:00 | INFO | train_inner | {json.dumps(row)}")
        if index % BATCHES == BATCHES - 1:
            row = {"epoch": index // BATCHES + 1, "valid_loss": str(TESTED[index // BATCHES])}
            lines.append(f"2023-05-01 10:01:00 | INFO | valid | {json.dumps({**row, 'valid_num_updates': '9'})}")
    return lines


def composer() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        lines += [f"[batch={10 * (index + 1)}/300]:", f"\t Train time/epoch: {index // BATCHES}"]
        lines += [f"\t Train time/batch: {10 * index + 9}", f"\t Train loss/train/total: {loss}"]
        lines += ["\t Train lr-DecoupledAdamW/group0: 0.001", "\t Train throughput/batches_per_sec: 2.1"]
    return lines


def coqui() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        steps = 10 * (index + 1)
        lines += [f"   --> TIME: 2023-05-01 10:00:00 -- STEP: {steps % 50}/50 -- GLOBAL_STEP: {steps}"]
        lines += [f"     | > loss: {loss}  (0.9)", "     | > current_lr: 0.001", "     | > grad_norm: 1.1 (1.2)"]
    return lines


def timm() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        epoch, batch = index // BATCHES, 10 * (index % BATCHES)
        lines += [f"Train: {epoch} [{batch:4d}/50 ( 10%)]  Loss: {loss} (1.9)  Time: 0.456s, 112.4/s  LR: 1.000e-03"]
        if batch == 40:
            lines += [f"Test: [  48/48]  Time: 0.1 (0.2)  Loss:  1.9 ({TESTED[epoch]})  Acc@1:  10.1 ( 12.1)"]
    return lines


def imagenet() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        epoch, batch = index // BATCHES, 10 * (index % BATCHES)
        lines += [f"Epoch: [{epoch}][{batch:4d}/50]\tTime  0.512 ( 1.234)\tLoss {loss:.4e} (7.0e+00)\tAcc@1   0.00"]
        if batch == 40:
            lines += [f"Test: [ 0/19]\tTime  5.512 ( 1.234)\tLoss 7.0e+00 ({TESTED[epoch]:.4e})\tAcc@1 1.0"]
            lines += [" * Acc@1 10.1 Acc@5 30.1"]
    return lines


def megatron() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        rates = "learning rate: 1.000E-03"
        lines += [f" iteration {10 * (index + 1):8d}/  900 | {rates} | lm loss: {loss:.6E} | grad norm: 1.2 |"]
        if index % BATCHES == BATCHES - 1:
            at, tested = 10 * (index + 1), TESTED[index // BATCHES]
            lines += [
                "-" * 90,
                f" validation loss at iteration {at} | lm loss value: {tested:.6E} | lm loss PPL: 9.9 |",
            ]
    return lines


def marian() -> list[str]:
    return [
        f"[2023-05-01 10:00:00] Ep. {index // BATCHES + 1} : Up. {10 * (index + 1)} : Sen. 12,345 : Cost {loss} * "
        "123,456 @ 1,234 after 12,345,678 : Time 60.1s : 30000.1 words/s : gNorm 1.2"
        for index, loss in enumerate(TRAIN)
    ]


def tensorflow_detection() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        lines += ["I0501 10:00:00.1 123 model_lib_v2.py:705] {'Loss/classification_loss': 0.1,"]
        lines += [f" 'Loss/total_loss': {loss},", " 'learning_rate': 0.001}"]
        lines += [f"INFO:tensorflow:Step {10 * (index + 1)} per-step time 0.512s"]
    return lines


def stable_baselines() -> list[str]:
    lines = []
    for index, loss in enumerate(TRAIN):
        lines += [
            "-" * 41,
            "| rollout/                |             |",
            f"|    ep_rew_mean          | {20 + index}         |",
        ]
        lines += [
            "| time/                   |             |",
            f"|    total_timesteps      | {2048 * (index + 1)}      |",
        ]
        lines += ["| train/                  |             |", f"|    loss                 | {loss}        |"]
        lines += ["|    policy_gradient_loss | -0.0123     |", "-" * 41]
    return lines


STEPS = [10.0 * (index + 1) for index in range(len(TRAIN))]
BY_STEP = {
    "fairseq": (fairseq, STEPS, EPOCHS, True),
    "Composer": (composer, STEPS, None, False),
    "Coqui": (coqui, STEPS, None, False),
    "timm": (timm, [step - 10 for step in STEPS], EPOCHS, True),
    "ImageNet": (imagenet, [step - 10 for step in STEPS], EPOCHS, True),
    "Megatron": (megatron, STEPS, None, True),
    "Marian": (marian, STEPS, EPOCHS, False),
    "Lightning": (lightning, [50.0 * (index + 1) - 1 for index in range(len(TRAIN))], EPOCHS, True),
    "Stable-Baselines3": (stable_baselines, [2048.0 * (index + 1) for index in range(len(TRAIN))], None, False),
}


@pytest.mark.parametrize("case", BY_STEP)
def test_logs_by_step(case: str, tmp_path: Path) -> None:
    lines, steps, epochs, tested = BY_STEP[case]
    log = read(lines(), tmp_path)
    assert (values(log), log.unit, log.watched.at.tolist()) == (TRAIN, "step", steps)
    assert values(log, "validation_loss") == (TESTED if tested else [])
    assert log.epochs == epochs
    rates = set(values(log, "learning_rate"))
    assert rates == ({0.001} if any("0.001" in line or "1.000" in line for line in lines()) else set())


def test_a_dictionary_over_several_lines_is_read(tmp_path: Path) -> None:
    log = read(tensorflow_detection(), tmp_path)
    assert (values(log), log.unit) == (TRAIN, "step")
    assert log.watched.name == "Loss/total_loss"


def espnet(epoch: int, train: float, tested: float) -> list[str]:
    line = f"[host] 2023-05-01 10:00:00,123 (trainer:338) INFO: {epoch}epoch results: [train] iter_time=1e-4, "
    line += f"loss_ctc=40.1, loss={train}, optim0_lr0=0.001, total_count=5000, gpu_max_cached_mem_GB=10, "
    return [line + f"[valid] loss_ctc=42.3, cer_ctc=0.1, loss={tested}, total_count=500"]


def nnunet(epoch: int, train: float, tested: float) -> list[str]:
    stamp = "2023-05-01 10:00:00.123456:"
    return [
        *(f"{stamp} Epoch {epoch - 1} ", f"{stamp} Current learning rate: 0.001 ", f"{stamp} train_loss {train} "),
        *(f"{stamp} val_loss {tested} ", f"{stamp} Pseudo dice [0.8, 0.7] ", f"{stamp} Epoch time: 60.12 s ", ""),
    ]


def gluon(epoch: int, train: float, tested: float) -> list[str]:
    return [
        f"[Epoch {epoch}] training: accuracy=0.5 loss={train}",
        f"[Epoch {epoch}] validation: accuracy=0.4 loss={tested}",
    ]


def speechbrain(epoch: int, train: float, tested: float) -> list[str]:
    return [
        f"epoch: {epoch}, lr: 1.00e-03 - train loss: {train} - valid loss: {tested}, valid CER: 5.1, valid WER: 12.1"
    ]


def scalars_of_numpy(epoch: int, train: float, tested: float) -> list[str]:
    return [f"{{'epoch': {epoch}, 'train_loss': np.float64({train}), 'val_loss': np.float32({tested})}}"]


def arrays_of_jax(epoch: int, train: float, tested: float) -> list[str]:
    return [f"epoch {epoch} loss Array({train}, dtype=float32) val_loss Array({tested}, dtype=float32)"]


def perplexities(epoch: int, train: float, tested: float) -> list[str]:
    return [f"| epoch {epoch:3d} | train ppl {train} | valid ppl {tested}"]


def by_checkpoint(epoch: int, train: float, tested: float) -> list[str]:
    return [f"[INFO] epoch={epoch} Train-perplexity={train} Validation-perplexity={tested}"]


def bare_split(epoch: int, train: float, tested: float) -> list[str]:
    return [f"Epoch {epoch} | iter time: 300.12 ms | loss train: {train}, val: {tested}"]


BY_EPOCH = [
    *(espnet, nnunet, gluon, speechbrain, scalars_of_numpy, arrays_of_jax, perplexities, by_checkpoint, bare_split),
]


@pytest.mark.parametrize("lines", BY_EPOCH)
def test_logs_by_epoch(lines: Any, tmp_path: Path) -> None:
    train = TRAIN[:EPOCHS]
    log = read([line for i in range(EPOCHS) for line in lines(i + 1, train[i], TESTED[i])], tmp_path)
    assert (values(log), values(log, "validation_loss")) == (train, TESTED)
    assert log.epochs == EPOCHS


def test_metrics_of_lightgbm_belong_to_their_data_sets(tmp_path: Path) -> None:
    lines = [
        f"[{i}]\ttraining's binary_logloss: {TRAIN[i]}\tvalid_1's binary_logloss: {TESTED[i]}" for i in range(EPOCHS)
    ]
    log = read(lines, tmp_path)
    assert (values(log), values(log, "validation_loss")) == (TRAIN[:EPOCHS], TESTED)


def test_darknet_prints_the_number_before_its_name(tmp_path: Path) -> None:
    lines = [f" {i}: 9.9, {loss} avg loss, 0.001000 rate, 3.2 seconds, {64 * i} images" for i, loss in enumerate(TRAIN)]
    log = read(lines, tmp_path)
    assert (values(log), set(values(log, "learning_rate"))) == (TRAIN, {0.001})


def test_a_printed_data_frame_keeps_its_columns_beside_its_index(tmp_path: Path) -> None:
    lines = ["   epoch      loss  val_loss", *(f"{i}   {i}  {TRAIN[i]}  {TESTED[i]}" for i in range(EPOCHS))]
    for text in (lines, [",".join(line.split()) for line in lines]):
        log = read(text, tmp_path, "frame.txt")
        assert (values(log), values(log, "validation_loss")) == (TRAIN[:EPOCHS], TESTED)


DOCUMENTS: Mapping[str, Any] = {
    "groups": {"train": {"loss": TRAIN[:EPOCHS], "acc": [0.1] * EPOCHS}, "val": {"loss": TESTED}},
    "by epoch": {str(i): {"train_loss": TRAIN[i], "val_loss": TESTED[i]} for i in range(EPOCHS)},
    "epoch_N": {f"epoch_{i}": {"train_loss": TRAIN[i], "val_loss": TESTED[i]} for i in range(EPOCHS)},
    "rows inside": {"run": {"metrics": [{"loss": TRAIN[i], "val_loss": TESTED[i]} for i in range(EPOCHS)]}},
    "Sacred": {
        "train.loss": {"steps": list(range(EPOCHS)), "timestamps": ["2020"] * EPOCHS, "values": TRAIN[:EPOCHS]},
        "val.loss": {"steps": list(range(EPOCHS)), "values": TESTED},
    },
    "ClearML": {
        "loss": {
            "train": {"name": "train", "x": list(range(EPOCHS)), "y": TRAIN[:EPOCHS]},
            "val": {"x": list(range(EPOCHS)), "y": TESTED},
        }
    },
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_documents_of_other_shapes(case: str, tmp_path: Path) -> None:
    log = read(json.dumps(DOCUMENTS[case]), tmp_path, "metrics.json")
    assert (values(log), values(log, "validation_loss")) == (TRAIN[:EPOCHS], TESTED)


def test_series_with_steps_of_their_own_keep_them(tmp_path: Path) -> None:
    document = {
        "train.loss": {"steps": list(range(30)), "values": TRAIN},
        "val.loss": {"steps": [4, 9, 14, 19, 24, 29], "values": TESTED},
    }
    log = read(json.dumps(document), tmp_path, "metrics.json")
    assert log.validation_loss is not None
    assert (values(log), log.validation_loss.at.tolist()) == (TRAIN, [4, 9, 14, 19, 24, 29])


@pytest.mark.parametrize("word", ["-nan(ind)", "1.#QNAN", "#NUM!", "#ZAHL!", "#DIV/0!", "nan(0x7f)"])
def test_nan_as_windows_and_spreadsheets_write_it(word: str, tmp_path: Path) -> None:
    log = read(["step;loss", *(f"{i};{word if i > 20 else TRAIN[i]}" for i in range(30))], tmp_path, "log.csv")
    assert np.isnan(log.watched.values[21:]).all()
    assert advisor.diagnose(log).facts.history.nonfinite


def test_epochs_written_as_a_count_of_the_whole(tmp_path: Path) -> None:
    log = read(["epoch,loss", *(f"{i + 1}/30,{loss}" for i, loss in enumerate(TRAIN))], tmp_path, "log.csv")
    assert (values(log), log.epochs, log.unit) == (TRAIN, 30, "epoch")


@pytest.mark.parametrize("placeholder", [0, -1, "0.0"])
def test_a_held_out_loss_that_was_not_measured_in_every_row(placeholder: object, tmp_path: Path) -> None:
    rows = [f"{i},{TRAIN[i]},{TESTED[i // BATCHES] if i % BATCHES == 4 else placeholder}" for i in range(30)]
    log = read(["step,loss,val_loss", *rows], tmp_path, "log.csv")
    assert log.validation_loss is not None
    assert (values(log, "validation_loss"), log.validation_loss.at[0]) == (TESTED, 4)


def test_a_hinge_loss_that_is_often_zero_keeps_its_zeros() -> None:
    loss = [0.0 if i % 3 else 0.5 for i in range(60)]
    assert read_history({"step": range(60), "loss": loss}).watched.values.tolist() == loss


@pytest.mark.parametrize("others", ["reader_cost", "batch_cost", "objective/kl", "Loss/G/num", "loss_scale"])
def test_costs_of_time_and_counts_are_no_losses(others: str) -> None:
    log = read_history({"step": range(30), others: [9.0] * 30, "train_loss_ce": TRAIN})
    assert log.watched.name == "train_loss_ce"


def test_warm_up_of_biases_may_end_after_the_peak_of_the_others() -> None:
    epochs = np.arange(1, 41)
    rate = 0.01 * np.minimum(1.0, epochs / 3) * (1 - 0.99 * epochs / 40)
    log = {
        "epoch": epochs,
        "loss": TRAIN + TRAIN[:10],
        "lr/pg0": np.maximum(rate, 0.13 - 0.03 * epochs),
        "lr/pg1": rate,
    }
    found = read_history(log)
    assert found.learning_rate is not None
    assert found.learning_rate.name == "lr/pg1"
    assert {group.name for group in found.rate_groups if group.falls_first} == {"lr/pg0"}


@pytest.mark.parametrize(
    "line",
    [
        *("     0/299     11.2G   0.13   0.06   .02   103   640", "(0, 2.3, 2.4)", "2023-05-01,12,0.5,0.6"),
    ],
)
def test_lines_that_name_no_loss_are_not_taken_for_names_of_columns(line: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds values and no names of columns"):
        read([line] * 10, tmp_path)
