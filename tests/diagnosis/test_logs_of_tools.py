# ruff: noqa: E501 - lines of logs are as long as tools print them
"""Logs of more tools, of courses, and of what stands around lines: collectors of logs, launchers, terminals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import advisor
from advisor.diagnosis import read_history
from advisor.errors import DataError

from .forms import (
    EPOCH,
    EPOCHS,
    NONE,
    STEPS,
    TESTED,
    TRAIN,
    Form,
    broken_forms,
    expected,
    found,
    is_broken_at_the_end,
    values,
)

FORMS: dict[str, Form] = {}
FORMS["nanoGPT with both lines"] = Form(
    starts=("step {step0}: train loss 9.9, val loss {held}",),
    each=("iter {step}: loss {loss:.4f}, time 30.12ms, mfu 12.50%",),
    rate=None,
)
FORMS["megatron core"] = Form(
    each=(
        " [2024-05-01 10:00:00] iteration {step:8d}/     300 | consumed samples:        25600 | elapsed time per iteration (ms): 500.1 | throughput per GPU (TFLOP/s/GPU): 150.1 | learning rate: 1.000000E-03 | global batch size:   256 | lm loss: {loss:.6E} | loss scale: 1.0 | grad norm: 1.234 | number of skipped iterations:   0 | number of nan iterations:   0 |",
    ),
    ends=(
        "(min, max) time across ranks (ms):",
        "    evaluate .......................................: (3123.12, 3123.20)",
        "-" * 100,
        " validation loss at iteration {step} on validation set | lm loss value: {held:.6E} | lm loss PPL: 4.5E+02 | ",
        "-" * 100,
    ),
)
FORMS["megatron before training"] = Form(
    each=(" iteration {step:8d}/ 300 | learning rate: 1.000E-03 | lm loss: {loss:.6E} | grad norm: 1.2 |",),
    ends=(" validation loss at iteration {step} | lm loss value: {held:.6E} | lm loss PPL: 9.9 | ",),
)
FORMS["timm summary"] = Form(
    name="summary.csv",
    per_epoch=True,
    head=("epoch,train_loss,eval_loss,eval_top1,eval_top5,lr",),
    each=("{epoch0},{loss},{held},51.2,80.1,0.001",),
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["ultralytics with a clock"] = Form(
    name="results.csv",
    per_epoch=True,
    head=(
        "epoch,time,train/box_loss,train/cls_loss,metrics/precision(B),metrics/mAP50(B),val/box_loss,val/cls_loss,lr/pg0,lr/pg1",
    ),
    each=("{epoch},12.3,{part},{rest},0.5,0.4,{heldpart},{heldrest},0.001,0.001",),
    at=EPOCH,
    epochs=6,
)
FORMS["detectron2 with a validation hook"] = Form(
    name="metrics.json",
    each=(
        '{{"data_time": 0.01, "eta_seconds": 100.1, "iteration": {last}, "loss_box_reg": 0.3, "loss_cls": 0.4, "lr": 0.001, "time": 0.5, "total_loss": {loss}}}',
    ),
    ends=('{{"iteration": {last}, "total_val_loss": {held}, "val_loss_cls": 0.2}}',),
    at=[s - 1 for s in STEPS],
)
FORMS["kaldi nnet3"] = Form(
    each=(
        "LOG (nnet3-chain-train[5.5.1~1-abc]:PrintStatsForThisPhase():nnet-training.cc:327) Average objective function for 'output' for minibatches {step0}-{last} is -{loss} over 12800 frames.",
    ),
    refused="the first line holds values and no names of columns, and no line names a loss",
)
FORMS["spacy llm console"] = Form(
    head=(
        "\x1b[38;5;4mℹ Pipeline: ['tok2vec', 'ner']\x1b[0m",
        "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE ",
        "---  ------  ------------  --------  ------  ------  ------  ------",
    ),
    each=("{epoch0:3d}  {step:6d}  {part:12.5f}  {rest:8.5f}    0.00    0.00    0.00    0.00",),
    tail=("\x1b[38;5;2m✔ Saved pipeline to output directory\x1b[0m", "output/model-last"),
    held=False,
    rate=None,
    epochs=NONE,
)
FORMS["fastai with gaps"] = Form(
    name="history.txt",
    per_epoch=True,
    head=("epoch     train_loss  valid_loss  accuracy  time    ",),
    each=("{epoch0}         {loss:.6f}    {held:.6f}    #na#      00:05     ",),
    rate=None,
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["fastai without held-out data"] = Form(
    name="history.csv",
    per_epoch=True,
    head=("epoch,train_loss,valid_loss,time",),
    each=("{epoch0},{loss},#na#,00:05",),
    held=False,
    rate=None,
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["xgboost in a table"] = Form(
    name="evals.csv",
    objective="boosting",
    head=("iteration,train-logloss,eval-logloss",),
    each=("{i},{loss},{loss}",),
    rate=None,
    held=NONE,
    at=NONE,
)
FORMS["flax examples"] = Form(
    per_epoch=True,
    each=(
        "I0501 10:00:00.123456 140 train.py:146] train epoch: {epoch}, loss: {loss:.4f}, accuracy: 92.12",
        "I0501 10:00:00.123456 140 train.py:150] eval epoch: {epoch}, loss: {held:.4f}, accuracy: 97.12",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["sft of trl"] = Form(
    each=(
        "{{'loss': {loss}, 'grad_norm': 1.5, 'learning_rate': 0.001, 'entropy': 1.21, 'num_tokens': {step}00.0, 'mean_token_accuracy': 0.71, 'epoch': {frac}}}",
    ),
    ends=(
        "{{'eval_loss': {held}, 'eval_runtime': 1.0, 'eval_entropy': 1.2, 'eval_num_tokens': 9.0, 'eval_mean_token_accuracy': 0.7, 'epoch': {epoch}.0}}",
    ),
    at=NONE,
    epochs=6,
)
FORMS["grpo of trl"] = Form(
    each=(
        "{{'loss': {loss}, 'grad_norm': 1.5, 'learning_rate': 0.001, 'num_tokens': 99.0, 'completions/mean_length': 120.1, 'rewards/format/mean': {acc}, 'reward': {acc}, 'reward_std': 0.1, 'kl': 0.01, 'clip_ratio/low_mean': 0.0, 'epoch': {frac}}}",
    ),
    held=False,
    at=NONE,
    epochs=6,
    objective="policy",
)
FORMS["kto of trl"] = Form(
    name="log.jsonl",
    each=(
        '{{"loss": {loss}, "grad_norm": 1.5, "learning_rate": 0.001, "kl": 0.1, "rewards/chosen": 0.1, "rewards/rejected": -0.1, "epoch": {frac}, "step": {step}}}',
    ),
    held=False,
    epochs=6,
    objective="preference",
)
FORMS["dqn of stable-baselines"] = Form(
    each=(
        "----------------------------------",
        "| rollout/            |          |",
        "|    ep_rew_mean      | {acc}    |",
        "|    exploration_rate | 0.0525   |",
        "| time/               |          |",
        "|    total_timesteps  | {step}   |",
        "| train/              |          |",
        "|    learning_rate    | 0.001    |",
        "|    loss             | {loss}   |",
        "|    n_updates        | {i}      |",
        "----------------------------------",
    ),
    held=False,
    at=NONE,
    objective="policy",
)
FORMS["docker compose"] = Form(
    each=("trainer-1  | 2024-05-01T10:00:00.123456789Z step {step} loss {loss} lr 0.001",),
    ends=("trainer-1  | 2024-05-01T10:00:00.123456789Z step {step} val_loss {held}",),
)
FORMS["kubernetes"] = Form(
    each=("2024-05-01T10:00:00.123456789Z stdout F step {step}: loss={loss} lr=0.001",),
    ends=("2024-05-01T10:00:00.123456789Z stdout F step {step}: val_loss={held}",),
)
FORMS["docker json"] = Form(
    name="abc-json.log",
    each=('{{"log":"step {step} loss {loss} lr 0.001\\n","stream":"stdout","time":"2024-05-01T10:00:00.1Z"}}',),
    ends=('{{"log":"step {step} val_loss {held}\\n","stream":"stdout","time":"2024-05-01T10:00:00.1Z"}}',),
)
FORMS["messages in json"] = Form(
    name="train.jsonl",
    head=('{"asctime": "2024-05-01 10:00:00,123", "levelname": "INFO", "message": "loading data"}',),
    each=(
        '{{"asctime": "2024-05-01 10:00:00,123", "levelname": "INFO", "message": "step {step} | loss {loss} | lr 1.0e-03"}}',
    ),
    ends=('{{"asctime": "2024-05-01 10:00:00,123", "levelname": "INFO", "message": "step {step} | val loss {held}"}}',),
)
FORMS["messages of a collector in a table"] = Form(
    name="logs-insights-results.csv",
    head=("@timestamp,@message",),
    each=('2024-05-01 10:00:00.123,"step {step}, loss {loss}, lr 0.001"',),
    ends=('2024-05-01 10:00:00.123,"step {step}, val_loss {held}"',),
)
FORMS["journald"] = Form(
    each=("May 01 10:00:00 node7 python[12345]: step {step} loss {loss} lr 0.001",),
    ends=("May 01 10:00:00 node7 python[12345]: step {step} val_loss {held}",),
)
FORMS["hydra"] = Form(
    each=("[2024-05-01 10:00:00,123][__main__][INFO] - step {step} loss {loss} lr 1.0e-03",),
    ends=("[2024-05-01 10:00:00,123][__main__][INFO] - validation: step {step} loss {held}",),
)
FORMS["sagemaker"] = Form(
    per_epoch=True,
    each=(
        "[05/01/2024 10:00:00 INFO 140123456789] #quality_metric: host=algo-1, epoch={epoch0}, train loss <loss>={loss}",
        "[05/01/2024 10:00:00 INFO 140123456789] #quality_metric: host=algo-1, epoch={epoch0}, validation loss <loss>={held}",
        "[05/01/2024 10:00:00 INFO 140123456789] #progress_metric: host=algo-1, completed 16.7 % of epochs",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["mpi"] = Form(
    each=(
        "[1,1]<stdout>:step {step} loss 9.{i} lr 0.001",
        "[1,0]<stdout>:step {step} loss {loss} lr 0.001",
        "[1,2]<stdout>:step {step} loss 8.{i} lr 0.001",
    ),
    held=False,
)
FORMS["horovod"] = Form(
    each=("[0]<stdout>:step {step} loss {loss} lr 0.001", "[1]<stdout>:step {step} loss 9.{i} lr 0.001"), held=False
)
FORMS["course: cost after iteration"] = Form(
    each=("Cost after iteration {step}: {loss}",), held=False, rate=None, at=STEPS
)
FORMS["course: cost after epoch"] = Form(
    per_epoch=True, each=("Cost after epoch {epoch}: {loss}",), held=False, rate=None, at=EPOCH, epochs=6
)
FORMS["course: loss at step"] = Form(
    starts=("Start of epoch {epoch0}",),
    each=("Training loss (for one batch) at step {batch0}: {loss:.4f}", "Seen so far: {step} samples"),
    ends=("Validation acc: 0.9123",),
    held=False,
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["course: loss at epoch is"] = Form(
    per_epoch=True,
    each=("Training loss at epoch {epoch} is {loss}", "Validation loss at epoch {epoch} is {held}"),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["loss for epoch"] = Form(
    per_epoch=True,
    each=("Average loss for epoch {epoch}: {loss}", "Average val loss for epoch {epoch}: {held}"),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["the loss is"] = Form(each=("step {step}: the loss is {loss}",), held=False, rate=None)
FORMS["lasagne"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch} of 6 took 1.234s",
        "  training loss:\t\t{loss:.6f}",
        "  validation loss:\t\t{held:.6f}",
        "  validation accuracy:\t\t91.20 %",
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["chainer's report"] = Form(
    per_epoch=True,
    head=("epoch       iteration   main/loss   validation/main/loss  main/accuracy  elapsed_time",),
    each=(
        "\x1b[J     total [#########.........................................] 16.67%\nthis epoch [..................................................]  0.00%\n\x1b[4A\x1b[J{epoch}           {step}         {loss:<9}      {held:<9}              0.5123         12.345",
    ),
    rate=None,
    at=[50.0 * e for e in EPOCH],
    epochs=6,
)
FORMS["matlab"] = Form(
    head=(
        "Training on single GPU.",
        "|" + "=" * 110 + "|",
        "|  Epoch  |  Iteration  |  Time Elapsed  |  Mini-batch  |  Validation  |  Mini-batch  |  Validation  |  Base Learning  |",
        "|         |             |   (hh:mm:ss)   |   Accuracy   |   Accuracy   |     Loss     |     Loss     |      Rate       |",
        "|" + "=" * 110 + "|",
    ),
    each=(
        "|  {epoch:6d} |  {step:10d} |       00:00:03 |       10.94% |              |       {loss:.4f} |              |          0.0010 |",
    ),
    ends=(
        "|  {epoch:6d} |  {step:10d} |       00:00:03 |       10.94% |       10.16% |       {loss:.4f} |       {held:.4f} |          0.0010 |",
    ),
    tail=("|" + "=" * 110 + "|", "Training finished: Max epochs completed."),
    at=NONE,
    losses_told=False,
    epochs=6,
)
FORMS["opennmt-tf"] = Form(
    each=(
        "INFO:tensorflow:Step = {step} ; steps/s = 1.20, tokens/s = 12345 (target) ; Learning rate = 0.001000 ; Loss = {loss}",
    ),
    ends=("INFO:tensorflow:Evaluation result for step {step}: loss = {held} ; perplexity = 12.123",),
)
FORMS["trax"] = Form(
    each=("Step {step:6d}: train CrossEntropyLoss |  {loss}", "Step {step:6d}: train         Accuracy |  0.51"),
    ends=("Step {step:6d}: eval  CrossEntropyLoss |  {held}", "Step {step:6d}: eval          Accuracy |  0.50"),
    rate=None,
)
FORMS["stanza"] = Form(
    each=("2024-05-01 10:00:00 INFO: Finished STEP {step}/300, loss = {loss} (0.123 sec/batch), lr: 0.001000",),
    ends=(
        "2024-05-01 10:00:00 INFO: step {step}: train_loss = 9.9, dev_score = 0.8123",
        "2024-05-01 10:00:00 INFO: new best model saved.",
    ),
    held=False,
)
FORMS["nnunet v1"] = Form(
    per_epoch=True,
    each=(
        "epoch:  {epoch0}",
        "2024-05-01 10:00:00.123456: train loss : {loss}",
        "2024-05-01 10:00:00.123456: validation loss: {held}",
        "2024-05-01 10:00:00.123456: Average global foreground Dice: [0.8, 0.7]",
        "2024-05-01 10:00:00.123456: lr: 0.001",
        "2024-05-01 10:00:00.123456: This epoch took 100.123 s",
        "",
    ),
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["monai"] = Form(
    head=("-" * 10,),
    starts=("epoch {epoch}/6",),
    each=("{batch}/50, train_loss: {loss}",),
    ends=("epoch {epoch} average loss: 9.9", "current epoch: {epoch} current mean dice: 0.5123", "-" * 10),
    held=False,
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["segmentation models"] = Form(
    per_epoch=True,
    each=(
        "Epoch: {epoch0}",
        "train: 100%|██████████| 50/50 [00:10<00:00,  4.90it/s, dice_loss - {loss}, iou_score - 0.5123]",
        "valid: 100%|██████████| 10/10 [00:01<00:00,  9.90it/s, dice_loss - {held}, iou_score - 0.4123]",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["tacotron 2"] = Form(
    each=("Train loss {step} {loss:.6f} Grad Norm 1.234567 1.50s/it",),
    ends=("Validation loss {step}: {held:9f}  ",),
    rate=None,
)
FORMS["fastspeech"] = Form(
    each=(
        "Step {step}/300, Total Loss: {loss}, Mel Loss: 0.4, Mel PostNet Loss: 0.3, Pitch Loss: 0.2, Energy Loss: 0.1, Duration Loss: 0.1",
    ),
    ends=(
        "Validation Step {step}, Total Loss: {held}, Mel Loss: 0.4, Mel PostNet Loss: 0.3, Pitch Loss: 0.2, Energy Loss: 0.1, Duration Loss: 0.1",
    ),
    rate=None,
)
FORMS["stylegan stats"] = Form(
    name="stats.jsonl",
    each=(
        '{{"Loss/scores/fake": {{"num": 64, "mean": -0.5, "std": 0.1}}, "Loss/G/loss": {{"num": 64, "mean": {loss}, "std": 0.1}}, "Loss/D/loss": {{"num": 64, "mean": 1.2, "std": 0.1}}, "Progress/tick": {{"num": 1, "mean": {i}, "std": 0}}, "timestamp": 1714500000.1}}',
    ),
    held=False,
    rate=None,
    at=NONE,
    objective="adversarial",
)
FORMS["open_clip"] = Form(
    each=(
        "2024-05-01,10:00:00 | INFO | Train Epoch: {epoch0} [ {batch0}/50 (10%)] Data (t): 0.120 Batch (t): 0.540, 948.1/s, 118.5/s/gpu LR: 0.001000 Logit Scale: 14.286 Contrastive_loss: {loss} (6.93) Loss: {loss} (6.93)",
    ),
    ends=(
        "2024-05-01,10:00:00 | INFO | Eval Epoch: {epoch} imagenet-zeroshot-val-top1: 0.1234\tclip_val_loss: {held}",
    ),
    at=NONE,
    epochs=NONE,
)
FORMS["tinyllama"] = Form(
    each=(
        "iter {step} step {step}: loss {loss}, iter time: 512.12ms (optimizer.step) remaining time: 10.12 hours 0.50 days. ",
    ),
    held=False,
    rate=None,
)
FORMS["ludwig"] = Form(
    per_epoch=True,
    each=(
        "Epoch   {epoch}, took 1.234s",
        "╒════════════╤════════════╤══════════════╕",
        "│            │      train │   validation │",
        "╞════════════╪════════════╪══════════════╡",
        "│ loss       │     {loss:.4f} │       {held:.4f} │",
        "├────────────┼────────────┼──────────────┤",
        "│ accuracy   │     0.5123 │       0.4123 │",
        "╘════════════╧════════════╧══════════════╛",
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["glove"] = Form(
    per_epoch=True,
    each=("05/01/24 - 10:00:00AM, iter: {epoch:03d}, cost: {loss:.6f}",),
    held=False,
    rate=None,
    at=EPOCH,
)
FORMS["crfsuite"] = Form(
    per_epoch=True,
    each=(
        "***** Iteration #{epoch} *****",
        "Loss: {loss:.6f}",
        "Feature norm: 1.000000",
        "Error norm: 1234.567890",
        "Active features: 1234",
        "Line search trials: 1",
        "Line search step: 0.000123",
        "Seconds required for this iteration: 0.123",
        "",
    ),
    held=False,
    rate=None,
    at=NONE,
)
FORMS["fine-tuning by an api"] = Form(
    name="step_metrics.csv",
    head=("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy",),
    each=("{step},{loss},0.71234,,",),
    ends=("{nextstep},{loss},0.71234,{held},0.7",),
    rate=None,
    at=NONE,
    losses_told=False,
)
FORMS["cntk"] = Form(
    per_epoch=True,
    each=(
        "Finished Epoch[{epoch} of 6]: [Training] loss = {loss} * 50000, metric = 48.12% * 50000 10.123s (4939.2 samples/s);",
        "Finished Evaluation [{epoch}]: Minibatch[1-313]: metric = 40.12% * 10000;",
    ),
    held=False,
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["modulus"] = Form(
    each=(
        "[10:00:00] - [step: {step:10d}] loss:  {loss:.3e}, time/iteration:  1.234e+01 ms",
        "[10:00:00] - [step: {step:10d}] record constraint batch time:  1.234e-01s",
    ),
    held=False,
    rate=None,
    losses_told=False,
)
FORMS["fairseq2"] = Form(
    each=(
        "[05/01/24 10:00:00] INFO     fairseq2 - Train Metrics (step {step}) - NLL Loss: {loss} | Gradient Norm: 1.234567 | Elapsed Time: 1m | Learning Rate: 0.001 | Batch Size: 512",
    ),
    ends=(
        "[05/01/24 10:00:00] INFO     fairseq2 - Validation Metrics (step {step}) - NLL Loss: {held} | Elapsed Time: 1s | Wall Time: 12s",
    ),
)
FORMS["olmo core"] = Form(
    each=(
        "2024-05-01 10:00:00.123\tnode-0:0\tolmo_core.train.callbacks.console_logger:76\tINFO\t[step={step}/300,epoch={epoch}]",
        "    optim/LR (group 0)=0.0010",
        "    optim/total grad norm=1.235",
        "    train/CE loss={loss}",
        "    train/PPL=7.389",
    ),
    held=False,
    epochs=6,
)
FORMS["tesseract"] = Form(
    each=(
        "At iteration {step}/{step}/{step}, Mean rms={loss}%, delta=12.3%, char train=50.123%, word train=80.123%, skip ratio=0%,  wrote checkpoint.",
    ),
    held=False,
    rate=None,
)
FORMS["torchbearer"] = Form(
    per_epoch=True,
    each=(
        "{epoch0}/6(t): 100%|██████████| 50/50 [00:01<00:00, 44.1it/s, running_loss=9.9, loss={loss}]",
        "{epoch0}/6(v): 100%|██████████| 10/10 [00:00<00:00, 44.1it/s, val_loss={held}]",
    ),
    rate=None,
    at=NONE,
    epochs=NONE,
)
FORMS["poutyne"] = Form(
    per_epoch=True,
    each=(
        "\x1b[93mEpoch: \x1b[36m{epoch}/6 \x1b[93mTrain steps: \x1b[36m50 \x1b[93mVal steps: \x1b[36m10 \x1b[32m1.23s \x1b[35mloss:\x1b[94m {loss}\x1b[35m acc:\x1b[94m 51.2\x1b[35m val_loss:\x1b[94m {held}\x1b[35m val_acc:\x1b[94m 41.2\x1b[0m",
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["lightning with its last table"] = Form(
    per_epoch=True,
    each=("Epoch {epoch0}: 100%|███| 50/50 [00:10<00:00,  4.9it/s, v_num=0, train_loss={loss}, val_loss={held}]",),
    tail=(
        "┏━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━┓",
        "┃        Test metric        ┃       DataLoader 0        ┃",
        "┡━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━┩",
        "│         test_loss         │            9.5            │",
        "└───────────────────────────┴───────────────────────────┘",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["torch7"] = Form(
    each=(" | Epoch: [{epoch}][{batch}/50]    Time 0.512  Data 0.001  Err {loss}  top1  80.123  top5  50.123",),
    ends=(" | Test: [{epoch}][10/10]    Time 0.512  Data 0.001  top1  80.123 ( 80.123)  top5  50.123 ( 50.123)",),
    held=False,
    rate=None,
    epochs=6,
)
FORMS["r's nnet"] = Form(
    head=("# weights:  19", "initial  value 120.345678 "),
    each=("iter {step:3d} value {loss}",),
    tail=("final  value 0.5123 ", "converged"),
    held=False,
    rate=None,
)
FORMS["dl4j"] = Form(
    each=("10:00:00.123 [main] INFO  o.d.o.l.ScoreIterationListener - Score at iteration {step} is {loss}",),
    held=False,
    rate=None,
)
FORMS["evaluation before training"] = Form(
    name="log.jsonl",
    head=('{"eval_loss": 2.6, "eval_runtime": 1.0, "epoch": 0, "step": 0}',),
    each=('{{"loss": {loss}, "learning_rate": 0.001, "epoch": {frac}, "step": {step}}}',),
    ends=('{{"eval_loss": {held}, "eval_runtime": 1.0, "epoch": {epoch}.0, "step": {step}}}',),
    tail=('{"train_runtime": 100.0, "train_loss": 1.1, "epoch": 6.0, "step": 300}',),
    held=NONE,
    epochs=6,
)
FORMS["numbers in thousands"] = Form(each=("step {step} loss={kilo}k lr=0.001",), held=False, at=None, scale=1000.0)
FORMS["fractions of epochs printed"] = Form(
    each=("epoch {frac:.2f}/6 | loss {loss} | lr 1.00e-03",),
    ends=("epoch {epoch}.00/6 | val loss {held}",),
    at=NONE,
    epochs=6,
)
FORMS["scheduler says its rate"] = Form(
    per_epoch=True,
    each=("Adjusting learning rate of group 0 to 1.0000e-03.", "Epoch {epoch}: loss {loss} val_loss {held}"),
    at=EPOCH,
    epochs=6,
)
FORMS["rates of two groups in a list"] = Form(
    each=("step {step}: loss {loss}, lr ['1.00e-03', '1.00e-03']",), held=False
)
FORMS["a rate that changes in the line"] = Form(each=("step {step}: loss {loss}, lr 1.00e-03 -> 1.00e-03",), held=False)
FORMS["loss before and best behind"] = Form(
    per_epoch=True,
    each=("Epoch {epoch:>3}/6 loss {loss} (best 0.1 @ 3) val_loss {held} (best 0.1 @ 3)",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["prettytable"] = Form(
    per_epoch=True,
    head=(
        "+-------+------------+----------+",
        "| epoch | train loss | val loss |",
        "+-------+------------+----------+",
    ),
    each=("|   {epoch}   |   {loss}   |  {held}  |",),
    tail=("+-------+------------+----------+",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["folds one after another"] = Form(
    per_epoch=True,
    head=(
        "Fold 1/2",
        *(f"Epoch {e + 1}/6 - loss: {TRAIN[e] + 0.3:.4f} - val_loss: {TESTED[e] + 0.3:.4f}" for e in range(EPOCHS)),
        "Fold 2/2",
    ),
    each=("Epoch {epoch}/6 - loss: {loss} - val_loss: {held}",),
    refused="holds 2 runs one after another (Fold 1, 2), and a diagnosis is of one",
)
FORMS["folds in a column"] = Form(
    name="cv.csv",
    per_epoch=True,
    head=(
        "fold,epoch,loss,val_loss",
        *(f"0,{e},{TRAIN[e] + 0.3:.4f},{TESTED[e] + 0.3:.4f}" for e in range(EPOCHS)),
    ),
    each=("1,{epoch0},{loss},{held}",),
    refused="holds 2 runs one after another (fold 0, 1), and a diagnosis is of one",
)
FORMS["optuna"] = Form(
    each=(
        "[I 2024-05-01 10:00:00,123] Trial {i} finished with value: {loss} and parameters: {{'lr': 0.01, 'layers': 2}}. Best is trial 0 with value: 0.1.",
    ),
    refused="holds 30 trials of a search with a line for each",
)
FORMS["chinese"] = Form(
    per_epoch=True,
    each=("第 {epoch} 轮，训练损失：{loss}，验证损失：{held}，学习率：0.001",),
    at=EPOCH,
    epochs=6,
)
FORMS["german"] = Form(
    per_epoch=True,
    each=("Epoche {epoch}: Trainingsverlust {comma}, Validierungsverlust {heldcomma}, Lernrate 0,001",),
    at=EPOCH,
    epochs=6,
)
FORMS["french"] = Form(
    per_epoch=True,
    each=("Époque {epoch} : perte {loss} - perte de validation {held}",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["korean"] = Form(
    per_epoch=True,
    each=("에포크 {epoch}/6 - 손실: {loss} - 검증 손실: {held}",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["japanese"] = Form(
    per_epoch=True,
    each=("エポック {epoch}/6 訓練損失: {loss} 検証損失: {held}",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["units below the names"] = Form(
    name="log.csv", head=("step,loss,lr", "[-],[-],[1/step]"), each=("{step},{loss},0.001",), held=False
)
FORMS["maximised log-likelihood"] = Form(
    per_epoch=True,
    each=("epoch {epoch} log-likelihood -{loss}",),
    refused="the first line holds values and no names of columns, and no line names a loss",
)
FORMS["losses of two tasks"] = Form(
    each=("step {step} | mlm_loss {part} | nsp_loss {rest} | lr 0.001",),
    ends=("step {step} | val_mlm_loss {heldpart} | val_nsp_loss {heldrest}",),
)
FORMS["h2o history"] = Form(
    name="scoring_history.csv",
    per_epoch=True,
    head=(
        '"","timestamp","duration","training_speed","epochs","iterations","samples","training_rmse","training_deviance","training_mae","validation_rmse","validation_deviance","validation_mae"',
    ),
    each=(
        '"{i}","2024-05-01 10:00:00","1.234 sec","12345 obs/sec",{epoch}.0,{epoch},50000,{loss},0.5,0.4,{held},0.6,0.5',
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["sklearn's mlp with validation"] = Form(
    per_epoch=True,
    each=("Iteration {epoch}, loss = {loss:.8f}", "Validation score: 0.912345"),
    held=False,
    rate=None,
    at=EPOCH,
)
FORMS["lines doubled by two handlers"] = Form(
    each=(
        "2024-05-01 10:00:00 INFO step {step} loss {loss} lr 0.001",
        "INFO:train:step {step} loss {loss} lr 0.001",
    ),
    held=False,
    losses_told=False,
    at=NONE,
)
FORMS["sessions that begin anew"] = Form(
    each=("step {step} loss {loss} lr 0.001",),
    tail=(
        "=> loaded checkpoint 'last.pt' (epoch 4)",
        *(f"step {10 * (i + 1)} loss {TRAIN[i]} lr 0.001" for i in range(20, 30)),
    ),
    held=False,
)
FORMS["keras says its rate"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch}: LearningRateScheduler setting learning rate to 0.001.",
        "Epoch {epoch}/6",
        "50/50 - 3s - 60ms/step - accuracy: 0.5123 - loss: {loss} - val_accuracy: 0.4123 - val_loss: {held}",
    ),
    at=EPOCH,
    epochs=6,
)
FORMS["keras 3 redirected"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch}/6",
        "\r\x1b[1m 1/50\x1b[0m \x1b[37m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m10s\x1b[0m 200ms/step - loss: 9.9\b\b\b\b\r\x1b[1m25/50\x1b[0m \x1b[32m━━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m 2ms/step - loss: 8.8\b\b\b\b\r\x1b[1m50/50\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m0s\x1b[0m 2ms/step - loss: 7.7\b\b\b\b\r\x1b[1m50/50\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m 3ms/step - loss: {loss} - val_loss: {held}",
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["keras in a file without colours"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch}/6",
        "",
        " 1/50 [..............................] - ETA: 10s - loss: 9.9000\x08\x08\x08\x08\x08\x08",
        "50/50 [==============================] - 1s 3ms/step - loss: {loss} - mae: 0.5123 - val_loss: {held} - val_mae: 0.4",
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["simpletransformers"] = Form(
    each=("Epochs {epoch0}/6. Running Loss:    {loss:.4f}: 100%|██████████| {batch}/50 [00:10<00:00,  4.9it/s]",),
    held=False,
    rate=None,
    at=NONE,
    epochs=NONE,
)
FORMS["rasa"] = Form(
    per_epoch=True,
    each=("Epochs: 100%|██████████| {epoch}/6 [00:10<00:00, 1.1s/it, t_loss={loss}, i_acc=0.5, val_t_loss={held}]",),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["bar of a loss with brackets"] = Form(
    per_epoch=True,
    each=("[{epoch}/6] train_loss: {loss} valid_loss: {held}",),
    rate=None,
    at=NONE,
    epochs=NONE,
)
FORMS["early stopping from a gist"] = Form(
    per_epoch=True,
    each=(
        "[ {epoch}/ 6] train_loss: {loss:.5f} valid_loss: {held:.5f}",
        "Validation loss decreased (9.900000 --> {held:.6f}).  Saving model ...",
        "EarlyStopping counter: 1 out of 7",
    ),
    rate=None,
    at=NONE,
    epochs=NONE,
    losses_told=False,
)
FORMS["informer"] = Form(
    each=("\titers: {batch}, epoch: {epoch} | loss: {loss:.7f}", "\tspeed: 0.0512s/iter; left time: 123.4567s"),
    ends=(
        "Epoch: {epoch} cost time: 12.345678",
        "Epoch: {epoch}, Steps: 50 | Train Loss: 9.9000000 Vali Loss: {held:.7f} Test Loss: 9.8000000",
        "Validation loss decreased (inf --> {held:.6f}).  Saving model ...",
        "Updating learning rate to 0.001",
    ),
    epochs=6,
    at=NONE,
)
FORMS["mmpose with rows of validation"] = Form(
    name="20240501.log.json",
    head=('{"env_info": "sys.platform: linux", "seed": 0}',),
    each=(
        '{{"mode": "train", "epoch": {epoch}, "iter": {batch}, "lr": 0.001, "memory": 3000, "data_time": 0.01, "heatmap_loss": {loss}, "acc_pose": 0.5, "loss": {loss}, "time": 0.5}}',
    ),
    ends=('{{"mode": "val", "epoch": {epoch}, "iter": 50, "lr": 0.001, "AP": 0.5, "AR": 0.6}}',),
    held=False,
    epochs=6,
)
FORMS["tokens as steps"] = Form(
    each=("[tokens 1.{i}M] step {step}/300 loss {loss} ppl 7.4 lr 1.000e-03 gnorm 1.2 tok/s 12.3K",), held=False
)
FORMS["table in a card of weights & biases"] = Form(
    name="wandb_export.csv",
    head=(
        '"trainer/global_step","run-1 - train_loss_step","run-1 - train_loss_step__MIN","run-1 - train_loss_step__MAX","run-1 - _step"',
    ),
    each=('"{step}","{loss}","{loss}","{loss}","{i}"',),
    held=False,
    rate=None,
)


FORMS["test data before validation"] = Form(
    per_epoch=True,
    each=("Epoch {epoch}: train loss {loss}, test loss 9.5, val loss {held}",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["arrows behind names"] = Form(each=("step {step} :: loss => {loss} :: lr => 0.001",), held=False)


@pytest.mark.parametrize("case", FORMS)
def test_a_log_of_a_tool_is_read_as_a_person_reads_it(case: str, tmp_path: Path) -> None:
    form = FORMS[case]
    path = tmp_path / form.name
    path.write_text(form.text(), encoding="utf-8")
    assert found(path, form) == expected(form)


@pytest.mark.parametrize("case", broken_forms(FORMS))
def test_a_run_of_a_tool_that_turns_nan_is_not_read_as_a_sound_one(case: str, tmp_path: Path) -> None:
    assert is_broken_at_the_end(tmp_path / FORMS[case].name, FORMS[case])


WHOLE = {
    "pandas by column": json.dumps({"loss": dict(enumerate(TRAIN[:EPOCHS])), "val_loss": dict(enumerate(TESTED))}),
    "pandas split": json.dumps(
        {
            "columns": ["loss", "val_loss"],
            "index": list(range(EPOCHS)),
            "data": list(map(list, zip(TRAIN, TESTED, strict=False))),
        }
    ),
    "printed rows": str([{"loss": a, "eval_loss": b, "epoch": 1} for a, b in zip(TRAIN, TESTED, strict=False)]),
}


@pytest.mark.parametrize("case", WHOLE)
def test_frames_in_json_and_printed_lists_of_rows_are_read(case: str, tmp_path: Path) -> None:
    path = tmp_path / "history.txt"
    path.write_text(WHOLE[case], encoding="utf-8")
    log = read_history(path)
    assert (values(log.loss), values(log.validation_loss)) == (TRAIN[:EPOCHS], TESTED)


def test_a_gradient_norm_that_was_never_measured_breaks_no_run_that_learns() -> None:
    rows = [{"step": i, "loss": loss, "grad_norm": float("nan")} for i, loss in enumerate(TRAIN)]
    stuck = [{**row, "loss": 2.3} for row in rows]
    assert not advisor.diagnose(rows).facts.history.nonfinite
    assert advisor.diagnose(stuck).facts.history.nonfinite


def test_a_counter_is_no_loss() -> None:
    log = read_history({"step": range(10, 310, 10), "train": range(30), "loss": TRAIN})
    assert log.watched.name == "loss"
    with pytest.raises(DataError, match="no column is recognised as a loss"):
        read_history({"epoch": range(30), "train": range(30)})
