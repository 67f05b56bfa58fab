"""Presets: their names, their facts without torch against the real modules, and the modules themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from advisor.errors import ModelError
from advisor.facts import DataFacts, TargetFacts
from advisor.inspection import Preset, auto, inspect, preset
from advisor.inspection.preset_facts import facts_of
from advisor.inspection.presets import DESCRIPTIONS
from advisor.inspection.torch_modules import inspect_module
from advisor.inspection.torch_presets import build_preset

IDS = torch.arange(18).reshape(2, 9)

CASES = [
    ("linear", 5, 1, {}, {}),
    ("logistic", 5, 3, {}, {}),
    ("mlp", 20, 1, {}, {}),
    ("mlp:300,200,100", 40, 4, {}, {}),
    ("resnet-tabular", 20, 2, {}, {}),
    ("resnet-tabular:64,5", 20, 1, {}, {}),
    ("resnet-tabular:48,12", 9, 1, {}, {}),
    ("cnn", 1, 10, {"sample": torch.zeros(2, 3, 8, 8)}, {"channels": 3}),
    ("cnn:24", 1, 2, {"sample": torch.zeros(2, 1, 5, 7)}, {"channels": 1}),
    ("transformer", 7, 2, {"sample": torch.zeros(2, 16, 7)}, {"steps": 16}),
    ("transformer:48,3", 1, 2, {"sample": IDS, "vocabulary": 50}, {"steps": 9, "vocabulary": 50}),
    ("transformer:50,1", 3, 1, {"sample": torch.zeros(2, 4, 3)}, {"steps": 4}),
    ("lstm", 7, 1, {"sample": torch.zeros(2, 16, 7)}, {"steps": 16}),
    ("lstm:96", 1, 3, {"sample": IDS, "vocabulary": 50}, {"steps": 9, "vocabulary": 50}),
]


@pytest.mark.parametrize(("name", "inputs", "outputs", "build", "sizes"), CASES, ids=[case[0] for case in CASES])
def test_facts_without_torch_are_those_of_the_module(name, inputs, outputs, build, sizes) -> None:
    """Field by field; only drawn weights scatter around the scale they are drawn with."""
    module = build_preset(name, inputs=inputs, outputs=outputs, **build)
    found = inspect_module(module).model_dump()
    said = facts_of(preset(name), inputs, outputs, **sizes).model_dump()
    for gain in ("init_gain", "init_gain_min"):
        expected, measured = said.pop(gain), found.pop(gain)
        assert measured == (None if expected is None else pytest.approx(expected, rel=0.08))
    assert said.pop("name") == preset(name).name
    found.pop("name")
    assert said == found


@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    inputs=st.integers(1, 30),
    outputs=st.integers(1, 6),
)
def test_sizes_of_any_mlp(widths, inputs, outputs) -> None:
    name = "mlp:" + ",".join(map(str, widths))
    found = inspect_module(build_preset(name, inputs=inputs, outputs=outputs))
    said = facts_of(preset(name), inputs, outputs)
    for field in ("parameters", "depth", "width", "inputs", "outputs", "layers", "family", "activation", "convex"):
        assert getattr(said, field) == getattr(found, field)


@pytest.mark.parametrize(("name", "inputs", "outputs", "build", "sizes"), CASES, ids=[case[0] for case in CASES])
def test_modules_map_a_batch_to_outputs_and_train(name, inputs, outputs, build, sizes) -> None:
    module = build_preset(name, inputs=inputs, outputs=outputs, **build)
    x = build.get("sample", torch.randn(2, inputs, generator=torch.Generator().manual_seed(0)))
    y = module(x)
    assert y.shape == (2, outputs)
    y.square().mean().add(y.sum()).backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize(("name", "inputs", "outputs", "build", "sizes"), CASES, ids=[case[0] for case in CASES])
def test_weights_come_from_the_seed_and_nothing_else(name, inputs, outputs, build, sizes) -> None:
    before = torch.get_rng_state()
    one = build_preset(name, inputs=inputs, outputs=outputs, seed=3, **build).state_dict()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        two = build_preset(name, inputs=inputs, outputs=outputs, seed=3, **build).state_dict()
    other = build_preset(name, inputs=inputs, outputs=outputs, seed=4, **build).state_dict()
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert name in {"linear", "logistic"} or not all(torch.equal(one[key], other[key]) for key in one)


def test_a_fresh_model_is_near_the_constant_predictor() -> None:
    x = torch.randn(500, 20, generator=torch.Generator().manual_seed(0))
    for name in ("linear", "mlp", "mlp:64,64,64", "resnet-tabular"):
        with torch.no_grad():
            assert float(build_preset(name, inputs=20, outputs=1)(x).std()) < 0.25


def test_weights_are_no_data_that_somebody_drew_with_the_same_seed() -> None:
    weight = build_preset("mlp:64,64", inputs=64, outputs=1, seed=0)[0].weight.detach().flatten()
    data = torch.randn(len(weight), generator=torch.Generator().manual_seed(0))
    assert abs(float(torch.corrcoef(torch.stack([weight, data]))[0, 1])) < 0.1


def test_hidden_units_of_a_relu_net_keep_their_scale() -> None:
    """He's rule: the mean square stays, layer after layer."""
    net = build_preset("mlp:512,512,512,512", inputs=256, outputs=1)
    h = torch.randn(400, 256, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for layer in net[:-1]:
            h = layer(h)
            if isinstance(layer, nn.ReLU):
                assert float(h.square().mean()) == pytest.approx(1.0, rel=0.3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mpl", "did you mean 'mlp'"),
        ("resnet", "known: auto, linear"),
        ("auto", "sized to a table"),
        ("linear:3", "takes no sizes"),
        ("mlp:", "positive whole numbers"),
        ("mlp:64,-3", "positive whole numbers"),
        ("mlp:1e3", "positive whole numbers"),
        ("mlp:²", "positive whole numbers"),
        ("mlp:0", "between 1 and"),
        ("mlp:99999999999999999999", "between 1 and"),
        ("resnet-tabular:64", "takes 2 sizes"),
        ("lstm:8,8", "takes 1 sizes"),
        ("transformer:8,1,2", "takes 1 to 2 sizes"),
        ("", "no model is called"),
    ],
)
def test_names_that_mean_nothing_are_refused(name, message) -> None:
    with pytest.raises(ModelError, match=message):
        preset(name)


@given(st.sampled_from(sorted(DESCRIPTIONS)))
def test_a_name_makes_the_same_preset_again(kind) -> None:
    assert preset(preset(kind).name) == preset(kind)
    assert preset(f"  {kind.upper()} ") == preset(kind)


def test_a_transformer_may_leave_its_depth_open() -> None:
    assert preset("transformer:32") == Preset("transformer", (32, 2))


@pytest.mark.parametrize(
    ("name", "build", "message"),
    [
        ("cnn", {"sample": torch.zeros(4, 64)}, r"reshape\(-1, 1, 8, 8\)"),
        ("cnn", {}, "a table; if the 64 features are pixels"),
        ("cnn", {"sample": torch.zeros(4, 63)}, "choose mlp"),
        ("cnn", {"sample": torch.zeros(4, 8, 8)}, r"unsqueeze\(1\)"),
        ("lstm", {"sample": torch.zeros(4, 9)}, r"unsqueeze\(-1\)"),
        ("transformer", {}, "not a table"),
    ],
)
def test_samples_that_do_not_fit_are_refused_with_a_remedy(name, build, message) -> None:
    with pytest.raises(ModelError, match=message):
        build_preset(name, inputs=64, outputs=2, **build)


def test_sizes_below_one_are_refused() -> None:
    with pytest.raises(ModelError, match="outputs=0"):
        build_preset("mlp", inputs=3, outputs=0)
    with pytest.raises(ModelError, match="inputs=0"):
        facts_of(preset("mlp"), 0, 1)


@given(rows=st.integers(1, 10**8), features=st.integers(0, 5_000))
def test_auto_names_a_model_that_can_be_built(rows, features) -> None:
    name = auto(DataFacts(rows=rows, encoded_features=features))
    assert preset(name).name == name
    more = preset(auto(DataFacts(rows=rows * 10, encoded_features=features)))
    assert sum(more.sizes) >= sum(preset(name).sizes)


def test_auto_by_size() -> None:
    sizes = [None, 50, 500, 5_000, 50_000, 500_000]
    assert [auto(DataFacts(rows=rows, encoded_features=10)) for rows in sizes] == [
        *("mlp:128,64", "mlp:32", "mlp:64", "mlp:64,64", "mlp:128,128", "mlp:256,256")
    ]
    assert auto(DataFacts(rows=5_000, encoded_features=900)) == "mlp:128,64"


def test_inspecting_a_name_takes_sizes_from_the_data() -> None:
    data = DataFacts(rows=5_000, encoded_features=11, target=TargetFacts(classes=4))
    facts = inspect("auto", data=data)
    assert (facts.name, facts.inputs, facts.outputs, facts.depth) == ("mlp:64,64", 11, 4, 2)
    assert inspect("mlp:64,64", inputs=3, outputs=2, data=data).inputs == 3
    assert "16" in inspect("mlp").notes[0]


def test_names_need_neither_torch_nor_scikit_learn() -> None:
    program = (
        "import sys; from advisor.inspection import inspect\n"
        "heavy = {'torch', 'sklearn', 'pandas', 'scipy'}\n"
        "print(inspect('transformer').depth, inspect('mlp').depth, *heavy & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["2", "2"]
