# ruff: noqa: E501 - lines of logs are as long as projects print them
"""Logs of projects, one template for each line that is printed: what is read as losses, rate, steps and epochs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.diagnosis import read_history

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
FORMS["hf printed with bar"] = Form(
    each=(
        "  3%|▎         | {step}/300 [00:03<01:27,  3.31it/s]\r{{'loss': {loss}, 'grad_norm': 1.5, 'learning_rate': 0.001, 'epoch': {frac}}}",
    ),
    ends=(
        "{{'eval_loss': {held}, 'eval_runtime': 12.3, 'eval_samples_per_second': 81.2, 'eval_steps_per_second': 10.2, 'epoch': {epoch}.0}}",
    ),
    tail=(
        "{'train_runtime': 100.0, 'train_samples_per_second': 9.1, 'train_steps_per_second': 3.0, 'train_loss': 1.1, 'epoch': 6.0}",
        "***** train metrics *****",
        "  epoch                    =        6.0",
        "  train_loss               =        1.1",
        "  train_runtime            = 0:01:40.00",
    ),
    at=NONE,
    epochs=6,
)
FORMS["hf v5 strings"] = Form(
    each=("{{'loss': '{loss}', 'grad_norm': '1.5', 'learning_rate': '0.001', 'epoch': '{frac}'}}",),
    ends=("{{'eval_loss': '{held}', 'eval_runtime': '12.3', 'epoch': '{epoch}'}}",),
    tail=("{'train_runtime': '100', 'train_loss': '1.1', 'epoch': '6'}",),
    at=NONE,
    epochs=6,
)
FORMS["llama-factory"] = Form(
    name="trainer_log.jsonl",
    each=(
        '{{"current_steps": {step}, "total_steps": 300, "loss": {loss}, "lr": 0.001, "epoch": {frac}, "percentage": {pct}, "elapsed_time": "0:00:10", "remaining_time": "0:05:00", "throughput": 123.4, "total_tokens": 4096}}',
    ),
    ends=(
        '{{"current_steps": {step}, "total_steps": 300, "eval_loss": {held}, "epoch": {epoch}.0, "percentage": {pct}, "elapsed_time": "0:00:10", "remaining_time": "0:05:00"}}',
    ),
    epochs=6,
)
FORMS["llama-factory older"] = Form(
    name="trainer_log.jsonl",
    each=(
        '{{"current_steps": {step}, "total_steps": 300, "loss": {loss}, "eval_loss": null, "predict_loss": null, "reward": null, "learning_rate": 0.001, "epoch": {frac}, "percentage": {pct}, "elapsed_time": "0:00:10"}}',
    ),
    held=False,
    epochs=6,
)
FORMS["torchtune"] = Form(
    name="log_1714.txt",
    each=(
        "Step {step} | loss:{loss} lr:0.001 tokens_per_second_per_gpu:812.4 peak_memory_active:12.1 peak_memory_alloc:11.9 ",
    ),
    held=False,
)
FORMS["torchtune bar"] = Form(
    each=("{epoch}|{step}|Loss: {loss}: 100%|██████████| {step}/300 [00:10<00:00,  3.1it/s]",),
    held=False,
    rate=None,
    at=None,
    epochs=NONE,
)
FORMS["axolotl"] = Form(
    each=(
        "{{'loss': {loss}, 'grad_norm': 1.5, 'learning_rate': 0.001, 'ppl': 7.4, 'memory/max_active (GiB)': 11.2, 'tokens_per_second_per_gpu': 900.1, 'epoch': {frac}}}",
    ),
    ends=(
        "{{'eval_loss': {held}, 'eval_ppl': 8.1, 'eval_runtime': 3.1, 'epoch': {epoch}.0}}",
        "[2024-05-01 10:00:00,123] [INFO] [axolotl.utils.callbacks.on_epoch_end:51] [PID:11] [RANK:0] saved",
    ),
    at=NONE,
    epochs=6,
)
FORMS["nemo 1 bar"] = Form(
    each=(
        "Epoch {epoch0}: :  10%|█ | {batch}/50 [00:12<01:00, v_num=0, reduced_train_loss={loss}, global_step={last}.0, consumed_samples=80.0, train_step_timing in s=1.2]\r",
    ),
    held=False,
    rate=None,
    at=[s - 1 for s in STEPS],
    epochs=6,
)
FORMS["nemo 2"] = Form(
    each=(
        "Training epoch {epoch0}, iteration {last}/299 | lr: 0.001 | global_batch_size: 8 | global_step: {last} | reduced_train_loss: {loss} | train_step_timing in s: 1.1 | consumed_samples: 80",
    ),
    held=False,
    at=[s - 1 for s in STEPS],
    epochs=6,
)
FORMS["speechbrain"] = Form(
    per_epoch=True,
    each=(
        "epoch: {epoch}, lr: 1.00e-03, steps: {step}, optimizer: Adam - train loss: {loss} - valid loss: {held}, valid ACC: 9.4e-01",
    ),
    tail=("Epoch loaded: 6 - test loss: 9.5, test ACC: 9.4e-01, test WER: 12.0",),
    at=NONE,
    epochs=6,
    name="train_log.txt",
)
FORMS["flair loss.tsv"] = Form(
    name="loss.tsv",
    per_epoch=True,
    head=(
        "EPOCH\tTIMESTAMP\tBAD_EPOCHS\tLEARNING_RATE\tTRAIN_LOSS\tDEV_LOSS\tDEV_PRECISION\tDEV_RECALL\tDEV_F1\tDEV_ACCURACY",
    ),
    each=("{epoch}\t10:00:00\t0\t0.0010\t{loss}\t{held}\t0.8\t0.7\t0.75\t0.6",),
    at=EPOCH,
    epochs=6,
)
FORMS["flair training.log"] = Form(
    each=(
        "2023-05-01 10:00:00,123 epoch {epoch} - iter {batch}/50 - loss {loss} - time (sec): 1.2 - samples/sec: 100.1 - lr: 0.001000 - momentum: 0.000000",
    ),
    ends=(
        "2023-05-01 10:00:00,123 EPOCH {epoch} done: loss 9.9 - lr: 0.001000",
        "2023-05-01 10:00:00,123 DEV : loss {held} - f1-score (micro avg)  0.5",
    ),
    epochs=6,
    at=NONE,
)
FORMS["estimator"] = Form(
    each=("INFO:tensorflow:loss = {loss}, step = {step} (12.345 sec)", "INFO:tensorflow:global_step/sec: 8.1234"),
    ends=(
        "INFO:tensorflow:Calling model_fn.",
        "INFO:tensorflow:Evaluation [10/10]",
        "INFO:tensorflow:Saving dict for global step {step}: accuracy = 0.5, global_step = {step}, loss = {held}",
        "INFO:tensorflow:Saving 'checkpoint_path' summary for global step {step}: runs/m/model.ckpt-{step}",
    ),
    tail=("INFO:tensorflow:Loss for final step: 0.85.",),
    rate=None,
)
FORMS["slim"] = Form(
    each=("INFO:tensorflow:global step {step}: loss = {loss} (0.512 sec/step)",), held=False, rate=None
)
FORMS["clu"] = Form(
    each=(
        "I0501 10:00:00.123456 140234 logging_writer.py:48] [{step}] learning_rate=0.001, steps_per_second=3.1, train_accuracy=0.5, train_loss={loss}",
    ),
    ends=("I0501 10:00:00.123456 140234 logging_writer.py:48] [{step}] eval_accuracy=0.5, eval_loss={held}",),
)
FORMS["flax mnist"] = Form(
    per_epoch=True,
    each=(
        "epoch:{epoch:3d}, train_loss: {loss:.4f}, train_accuracy: 93.12, test_loss: {held:.4f}, test_accuracy: 98.01",
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["maxtext"] = Form(
    each=(
        "completed step: {step}, seconds: 3.123, TFLOP/s/device: 10.123, Tokens/s/device: 1234.567, total_weights: 65536, loss: {loss}",
    ),
    ends=("eval metrics after step: {step}, loss={held}, total_weights=1024",),
    rate=None,
)
FORMS["paddledetection"] = Form(
    each=(
        "[05/01 10:00:00] ppdet.engine INFO: Epoch: [{epoch0}] [{batch0:3d}/50] learning_rate: 0.001000 loss_xy: 0.5 loss_obj: 1.1 loss: {loss} eta: 0:10:00 batch_cost: 1.2345 data_cost: 0.0003 ips: 3.1234 images/s",
    ),
    held=False,
    at=[s - 10 for s in STEPS],
    epochs=6,
)
FORMS["paddleocr"] = Form(
    each=(
        "[2023/05/01 10:00:00] ppocr INFO: epoch: [{epoch}/6], global_step: {step}, lr: 0.001000, acc: 0.000000, norm_edit_dis: 0.1, loss: {loss}, avg_reader_cost: 0.3 s, avg_batch_cost: 0.5 s, avg_samples: 64.0, ips: 120.1, eta: 1:00:00",
    ),
    held=False,
    epochs=6,
)
FORMS["paddlenlp"] = Form(
    each=("global step {step}, epoch: {epoch}, batch: {batch}, loss: {loss}, accu: 0.51, speed: 3.20 step/s",),
    ends=("eval loss: {held}, accu: 0.5",),
    rate=None,
    epochs=6,
)
FORMS["keras verbose 2"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch}/6",
        "",
        "Epoch {epoch}: val_loss improved from 9.91000 to {held:.5f}, saving model to best.h5",
        "50/50 - 3s - loss: {loss} - accuracy: 0.5 - val_loss: {held} - val_accuracy: 0.4 - lr: 0.0010 - 3s/epoch - 30ms/step",
        "Epoch {epoch}: ReduceLROnPlateau reducing learning rate to 0.001.",
    ),
    at=EPOCH,
    epochs=6,
)
FORMS["catalyst"] = Form(
    per_epoch=True,
    each=(
        "train ({epoch}/6) accuracy01: 0.51 | loss: {loss} | loss/mean: {loss} | lr: 0.001 | momentum: 0.9",
        "valid ({epoch}/6) accuracy01: 0.42 | loss: {held} | loss/mean: {held} | lr: 0.001 | momentum: 0.9",
        "* Epoch ({epoch}/6) ",
    ),
    at=NONE,
    epochs=6,
)
FORMS["ignite"] = Form(
    each=("Epoch[{epoch}] Iteration[{batch}/50] Loss: {loss:.4f}",),
    ends=(
        "Training Results - Epoch: {epoch}  Avg accuracy: 0.51 Avg loss: 9.90",
        "Validation Results - Epoch: {epoch}  Avg accuracy: 0.50 Avg loss: {held}",
    ),
    rate=None,
    epochs=6,
    at=NONE,
)
FORMS["yolox"] = Form(
    each=(
        "2021-08-01 10:00:00 | INFO     | yolox.core.trainer:257 - epoch: {epoch}/6, iter: {batch}/50, mem: 5000Mb, iter_time: 0.512s, data_time: 0.001s, total_loss: {loss}, iou_loss: 1.1, l1_loss: 0.0, conf_loss: 0.5, cls_loss: 0.4, lr: 1.000e-03, size: 640, ETA: 1:00:00",
    ),
    held=False,
    epochs=6,
)
FORMS["detr log.txt"] = Form(
    name="log.txt",
    per_epoch=True,
    each=(
        '{{"train_lr": 0.001, "train_class_error": 50.1, "train_loss": {loss}, "train_loss_ce": 0.4, "train_loss_ce_0": 0.3, "test_class_error": 40.1, "test_loss": {held}, "test_loss_ce": 0.4, "test_coco_eval_bbox": [0.1, 0.2], "epoch": {epoch0}, "n_parameters": 41302368}}',
    ),
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["metric logger"] = Form(
    each=(
        "Epoch: [{epoch0}]  [{batch0:4d}/  50]  eta: 0:10:00  lr: 0.001000  loss: {loss} (2.1000)  time: 0.5123  data: 0.0012  max mem: 1000",
    ),
    ends=(
        "Epoch: [{epoch0}] Total time: 0:01:00 (0.5 s / it)",
        "Averaged stats: lr: 0.001000  loss: 9.9 (9.9)",
        "Test:  [ 0/10]  eta: 0:00:10  loss: {held} ({held})  acc1: 50.0 (49.0)  time: 0.5  data: 0.1",
        "* Acc@1 50.0 Acc@5 80.0 loss {held}",
    ),
    at=NONE,
    epochs=6,
)
FORMS["swin"] = Form(
    each=(
        "[2021-04-05 10:00:00 swin_tiny](main.py 222): INFO Train: [{epoch0}/6][{batch0}/50]\teta 0:10:00 lr 0.001000\ttime 0.5123 (0.6)\tloss {loss} (2.1)\tgrad_norm 1.5 (1.6)\tmem 9000MB",
    ),
    ends=(
        "[2021-04-05 10:00:00 swin_tiny](main.py 273): INFO Test: [0/98]\tTime 0.512 (0.5)\tLoss {held} ({held})\tAcc@1 50.0 (49.0)\tMem 9000MB",
        "[2021-04-05 10:00:00 swin_tiny](main.py 280): INFO  * Acc@1 50.0 Acc@5 75.0",
    ),
    at=[s - 10 for s in STEPS],
    epochs=6,
)
FORMS["mxnet"] = Form(
    each=(
        "INFO:root:Epoch[{epoch0}] Batch [{batch0}]\tSpeed: 1200.12 samples/sec\taccuracy=0.51\tcross-entropy={loss}",
    ),
    ends=(
        "INFO:root:Epoch[{epoch0}] Train-accuracy=0.5",
        "INFO:root:Epoch[{epoch0}] Time cost=12.345",
        "INFO:root:Epoch[{epoch0}] Validation-accuracy=0.51",
        "INFO:root:Epoch[{epoch0}] Validation-cross-entropy={held}",
    ),
    rate=None,
    at=[s - 10 for s in STEPS],
    epochs=6,
)
FORMS["icefall"] = Form(
    each=(
        "2022-05-01 10:00:00,123 INFO [train.py:905] (0/4) Epoch {epoch}, batch {batch}, loss[loss={loss}, simple_loss=0.3, pruned_loss=0.2, over 5123.00 frames. ], tot_loss[loss=9.9, simple_loss=9.8, pruned_loss=9.7, over 1000000.00 frames. ], batch size: 20, lr: 1.00e-03,",
    ),
    ends=(
        "2022-05-01 10:00:00,123 INFO [train.py:930] (0/4) Computing validation loss",
        "2022-05-01 10:00:00,123 INFO [train.py:939] (0/4) Epoch {epoch}, validation: loss={held}, simple_loss=0.3, pruned_loss=0.2, over 1000.00 frames.",
    ),
    epochs=6,
)
FORMS["wenet"] = Form(
    each=(
        "2023-05-01 10:00:00,123 DEBUG TRAIN Batch {epoch0}/{batch} loss {loss} loss_att 1.1 loss_ctc 0.9 lr 0.001 rank 0",
    ),
    ends=("2023-05-01 10:00:00,123 INFO Epoch {epoch0} CV info cv_loss {held}",),
    at=NONE,
    epochs=NONE,
)
FORMS["deepspeech"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch0} |   Training | Elapsed Time: 0:01:00 | Steps: 50 | Loss: {loss}",
        "Epoch {epoch0} | Validation | Elapsed Time: 0:00:10 | Steps: 5 | Loss: {held} | Dataset: dev.csv",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["chainer"] = Form(
    name="log",
    per_epoch=True,
    head=('[{"warm": 1}',),
    each=(
        '    ,{{"main/loss": {loss}, "validation/main/loss": {held}, "main/accuracy": 0.5, "validation/main/accuracy": 0.4, "epoch": {epoch}, "iteration": {step}, "elapsed_time": 12.3}}',
    ),
    tail=("]",),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["julia flux"] = Form(
    per_epoch=True,
    each=("Epoch: {epoch}   Train: (loss = {loss}f0, acc = 91.2)   Test: (loss = {held}f0, acc = 92.1)",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["luz"] = Form(
    per_epoch=True,
    each=("Epoch {epoch}/6", "Train metrics: Loss: {loss} - Acc: 0.51", "Valid metrics: Loss: {held} - Acc: 0.42"),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["hist gradient boosting"] = Form(
    each=("[{step}/300] 1 tree, 31 leaves, max depth = 9, train loss: {loss}, val loss: {loss}, in 0.010s",),
    rate=None,
    held=NONE,
    at=NONE,
)
FORMS["sgd of sklearn"] = Form(
    per_epoch=True,
    each=(
        "-- Epoch {epoch}",
        "Norm: 12.30, NNZs: 64, Bias: -0.100000, T: 1797, Avg. loss: {loss}",
        "Total training time: 0.01 seconds.",
    ),
    rate=None,
    held=False,
    at=EPOCH,
    epochs=6,
)
FORMS["lightning rich"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch0}/5  ━━━━━━━━━━━━━━ 50/50 0:00:10 • 0:00:00 9.53it/s v_num: 0.000 train_loss: {loss} val_loss: {held}",
    ),
    rate=None,
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["basicsr"] = Form(
    each=(
        "2021-05-01 10:00:00,123 INFO: [EDSR..][epoch:{epoch0:3d}, iter:{step:8,d}, lr:(1.000e-03,)] [eta: 1 day, 10:00:00, time (data): 0.512 (0.010)] l_pix: {loss:.4e} ",
    ),
    held=False,
    epochs=6,
)
FORMS["fasttext"] = Form(
    each=("Progress: {pct}% words/sec/thread:  123456 lr:  0.001000 avg.loss:  {loss} ETA:   0h 0m 1s\r",),
    held=False,
    at=NONE,
)
FORMS["verl"] = Form(
    each=(
        "step:{step} - global_seqlen/min:512.0 - actor/pg_loss:{loss} - actor/kl_loss:0.001 - actor/lr:0.001 - critic/score/mean:{acc} - response_length/mean:120.1",
    ),
    held=False,
    objective="policy",
)
FORMS["neox"] = Form(
    each=(
        " samples/sec: 12.345 | iteration {step:8d}/     300 | elapsed time per iteration (ms): 500.1 | learning rate: 1.000E-03 | approx flops per GPU: 80.1TFLOPS | lm_loss: {loss:.6E} | loss scale: 4096.0 | number of skipped iterations:   0 | number of nan iterations:   0 |",
    ),
    ends=(
        "-" * 60,
        " validation results at iteration {step} | lm_loss value: {held:.6E} | lm_loss_ppl value: 8.1E+00 | ",
        "-" * 60,
    ),
)
FORMS["no trainer"] = Form(
    per_epoch=True,
    each=(
        "05/01/2024 10:00:00 - INFO - __main__ - epoch {epoch0}: perplexity: 8.166 train_loss: {loss} eval_loss: {held}",
    ),
    rate=None,
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["notebook table"] = Form(
    per_epoch=True,
    head=("Step\tTraining Loss\tValidation Loss\tAccuracy",),
    each=("{step}\t{loss:.6f}\t{held:.6f}\t0.51",),
    rate=None,
    at=[50.0 * e for e in EPOCH],
)
FORMS["mlx"] = Form(
    each=(
        "Iter {step}: Train loss {loss}, Learning Rate 1.000e-03, It/sec 3.123, Tokens/sec 300.1, Trained Tokens 1234, Peak mem 10.123 GB",
    ),
    ends=("Iter {step}: Val loss {held}, Val took 10.123s",),
)
FORMS["titan"] = Form(
    each=(
        "[rank0]:[titan] 2024-05-01 10:00:00,123 - root - INFO - \x1b[31mstep: {step:2}  \x1b[32mloss: {loss:7.4f}  \x1b[38;2;180;60;0mgrad_norm:  1.2000  \x1b[33mmemory: 30.12GiB(40.1%)  \x1b[34mtps: 1,234  \x1b[36mtflops: 100.12  \x1b[35mmfu: 30.12%\x1b[39m",
    ),
    held=False,
    rate=None,
)
FORMS["nanotron"] = Form(
    each=(
        "05/01/2024 10:00:00 [INFO|DP=0|PP=0|TP=0|ip-26-0-1-2]: iteration: {step} / 300 | consumed_tokens: 1.23M | elapsed_time_per_iteration_ms: 500 | tokens_per_sec: 1.2K | global_batch_size: 1.02K | lm_loss: {loss} | lr: 0.001 | model_tflops_per_gpu: 100 | grad_norm: 1.5",
    ),
    held=False,
)
FORMS["deepspeed"] = Form(
    each=(
        "[2023-05-01 10:00:00,123] [INFO] [logging.py:96:log_dist] [Rank 0] step={step}, skipped=0, lr=[0.001, 0.001], mom=[(0.9, 0.95), (0.9, 0.95)]",
        "steps: {step} loss: {loss} iter time (s): 0.512 samples/sec: 63.123",
    ),
    held=False,
)
FORMS["deepspeed chat"] = Form(
    each=("Epoch: {epoch0}, Step: {step}, Rank: 0, loss = {loss}",),
    ends=("***** Evaluating perplexity, Epoch {epoch}/6 *****", "ppl: 8.1, loss: {held}"),
    rate=None,
    epochs=NONE,
)
FORMS["olmo"] = Form(
    each=(
        "2024-05-01 10:00:00.123\tnode-0:0\tolmo.train:815\tINFO\t[step={step}/300,epoch={epoch0}]",
        "    optim/total_grad_norm=1.235",
        "    optim/learning_rate_group0=0.0010",
        "    train/CrossEntropyLoss={loss}",
        "    train/Perplexity=7.389",
        "    throughput/total_tokens=1,234,567",
    ),
    held=False,
    epochs=6,
)
FORMS["litgpt"] = Form(
    each=(
        "Epoch {epoch} | iter {step} step {step} | loss train: {loss}, val: n/a | iter time: 300.12 ms (step) remaining time: 0:10:00",
    ),
    ends=("iter {step}: val loss {held}, val time: 1234.56 ms",),
    rate=None,
    epochs=6,
)
FORMS["llm.c console"] = Form(
    each=(
        "step {step:4d}/300 | loss {loss:.6f} (+nanz)| norm 15.3012 (+nanz)| lr 1.00e-03 | 500.12 ms | 35.1% bf16 MFU | 123456 tok/s",
    ),
    ends=("val loss {held}",),
)
FORMS["llm.c main.log"] = Form(
    name="main.log",
    each=("s:{step} trl:{loss} lr:0.001000 norm:1.52",),
    ends=("s:{step} tel:{held}", "s:{step} eval:0.2512"),
)
FORMS["build-nanogpt"] = Form(
    name="log.txt", each=("{step} train {loss}",), ends=("{step} val {held}", "{step} hella 0.2512"), rate=None
)
FORMS["modded-nanogpt"] = Form(
    each=("step:{step}/300 train_loss:{loss} train_time:20000ms step_avg:160.12ms",),
    ends=("step:{step}/300 val_loss:{held} train_time:20000ms step_avg:160.12ms",),
    rate=None,
)
FORMS["diffusers"] = Form(
    each=("Steps:  10%|█         | {step}/300 [00:10<01:00,  3.12it/s, lr=0.001, step_loss={loss}]\r",),
    held=False,
    at=NONE,
)
FORMS["kohya"] = Form(
    each=("steps:  10%|█         | {step}/300 [00:10<01:00,  1.03it/s, avr_loss={loss}]\r",),
    held=False,
    rate=None,
    at=NONE,
)
FORMS["pyg"] = Form(
    per_epoch=True,
    each=("Epoch: {epoch:03d}, Loss: {loss}, Train: {acc}, Val: {acc}, Test: {acc}",),
    held=False,
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["dgl"] = Form(
    per_epoch=True,
    each=("In epoch {epoch0}, loss: {loss}, val acc: 0.512 (best 0.512), test acc: 0.513 (best 0.513)",),
    held=False,
    rate=None,
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["allennlp table"] = Form(
    per_epoch=True,
    each=(
        "2020-05-01 10:00:00,123 - INFO - allennlp.training.trainer - Epoch {epoch0}/5",
        "2020-05-01 10:00:00,123 - INFO - allennlp.training.tensorboard_writer -                        Training |  Validation",
        "2020-05-01 10:00:00,123 - INFO - allennlp.training.tensorboard_writer - accuracy           |     0.512  |     0.423",
        "2020-05-01 10:00:00,123 - INFO - allennlp.training.tensorboard_writer - gpu_0_memory_MB    |  1234.000  |       N/A",
        "2020-05-01 10:00:00,123 - INFO - allennlp.training.tensorboard_writer - loss               |     {loss:.4f}  |     {held:.4f}",
    ),
    rate=None,
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["spacy"] = Form(
    head=(
        "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE ",
        "---  ------  ------------  --------  ------  ------  ------  ------",
    ),
    each=("{epoch0:3d}  {step:6d}  {part:12.5f}  {rest:8.5f}    0.00    0.00    0.00    0.00",),
    held=False,
    rate=None,
    epochs=NONE,
)
FORMS["ultralytics console"] = Form(
    per_epoch=True,
    each=(
        "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size",
        "        {epoch}/6      2.51G     {part}     {rest}          0         16        640: 100%|██████████| 8/8 [00:02<00:00,  3.12it/s]",
        "                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|██████████| 1/1 [00:00<00:00,  3.12it/s]",
        "                   all          4         17       0.51       0.52       0.53       0.44",
    ),
    held=False,
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["long csv"] = Form(
    name="metrics.csv",
    head=("run_id,key,value,timestamp,step",),
    each=("abc,train_loss,{loss},1714500000,{step}", "abc,lr,0.001,1714500000,{step}"),
    ends=("abc,val_loss,{held},1714500000,{step}",),
)
FORMS["long jsonl"] = Form(
    name="events.jsonl",
    each=('{{"tag": "Loss/train", "step": {step}, "value": {loss}, "wall_time": 1714500000.5}}',),
    ends=('{{"tag": "Loss/val", "step": {step}, "value": {held}, "wall_time": 1714500000.5}}',),
    rate=None,
)
FORMS["comet"] = Form(
    name="metrics.json",
    head=("[",),
    each=(
        '{{"metricName": "train_loss", "metricValue": "{loss}", "step": {step}, "epoch": {epoch0}, "timestamp": 1714500000}},',
    ),
    ends=(
        '{{"metricName": "val_loss", "metricValue": "{held}", "step": {step}, "epoch": {epoch0}, "timestamp": 1714500000}},',
    ),
    tail=('{"metricName": "lr", "metricValue": "0.001", "step": 300, "epoch": 5, "timestamp": 1}]',),
    epochs=6,
)
FORMS["r keras"] = Form(
    name="history.csv",
    per_epoch=True,
    head=('"","epoch","value","metric","data"',),
    each=(
        '"{i}",{epoch},{loss},"loss","training"',
        '"{i}",{epoch},{held},"loss","validation"',
        '"{i}",{epoch},0.51,"accuracy","training"',
    ),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["bare train val csv"] = Form(
    name="curves.csv",
    per_epoch=True,
    head=("iter,train,val",),
    each=("{step},{loss},{held}",),
    rate=None,
    at=[50.0 * e for e in EPOCH],
)
FORMS["bare val beside loss jsonl"] = Form(
    name="x.jsonl", per_epoch=True, each=('{{"i": {step}, "loss": {loss}, "val": {held}, "lr": 0.001}}',), at=NONE
)
FORMS["bare val printed"] = Form(
    each=("{step:5d} | loss {loss} | lr 1.0e-03",), ends=("{step:5d} | val {held}",), at=NONE
)
FORMS["nested phases"] = Form(
    name="h.jsonl",
    each=('{{"phase": "train", "step": {step}, "metrics": {{"loss": {loss}, "acc": 0.5}}, "optim": {{"lr": 0.001}}}}',),
    ends=('{{"phase": "valid", "step": {step}, "metrics": {{"loss": {held}, "acc": 0.5}}}}',),
)
FORMS["nested event"] = Form(
    name="h.jsonl",
    each=(
        '{{"event": "train_step", "data": {{"global_step": {step}, "train_loss": {loss}, "learning_rate": 0.001}}}}',
    ),
    ends=('{{"event": "evaluation", "data": {{"global_step": {step}, "loss": {held}}}}}',),
)
FORMS["type rows"] = Form(
    name="h.jsonl",
    each=('{{"type": "train", "step": {step}, "loss": {loss}, "lr": 0.001}}',),
    ends=('{{"type": "eval", "step": {step}, "loss": {held}}}',),
)
FORMS["spinning up"] = Form(
    name="progress.txt",
    per_epoch=True,
    head=(
        "Epoch\tAverageEpRet\tStdEpRet\tMaxEpRet\tMinEpRet\tEpLen\tAverageVVals\tTotalEnvInteracts\tLossPi\tLossV\tDeltaLossPi\tDeltaLossV\tEntropy\tKL\tClipFrac\tTime",
    ),
    each=("{epoch0}\t{acc}\t1.0\t9.0\t0.1\t20.1\t0.5\t{step}\t{loss}\t12.1\t-0.01\t-1.1\t0.68\t0.001\t0.01\t3.1",),
    held=False,
    rate=None,
    at=NONE,
    epochs=6,
    objective="policy",
)
FORMS["rllib"] = Form(
    name="result.json",
    at=NONE,
    each=(
        '{{"episode_reward_mean": {acc}, "training_iteration": {i}, "timesteps_total": {step}, "time_total_s": 3.1, "info": {{"learner": {{"default_policy": {{"learner_stats": {{"cur_lr": 0.001, "total_loss": {loss}, "policy_loss": -0.01, "vf_loss": 1.1, "kl": 0.01}}}}}}}}}}',
    ),
    held=False,
    objective="policy",
)
FORMS["baselines"] = Form(
    each=(
        "-" * 38,
        "| eprewmean               | {acc}     |",
        "| loss/approxkl           | 0.0012     |",
        "| loss/policy_entropy     | 1.09       |",
        "| loss/policy_loss        | -0.0123    |",
        "| loss/value_loss         | {loss}     |",
        "| misc/nupdates           | {i}        |",
        "| misc/total_timesteps    | {step}     |",
        "-" * 38,
    ),
    held=False,
    rate=None,
    at=NONE,
    objective="policy",
)
FORMS["xgboost"] = Form(
    objective="boosting", each=("[{i}]\ttrain-rmse:{loss}\teval-rmse:{loss}",), rate=None, held=NONE, at=NONE
)
FORMS["catboost"] = Form(
    objective="boosting",
    each=("{i}:\tlearn: {loss}\ttest: {loss}\tbest: {loss} ({i})\ttotal: 50.1ms\tremaining: 1m 2s",),
    head=("Learning rate set to 0.05",),
    rate=NONE,
    held=NONE,
    at=NONE,
)
FORMS["catboost json"] = Form(
    objective="boosting",
    name="catboost_training.json",
    head=('{"meta": {"name": "x"}, "iterations": [',),
    each=('{{"learn": [{loss}], "iteration": {i}, "passed_time": 0.1, "remaining_time": 2.0, "test": [{loss}]}},',),
    tail=('{"passed_time": 0.1}]}',),
    rate=NONE,
    held=NONE,
    at=NONE,
    per_epoch=False,
)
FORMS["interleaved ranks"] = Form(
    each=(
        "[rank1]: step {step} loss 9.{i} lr 0.001",
        "[rank0]: step {step} loss {loss} lr 0.001",
        "[rank2]: step {step} loss 8.{i} lr 0.001",
    ),
    held=False,
)
FORMS["interleaved ranks lagging"] = Form(
    each=("0: step {step} | loss {loss} | lr 0.001", "1: step {step0} | loss 9.9 | lr 0.001"), held=False, at=None
)
FORMS["semicolons decimal commas blanks"] = Form(
    name="a.csv",
    head=("Step ; Loss ; Val Loss ; LR",),
    each=("{step} ; {comma} ;  ; 0,001",),
    ends=("{step} ;  ; {heldcomma} ; 0,001",),
)
FORMS["percent and times"] = Form(
    name="b.csv",
    per_epoch=True,
    head=("epoch,time,train_loss,train_acc,val_loss,val_acc,lr",),
    each=("{epoch},0:01:02,{loss},51.2%,{held},42.3%,1e-03",),
    at=EPOCH,
    epochs=6,
)
FORMS["loguru colours"] = Form(
    each=(
        "\x1b[32m2024-05-01 10:00:00.123\x1b[0m | \x1b[1mINFO    \x1b[0m | \x1b[36m__main__\x1b[0m:\x1b[36mtrain\x1b[0m:\x1b[36m42\x1b[0m - \x1b[1mstep={step} loss={loss} lr=1.00e-03 acc=51.2%\x1b[0m",
    ),
    ends=(
        "\x1b[32m2024-05-01 10:00:00.123\x1b[0m | \x1b[1mINFO    \x1b[0m | validation: step={step} loss={held} acc=50%",
    ),
)
FORMS["opennmt"] = Form(
    each=(
        "[2023-05-01 10:00:00,123 INFO] Step {step}/  300; acc: 12.3; ppl: 2000.1; xent: {loss}; lr: 0.00100; sents:    3000; bsz:  123/ 120/ 3; 12345/12345 tok/s;     60 sec;",
    ),
    ends=(
        "[2023-05-01 10:00:00,123 INFO] Validation perplexity: 9.1",
        "[2023-05-01 10:00:00,123 INFO] Validation accuracy: 45.1",
    ),
    held=NONE,
)
FORMS["caffe with tests"] = Form(
    each=(
        "I0501 10:00:00.123  1234 solver.cpp:218] Iteration {step} (10.5 iter/s, 9.1s/10 iters), loss = {loss}",
        "I0501 10:00:00.123  1234 solver.cpp:237]     Train net output #0: loss = {loss} (* 1 = {loss} loss)",
        "I0501 10:00:00.123  1234 sgd_solver.cpp:105] Iteration {step}, lr = 0.001",
    ),
    ends=(
        "I0501 10:00:00.123  1234 solver.cpp:330] Iteration {step}, Testing net (#0)",
        "I0501 10:00:00.123  1234 solver.cpp:397]     Test net output #0: accuracy = 0.51",
        "I0501 10:00:00.123  1234 solver.cpp:397]     Test net output #1: loss = {held} (* 1 = {held} loss)",
    ),
)
FORMS["mmdet 2 text"] = Form(
    each=(
        "2021-01-01 10:00:00,000 - mmdet - INFO - Epoch [{epoch}][{batch}/50]\tlr: 1.000e-03, eta: 1 day, 2:13:14, time: 0.512, data_time: 0.053, memory: 3800, loss_rpn_cls: 0.5, loss_cls: 0.7, acc: 90.1, loss: {loss}",
    ),
    ends=("2021-01-01 10:00:00,000 - mmdet - INFO - Epoch(val) [{epoch}][500]\tbbox_mAP: 0.1230, bbox_mAP_50: 0.2340",),
    held=False,
    epochs=6,
)
FORMS["mmengine with base_lr"] = Form(
    each=(
        "2024/05/01 10:00:00 - mmengine - INFO - Iter(train) [ {step:4d}/300]  base_lr: 1.0000e-02 lr: 1.0000e-03  eta: 0:10:00  time: 0.5123  data_time: 0.0053  memory: 9000  loss: {loss}  decode.loss_ce: 1.1  decode.acc_seg: 50.1  aux.loss_ce: 0.5",
    ),
    held=False,
    rate=NONE,
)
FORMS["lightning csv groups"] = Form(
    name="metrics.csv",
    head=(
        "epoch,lr-AdamW/pg1,lr-AdamW/pg1-momentum,lr-AdamW/pg2,step,train/loss_epoch,train/loss_step,val/loss/dataloader_idx_0,val/loss/dataloader_idx_1",
    ),
    each=(",0.001,0.9,0.001,{last},,,,", "{epoch0},,,,{last},,{loss},,"),
    ends=("{epoch0},,,,{last},,,{held},9.9", "{epoch0},,,,{last},9.8,,,"),
    at=[s - 1 for s in STEPS],
    epochs=6,
)
FORMS["wandb history"] = Form(
    name="wandb_history.csv",
    head=(
        ",_step,_runtime,_timestamp,train/global_step,train/epoch,train/loss,train/learning_rate,train/grad_norm,eval/loss,gradients/layers.0.weight",
    ),
    each=("{i},{i},12.3,1714500000,{step},{frac},{loss},0.001,1.5,,",),
    ends=("{i},{i},12.3,1714500000,{step},{frac},,,,{held},",),
    at=NONE,
    epochs=6,
)
FORMS["resumed console"] = Form(
    each=("step {step} loss {loss} lr 0.001",),
    tail=("resuming from step 200", *(f"step {10 * (i + 1)} loss {TRAIN[i]} lr 0.001" for i in range(20, 30))),
    held=False,
)
FORMS["darknet older"] = Form(
    each=("{step}: {loss}, {loss} avg, 0.001000 rate, 3.212345 seconds, 640 images",),
    head=("Region 82 Avg IOU: 0.5, Class: 0.6, Obj: 0.7, No Obj: 0.01, .5R: 0.5, .75R: 0.1,  count: 3",),
    held=False,
    at=NONE,
)
FORMS["composer eval"] = Form(
    each=(
        "[batch={step}/300]:",
        "\t Train time/epoch: {epoch0}",
        "\t Train time/batch: {last}",
        "\t Train loss/train/total: {loss}",
        "\t Train lr-DecoupledAdamW/group0: 0.0010",
    ),
    ends=(
        "[Eval batch=1/2] Eval on eval data:",
        "\t Eval metrics/eval/LanguageCrossEntropy: {held}",
        "\t Eval metrics/eval/LanguagePerplexity: 9.1",
    ),
)
FORMS["grl dict lines"] = Form(
    each=('Trainer step={step}: {{"loss": {loss}, "lr": 0.001}}',), ends=('Validation step={step}: {{"loss": {held}}}',)
)
FORMS["ppo of trl"] = Form(
    name="log.jsonl",
    each=(
        '{{"eps": 1, "objective/kl": 0.1, "objective/entropy": 12.1, "objective/non_score_reward": -0.1, "objective/rlhf_reward": {acc}, "objective/scores": {acc}, "policy/approxkl_avg": 0.01, "policy/clipfrac_avg": 0.1, "loss/policy_avg": {loss}, "loss/value_avg": 0.2, "val/ratio": 1.0, "val/num_eos_tokens": 3, "lr": 0.001, "episode": {step}, "epoch": {frac}}}',
    ),
    held=False,
    at=NONE,
    epochs=6,
    objective="policy",
)
FORMS["dpo of trl"] = Form(
    name="log.jsonl",
    each=(
        '{{"loss": {loss}, "grad_norm": 1.5, "learning_rate": 0.001, "rewards/chosen": 0.1, "rewards/rejected": -0.1, "rewards/accuracies": 0.5, "rewards/margins": 0.2, "logps/chosen": -123.1, "logits/chosen": -1.1, "epoch": {frac}, "step": {step}}}',
    ),
    ends=(
        '{{"eval_loss": {held}, "eval_runtime": 3.1, "eval_rewards/chosen": 0.1, "eval_rewards/margins": 0.2, "epoch": {epoch}.0, "step": {step}}}',
    ),
    epochs=6,
    objective="preference",
)
FORMS["reward modelling"] = Form(
    name="log.jsonl",
    each=(
        '{{"loss": {loss}, "learning_rate": 0.001, "accuracy": 0.6, "margin": 0.2, "mean_reward": 0.1, "min_reward": -2.0, "max_reward": 2.0, "center_rewards_loss": 0, "epoch": {frac}, "step": {step}}}',
    ),
    held=False,
    epochs=6,
    objective=NONE,
)

FORMS["paddle fit"] = Form(
    each=("step {batch}/50 - loss: {loss} - acc: 0.5123 - 12ms/step",),
    starts=("Epoch {epoch}/6",),
    ends=("Eval begin...", "step 5/5 - loss: {held} - acc: 0.4123 - 8ms/step", "Eval samples: 1000"),
    rate=None,
    epochs=6,
    at=NONE,
)
FORMS["decimal commas printed"] = Form(
    each=("Schritt {step}: loss {comma} lr 0,001",), ends=("Schritt {step}: val_loss {heldcomma}",), at=NONE
)
FORMS["accelerate ranks in json"] = Form(
    name="log.jsonl",
    each=('{{"rank": 1, "step": {step}, "loss": 9.5}}', '{{"rank": 0, "step": {step}, "loss": {loss}, "lr": 0.001}}'),
    held=False,
)
FORMS["tensorboard experiment frame"] = Form(
    name="scalars.csv",
    head=("run,tag,step,value",),
    each=("fit/train,epoch_loss,{step},{loss}", "fit/train,epoch_learning_rate,{step},0.001"),
    ends=("fit/validation,epoch_loss,{step},{held}",),
)
FORMS["trainer_state"] = Form(
    name="trainer_state.json",
    head=(
        '{"best_metric": 0.5, "epoch": 6.0, "global_step": 300, "max_steps": 300, "num_train_epochs": 6, "log_history": [',
    ),
    each=('{{"epoch": {frac}, "grad_norm": 1.5, "learning_rate": 0.001, "loss": {loss}, "step": {step}}},',),
    ends=('{{"epoch": {epoch}.0, "eval_loss": {held}, "eval_runtime": 1.0, "step": {step}}},',),
    tail=(
        '{"epoch": 6.0, "step": 300, "total_flos": 1e15, "train_loss": 1.1, "train_runtime": 100.0}], "trial_name": null}',
    ),
    epochs=6,
)
FORMS["keras 3 bar with lr"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch}/6",
        "\x1b[1m50/50\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m3s\x1b[0m 20ms/step - accuracy: 0.5123 - loss: {loss} - val_accuracy: 0.4123 - val_loss: {held} - learning_rate: 0.0010",
    ),
    at=EPOCH,
    epochs=6,
)
FORMS["tabular epochs with blanks"] = Form(
    name="history.txt",
    per_epoch=True,
    head=("ep   tr_loss   te_loss   lr",),
    each=("{epoch}    {loss}   {held}   1e-3",),
    at=EPOCH,
    epochs=6,
)
FORMS["printed tuples of names"] = Form(
    each=("[Epoch {epoch}/6] [Batch {batch}/50] [loss: {loss}] [lr: 0.001]",), held=False, epochs=6, at=NONE
)
FORMS["deepmd v3"] = Form(
    name="lcurve.out",
    head=(
        "#  step      rmse_val    rmse_trn    rmse_e_val  rmse_e_trn    rmse_f_val  rmse_f_trn         lr",
        "# If there is no available reference data, rmse_*_{val,trn} will print nan",
    ),
    each=("  {step}   {loss}   {loss}   1e-1 1e-1  1e-2 1e-2  1.0e-03",),
    held=NONE,
)
FORMS["keras csv semicolon appended"] = Form(
    name="training.csv",
    per_epoch=True,
    head=("epoch;accuracy;loss;lr;val_accuracy;val_loss",),
    each=("{epoch0};0.51;{loss};0.001;0.4;{held}",),
    at=[e - 1 for e in EPOCH],
    epochs=6,
)
FORMS["wandb several runs"] = Form(
    name="e.csv",
    head=(
        '"train/global_step","happy-1 - train/loss","happy-1 - train/loss__MIN","happy-1 - train/loss__MAX","sad-2 - train/loss"',
    ),
    each=('"{step}","{loss}","{loss}","{loss}",""',),
    held=False,
    rate=None,
)
FORMS["best in brackets"] = Form(
    per_epoch=True,
    each=("Epoch {epoch}: train_loss: {loss} val_loss: {held} (best: 0.1)",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["one line accs"] = Form(
    per_epoch=True,
    each=("Epoch {epoch:03d} | Train Loss: {loss} | Train Acc: 51.2% | Val. Loss: {held} |  Val. Acc: 42.3%",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["bare epoch dashes"] = Form(
    per_epoch=True, each=("Epoch {epoch}/6 - train: {loss} - val: {held}",), rate=None, at=EPOCH, epochs=6
)
FORMS["bare equals"] = Form(
    per_epoch=True, each=("Epoch {epoch}: train={loss} valid={held} lr=1e-3",), at=EPOCH, epochs=6
)
FORMS["marks"] = Form(
    per_epoch=True,
    each=("Epoch {epoch} [Train] Loss: {loss} Acc: 0.5 [Val] Loss: {held} Acc: 0.4",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["pair of values"] = Form(
    per_epoch=True, each=("epoch {epoch}: loss (train/val): {loss} / {held}",), rate=None, at=EPOCH, epochs=6
)
FORMS["yaml blocks"] = Form(
    per_epoch=True,
    each=("epoch: {epoch}", "train:", "  loss: {loss}", "  acc: 0.5", "val:", "  loss: {held}", "  acc: 0.4"),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["camel"] = Form(
    each=("Iteration: {step} | TrainLoss: {loss} | LearningRate: 1e-3",), ends=("Iteration: {step} | ValLoss: {held}",)
)
FORMS["lightning bar full"] = Form(
    per_epoch=True,
    each=(
        "Epoch {epoch0}: 100%|██████████| 50/50 [00:10<00:00,  4.9it/s, v_num=0, train_loss_step=9.9, val_loss={held}, train_loss_epoch={loss}]",
    ),
    rate=None,
    at=NONE,
    epochs=6,
)
FORMS["logfmt"] = Form(
    each=('level=info ts=2024-05-01T10:00:00Z msg="train step" step={step} loss={loss} lr=0.001',),
    ends=('level=info ts=2024-05-01T10:00:00Z msg="validation" step={step} loss={held}',),
)
FORMS["structlog"] = Form(
    name="l.jsonl",
    each=('{{"level": "info", "msg": "train", "step": {step}, "loss": {loss}, "lr": 0.001}}',),
    ends=('{{"level": "info", "msg": "validation done", "step": {step}, "loss": {held}}}',),
)
FORMS["sb3 csv"] = Form(
    name="progress.csv",
    head=(
        "rollout/ep_len_mean,rollout/ep_rew_mean,time/fps,time/iterations,time/total_timesteps,train/approx_kl,train/clip_fraction,train/explained_variance,train/learning_rate,train/loss,train/n_updates,train/value_loss",
    ),
    each=("20.1,{acc},900,{i},{step},0.01,0.1,0.2,0.001,{loss},{step},1.1",),
    held=False,
    objective="policy",
    at=NONE,
)
FORMS["mean std"] = Form(
    per_epoch=True,
    each=("epoch {epoch} train loss {loss} +/- 0.1 test loss {held} +/- 0.2",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["errors printed"] = Form(
    per_epoch=True, each=("Epoch {epoch}, train MSE {loss}, validation MSE {held}",), rate=None, at=EPOCH, epochs=6
)
FORMS["unicode arrows"] = Form(
    per_epoch=True, each=("Epoch {epoch} ▸ train_loss={loss} ▸ val_loss={held} ▸ lr=0.001",), at=EPOCH, epochs=6
)
FORMS["tab with percent"] = Form(
    name="a.tsv",
    per_epoch=True,
    head=("Epoch\tTrain Loss\tValid Loss\tTop1\tTime (s)",),
    each=("{epoch}\t{loss}\t{held}\t51.2%\t12.3",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["hf dict eval loss nested"] = Form(
    name="m.jsonl",
    each=('{{"step": {step}, "train": {{"loss": {loss}, "lr": 0.001}}}}',),
    ends=('{{"step": {step}, "validation": {{"loss": {held}, "accuracy": 0.5}}}}',),
)
FORMS["eval before train 0"] = Form(
    each=("step {step} | train loss {loss}",), ends=("step {step} | eval | loss {held} | acc 0.5",), rate=None
)
FORMS["accuracy rises with loss"] = Form(
    per_epoch=True,
    name="b.csv",
    head=("epoch,acc,loss,val_acc,val_loss,map,reward_weight",),
    each=("{epoch},{acc},{loss},{acc},{held},{acc},1",),
    rate=None,
    at=EPOCH,
    epochs=6,
)
FORMS["val in percent"] = Form(
    per_epoch=True, each=("epoch {epoch} loss {loss} val {acc}%",), held=False, rate=None, at=EPOCH, epochs=6
)
FORMS["nan in lr"] = Form(name="c.csv", head=("step,loss,lr,grad_norm",), each=("{step},{loss},0.001,nan",), held=False)
FORMS["detectron console with val"] = Form(
    each=(
        "[05/01 10:00:00 d2.utils.events]:  eta: 0:10:00  iter: {last}  total_loss: {loss}  loss_cls: 0.4  loss_box_reg: 0.3  time: 0.5123  last_time: 0.5  data_time: 0.01  lr: 0.001  max_mem: 2900M",
    ),
    held=False,
    at=[s - 1 for s in STEPS],
)
FORMS["fairseq csv inner"] = Form(
    each=(
        "2023-05-01 10:00:00 | INFO | train_inner | epoch {epoch:03d}:    {batch} / 50 loss={loss}, ppl=7.4, wps=1234.5, ups=1.2, wpb=1024, bsz=16, num_updates={step}, lr=0.001, gnorm=1.5, train_wall=40, wall=50",
    ),
    ends=(
        "2023-05-01 10:00:00 | INFO | valid | epoch {epoch:03d} | valid on 'valid' subset | loss {held} | ppl 8.1 | wps 3000 | num_updates {step} | best_loss 0.1",
        "2023-05-01 10:00:00 | INFO | train | epoch {epoch:03d} | loss 9.9 | ppl 7.4 | num_updates {step} | lr 0.001",
    ),
    epochs=6,
)


@pytest.mark.parametrize("case", FORMS)
def test_a_log_is_read_as_a_person_reads_it(case: str, tmp_path: Path) -> None:
    form = FORMS[case]
    path = tmp_path / form.name
    path.write_text(form.text(), encoding="utf-8")
    assert found(path, form) == expected(form)


@pytest.mark.parametrize("case", broken_forms(FORMS))
def test_a_run_of_a_project_that_turns_nan_is_not_read_as_a_sound_one(case: str, tmp_path: Path) -> None:
    assert is_broken_at_the_end(tmp_path / FORMS[case].name, FORMS[case])


@pytest.mark.parametrize("as_python", [True, False])
def test_lists_of_a_whole_run_are_read_as_json_and_as_python_prints_them(as_python: bool, tmp_path: Path) -> None:
    lists = {"epochs": EPOCH, "train_losses": TRAIN[:EPOCHS], "val_losses": TESTED, "learning_rates": [0.001] * EPOCHS}
    path = tmp_path / "history.txt"
    path.write_text(str(lists) if as_python else json.dumps(lists), encoding="utf-8")
    log = read_history(path)
    assert (values(log.loss), values(log.validation_loss), log.epochs) == (TRAIN[:EPOCHS], TESTED, EPOCHS)
    assert set(values(log.learning_rate)) == {0.001}


def test_a_val_that_rises_between_0_and_1_is_no_loss(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("\n".join(f"epoch {i} loss {2 / (i + 1)} val {0.5 + i / 40}" for i in range(20)), encoding="utf-8")
    assert read_history(path).validation_loss is None
