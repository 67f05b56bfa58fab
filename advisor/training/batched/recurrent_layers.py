"""Recurrent layers in plain tensor operations, because ``vmap`` has no rule for torch's fused kernels.

A twin is torch's own class with another forward pass: same parameters, same names, same results to float tolerance. The
loop over time (``recurrence.py``) runs below ``vmap``, on all members at once.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from advisor.training.batched.recurrent_kernels import layer_over_time

LARGE_LSTM = 1_024
"""Samples × hidden size above which torch's own LSTM, one member after another, is as fast on a CPU. One thread, ten
members, batched over sequential time: 0.3 at 256, 0.7 at 1024, 0.9 to 1.2 at 2048. GRU: 0.25 at 1024, 0.9 at 8192
(``python -m benchmarks.trials`` times one size of them)."""


class _BatchableLayer(nn.RNNBase):
    """What the three kinds share: layers, directions, dropout between layers."""

    def flatten_parameters(self) -> None:
        """Do nothing: only the fused kernels want one block of weights."""

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Any]:  # noqa: A002 - torch's name
        """Return the outputs and the last states, as torch's layer does.

        Args:
            input: shape (time, samples, features), (samples, time, features) with ``batch_first``, or (time, features).
            hx: first states, shape (layers * directions, samples, hidden); a pair of them for an LSTM; None: zeros.

        Raises:
            NotImplementedError: a packed sequence, whose samples end at different times.
        """
        if not isinstance(input, Tensor):
            raise NotImplementedError(f"{self.mode} is given a packed sequence, which has no batched form")
        unbatched = input.ndim == 2
        sequence = input.unsqueeze(1) if unbatched else input.transpose(0, 1) if self.batch_first else input
        hidden, cell = self._first(sequence, hx, unbatched=unbatched)
        finals: list[tuple[Tensor, Tensor]] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                sequence = F.dropout(sequence, self.dropout, self.training)
            outputs = []
            for suffix in ("", "_reverse") if self.bidirectional else ("",):
                number, name = len(finals), f"_l{layer}{suffix}"
                weights = [getattr(self, f"weight_{part}{name}") for part in ("ih", "hh")]
                weights += [getattr(self, f"bias_{part}{name}") if self.bias else None for part in ("ih", "hh")]
                output, *last = _Loop.apply(self.mode, bool(suffix), sequence, hidden[number], cell[number], *weights)  # type: ignore[no-untyped-call]
                outputs.append(output)
                finals.append((last[0], last[1]))
            sequence = torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0]
        states = [torch.stack(parts) for parts in zip(*finals, strict=True)]
        if unbatched:
            sequence, states = sequence.squeeze(1), [state.squeeze(1) for state in states]
        elif self.batch_first:
            sequence = sequence.transpose(0, 1)
        return sequence, tuple(states) if self.mode == "LSTM" else states[0]

    def _first(self, sequence: Tensor, hx: Any, *, unbatched: bool) -> tuple[Tensor, Tensor]:
        if hx is None:
            layers = self.num_layers * (2 if self.bidirectional else 1)
            zeros = sequence.new_zeros((layers, sequence.shape[1], self.hidden_size))
            return zeros, zeros
        hidden, cell = hx if self.mode == "LSTM" else (hx, hx)
        return (hidden.unsqueeze(1), cell.unsqueeze(1)) if unbatched else (hidden, cell)


class BatchableRNN(_BatchableLayer, nn.RNN):  # type: ignore[misc]
    """``nn.RNN``."""


class BatchableGRU(_BatchableLayer, nn.GRU):  # type: ignore[misc]
    """``nn.GRU``."""


class BatchableLSTM(_BatchableLayer, nn.LSTM):  # type: ignore[misc]
    """``nn.LSTM`` without ``proj_size``."""


TWINS: dict[type[nn.Module], type[nn.Module]] = {nn.RNN: BatchableRNN, nn.GRU: BatchableGRU, nn.LSTM: BatchableLSTM}


def with_batchable_recurrence(module: nn.Module) -> nn.Module:
    """Give every recurrent layer of a module its twin's forward pass, in place; hand over a copy that is yours alone.

    Raises:
        NotImplementedError: an LSTM with projections, or a recurrent layer of the user's own class.
    """
    for layer in module.modules():
        if not isinstance(layer, nn.RNNBase):
            continue
        if type(layer) not in TWINS:
            raise NotImplementedError(f"{type(layer).__name__} is a recurrent layer of its own kind")
        if layer.proj_size:
            raise NotImplementedError(f"{type(layer).__name__} has proj_size={layer.proj_size}")
        layer.__class__ = TWINS[type(layer)]  # type: ignore[assignment]
    return module


def is_faster_in_a_loop(model: nn.Module, batch_size: int) -> bool:
    """Return whether a model has an LSTM that trains no faster batched."""
    return any(
        isinstance(layer, nn.LSTM)
        and layer.weight_hh_l0.device.type == "cpu"
        and layer.hidden_size * batch_size > LARGE_LSTM
        for layer in model.modules()
    )


class _Loop(torch.autograd.Function):
    """One layer in one direction; its rule for ``vmap`` is the same loop with members as the first dimension.

    Autograd sees what the rule calls, not this function: the rule runs below ``vmap``.
    """

    @staticmethod
    def forward(mode: str, backwards: bool, sequence: Tensor, *rest: Tensor | None) -> tuple[Tensor, ...]:
        tensors: list[Any] = [None if tensor is None else tensor.unsqueeze(0) for tensor in (sequence, *rest)]
        return tuple(result.squeeze(0) for result in layer_over_time(mode, *tensors, backwards=backwards))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise NotImplementedError("the twin of a recurrent layer has gradients only inside vmap")

    @staticmethod
    def vmap(info: Any, in_dims: Any, mode: str, backwards: bool, *tensors: Tensor | None) -> Any:
        led: list[Any] = [
            None
            if tensor is None
            else tensor.unsqueeze(0).expand(info.batch_size, *tensor.shape)
            if dim is None
            else tensor.movedim(dim, 0)
            for tensor, dim in zip(tensors, in_dims[2:], strict=True)
        ]
        return layer_over_time(mode, *led, backwards=backwards), (0, 0, 0)
