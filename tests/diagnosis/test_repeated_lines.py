# ruff: noqa: E501 - lines of logs are as long as tools print them
"""One measurement in several lines, several quantities under one name, and what is no log of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.diagnosis import read_history
from advisor.diagnosis.formats.trials import trials_in
from advisor.errors import DataError

from .forms import EPOCH, EPOCHS, NONE, TRAIN, Form, broken_forms, expected, found, is_broken_at_the_end, values

FORMS: dict[str, Form] = {}
FORMS["means of a sweep with blanks in their brackets"] = Form(
    each=(
        "Train: {epoch0} [{batch0}/50 ( 20%)]  Loss: {loss} (9.9)  Time: 0.412s, 2485.22/s  LR: 1.000e-03  Data: 0.010",
    ),
    ends=(
        "Test: [   0/48]  Time: 0.312 (0.312)  Loss:   9.100 ( 9.100)  Acc@1:  40.000 ( 40.000)",
        "Test: [  48/48]  Time: 0.312 (0.312)  Loss:   0.100 ( {held})  Acc@1:  40.000 ( 40.000)",
    ),
    at=NONE,
    epochs=6,
)
FORMS["batches of a sweep, and their mean under another name"] = Form(
    each=("2022-11-01 10:00:00,1 DEBUG TRAIN Batch {epoch0}/{batch0} loss {loss} loss_att 45.1 lr 0.001 rank 0",),
    ends=(
        "2022-11-01 10:00:00,1 DEBUG CV Batch {epoch0}/0 loss 42.1 loss_att 45.1 history loss 41.1 rank 0",
        "2022-11-01 10:00:00,1 DEBUG CV Batch {epoch0}/100 loss 40.1 loss_att 45.1 history loss 40.5 rank 0",
        "2022-11-01 10:00:00,1 INFO Epoch {epoch0} CV info cv_loss {held}",
    ),
    at=NONE,
    epochs=NONE,
)
FORMS["a sweep over steps that are counted without their number"] = Form(
    per_epoch=True,
    head=("I Loading best validating checkpoint from ckpt/best_dev-1466475", "I STARTING Optimization"),
    each=("Epoch {epoch0} |   Training | Elapsed Time: 0:10:00 | Steps: 500 | Loss: {loss}",),
    ends=(
        "Epoch {epoch0} | Validation | Elapsed Time: 0:00:01 | Steps: 10 | Loss: 9.9 | Dataset: dev.csv",
        "Epoch {epoch0} | Validation | Elapsed Time: 0:00:10 | Steps: 100 | Loss: {held} | Dataset: dev.csv",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["an evaluation under way"] = Form(
    starts=("Epoch {epoch}/6",),
    each=("step {batch}/50 - loss: {loss} - acc: 0.5 - 12ms/step",),
    ends=(
        "Eval begin...",
        "step 100/157 - loss: 9.9 - acc: 0.70 - 7ms/step",
        "step 157/157 - loss: {held} - acc: 0.71 - 7ms/step",
        "Eval samples: 10000",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["a held-out loss that every line carries along"] = Form(
    each=("Epoch {epoch} | iter {step} step {i} | loss train: {loss}, val: {held} | iter time: 312.10 ms (step)",),
    rate=None,
    epochs=6,
)
FORMS["lines that two loggers print"] = Form(
    each=(
        "INFO:tensorflow:Step {step} per-step time 0.345s",
        "I0711 10:00:00.000000 140012 model_lib_v2.py:705] Step {step} per-step time 0.345s",
        "INFO:tensorflow:{{'Loss/localization_loss': {part},",
        " 'Loss/total_loss': {loss},",
        " 'learning_rate': 0.001}}",
        "I0711 10:00:00.000000 140012 model_lib_v2.py:708] {{'Loss/localization_loss': {part},",
        " 'Loss/total_loss': {loss},",
        " 'learning_rate': 0.001}}",
    ),
    held=False,
)
FORMS["a split in a word of the line"] = Form(
    each=(
        "I0301 10:00:00.123456 1398 logging_writer.py:48] [{step}] collection=train accuracy=0.1, learning_rate=0.001, loss={loss}",
    ),
    ends=(
        "I0301 10:00:00.123456 1398 logging_writer.py:48] [{step}] collection=training_eval/wmt_mix accuracy=0.1, loss={held}",
    ),
)
FORMS["rows of a table whose bar is drawn again"] = Form(
    per_epoch=True,
    starts=("      Epoch    GPU_mem   box_loss   cls_loss  Instances       Size",),
    each=(
        "\r       {epoch}/6      2.31G      9.9      9.9         14        640:  50%|#####     | 4/8 [00:05<00:00,  1.51it/s]",
        "\r       {epoch}/6      2.31G      {part}      {rest}         14        640: 100%|##########| 8/8 [00:05<00:00,  1.51it/s]",
        "                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|##########| 4/4 [00:02<00:00,  1.40it/s]",
        "                   all        128        929      0.601      0.501      0.601      0.401",
    ),
    held=False,
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["a cost that is a time"] = Form(
    starts=("[Epoch {epoch0}] [Batch 0], Speed: 62.1 samples/sec",),
    each=("[Epoch {epoch0}][Batch {batch0}], Speed: 62.1 samples/sec, CrossEntropy={loss}, SmoothL1=0.5",),
    ends=("[Epoch {epoch0}] Training cost: 260.512, CrossEntropy=9.9, SmoothL1=0.5",),
    held=False,
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["a module called training that logs an evaluation"] = Form(
    per_epoch=True,
    starts=("2020-05-01 10:00:00,1 - INFO - allennlp.training.trainer - Epoch {epoch0}/5",),
    each=(
        "2020-05-01 10:00:00,1 - INFO - allennlp.training.trainer - Training",
        "accuracy: 0.5, batch_loss: 9.9, loss: {loss} ||: 100%|##########| 500/500 [00:30<00:00, 16.2it/s]",
        "2020-05-01 10:00:00,1 - INFO - allennlp.training.trainer - Validating",
        "accuracy: 0.5, batch_loss: 9.9, loss: {held} ||: 100%|##########| 50/50 [00:03<00:00, 16.2it/s]",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["losses of layers before the line of a batch"] = Form(
    head=("mini_batch = 4, batch = 64, time_steps = 1, train = 1",),
    each=(
        "v3 (iou loss, Normalizer: (iou: 0.07, obj: 1.00, cls: 1.00) Region 30 Avg (IOU: 0.500), count: 4, class_loss = 9.9, iou_loss = 0.2, total_loss = 9.9",
        " {step}: 9.9, {loss} avg loss, 0.001 rate, 1.512 seconds, 64 images, 2.1 hours left",
    ),
    held=False,
)


@pytest.mark.parametrize("case", FORMS)
def test_a_measurement_in_several_lines_is_read_once(case: str, tmp_path: Path) -> None:
    path = tmp_path / FORMS[case].name
    path.write_text(FORMS[case].text(), encoding="utf-8", newline="")
    assert found(path, FORMS[case]) == expected(FORMS[case])


@pytest.mark.parametrize("case", broken_forms(FORMS))
def test_a_run_that_turns_nan_is_not_read_as_a_sound_one(case: str, tmp_path: Path) -> None:
    assert is_broken_at_the_end(tmp_path / FORMS[case].name, FORMS[case])


def test_a_held_out_loss_that_hardly_moves_keeps_its_points() -> None:
    tested = [0.69, 0.69, 0.7, 0.69, 0.69, 0.69, 0.68, 0.69, 0.69, 0.69, 0.69, 0.7]
    rows = [{"epoch": i + 1, "loss": 0.7, "val_loss": value} for i, value in enumerate(tested)]
    assert values(read_history(rows).validation_loss) == tested


def test_the_loss_that_names_its_data_is_the_one_of_the_training() -> None:
    rows = [{"epoch": i + 1, "loss": 9.9, "train_loss": loss} for i, loss in enumerate(TRAIN[:EPOCHS])]
    assert values(read_history(rows).loss) == TRAIN[:EPOCHS]


def test_a_heading_of_two_lines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vw.log"
    head = [
        "Num weight bits = 18",
        "average  since         example        example  current  current  current",
        "loss     last          counter         weight    label  predict features",
    ]
    rows = [f"{loss} 9.9 {2**i:20d} {2**i:.1f}   1.0000   0.1000       40" for i, loss in enumerate(TRAIN[:EPOCHS])]
    path.write_text("\n".join([*head, *rows]), encoding="utf-8")
    assert values(read_history(path).loss) == TRAIN[:EPOCHS]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "status.txt",
            "| Trial name   | status     | lr | l1 | loss | training_iteration |\n|---|---|---|---|---|---|\n"
            + "\n".join(f"| train_{i:05d}  | TERMINATED | 0.1 | 16 | 0.{i} | 10 |" for i in range(6)),
            "holds 6 trials",
        ),
        ("word2vec.log", "Starting training using file text8\nAlpha: 0.0247  Progress: 1.0%\n", "no line names a loss"),
        ("h2o.txt", "epochs training_deviance\n0.1 a\n0.2 b\n", "'training_deviance' holds no number"),
        ("runs.csv", "Name,State,lr,loss\na,finished,0.1,0.5\nb,crashed,0.2,0.4\n", "holds 2 trials"),
        (
            "end.txt",
            "wandb: Run summary:\nwandb:       loss 0.2113\nwandb:   val_loss 0.2811\n",
            "as the summary of a run",
        ),
        ("wandb-summary.json", json.dumps({"loss": 0.2, "val_loss": 0.3, "_step": 1999}), "as the summary of a run"),
    ],
)
def test_what_is_no_log_of_a_run_is_refused_with_the_reason(name: str, text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_history(path)


def test_a_0_before_the_first_step_is_no_loss_but_that_of_a_policy_is() -> None:
    rows = [{"step": i, "loss": loss} for i, loss in enumerate([0.0, *TRAIN])]
    assert values(read_history(rows).loss) == TRAIN
    rising = [round(1e-3 * i, 4) for i in range(30)]
    assert values(read_history([{"step": i, "loss": loss} for i, loss in enumerate(rising)]).loss) == rising


def test_epochs_that_are_completed_are_no_trials() -> None:
    assert trials_in("epoch,status,loss\n1,completed,0.5\n2,completed,0.4\n3,completed,0.3\n") == 0


@pytest.mark.parametrize("metric", ["rmse", "l2", "binary_logloss"])
def test_metrics_of_a_data_set_are_read_as_its_losses(metric: str, tmp_path: Path) -> None:
    form = Form(
        per_epoch=True,
        each=(f"[{{step}}]\ttraining's {metric}: {{loss}}\tvalid_0's {metric}: {{held}}",),
        rate=None,
        at=NONE,
        objective="boosting",
    )
    path = tmp_path / "lightgbm.log"
    path.write_text(form.text(), encoding="utf-8")
    assert found(path, form) == expected(form)


def test_boosting_of_scikit_learn_is_recognised(tmp_path: Path) -> None:
    form = Form(
        head=("      Iter       Train Loss   Remaining Time ",),
        each=("         {step}           {loss}            1.02s",),
        held=False,
        rate=None,
        objective="boosting",
    )
    path = tmp_path / "gbm.txt"
    path.write_text(form.text(), encoding="utf-8")
    assert found(path, form) == expected(form)
