"""Words of training logs in other languages, in English."""

from __future__ import annotations

import re
from typing import Final

_PHRASES: Final = {
    "learning rate": (
        "学习率|學習率|학습률|学習率|lernrate|taux d'apprentissage|tasa de aprendizaje|taxa de aprendiza(?:do|gem)|"
        "tasso di apprendimento|скорость обучения|współczynnik uczenia|öğrenme oranı|leersnelheid|tốc độ học"
    )
}
_WORDS: Final = {
    "val": (
        "验证集?|驗證集?|검증(?:용)?|検証(?:用)?|validierungs(?=verlust)|validerings(?=förlust)|validatie(?=verlies)|"
        "validación|validação|validazione|валидаци\\w|валидационн\\w+|walidac\\w+|doğrulama|validatie|validering|"
        "kiểm định"
    ),
    "test": "测试集?|測試集?|테스트|テスト|test(?=verlust|verlies|förlust)|тест\\w+|testow\\w+|prueba|teste",
    "train": (
        "训练集?|訓練集?|학습|훈련|訓練|学習|trainings(?=verlust)|tränings(?=förlust)|trainings(?=verlies)|"
        "entra[iî]nement|entrenamiento|treino|treinamento|addestramento|обучени\\w|обучающ\\w+|тренировочн\\w+|"
        "treningow\\w+|trening|eğitim|huấn luyện"
    ),
    "loss": (
        "损失(?:值|函数)?|損失|손실|誤差|verlust|verlies|förlust|perte|pérdida|perda|perdita|потер[ияь]|ошибк[аи]|"
        "strat[ay]|kayıp|kaybı|mất mát"
    ),
    "epoch": "에포크|エポック|epoche|époque|época|epoca|эпох[аиу]|epoka|dönem|tijdperk|epok",
    "step": "스텝|ステップ|schritt|étape|paso|passo|шаг|krok|adım|stap|bước",
    "iteration": "迭代|반복|イテレーション|itération|iteración|iteração|iterazione|итераци[яи]|iteracja"
    "|iterasyon|iteratie",
}
"""What words stand for: in Chinese, Korean, Japanese, German, French, Spanish, Portuguese, Italian, Russian, Polish,
Turkish, Dutch, Swedish and Vietnamese."""

_ENGLISH: Final = [*_PHRASES, *_WORDS]
_ANY: Final = re.compile(
    r"(?:(?<![^\W\d_])|(?<=[^\x00-\u2fff])|(?<=ngs)|(?<=test)|(?<=validatie))(?:"
    + "|".join(f"({words})" for words in [*_PHRASES.values(), *_WORDS.values()])
    + r")(?:(?=[^\x00-\u2fff])|(?=verlust|verlies|förlust)|(?![^\W\d_]))",
    re.IGNORECASE,
)
"""A word between others, or beside another without a blank, as in Chinese and in compounds of German."""

_JOINTS: Final = re.compile(
    r"\b(loss|train|val|test) (?:de la |de |en |da |di |in |na |no |d'|на |при )"
    r"(train(?:ing)?|val(?:idation)?|test|loss)\b"
)
_ROUND: Final = re.compile(r"第\s*(\d+)\s*(?:轮|輪|个?epoch|回)")
"""An epoch in Chinese, whose number stands inside its name."""

_SIGNS: Final = str.maketrans(
    {"：": ": ", "，": ", ", "；": "; ", "＝": "=", "（": "(", "）": ")", "｜": "|", "\u3000": " "}
)
"""Signs of full width."""

SAMPLE: Final = 1 << 16
"""Characters at the beginning of a log that are searched for words of other languages. Judgement: a log names what it
holds within its first hundreds of lines."""


def in_english(text: str) -> str:
    """Return a log whose losses, rates, epochs and steps have English names; one in English as it is.

    >>> in_english("第 3 轮，训练损失：0.5"), in_english("Époque 3 : perte de validation 0.5")
    ('epoch 3, train loss: 0.5', 'epoch 3 : loss validation 0.5')
    >>> in_english("Epoche 3: Trainingsverlust 0.5"), in_english("Epoka 3/9 strata treningowa: 0.5")
    ('epoch 3: train loss 0.5', 'epoch 3/9 loss train: 0.5')
    """
    if not _ANY.search(text[:SAMPLE]) and not _ROUND.search(text[:SAMPLE]):
        return text
    english = _ANY.sub(_english, _ROUND.sub(r"epoch \1", text.translate(_SIGNS)))
    return _JOINTS.sub(r"\1 \2", english)


def _english(found: re.Match[str]) -> str:
    name = _ENGLISH[(found.lastindex or 1) - 1]
    following = found.string[found.end() : found.end() + 1]
    return f"{name} " if following.isalpha() else name
