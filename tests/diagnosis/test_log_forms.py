"""Logs in the forms that frameworks write, from JSON lines to printed progress bars: what is read as what."""

from __future__ import annotations

import json
import math
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from advisor.diagnosis import History, read_history
from advisor.diagnosis.formats.checksum import crc32c
from advisor.errors import DataError

LOSSES = [2.0, 1.5, 1.2, 1.0, 0.9, 0.85]
HELD_OUT = [2.1, 1.7, 1.5, 1.4, 1.35, 1.33]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def losses(log: History) -> list[float]:
    assert log.loss is not None
    return [round(float(value), 6) for value in log.loss.values]


def held_out(log: History) -> list[float]:
    assert log.validation_loss is not None
    return [round(float(value), 6) for value in log.validation_loss.values]


def choice(log: History, role: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return next((item.names, item.alternatives) for item in log.choices if item.role == role)


@pytest.mark.parametrize("name", ["metrics.json", "log.jsonl", "run.txt", "20240501_1200"])
def test_json_lines_are_read_under_any_name(name: str, tmp_path: Path) -> None:
    """Detectron2 calls them metrics.json."""
    lines = [
        json.dumps(
            {"iteration": 20 * i + 19, "total_loss": loss, "loss_cls": loss / 2, "loss_box_reg": loss / 2, "lr": 0.01}
        )
        for i, loss in enumerate(LOSSES)
    ]
    log = read_history(written(tmp_path, name, "\n".join(lines)))
    assert losses(log) == LOSSES
    assert choice(log, "loss") == (("total_loss",), ("loss_cls", "loss_box_reg"))
    assert log.watched.at.tolist() == [19, 39, 59, 79, 99, 119]


def test_mmengine_scalars_with_validation_rows_that_count_epochs(tmp_path: Path) -> None:
    lines = []
    for i, loss in enumerate(LOSSES):
        lines.append(
            {"lr": 0.02, "loss": loss, "loss_cls": loss / 2, "epoch": i + 1, "iter": 50 * (i + 1), "step": 50 * (i + 1)}
        )
        lines.append({"coco/bbox_mAP": 0.3, "data_time": 0.1, "step": i + 1})
    log = read_history(written(tmp_path, "scalars.json", "\n".join(map(json.dumps, lines))))
    assert losses(log) == LOSSES
    assert log.watched.at.tolist() == [50, 100, 150, 200, 250, 300]


def test_older_mmdetection_iterations_start_anew_in_every_epoch(tmp_path: Path) -> None:
    lines = [{"env_info": "…"}]
    for epoch in range(3):
        lines += [
            {"mode": "train", "epoch": epoch + 1, "iter": iteration, "lr": 0.02, "loss": LOSSES[2 * epoch + half]}
            for half, iteration in enumerate((50, 100))
        ]
        lines.append({"mode": "val", "epoch": epoch + 1, "iter": 100, "lr": 0.02, "loss": HELD_OUT[epoch]})
    log = read_history(written(tmp_path, "20210101.log.json", "\n".join(map(json.dumps, lines))))
    assert losses(log) == LOSSES
    assert held_out(log) == HELD_OUT[:3]
    assert log.watched.at.tolist() == [50, 100, 150, 200, 250, 300]


def yolo(folder: Path, *, epochs: int = 40) -> Path:
    """As Ultralytics writes it: blanks in the header, and the biases' rate falling to the others' during warm-up."""
    names = ["epoch", "train/box_loss", "train/cls_loss", "train/dfl_loss", "metrics/mAP50(B)"]
    names += ["val/box_loss", "val/cls_loss", "val/dfl_loss", "lr/pg0", "lr/pg1", "lr/pg2"]
    rows = [",".join(f"{name:>23}" for name in names)]
    for epoch in range(epochs):
        decay = 0.01 * (1 - 0.99 * epoch / epochs)
        warm = min(1.0, (epoch + 1) / 3)
        bias = 0.1 + (decay - 0.1) * warm
        parts = [loss * math.exp(-epoch / 10) + 0.3 for loss in (1.5, 2.5, 1.2)]
        cells = [epoch + 1, *parts, 0.5, *(1.1 * part for part in parts), bias, decay * warm, decay * warm]
        rows.append(",".join(f"{value:>23.5g}" for value in cells))
    return written(folder, "results.csv", "\n".join(rows))


def test_the_loss_of_yolo_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    log = read_history(yolo(tmp_path))
    assert choice(log, "loss") == (("train/box_loss", "train/cls_loss", "train/dfl_loss"), ())
    assert choice(log, "validation_loss")[0] == ("val/box_loss", "val/cls_loss", "val/dfl_loss")
    assert losses(log)[0] == pytest.approx(1.5 + 2.5 + 1.2 + 0.9, rel=1e-3)
    assert (log.unit, log.epochs) == ("epoch", 40)
    assert read_history(tmp_path).source == tmp_path.name  # the folder of a run


def test_the_warm_up_of_the_biases_is_none_of_the_peak(tmp_path: Path) -> None:
    log = read_history(yolo(tmp_path))
    assert log.learning_rate is not None
    assert log.learning_rate.values.max() == pytest.approx(0.0095, rel=0.01)
    assert [(group.name, group.falls_first) for group in log.rate_groups] == [
        ("lr/pg0", True),
        ("lr/pg1", False),
        ("lr/pg2", False),
    ]
    assert choice(log, "learning_rate")[0] == ("lr/pg1",)


def test_rates_of_several_parameter_groups_are_all_kept(tmp_path: Path) -> None:
    rows = ["step,train_loss,lr-AdamW/pg1,lr-AdamW/pg2"]
    rows += [f"{10 * i},{loss},5e-05,0.005" for i, loss in enumerate(LOSSES)]
    log = read_history(written(tmp_path, "metrics.csv", "\n".join(rows)))
    assert [(group.name, group.peak) for group in log.rate_groups] == [("lr-AdamW/pg1", 5e-5), ("lr-AdamW/pg2", 5e-3)]
    assert log.learning_rate is not None
    assert log.learning_rate.values.max() == 5e-3


def test_groups_with_the_same_rate_are_one() -> None:
    log = read_history({"loss": LOSSES, "lr/group0": [0.1] * 6, "lr/group1": [0.1] * 6})
    assert log.rate_groups == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [("val_loss/dataloader_idx_0", "val_loss/dataloader_idx_1"), ("eval_squad_loss", "eval_mnli_loss")],
)
def test_of_several_validation_sets_the_first_is_judged_and_the_others_are_named(first: str, second: str) -> None:
    log = read_history({"loss": LOSSES, first: HELD_OUT, second: LOSSES})
    assert choice(log, "validation_loss") == ((first,), (second,))
    assert held_out(log) == HELD_OUT


def test_a_plain_validation_loss_is_preferred_to_those_of_single_sets() -> None:
    log = read_history({"loss": LOSSES, "val_loss/dataloader_idx_0": LOSSES, "val_loss": HELD_OUT})
    assert choice(log, "validation_loss") == (("val_loss",), ("val_loss/dataloader_idx_0",))


def test_a_chart_export_of_wandb(tmp_path: Path) -> None:
    rows = [
        '"Step","sunny-river-12 - train/loss","sunny-river-12 - train/loss__MIN","sunny-river-12 - train/loss__MAX"'
    ]
    rows += [f'"{10 * i}","{loss}","{loss - 0.1}","{loss + 0.1}"' for i, loss in enumerate(LOSSES)]
    log = read_history(written(tmp_path, "wandb_export_2024-05-01.csv", "\n".join(rows)))
    assert losses(log) == LOSSES
    assert choice(log, "loss") == (("sunny-river-12 - train/loss",), ())
    assert (log.unit, log.watched.at.tolist()) == ("step", [0, 10, 20, 30, 40, 50])


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("run-lightning-tag-train_loss.csv", "loss"),
        ("run-7-tag-val_loss.csv", "validation_loss"),
        ("export.csv", "loss"),
    ],
)
def test_a_csv_download_of_tensorboard(name: str, role: str, tmp_path: Path) -> None:
    rows = ["Wall time,Step,Value", *(f"171450{i}.5,{100 * i},{loss}" for i, loss in enumerate(LOSSES))]
    log = read_history(written(tmp_path, name, "\n".join(rows)))
    assert choice(log, role)
    assert [round(float(value), 6) for value in log.watched.values] == LOSSES
    assert log.watched.at.tolist() == [0, 100, 200, 300, 400, 500]


def test_a_json_download_of_tensorboard(tmp_path: Path) -> None:
    points = [[1.7e9 + i, 100 * i, loss] for i, loss in enumerate(LOSSES)]
    assert losses(read_history(written(tmp_path, "run_tag_loss.json", json.dumps(points)))) == LOSSES


PRINTED = {
    "nanoGPT": [f"iter {100 * i}: loss {loss}, time 30ms, mfu 12.5%" for i, loss in enumerate(LOSSES)],
    "dictionaries": [
        f"{{'loss': {loss}, 'learning_rate': 5e-05, 'epoch': {0.1 * i:.1f}}}" for i, loss in enumerate(LOSSES)
    ],
    "epochs": [f"Epoch [{i + 1}/6], Step [100/600], Loss: {loss:.4f}" for i, loss in enumerate(LOSSES)],
    "key=value": [f"2024-05-01 10:00:0{i},123 INFO epoch={i} loss={loss} lr=0.001" for i, loss in enumerate(LOSSES)],
    "tensors": [
        f"step {i} loss tensor({loss}, device='cuda:0', grad_fn=<NllLossBackward>)" for i, loss in enumerate(LOSSES)
    ],
    "MNIST": [f"Train Epoch: 1 [{640 * i}/60000 ({i}%)]\tLoss: {loss:.6f}" for i, loss in enumerate(LOSSES)],
    "tutorial": [f"[1, {2000 * (i + 1):5d}] loss: {loss:.3f}" for i, loss in enumerate(LOSSES)],
    "tqdm": [f"train:  5%|▌| {i}/200 [00:01<00:05,  4.1it/s, loss={loss}]" for i, loss in enumerate(LOSSES)],
    "Lightning's bar": [
        f"Epoch {i}: 100%|██| 938/938 [00:10<00:00, 90.1it/s, v_num=0, train_loss={loss}]"
        for i, loss in enumerate(LOSSES)
    ],
    "word language model": [
        f"| epoch   1 | {200 * i:5d}/ 2983 batches | lr 5.00 | ms/batch  3.23 | loss {loss:5.2f} | ppl  3367.32"
        for i, loss in enumerate(LOSSES)
    ],
    "Caffe": [
        f"I0501 10:00:00.123  1234 solver.cpp:218] Iteration {100 * i} (10.5 iter/s, 9.1s/100 iters), loss = {loss}"
        for i, loss in enumerate(LOSSES)
    ],
    "Megatron": [
        f" iteration {100 * i:8d}/ 500000 | elapsed time per iteration (ms): 500.1 | learning rate: 1.500E-04 | "
        f"lm loss: {loss:.6E} | loss scale: 1.0 | grad norm: 1.234 |"
        for i, loss in enumerate(LOSSES)
    ],
    "ImageNet": [
        f"Epoch: [0][{10 * i:4d}/5005]\tTime  0.512 ( 1.234)\tLoss {loss:.4e} (7.0000e+00)\tAcc@1   0.00 (  0.10)"
        for i, loss in enumerate(LOSSES)
    ],
    "scikit-learn": [f"Iteration {i + 1}, loss = {loss:.8f}" for i, loss in enumerate(LOSSES)],
    "brackets": [f"[{i}/6] [loss: {loss}] [lr: 0.001]" for i, loss in enumerate(LOSSES)],
    "after a bar": [
        f" {i}%|▏    | {i}/100 [00:01<00:30,  3.2it/s]{{'loss': {loss}, 'learning_rate': 4e-05, 'epoch': 0.{i}}}"
        for i, loss in enumerate(LOSSES)
    ],
    "DCGAN": [
        f"[{i}/25][0/1583] Loss_D: 0.5 Loss_G: {loss} D(x): 0.5 D(G(z)): 0.3 / 0.2" for i, loss in enumerate(LOSSES)
    ],
    "pix2pix": [
        f"(epoch: {i + 1}, iters: 100, time: 0.123) G_GAN: {loss} G_L1: 20.3 D_real: 0.5 D_fake: 0.6"
        for i, loss in enumerate(LOSSES)
    ],
    "mixed with other lines": [
        *("loading data", "model has 124M parameters", "compiling..."),
        *(f"step {i}: loss {loss}" for i, loss in enumerate(LOSSES)),
        "saved best loss 0.85 to ckpt.pt",
    ],
}


@pytest.mark.parametrize("case", PRINTED)
@pytest.mark.parametrize("name", ["log.txt", "slurm-123.out", "train.log"])
def test_printed_lines_are_read(case: str, name: str, tmp_path: Path) -> None:
    log = read_history(written(tmp_path, name, "\n".join(PRINTED[case])))
    assert losses(log) == LOSSES


def test_a_carriage_return_separates_updates_of_a_bar(tmp_path: Path) -> None:
    text = "\r".join(f"{i}it [00:01, loss={loss}]" for i, loss in enumerate(LOSSES))
    assert losses(read_history(written(tmp_path, "out.txt", text))) == LOSSES


def test_both_losses_of_one_printed_line(tmp_path: Path) -> None:
    lines = [f"step {i}: train loss {a}, val loss {b}" for i, (a, b) in enumerate(zip(LOSSES, HELD_OUT, strict=True))]
    log = read_history(written(tmp_path, "log.txt", "\n".join(lines)))
    assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)


def test_a_line_that_says_it_is_of_the_test_set(tmp_path: Path) -> None:
    lines = []
    for i, (a, b) in enumerate(zip(LOSSES, HELD_OUT, strict=True)):
        lines += [f"Train Epoch: {i + 1} Loss: {a}", f"Test set: Average loss: {b}, Accuracy: 9850/10000 (98%)"]
    log = read_history(written(tmp_path, "log.txt", "\n".join(lines)))
    assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)


def keras_2(epoch: int) -> list[str]:
    bars = [f"{done}/100 [=====>....] - ETA: 1s - loss: 9.9" for done in (1, 50)]
    end = (
        f"100/100 [==============================] - 3s 2ms/step - loss: {LOSSES[epoch]} - val_loss: {HELD_OUT[epoch]}"
    )
    return [f"Epoch {epoch + 1}/6", "\x08".join([*bars, end])]


def keras_3(epoch: int) -> list[str]:
    bars = [
        f"\x1b[1m{done}/100\x1b[0m \x1b[32m━━\x1b[0m\x1b[37m━━\x1b[0m \x1b[1m0s\x1b[0m 2ms/step - loss: 9.9"
        for done in (1, 50)
    ]
    end = "\x1b[1m100/100\x1b[0m \x1b[32m━━━━\x1b[0m \x1b[1m1s\x1b[0m 2ms/step - "
    end += f"loss: {LOSSES[epoch]} - val_loss: {HELD_OUT[epoch]}"
    return [f"Epoch {epoch + 1}/6", "\r".join([*bars, end])]


@pytest.mark.parametrize("lines", [keras_2, keras_3])
def test_bars_of_keras_give_one_row_per_epoch(lines: object, tmp_path: Path) -> None:
    text = "\n".join(line for epoch in range(6) for line in lines(epoch))  # type: ignore[operator]
    log = read_history(written(tmp_path, "out.txt", text))
    assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)
    assert (log.unit, log.epochs) == ("epoch", 6)


def test_fairseq_in_json_and_in_words(tmp_path: Path) -> None:
    head = "2024-05-01 10:00:00 | INFO | "
    lines, words = [], []
    for i, (a, b) in enumerate(zip(LOSSES, HELD_OUT, strict=True)):
        updates = 500 * (i + 1)
        row = {
            "epoch": i + 1,
            "loss": str(a),
            "ppl": "4.1",
            "num_updates": str(updates),
            "lr": "0.0005",
            "gnorm": "1.5",
        }
        lines.append(f"{head}train | {json.dumps(row)}")
        valid = {"epoch": i + 1, "valid_loss": str(b), "valid_ppl": "5.0", "valid_num_updates": str(updates)}
        lines.append(f"{head}valid | {json.dumps(valid)}")
        words.append(
            f"{head}train | epoch {i + 1:03d} | loss {a} | ppl 4.1 | num_updates {updates} | lr 0.0005 | gnorm 1.5"
        )
        words.append(
            f"{head}valid | epoch {i + 1:03d} | valid on 'valid' subset | loss {b} | ppl 5 | num_updates {updates}"
        )
    for name, text in (("a.log", lines), ("b.log", words)):
        log = read_history(written(tmp_path, name, "\n".join(text)))
        assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)
        assert log.gradient_norm is not None
        assert log.learning_rate is not None


def test_mmengine_and_detectron2_as_printed(tmp_path: Path) -> None:
    mmengine = [
        f"2024/05/01 10:00:00 - mmengine - INFO - Epoch(train)  [{i // 2 + 1}][{50 * (i % 2 + 1):4d}/100]  "
        f"lr: 2.0000e-02  eta: 4:06:00  time: 0.3312  data_time: 0.01  memory: 3000  grad_norm: 3.2100  "
        f"loss: {loss:.4f}  loss_cls: 0.2"
        for i, loss in enumerate(LOSSES)
    ]
    detectron2 = [
        f"[05/01 10:00:00 d2.utils.events]:  eta: 0:10:00  iter: {20 * i + 19}  total_loss: {loss}  "
        "loss_cls: 0.4  lr: 0.00025  max_mem: 2900M"
        for i, loss in enumerate(LOSSES)
    ]
    for name, lines in (("mm.log", mmengine), ("d2.txt", detectron2)):
        log = read_history(written(tmp_path, name, "\n".join(lines)))
        assert losses(log) == LOSSES
        assert log.learning_rate is not None
    log = read_history(written(tmp_path, "mm.log", "\n".join(mmengine)))
    assert log.watched.at.tolist() == [50, 100, 150, 200, 250, 300]
    assert log.gradient_norm is not None


def test_a_table_with_its_header_behind_a_hash(tmp_path: Path) -> None:
    """lcurve.out of DeePMD: its error is the root of its loss."""
    lines = [
        "#  step      rmse_val    rmse_trn    rmse_e_val  rmse_e_trn    rmse_f_val  rmse_f_trn         lr",
        "# If there is no available reference data, rmse_*_{val,trn} will print nan",
    ]
    lines += [
        f"{1000 * i:7d}      {b:.2e}    {a:.2e}      nan    nan      {b:.2e}    {a:.2e}    1.0e-03"
        for i, (a, b) in enumerate(zip(LOSSES, HELD_OUT, strict=True))
    ]
    log = read_history(written(tmp_path, "lcurve.out", "\n".join(lines)))
    assert losses(log) == pytest.approx(LOSSES, rel=0.01)
    assert held_out(log) == pytest.approx(HELD_OUT, rel=0.01)
    assert choice(log, "loss")[0] == ("rmse_trn",)
    assert log.watched.at.tolist() == [0, 1000, 2000, 3000, 4000, 5000]


@pytest.mark.parametrize("gap", [" ", "    "])
def test_blanks_as_separators(gap: str, tmp_path: Path) -> None:
    text = "\n".join([gap.join(["step", "loss"]), *(gap.join([str(i), str(loss)]) for i, loss in enumerate(LOSSES))])
    assert losses(read_history(written(tmp_path, "log.dat", text))) == LOSSES


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas(separator: str, tmp_path: Path) -> None:
    rows = [separator.join(["epoch", "loss", "val_loss"])]
    for i, (a, b) in enumerate(zip(LOSSES, HELD_OUT, strict=True)):
        rows.append(separator.join([str(i + 1), str(a).replace(".", ","), str(b).replace(".", ",")]))
    log = read_history(written(tmp_path, "log.csv", "\n".join(rows)))
    assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)


def test_thousands_stay_thousands(tmp_path: Path) -> None:
    rows = ["step;loss", *(f"{1 + i},000;{loss}" for i, loss in enumerate(LOSSES))]
    log = read_history(written(tmp_path, "log.csv", "\n".join(rows)))
    assert log.watched.at.tolist() == [1000, 2000, 3000, 4000, 5000, 6000]


TABLES = {
    "fastai": ["epoch     train_loss  valid_loss  accuracy  time", "{i}         {a}    {b}    0.9       00:05"],
    "skorch": [
        (
            "  epoch    train_loss    valid_acc    valid_loss     dur\n"
            "-------  ------------  -----------  ----------  ----"
        ),
        "      {i}        \x1b[36m{a}\x1b[0m       \x1b[32m0.7000\x1b[0m        \x1b[35m{b}\x1b[0m  0.0250",
    ],
    "rich": ["┃ epoch ┃ train_loss ┃ val_loss ┃", "│ {i} │ {a} │ {b} │"],
    "NumPy": ["# epoch loss val_loss", "{i} {a} {b}"],
    "pandas with its index": [",epoch,loss,val_loss", "{i},{i},{a},{b}"],
    "words run together": ["epoch,trainloss,valloss", "{i},{a},{b}"],
    "DeepXDE": [
        "Step      Train loss              Test loss               Test metric",
        "{i}000         [{a}, 0]    [{b}, 0]    []",
    ],
    "YOLOv5": [
        "               epoch,      train/box_loss,   train/obj_loss,    val/box_loss,  val/obj_loss,  x/lr0,  x/lr1",
        "{i},{a},0,{b},0,0.00{i},0.01",
    ],
    "older DeePMD": ["#batch      l2_tst    l2_trn    l2_e_tst  l2_e_trn    lr", "{i}000  {b} {a} 1e-3 1e-3 1e-3"],
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_of_frameworks(case: str, tmp_path: Path) -> None:
    header, row = TABLES[case]
    lines = [row.format(i=i, a=a, b=b) for i, (a, b) in enumerate(zip(LOSSES, HELD_OUT, strict=True))]
    log = read_history(written(tmp_path, "log.txt", "\n".join([header, *lines])))
    assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)


def test_a_metric_file_of_mlflow(tmp_path: Path) -> None:
    lines = [f"171450000{i}000 {loss} {10 * i}" for i, loss in enumerate(LOSSES)]
    log = read_history(written(tmp_path, "val_loss", "\n".join(lines)))
    assert held_out(log) == LOSSES
    assert log.watched.at.tolist() == [0, 10, 20, 30, 40, 50]


def test_the_folder_of_a_run_of_mlflow(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "metrics"
    for name, values in (("train/loss", LOSSES), ("val_loss", HELD_OUT)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("".join(f"171450000{i}000 {loss} {10 * i}\n" for i, loss in enumerate(values)))
    for path in (folder, folder.parent):
        log = read_history(path)
        assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)
        assert log.watched.at.tolist() == [0, 10, 20, 30, 40, 50]


def test_null_for_good_is_the_nan_of_the_run_and_null_between_numbers_is_a_gap(tmp_path: Path) -> None:
    rows = [{"step": i, "loss": 2.0 - 0.1 * i if i < 9 else None, "lr": 0.1} for i in range(15)]
    log = read_history(written(tmp_path, "log.jsonl", "\n".join(map(json.dumps, rows))))
    assert np.isnan(log.watched.values[9:]).all()
    assert len(log.watched) == 15
    gaps = [
        {"step": i, "loss": 2.0 - 0.1 * i if i % 2 else None, "val_loss": 2.0 if i % 2 == 0 else None}
        for i in range(15)
    ]
    log = read_history(written(tmp_path, "gaps.jsonl", "\n".join(map(json.dumps, gaps))))
    assert len(log.watched) == 7


def test_a_data_frame_whose_loss_turns_nan_while_its_rate_goes_on_is_broken() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"loss": [1.0, 0.9, 0.8, 0.7, 0.6, math.nan, math.nan, math.nan], "lr": [0.1] * 8})
    assert np.isnan(read_history(frame).watched.values[-3:]).all()


def test_a_markdown_table_of_a_model_card(tmp_path: Path) -> None:
    rows = ["| Training Loss | Epoch | Step | Validation Loss |", "|:---:|:---:|:---:|:---:|"]
    rows += [
        f"| {a} | {i + 1}.0 | {100 * (i + 1)} | {b} |" for i, (a, b) in enumerate(zip(LOSSES, HELD_OUT, strict=True))
    ]
    rows[2] = rows[2].replace("2.0 |", "No log |", 1)
    log = read_history(written(tmp_path, "card.md", "\n".join(rows)))
    assert (losses(log), held_out(log)) == (LOSSES[1:], HELD_OUT)


def test_a_second_session_of_kerass_csv_logger_continues(tmp_path: Path) -> None:
    further = [0.84, 0.8, 0.78, 0.77, 0.75, 0.74]
    rows = [f"{epoch % 6},{loss}" for epoch, loss in enumerate([*LOSSES, *further])]
    for text in (["epoch,loss", *rows], ["epoch,loss", *rows[:6], "epoch,loss", *rows[6:]]):
        log = read_history(written(tmp_path, "training.log", "\n".join(text)))
        assert losses(log) == [*LOSSES, *further]
        assert log.watched.at.tolist() == list(range(12))
        assert log.epochs == 12


def test_a_resume_overwrites_what_it_repeats() -> None:
    log = read_history({"step": [0, 10, 20, 30, 20, 30, 40], "loss": [5.0, 4.0, 3.0, 9.0, 2.5, 2.0, 1.5]})
    assert losses(log) == [5.0, 4.0, 2.5, 2.0, 1.5]


def test_epochs_of_the_trainer_are_positions(tmp_path: Path) -> None:
    rows = [{"epoch": float(i), "step": 100 * i, "loss": 2.0 - 0.05 * i} for i in range(31)]
    assert read_history(rows).epochs == 30
    text = "epoch,step,loss\n" + "".join(f"{row['epoch']},{row['step']},{row['loss']}\n" for row in rows)
    assert read_history(written(tmp_path, "log.csv", text)).epochs == 30


@pytest.mark.parametrize(
    ("counts", "epochs"), [(range(30), 30), (range(1, 31), 30), ([0.5 * i for i in range(1, 61)], 30)]
)
def test_epochs_that_are_counts_are_counted(counts: object, epochs: int) -> None:
    numbers = list(counts)  # type: ignore[call-overload]
    assert read_history({"epoch": numbers, "loss": np.linspace(2, 1, len(numbers))}).epochs == epochs


def test_the_epochs_of_lightning_are_counts(tmp_path: Path) -> None:
    rows = ["epoch,step,train_loss", *(f"{epoch},{100 * epoch + 99},{2 - 0.05 * epoch}" for epoch in range(30))]
    assert read_history(written(tmp_path, "metrics.csv", "\n".join(rows))).epochs == 30


def test_text_from_a_powershell_redirection(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes("\n".join(PRINTED["nanoGPT"]).encode("utf-16"))
    assert losses(read_history(path)) == LOSSES


def test_bytes_that_are_no_text_do_not_stop_a_log(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"step,loss,caf\xe9\n" + b"".join(b"%d,%g,1\n" % (i, loss) for i, loss in enumerate(LOSSES)))
    assert losses(read_history(path)) == LOSSES


@pytest.mark.timeout(20)
def test_pipes_and_devices_are_refused_before_they_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(
        DataError, match="not a regular file but a pipe; save the training log of one run to a file first"
    ):
        read_history(pipe)
    with pytest.raises(DataError, match="not a regular file but a device"):
        read_history("/dev/zero")


def test_a_name_that_no_file_can_have_is_an_error_in_one_sentence() -> None:
    for name in ("a\0b.csv", "x" * 5000):
        with pytest.raises(DataError, match=r"cannot be read \(.*\); give a training log"):
            read_history(name)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.diagnosis.formats.files.MAX_BYTES", 10)
    with pytest.raises(DataError, match="larger than"):
        read_history(written(tmp_path, "log.csv", "step,loss\n1,2\n"))


def test_a_binary_file_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 40)
    with pytest.raises(DataError, match="a binary file and no log"):
        read_history(path)


@pytest.mark.parametrize("size", [0, 1, 9, 512, 513, 4097, 20_000])
def test_the_checksum_is_the_one_of_its_definition(size: int) -> None:
    content = np.random.default_rng(size).bytes(size)
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    assert crc32c(content) == value ^ 0xFFFFFFFF


def test_a_record_whose_checksum_does_not_fit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1"
    length = struct.pack("<Q", 8)
    checksum = crc32c(length)
    masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
    path.write_bytes(length + struct.pack("<I", masked) + b"12345678" + b"\0\0\0\0")
    with pytest.raises(DataError, match="damaged at byte 12: the checksum of a record does not fit"):
        read_history(path)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("line", ["A" * 4000 + "loss", "loss" + " " * 3900 + "x", "loss " * 800, "a-" * 2000 + "loss"])
def test_lines_of_nonsense_take_no_quadratic_time(line: str, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_history(written(tmp_path, "log.txt", "\n".join([line] * 100)))


@pytest.mark.parametrize("gap", ["val_loss -", "val_loss: --", "val_loss=n/a", "val_loss None", "val_loss –"])
def test_a_name_without_its_number_says_nothing_of_the_line(gap: str, tmp_path: Path) -> None:
    lines = [
        f"it {100 * i}/2000 | loss {loss} | {f'val_loss {HELD_OUT[i]}' if i % 3 == 2 else gap} | lr 1.0e-01"
        for i, loss in enumerate(LOSSES)
    ]
    log = read_history(written(tmp_path, "run.log", "\n".join(lines)))
    assert losses(log) == LOSSES
    assert held_out(log) == HELD_OUT[2::3]


@pytest.mark.parametrize("name", ["ce", "bce", "bpb"])
def test_a_loss_that_is_called_by_its_formula_is_one_in_printed_lines(name: str, tmp_path: Path) -> None:
    lines = [
        f"2026-11-30 10:{i:02d}:00 | INFO | epoch={i:03d}/040 step={i * 782} | trn/{name}={loss:.4f} | "
        f"dev/{name}={other:.4f} dev/top1={90 + i:.2f}% | lr=3.000e-03 | gnorm=1.20 | 12.3 it/s"
        for i, (loss, other) in enumerate(zip(LOSSES, HELD_OUT, strict=True), start=1)
    ]
    log = read_history(written(tmp_path, "train.log", "\n".join(lines)))
    assert losses(log) == LOSSES
    assert held_out(log) == HELD_OUT
    assert choice(log, "loss")[0] == (f"trn/{name}",)


@pytest.mark.parametrize(
    "word", [".nan", "nan", "-nan(ind)", "nan(0x7)", "1.#QNAN", "-1.#IND", ".inf", "-.inf", "1.#INF00"]
)
@pytest.mark.parametrize(
    "line", ["step {step} loss {loss}", "step={step} loss={loss}, lr=0.1", "- step: {step}\n  loss: {loss}"]
)
def test_a_broken_loss_is_one_however_a_program_prints_it(line: str, word: str, tmp_path: Path) -> None:
    lines = [line.format(step=step, loss=loss) for step, loss in enumerate([*LOSSES, word, word, word])]
    log = read_history(written(tmp_path, "train.log", "\n".join(lines)))
    assert losses(log)[:6] == LOSSES
    assert np.isfinite(np.array(losses(log))).tolist() == [True] * 6 + [False] * 3


BESIDE = ["Step", *(f"{run} - {loss}" for run in ("brisk-sun-3", "calm-wave-4") for loss in ("train/loss", "val/loss"))]


def test_runs_beside_each_other_in_a_chart_export_are_refused_until_one_is_named(tmp_path: Path) -> None:
    rows = [[10 * i, 9.0 - i, 8.0 - i, loss, HELD_OUT[i]] for i, loss in enumerate(LOSSES)]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in [BESIDE, *rows])
    path = written(tmp_path, "wandb_export.csv", text)
    with pytest.raises(DataError, match=r"2 runs beside each other \('brisk-sun-3', 'calm-wave-4'\).*--loss-column"):
        read_history(path)
    log = read_history(path, loss_column="calm-wave-4 - train/loss")
    assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)
    assert [item.name for item in log.others] == []


def test_a_table_for_latex(tmp_path: Path) -> None:
    rows = "\n".join(
        rf"    {i} & \textbf{{{loss}}} & ${HELD_OUT[i]}$ & 45\,\% \\ \addlinespace" for i, loss in enumerate(LOSSES)
    )
    text = r"\begin{tabular}{lrrr}" "\n" r"\toprule Epoch & Train loss & Val.\ loss & Top 1 \\ \midrule" f"\n{rows}\n"
    log = read_history(written(tmp_path, "results.tex", text + r"\bottomrule \end{tabular}"))
    assert (losses(log), held_out(log), log.unit) == (LOSSES, HELD_OUT, "epoch")


def test_lines_of_one_number_each_are_no_rows_of_their_own(tmp_path: Path) -> None:
    lines = [
        f"INFO:root:Epoch[{i}] Batch [100-200]\tSpeed: 1200.1 samples/sec\tcross-entropy={loss + 0.5}\n"
        f"INFO:root:Epoch[{i}] Train-accuracy=0.5{i}\nINFO:root:Epoch[{i}] Train-cross-entropy={loss}\n"
        f"INFO:root:Epoch[{i}] Time cost=12.5\nINFO:root:Epoch[{i}] Validation-cross-entropy={HELD_OUT[i]}"
        for i, loss in enumerate(LOSSES)
    ]
    log = read_history(written(tmp_path, "mxnet.log", "\n".join(lines)))
    assert (losses(log), held_out(log), log.unit) == (LOSSES, HELD_OUT, "epoch")


def test_a_line_on_metrics_of_held_out_data_says_whose_losses_follow(tmp_path: Path) -> None:
    lines = ["2024-03-05 10:00:00.301 INFO: Loss metrics on validation set"]
    lines += [f"2024-03-05 10:00:0{i}.301 INFO: Epoch {i}: head: default, loss={x:.8f}" for i, x in enumerate(HELD_OUT)]
    log = read_history(written(tmp_path, "run.log", "\n".join(lines)))
    assert (log.loss, held_out(log)) == (None, HELD_OUT)


def test_a_held_out_cross_entropy_and_a_gradient_norm_of_marian(tmp_path: Path) -> None:
    lines = [
        f"[2024-03-05 10:00:00] Ep. 1 : Up. {500 * (i + 1)} : Sen. 30,000 : Cost {loss} * 1,203,221 after 900,000 : "
        f"gNorm 0.9{i} : L.r. 3.0000e-04\n"
        f"[2024-03-05 10:00:01] [valid] Ep. 1 : Up. {500 * (i + 1)} : cross-entropy : {HELD_OUT[i]} : new best"
        for i, loss in enumerate(LOSSES)
    ]
    log = read_history(written(tmp_path, "marian.log", "\n".join(lines)))
    assert (losses(log), held_out(log)) == (LOSSES, HELD_OUT)
    assert log.gradient_norm is not None


@pytest.mark.parametrize(
    "line",
    [
        "10:00:00.001 [main] INFO o.d.o.l.ScoreIterationListener - Score at iteration {step} is {loss}",
        "2024-03-05 10:00:00,901 INFO Epoch[{step}] Evaluation metric 'epoch_loss'={loss}",
    ],
)
def test_a_training_loss_by_other_words(line: str, tmp_path: Path) -> None:
    lines = [line.format(step=10 * step, loss=loss) for step, loss in enumerate(LOSSES)]
    log = read_history(written(tmp_path, "train.log", "\n".join(lines)))
    assert (losses(log), log.validation_loss) == (LOSSES, None)
    assert log.watched.at.tolist() == [0, 10, 20, 30, 40, 50]
