"""Words of training logs in other languages, in English."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = (
    ("val loss", "验证集?损失|驗證集?損失|검증 ?손실|検証(?:用)?損失|validierungsverlust|perte (?:de |en )?validation"),
    ("val loss", "pérdida (?:de |en )?validación|perda (?:de |na )?validação|perdita (?:di |in )?validazione"),
    ("val loss", "потер[ия] (?:на )?валидации|валидационн\\w+ потер[ия]"),
    ("test loss", "测试集?损失|測試集?損失|테스트 ?손실|テスト損失|testverlust|perte (?:de |en )?test"),
    (
        "train loss",
        "训练集?损失|訓練集?損失|학습 ?손실|훈련 ?손실|訓練損失|学習損失|trainingsverlust|perte d'entra[iî]nement",
    ),
    ("train loss", "pérdida (?:de |en )?entrenamiento|perda (?:de |no )?treino|perdita (?:di |in )?addestramento"),
    ("learning rate", "学习率|學習率|학습률|学習率|lernrate|taux d'apprentissage|tasa de aprendizaje"),
    ("learning rate", "taxa de aprendizado|tasso di apprendimento|скорость обучения"),
    ("loss", "损失|損失|손실|verlust|perte|pérdida|perda|perdita|потер[ия]"),
    ("epoch", "에포크|エポック|epoche|époque|época|epoca|эпоха"),
    ("step", "스텝|ステップ|schritt|étape|paso|passo|шаг"),
    ("iteration", "迭代|반복|イテレーション|itération|iteración|iteração|итерация"),
)
"""What the words stand for, longer ones first: in Chinese, Korean, Japanese, German, French, Spanish, Portuguese,
Italian and Russian."""

_PATTERNS: Final = tuple(
    (re.compile(rf"(?<![^\W\d_])(?:{words})(?![a-z])", re.IGNORECASE), name) for name, words in _WORDS
)
_ROUND: Final = re.compile(r"第\s*(\d+)\s*(?:轮|輪|个?epoch)")
"""An epoch in Chinese, whose number stands inside its name."""

_SIGNS: Final = str.maketrans(
    {"：": ": ", "，": ", ", "；": "; ", "＝": "=", "（": "(", "）": ")", "｜": "|", "\u3000": " "}
)
"""Signs of full width."""


def in_english(text: str) -> str:
    """Return a log whose losses, rates, epochs and steps have English names; one in English as it is.

    >>> in_english("第 3 轮，训练损失：0.5"), in_english("Époque 3 : perte de validation 0.5")
    ('epoch 3, train loss: 0.5', 'epoch 3 : val loss 0.5')
    """
    if "loss" in text.lower():
        return text
    english = _ROUND.sub(r"epoch \1", text.translate(_SIGNS))
    for pattern, name in _PATTERNS:
        english = pattern.sub(name, english)
    return english
