"""Turns of phrase in printed lines, rewritten as a name and its number.

Source:
    as printed by tqdm, segmentation-models, SageMaker, OLMo, Tacotron 2, Trax, ESPnet, GluonTS, Deeplearning4j, torch's
    schedulers, scikit-learn's and Keras' guides; each pattern says which
"""

from __future__ import annotations

import re
from typing import Final

from advisor.diagnosis.columns import HELD_OUT, TRAIN

NUMBER: Final = (
    r"[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|(?:\d+(?:\.\d*)?|\.\d+)(?:[eEf][-+]?\d+)?|nan(?:16|32)?|inf(?:16|32|inity)?)"
    r"(?!\w|\.\w)"
)
"""A number; the point behind it may end a sentence, but no version such as 1.2.3."""

SPLITS: Final = "|".join(sorted(TRAIN | HELD_OUT))
_QUANTITY: Final = rf"\b(?P<name>(?:(?:{SPLITS}|average|avg|mean|total)[ _])*+(?:loss|cost|error)(?:[ _](?:{SPLITS}))?)"
_PLACE: Final = r"(?:global )?(?:step|iteration|iter|epoch|batch|update|round)"

_BOTH_SPLITS: Final = (
    rf"\b(\w{{0,40}}?loss\w{{0,40}})\s*+[(\[]?\s*+({SPLITS})\s*+[/|,]\s*+({SPLITS})\s*+[)\]]?"
    rf"\s*+[:=]?\s*+({NUMBER})\s*+[/|,]\s*+({NUMBER})"
)
_AT_A_PLACE: Final = (
    rf"{_QUANTITY}(?:\s\([^()\d]{{1,40}}\))?\s(?:at|after|for|in|on)\s(?P<place>{_PLACE}\s*[#:]?\s*\d++)"
    rf"(?:\s*(?:[:=,]|\bis\b|\bwas\b)\s*|\s+)(?P<value>{NUMBER})"
)
_BEHIND_A_COUNT: Final = rf"{_QUANTITY}\s(?P<at>\d++)(?::\s*|\s)(?P<value>-?\d+\.\d+(?:e[-+]?\d+)?|-?nan|-?inf)\b"

_LOGGER: Final = re.compile(r"^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.-]+:")
"""What Python's logging puts before a message: its level, and a name that says nothing of the numbers behind it."""

_EDITS: Final = tuple(
    (signs, re.compile(pattern, re.IGNORECASE), replacement)
    for signs, pattern, replacement in (
        # tqdm: "train: 100%|████| 50/50 [00:10<00:00]"; its percentage belongs to no name.
        (("%|",), r":?\b\d{1,3}%\|[^|\n]*+\|", " ; "),
        # NumPy, JAX, torch: a number as Python prints a scalar.
        (
            ("float", "array(", "tensor("),
            r"\b(?:np\.|numpy\.|jnp\.)?(?:float\d+|[Aa]rray|tensor)\(([^(),\[\]]{1,40})(?:,[^()]*)?\)",
            r"\1",
        ),
        # PyTorch gists: "loss (train/val): 2.0 / 2.1".
        (("/", ","), _BOTH_SPLITS, r"\2 \1 \4 ; \3 \1 \5"),
        # DLLogger, whose steps are epoch and iteration: '"step": [3, 40]', and '"step": [3]' behind an epoch.
        (('"step": [',), r'"step": \[(\d++), (\d++)[^\]]*\]', r'"epoch": \1, "iteration": \2'),
        (('"step": [',), r'"step": \[(\d++)\]', r'"epoch": \1'),
        # NumPyro: "avg. loss [951-1000]: 0.5".
        (("]: ",), r"(?<=\bloss) \[\d+-\d+\](?=: )", ""),
        # segmentation-models: "[…, dice_loss - 0.35, iou_score - 0.5]".
        ((" - ",), rf"(?<=\w) - (?={NUMBER}\s*[,\]])", "="),
        # SageMaker: "train loss <loss>=0.5".
        ((">=", "> ="), r"(?<=[A-Za-z])\s?<\w+>(?=\s*=)", ""),
        # gists and OLMo: "loss (val): 0.5", "optim/LR (group 0)=0.001".
        ((" (",), rf"(?<=\w) \(({SPLITS})\)(?=\s*[:=])", r"_\1"),
        ((" (group",), r"(?<=\w) \(group (\d+)\)(?=\s*=)", r"_group\1"),
        # courses: "Cost after iteration 100: 0.6", "Training loss (for one batch) at step 100: 0.6".
        ((" at ", " after ", " for ", " in ", " on "), _AT_A_PLACE, r"\g<place> ; \g<name> \g<value>"),
        # YAML and C on Windows: ".nan", "-.inf", "1.#QNAN", "-1.#IND", "1.#INF00".
        ((".nan", "1.#"), r"(?<=[:= ])[-+]?(?:\.nan|1\.#(?:qnan|snan|ind)\w*+)(?![\w.])", "nan"),
        ((".inf", "1.#"), r"(?<=[:= ])([-+]?)(?:\.inf|1\.#inf\w*+)(?![\w.])", r"\1inf"),
        # GluonTS, whose metrics to evaluate are of the training as well: "Evaluation metric 'epoch_loss'=5.2".
        (("evaluation metric",), r"\bevaluation metric '(\w+)'\s*(?==)", r"\1"),
        # Deeplearning4j, whose score is the loss: "Score at iteration 100 is 0.6".
        (("score at iteration ",), rf"\bscore at (iteration \d++) is (?={NUMBER})", r"\1 ; loss "),
        # Tacotron 2: "Train loss 100 0.5", "Validation loss 100:  0.5".
        (("loss ", "cost ", "error "), _BEHIND_A_COUNT, r"step \g<at> ; \g<name> \g<value>"),
        ((" is ", " was "), rf"\b(loss|cost|error)\s(?:is|was)\s(?={NUMBER})", r"\1 "),
        # torch, Keras: "Adjusting learning rate of group 0 to 1e-3.", "setting learning rate to 0.001."
        ((" to ",), rf"\blearning[ _]rate (?:of group \d+ )?to (?={NUMBER})", "; learning rate "),
        # R's optim and nnet, which print nothing else: "iter  10 value 0.6".
        ((" value ",), rf"^\s*(iter\s+\d+) value (?={NUMBER}\s*$)", r"\1 ; loss "),
        # Trax: "Step 100: train CrossEntropyLoss |  0.5", one to a line.
        (("|",), rf"^([^|]*?)\b([A-Za-z_]\w*)\s*\|\s*({NUMBER})\s*$", r"\1 ; \2 \3"),
    )
)
"""What a line holds that is written so, a pattern, and what replaces it."""


def edited(line: str) -> str:
    """Return a line in which each number stands right behind its name.

    >>> edited("Cost after iteration 100: 0.6")
    'iteration 100 ; Cost 0.6'
    >>> edited("train: 100%|####| 50/50 [00:10<00:00, dice_loss - 0.3]")
    'train:  ;  50/50 [00:10<00:00, dice_loss=0.3]'
    """
    line = _LOGGER.sub("", line)
    lower = line.lower()
    for signs, pattern, replacement in _EDITS:
        if any(sign in lower for sign in signs):
            line = pattern.sub(replacement, line)
            lower = line.lower()
    return line
