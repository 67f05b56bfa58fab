"""Facts of real modules, against what a person would write down about each."""

from __future__ import annotations

import copy
import importlib.util
import math
import random
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts
from advisor.inspection import inspect

_spec = importlib.util.spec_from_file_location("inspected_modules", Path(__file__).with_name("modules.py"))
assert _spec is not None
assert _spec.loader is not None
m = importlib.util.module_from_spec(_spec)
sys.modules["inspected_modules"] = m
_spec.loader.exec_module(m)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def told(facts: ModelFacts, **expected: object) -> None:
    found = {name: getattr(facts, name) for name in expected}
    assert found == expected


def test_a_plain_mlp() -> None:
    net = nn.Sequential(nn.Linear(5, 64), nn.Tanh(), nn.Dropout(0.2), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 3))
    facts = inspect(net)
    told(facts, family="mlp", convex=False, depth=2, width=64, inputs=5, outputs=3, activation="tanh", dropout=0.2)
    told(facts, normalization="none", residual=False, attention=False, recurrent=False, embedding=False, adapter="none")
    told(facts, parameters=6 * 64 + 65 * 32 + 33 * 3, frozen_share=0.0, tied_weights=False, pretrained=None, notes=())
    assert facts.layers[0] == ("0", "Linear", 384)


@pytest.mark.parametrize(
    ("net", "task", "family"),
    [
        (nn.Linear(4, 1), None, "linear"),
        (nn.Linear(4, 3), None, "logistic"),
        (nn.Linear(4, 3), "regression", "linear"),
        (nn.Linear(4, 1), "binary", "logistic"),
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 1), nn.Sigmoid()), None, "logistic"),
        (nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1)), None, "logistic"),
    ],
)
def test_linear_models_are_convex(net, task, family) -> None:
    facts = inspect(net, data=DataFacts(task=task))
    told(facts, convex=True, depth=0, width=0, family=family, init_gain=None, activation="none")


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1)),
        nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1)),
        nn.Sequential(nn.Linear(4, 1), nn.ReLU()),
        nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 1)),
    ],
)
def test_products_of_parameters_and_bent_outputs_are_not_convex(net) -> None:
    assert inspect(net).convex is False


def test_functions_are_seen_like_modules() -> None:
    told(inspect(m.FunctionalReLU()), family="mlp", activation="relu", depth=1, width=12, inputs=6, outputs=2)
    facts = inspect(m.OnlyFunctions())
    told(facts, family="mlp", activation="tanh", depth=1, width=20, inputs=6, outputs=3, dropout=0.25)
    assert facts.init_gain == pytest.approx(1 / math.sqrt(2 / 6), rel=0.15)


def test_a_residual_cnn() -> None:
    facts = inspect(m.ResNet())
    told(facts, family="cnn", depth=5, width=16, residual=True, normalization="batch", norm_position="other")
    told(facts, convolutional=True, activation="relu", inputs=3, outputs=10)


def test_a_cnn_with_batch_norm() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
    )
    told(inspect(net), family="cnn", depth=1, residual=False, norm_position=None, normalization="batch")


@pytest.mark.parametrize(("first", "place"), [(True, "pre"), (False, "post")])
def test_torchs_transformer_blocks(first, place) -> None:
    layer = nn.TransformerEncoderLayer(16, 4, 48, dropout=0.3, norm_first=first, activation="gelu", batch_first=True)
    net = nn.Sequential(nn.Linear(5, 16), nn.TransformerEncoder(layer, 3, enable_nested_tensor=False), nn.Linear(16, 2))
    facts = inspect(net)
    told(facts, family="transformer", norm_position=place, depth=3, width=48, heads=4, hidden_size=16, inputs=5)
    told(facts, attention=True, residual=True, activation="gelu", dropout=0.3, normalization="layer", outputs=2)


def test_an_encoder_and_decoder_count_every_block_once() -> None:
    told(
        inspect(nn.Transformer(16, 2, 2, 3, 32, batch_first=True)), depth=5, family="transformer", norm_position="post"
    )


@pytest.mark.parametrize(("pre", "place"), [(True, "pre"), (False, "post")])
def test_a_handwritten_language_model(pre, place) -> None:
    facts = inspect(m.LanguageModel(pre=pre))
    told(
        facts,
        family="language_model",
        depth=3,
        norm_position=place,
        residual=True,
        tied_weights=True,
        activation="gelu",
    )
    told(facts, heads=4, hidden_size=16, embedding=True, inputs=None, outputs=50, qk_norm=False)
    assert facts.parameters == sum(p.numel() for p in m.LanguageModel(pre=pre).parameters())


def test_recurrent_layers() -> None:
    told(inspect(nn.LSTM(4, 8, num_layers=2, dropout=0.1)), family="rnn", depth=2, width=8, hidden_size=8, dropout=0.1)

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.gru = nn.Embedding(20, 6), nn.GRU(6, 10, bidirectional=True)
            self.head = nn.Linear(20, 5)

        def forward(self, ids):
            return self.head(self.gru(self.words(ids))[0])

    told(inspect(Tagger()), family="rnn", depth=1, width=20, outputs=5, inputs=None, activation="tanh", recurrent=True)


def test_sums_that_are_no_skips() -> None:
    told(inspect(m.TwoTowers()), residual=False, depth=2, family="mlp")


def test_running_order_goes_before_the_order_of_definition() -> None:
    told(inspect(m.HeadFirst()), inputs=5, outputs=3, width=7, depth=1, activation="silu")


def test_an_output_activation_is_none_of_the_hidden_ones() -> None:
    told(inspect(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())), activation="relu")
    told(
        inspect(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))),
        activation="mixed",
    )


def test_what_cannot_be_traced_is_said() -> None:
    facts = inspect(m.Branching())
    told(facts, family="mlp", depth=2, activation="gelu", residual=None, inputs=4, outputs=1)
    assert "cannot be traced" in facts.notes[0]


def test_deep_nesting_and_shared_modules() -> None:
    shared = nn.Linear(8, 8)
    inner = nn.Sequential(shared, nn.ReLU())
    net = nn.Sequential(nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.ReLU(), inner)), inner, nn.Linear(8, 1))
    told(inspect(net), depth=3, parameters=5 * 8 + 9 * 8 + 9, tied_weights=True, activation="relu")


def test_frozen_parameters_and_adapters() -> None:
    net = nn.Sequential(nn.Linear(9, 10), nn.ReLU(), nn.Linear(10, 9))
    net[0].requires_grad_(False)
    facts = inspect(net)
    assert facts.frozen_share == pytest.approx(100 / 199)
    assert facts.trainable_parameters == 99
    net.requires_grad_(False)
    assert "frozen" in inspect(net).notes[-1]
    told(inspect(nn.Sequential(m.LowRank(), nn.ReLU(), nn.Linear(32, 2))), adapter="lora", adapter_rank=4, depth=1)
    deep = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), m.LowRank(), nn.ReLU(), nn.Linear(32, 2))
    told(inspect(deep), adapter="lora", depth=2, residual=False, activation="relu", family="mlp")


def test_wrappers_are_opened() -> None:
    net = m.FunctionalReLU()
    assert inspect(nn.DataParallel(net)) == inspect(net)
    assert inspect(torch.compile(net, backend="eager")) == inspect(net)


def test_modules_without_parameters_shape_or_storage() -> None:
    with pytest.raises(ModelError, match="nothing to train"):
        inspect(nn.Sequential(nn.ReLU(), nn.Flatten()))
    lazy = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.Linear(3, 1))
    with pytest.raises(ModelError, match="one batch"):
        inspect(lazy)
    lazy(torch.zeros(2, 6))
    told(inspect(lazy), inputs=6, depth=1)
    with torch.device("meta"):
        net = nn.Sequential(nn.Linear(1_000, 50_000), nn.ReLU(), nn.Linear(50_000, 2))
    facts = inspect(net)
    told(facts, parameters=1_001 * 50_000 + 50_001 * 2, init_gain=None, initialization=None, family="mlp")
    assert "meta" in facts.notes[0]


def test_inspection_leaves_no_trace() -> None:
    net = m.Restless().train()
    net.layer.eval()
    before, attributes = copy.deepcopy(net.state_dict()), set(vars(net))
    torch_state, python_state, numpy_state = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    seen = net.seen
    told(inspect(net), family="logistic")
    assert torch.equal(torch_state, torch.get_rng_state())
    assert python_state == random.getstate()
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002
    assert (net.calls, net.seen, net.training, net.layer.training) == (0, [], True, False)
    assert net.seen is seen
    assert set(vars(net)) == attributes
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])


def net_of(draw, widths=(30, 120, 80, 4)) -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layer = nn.Linear(before, after)
        draw(layer.weight)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("draw", "name", "gain"),
    [
        (lambda w: None, "default", math.sqrt(1 / 6)),
        (lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"), "he", 1.0),
        (lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"), "he", 1.0),
        (lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"), "he", None),
        (nn.init.xavier_uniform_, "xavier", None),
        (nn.init.orthogonal_, "orthogonal", None),
        (lambda w: nn.init.normal_(w, std=0.005), "small", None),
        (lambda w: nn.init.normal_(w, std=1.0), "large", None),
        (nn.init.zeros_, "zero", None),
    ],
    ids=["default", "he normal", "he uniform", "he fan-out", "xavier", "orthogonal", "small", "large", "zero"],
)
def test_the_rule_behind_the_weights_is_recognised(draw, name, gain, seed) -> None:
    torch.manual_seed(seed)
    facts = inspect(net_of(draw))
    assert facts.initialization == name
    if gain is not None:
        assert facts.init_gain == pytest.approx(gain, rel=0.05)
        assert facts.init_gain_min == pytest.approx(gain, rel=0.05)


@pytest.mark.parametrize("factor", [0.5, 2.0, 4.0])
def test_the_gain_grows_with_the_weights(factor) -> None:
    net = net_of(lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"))
    before = inspect(net)
    with torch.no_grad():
        net[0].weight.mul_(factor)
    after = inspect(net)
    gains = sorted([before.init_gain * factor, before.init_gain, before.init_gain_min * factor, before.init_gain_min])
    assert gains[0] * 0.999 <= after.init_gain_min <= after.init_gain <= gains[-1] * 1.001
    direct = [float(net[i].weight.detach().std(correction=0)) / math.sqrt(2 / net[i].in_features) for i in (0, 2)]
    assert (after.init_gain, after.init_gain_min) == pytest.approx((max(direct), min(direct)), rel=1e-5)


def test_the_output_layer_and_embeddings_have_no_part_in_the_gain() -> None:
    net = net_of(lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"))
    before = inspect(net)
    nn.init.normal_(net[4].weight, std=50.0)
    assert inspect(net).init_gain == before.init_gain


@pytest.mark.parametrize("layer", [nn.Conv2d(6, 40, 3), nn.ConvTranspose2d(40, 30, 3), nn.Conv1d(16, 64, 5, groups=4)])
def test_torchs_default_is_recognised_in_convolutions(layer) -> None:
    torch.manual_seed(0)
    layer.reset_parameters()
    net = nn.Sequential(layer, nn.ReLU(), nn.Flatten(), nn.Linear(10, 2))
    assert inspect(net).initialization == "default"


def test_weights_that_are_not_finite_are_pointed_out() -> None:
    net = net_of(lambda w: None)
    with torch.no_grad():
        net[0].weight[0, 0] = math.nan
    facts = inspect(net)
    assert any("not finite" in note for note in facts.notes)
    assert facts.init_gain is not None
    assert math.isfinite(facts.init_gain)


def test_stated_sizes_go_first_and_nonsense_is_refused() -> None:
    told(inspect(nn.Linear(4, 2), inputs=7, outputs=5), inputs=7, outputs=5)
    for model, message in (
        (nn.Linear, "give an instance"),
        (3, "a int cannot be inspected"),
        (None, "cannot be inspected"),
    ):
        with pytest.raises(ModelError, match=message):
            inspect(model)
    with pytest.raises(ModelError, match="at least 1"):
        inspect("mlp", inputs=0)
