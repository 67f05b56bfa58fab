# ruff: noqa: E501 - lines of logs are as long as tools print them
"""Logs as they stand on a screen: bars drawn again, sweeps, tables between lines, notebooks, lists, other numerals."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path

import pytest

import advisor
from advisor.diagnosis import read_history
from advisor.errors import AdvisorError, DataError
from tests.reliability.fuzz import mutated

from .forms import EPOCH, EPOCHS, NONE, TESTED, TRAIN, Form, expected, found, values

MEANS = TRAIN[:EPOCHS]
FORMS: dict[str, Form] = {}
FORMS["lightning's bar, which keeps showing the last validation"] = Form(
    head=("Sanity Checking DataLoader 0: 100%|##########| 2/2 [00:00<00:00, 15.02it/s]",),
    each=(
        "\rEpoch {epoch0}:  20%|##        | {batch}/50 [00:01<00:10, 50.51it/s, v_num=3, train_loss={loss}, val_loss=8.5]",
    ),
    ends=(
        "\rEpoch {epoch0}: 100%|##########| 50/50 [00:01<00:00, 50.51it/s, v_num=3, train_loss={loss}, val_loss=8.5]",
        "\rValidation DataLoader 0: 100%|##########| 40/40 [00:00<00:00, 90.0it/s]",
        "\rEpoch {epoch0}: 100%|##########| 50/50 [00:01<00:00, 50.51it/s, v_num=3, train_loss={loss}, val_loss={held}]",
    ),
    held=NONE,
    rate=None,
    epochs=6,
)
FORMS["a bar over epochs"] = Form(
    per_epoch=True,
    each=("Epochs:  50%|#####     | {epoch}/6 [00:10<00:00, 1.1s/it, loss={loss}, val_loss={held}]",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["a sweep over the test set with means in brackets"] = Form(
    each=("Epoch: [{epoch0}][{batch0}/50]  loss: {loss} (2.1000)  lr: 0.001",),
    ends=(
        "Test:  [ 0/98]  Time 0.5 (0.5)  Loss: 7.7 (7.7)",
        "Test:  [50/98]  Time 0.5 (0.5)  Loss: 8.8 (6.6)",
        "Test:  [98/98]  Time 0.5 (0.5)  Loss: 9.9 ({held})",
    ),
    at=NONE,
    epochs=6,
)
FORMS["tables between lines"] = Form(
    starts=("training", "# Epoch batch         loss       loss_f        f_mae"),
    each=("      {epoch}     {batch}        {loss}        {part}        0.12",),
    ends=(
        "validation",
        "# Epoch batch         loss       loss_f        f_mae",
        "      {epoch}     1        {held}        {heldpart}        0.12",
        "Wall time: 12.3",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["marian's validation"] = Form(
    each=(
        "[2023-05-01 10:00:00] Ep. {epoch} : Up. {step} : Sen. 51,200 : Cost {loss} : Time 12.3s : gNorm 1.2 : L.r. 1.0000e-03",
    ),
    ends=("[2023-05-01 10:00:00] [valid] Ep. {epoch} : Up. {step} : ce-mean-words : {held} : new best",),
    epochs=6,
)
FORMS["numbers before names"] = Form(each=("after {step} steps: {loss} loss",), rate=None, held=False)
FORMS["layers before the line of the batch"] = Form(
    each=(
        "v3 Region 139 Avg (IOU: 0.77), count: 12, class_loss = 0.5, iou_loss = 2.1, total_loss = 2.6",
        " {step}: 9.5, {loss} avg loss, 0.001000 rate, 3.12 seconds, 640 images, 12.1 hours left",
    ),
    held=False,
)
FORMS["a count in brackets"] = Form(
    each=("[{step}/300] L1: 0.5 | Total loss: {loss} | PSNR: 30.1",), rate=None, held=False
)
FORMS["xgboost with its multi-class loss"] = Form(
    per_epoch=True,
    each=("[{i}]\ttrain-mlogloss:{loss}\tvalid-mlogloss:{held}",),
    rate=None,
    at=NONE,
    objective="boosting",
)
FORMS["fortran's exponents"] = Form(head=("# step loss",), each=("{step} {loss}D+00",), rate=None, held=False)
FORMS["a blank in the exponent"] = Form(
    head=("# step      loss",), each=("{step}    {loss} e+00",), rate=None, held=False
)
FORMS["a power of ten"] = Form(each=("step {step} loss {loss} lr 1.0 × 10⁻³",), held=False)
FORMS["columns as lines"] = Form(
    name="history.csv",
    per_epoch=True,
    head=(
        "epoch," + ",".join(f"{epoch:g}" for epoch in EPOCH),
        "train_loss," + ",".join(map(str, MEANS)),
        "val_loss," + ",".join(map(str, TESTED)),
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["lists with names"] = Form(
    per_epoch=True, head=("done", f"train_losses = {MEANS}", f"val_losses: {TESTED}"), rate=None, at=NONE
)
FORMS["versions are no losses"] = Form(
    each=(
        "LOG (nnet3-chain-train[5.5]:PrintStats():nnet-training.cc:348) Average objective for 'output' is -{loss} over 44800 frames.",
    ),
    refused="no column is recognised as a loss",
)
FORMS["ranks of torchrun"] = Form(
    each=("[default1]:step {step}: loss 9.5", "[default0]:step {step}: loss {loss}"), rate=None, held=False
)
FORMS["a summary behind the run"] = Form(
    per_epoch=True,
    each=("Epoch {epoch}: train/loss={loss}, val/loss={held}",),
    tail=("wandb: Run summary:", f"wandb:  train/loss {MEANS[-1]}", f"wandb:    val/loss {TESTED[-1]}"),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["a logger with a name like a split"] = Form(each=("INFO:mi-test:step {step}: loss={loss}, lr=0.001",), held=False)
FORMS["bold cells"] = Form(
    per_epoch=True,
    head=("| Epoch | Train Loss | Val Loss |", "|---|---|---|"),
    each=("| {epoch} | {loss} | **{held}** |",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
for language, line in {
    "polish": "Epoka {epoch}/6 - strata treningowa: {loss}, strata walidacyjna: {held}",
    "turkish": "Dönem {epoch}: eğitim kaybı {loss}, doğrulama kaybı {held}",
    "dutch": "Epoch {epoch}: trainingsverlies {loss}, validatieverlies {held}",
    "japanese": "エポック {epoch}/6 学習誤差: {loss} 検証誤差: {held}",
    "russian": "Эпоха {epoch}: потери на обучении {loss}, потери на валидации {held}",
}.items():
    FORMS[language] = Form(per_epoch=True, each=(line,), rate=None, at=EPOCH, epochs=6)
RUN = "\n".join(
    f"Epoch {i + 1}: train loss {a}, val loss {b}" for i, (a, b) in enumerate(zip(MEANS, TESTED, strict=True))
)
FORMS["a run twice"] = Form(head=(RUN, "$ python train.py", RUN), refused="holds 2 runs one after another")

FORMS["results of both splits behind an epoch's batches"] = Form(
    each=(
        "[n01] (trainer:732) INFO: {epoch}epoch:train:1-200batch: iter_time=1.2e-04, loss_ctc={part}, acc=0.5, loss={loss}, optim0_lr0=1.000e-03, train_time=1.9",
    ),
    ends=(
        "[n01] (trainer:342) INFO: {epoch}epoch results: [train] iter_time=1.2e-04, loss=1.0, optim0_lr0=1.000e-03, time=6 minutes and 12.1 seconds, [valid] loss_ctc=9.9, acc=0.6, loss={held}, time=12.1 seconds",
    ),
    at=NONE,
    epochs=6,
)
FORMS["steps of DLLogger"] = Form(
    each=(
        'DLLL {{"timestamp": "1588.1", "type": "LOG", "step": [{epoch0}, {batch0}], "data": {{"train.loss": {loss}, "train.lr": 0.001}}}}',
    ),
    ends=('DLLL {{"timestamp": "1588.1", "type": "LOG", "step": [{epoch0}], "data": {{"val.loss": {held}}}}}',),
    at=NONE,
    epochs=6,
)
FORMS["points in time of MLPerf"] = Form(
    head=(':::MLLOG {"key": "opt_base_learning_rate", "value": 0.001, "metadata": {"lineno": 12}}',),
    each=(
        ':::MLLOG {{"namespace": "", "key": "train_loss", "value": {loss}, "metadata": {{"lineno": 40, "step_num": {step}}}}}',
    ),
    ends=(
        ':::MLLOG {{"namespace": "", "key": "eval_loss", "value": {held}, "metadata": {{"lineno": 60, "step_num": {step}}}}}',
    ),
    rate=NONE,
)
FORMS["a total of each epoch, as Joey NMT's"] = Form(
    each=("joeynmt.training - Epoch   {epoch}, Step:      {step}, Batch Loss:     {loss}, Lr: 0.001000",),
    ends=(
        "joeynmt.prediction - Evaluation result (greedy): bleu:  12.31, loss: {held}, ppl:  23.10",
        "joeynmt.training - Epoch   {epoch}: total training loss 123456.78",
    ),
    epochs=6,
)
FORMS["lists of held-out files in names, as flashlight's"] = Form(
    per_epoch=True,
    each=(
        "epoch: {epoch} | lr: 0.001 | lrcriterion: 0.0 | loss: {loss} | train-TER: 89.21 | lists/dev-clean.lst-loss: {held} | avg-isz: 1230",
    ),
    at=EPOCH,
    epochs=6,
)
FORMS["episodes beside epochs, as LeRobot's"] = Form(
    each=(
        "INFO ts/train.py:192 step:{step} smpl:1K ep:{last} epch:{frac} loss:{loss} grdn:1.234 lr:1.0e-03 updt_s:0.1",
    ),
    held=False,
    epochs=6,
)
FORMS["a bar whose unit is the epoch"] = Form(
    per_epoch=True,
    each=(
        "\rTraining epochs on cuda:0:  50%|#####     | {epoch}/6 [00:10<00:20,  1.30s/epoch, loss={loss}, prev_loss=9.5]",
    ),
    held=False,
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["testing in words, as DLRM's"] = Form(
    each=("Finished training it {batch}/50 of epoch {epoch0}, 12.34 ms/it, loss {loss}",),
    ends=("Testing at - 50/50 of epoch {epoch0}, loss {held}, accuracy 78.0 %, best accuracy 78.1 %",),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["a loss of another name below an evaluation, as FuxiCTR's"] = Form(
    per_epoch=True,
    each=("INFO Epoch={epoch} start", "INFO Train loss: {loss}", "INFO Evaluation @epoch {epoch} - batch 43: "),
    ends=("INFO [Metrics] AUC: 0.80 - logloss: {held}",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["no held-out data but a column of zeros, as NGBoost's"] = Form(
    each=("[iter {step}] loss={loss} val_loss=0.0000 scale=1.0000 norm=6.7000",), held=False, rate=None
)
FORMS["places on lines of their own, as Blocks'"] = Form(
    per_epoch=True,
    each=(
        "\t epochs_done: {epoch}",
        "\t iterations_done: {step}",
        "\t train_final_cost: {loss}",
        "\t valid_final_cost: {held}",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["an arrow under way, as TensorFlow.js draws it"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch} / 6\neta=2.1 =====>------- acc=0.5 loss=8.8 \reta=0.0 ============> \n12ms 231us/step - acc=0.6 loss={loss} val_loss={held} ",
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["deviances of R's gbm"] = Form(
    per_epoch=True,
    head=("Iter   TrainDeviance   ValidDeviance   StepSize   Improve",),
    each=("     {epoch}          {loss}          {held}     0.0500    0.0123",),
    rate=None,
    at=EPOCH,
    objective="boosting",
)
FORMS["a first loss in every line, as NumPyro's"] = Form(
    each=("\r  5%|#   | {step}/300 [00:01<00:09, 80.1it/s, init loss: 1234.5, avg. loss [{step0}-{step}]: {loss}]",),
    held=False,
    rate=None,
)
FORMS["a step over its maximum, as ms-swift's"] = Form(
    each=(
        '{{"loss": {loss}, "learning_rate": 0.001, "epoch": {frac}, "global_step/max_steps": "{step}/300", "percentage": "2.00%"}}',
    ),
    ends=('{{"eval_loss": {held}, "epoch": {frac}, "global_step/max_steps": "{step}/300"}}',),
    name="logging.jsonl",
    epochs=6,
)
FORMS["a dictionary among pairs, as InternEvo's"] = Form(
    each=(
        "INFO t.py:600 -- tflops=180.1 step={step} loss={loss} lr=1.0e-03 grad_norm={{'0_default': 2.1, '1_fp32': 0.0}} micro_num=4",
    ),
    held=False,
)
FORMS["a count and its percentage in front, as ELECTRA's"] = Form(
    each=("{step}/300 = 2.5%, SPS: 2.3, ELAP: 1:43, ETA: 6:30 - loss: {loss}",), held=False, rate=None
)
FORMS["one part and a summary behind the run, as SetFit's"] = Form(
    each=("{{'embedding_loss': {loss}, 'learning_rate': 0.001, 'epoch': {frac}}}",),
    tail=("{'train_runtime': 123.4, 'train_loss': 0.11, 'epoch': 6.0}",),
    held=False,
    at=NONE,
    epochs=6,
)
FORMS["a split behind a time, as ParlAI's"] = Form(
    each=(
        "10:00:01 | time:9s total_steps:{step} epochs:{frac}",
        "    clip  gpu_mem    loss    lr  ppl",
        "     1    .3012 {loss} 1e-03 22.1",
        "",
    ),
    ends=("10:01:10 | \x1b[1mvalid:", "    bleu-4  exs    loss  ppl", "   .0012  1000 {held} 20.1\x1b[0m", ""),
    epochs=6,
)
FORMS["a mean over the epoch so far, as GluonTS'"] = Form(
    per_epoch=True,
    each=(
        "\r 50%|##  | 25/50 [00:01<00:01, 14.3it/s, epoch={epoch}/6, avg_epoch_loss=9.5]\r100%|####| 50/50 [00:03<00:00, 14.1it/s, epoch={epoch}/6, avg_epoch_loss={loss}]",
    ),
    held=False,
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["means in brackets without a blank"] = Form(
    each=(
        "Epoch: [{epoch}][{batch0}/50] Elapsed 0m 2s (remain 9m 3s) Loss: {loss}(2.1000) Grad: 3.4  LR: 0.00100000  ",
    ),
    ends=(
        "EVAL: [0/52] Elapsed 0m 0s (remain 0m 3s) Loss: 9.1000(9.1000) ",
        "EVAL: [51/52] Elapsed 0m 3s (remain 0m 0s) Loss: 8.8000({held}) ",
    ),
    at=NONE,
    epochs=6,
)


@pytest.mark.parametrize("case", FORMS)
def test_a_log_on_a_screen_is_read_as_a_person_reads_it(case: str, tmp_path: Path) -> None:
    form = FORMS[case]
    path = tmp_path / form.name
    path.write_text(form.text(), encoding="utf-8")
    assert found(path, form) == expected(form)


TABLE = "".join(
    f"<tr><td>{i + 1}</td><td>{a}</td><td>{b}</td></tr>" for i, (a, b) in enumerate(zip(MEANS, TESTED, strict=True))
)
PAGE = f"<table><thead><tr><th>Epoch</th><th>Training Loss</th><th>Validation Loss</th></tr></thead>{TABLE}</table>"


def notebook(*outputs: dict[str, object]) -> str:
    cells = [{"cell_type": "markdown", "source": ["loss 9.9"]}, {"cell_type": "code", "outputs": list(outputs)}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", f"<div>{PAGE}</div>"),
        ("printed.ipynb", notebook({"output_type": "stream", "text": RUN.splitlines(keepends=True)})),
        ("shown.ipynb", notebook({"output_type": "display_data", "data": {"text/html": [PAGE], "text/plain": "<>"}})),
    ],
)
def test_notebooks_and_pages_are_read(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    log = read_history(path)
    assert (values(log.loss), values(log.validation_loss), log.watched.at.tolist()) == (MEANS, TESTED, EPOCH)


def test_a_session_that_goes_on_is_no_second_run(tmp_path: Path) -> None:
    rows = [{"epoch": i % 3, "loss": loss} for i, loss in enumerate(MEANS)]
    assert read_history(rows).watched.at.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    anew = [{"epoch": i % 6, "loss": loss} for i, loss in enumerate([*MEANS, *MEANS])]
    with pytest.raises(DataError, match="epoch begins anew with row 7"):
        read_history(anew)


@pytest.mark.parametrize("case", FORMS)
def test_a_damaged_log_is_read_or_refused(case: str, tmp_path: Path) -> None:
    content = FORMS[case].text().encode()
    for seed in range(4):
        path = tmp_path / FORMS[case].name
        path.write_bytes(mutated(random.Random(seed), content))  # noqa: S311 - no secret
        with contextlib.suppress(AdvisorError):
            advisor.diagnose(path)


def test_cells_of_a_table_of_blanks_may_be_empty(tmp_path: Path) -> None:
    names = "  epoch    train_loss    valid_loss    cp      lr     dur"
    lines = [
        f"{i + 1:7d}  {a:12.4f}  {b:12.4f}  {'+' if i < 3 else '':>4s}  0.0010  0.1234"
        for i, (a, b) in enumerate(zip(MEANS, TESTED, strict=True))
    ]
    path = tmp_path / "skorch.txt"
    path.write_text("\n".join([names, *lines]), encoding="utf-8")
    log = read_history(path)
    assert (values(log.loss), values(log.validation_loss)) == (MEANS, TESTED)
    assert values(log.learning_rate) == [0.001] * EPOCHS


def test_a_list_of_rates_holds_those_of_the_parameter_groups() -> None:
    log = read_history([{"epoch": i + 1, "train": {"loss": loss}, "lr": [0.01, 0.001]} for i, loss in enumerate(MEANS)])
    assert (values(log.loss), values(log.learning_rate)) == (MEANS, [0.01] * EPOCHS)
    assert [(group.name, group.peak) for group in log.rate_groups] == [("lr/pg1", 0.01), ("lr/pg2", 0.001)]
