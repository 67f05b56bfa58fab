"""One recurrent layer over time, for many members at once, with its backward pass written out.

The input's part of all steps is one product, and so are the gradients of the weights; what is left for the loop is a
product with the hidden state and a few elementwise operations per step. In the backward pass everything that does not
hang on later steps is computed for all steps before the loop.

Shapes: R members, T steps, N samples, F features, H hidden units.

Source:
    hochreiter and schmidhuber 1997 and cho et al. 2014, in the form of torch's documentation of LSTM and GRU.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor


def layer_over_time(
    mode: str,
    sequence: Tensor,
    hidden: Tensor,
    cell: Tensor,
    ih: Tensor,
    hh: Tensor,
    bias_ih: Tensor | None,
    bias_hh: Tensor | None,
    *,
    backwards: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Run one layer in one direction.

    Args:
        mode: torch's name of the kind: ``RNN_TANH``, ``RNN_RELU``, ``GRU`` or ``LSTM``.
        sequence: inputs, shape (R, T, N, F).
        hidden: before the first step, shape (R, N, H).
        cell: the same, of an LSTM; left alone by others.
        ih: weights of the input, shape (R, gates * H, F).
        hh: weights of the hidden state, shape (R, gates * H, H).
        bias_ih: shape (R, gates * H), or None.
        bias_hh: the same.
        backwards: from the last step to the first.

    Returns:
        Hidden states of all steps, shape (R, T, N, H), and the last hidden and cell state.
    """
    kind = ih.device.type
    can_cast = torch.amp.is_autocast_available(kind)
    with torch.autocast(kind, enabled=False) if can_cast else nullcontext():  # the loop writes into float32 memory
        sequence, hidden, cell = (tensor.to(ih.dtype) for tensor in (sequence, hidden, cell))
        ih, hh = _ordered(mode, ih), _ordered(mode, hh)
        if bias_ih is not None and bias_hh is not None:
            bias_ih, bias_hh = _ordered(mode, bias_ih), _ordered(mode, bias_hh)
            if mode != "GRU":  # its reset gate acts between the two, so they stay apart
                bias_ih = bias_ih + bias_hh
        sequence = sequence.flip(1) if backwards else sequence
        rows = sequence.flatten(1, 2)
        projected = torch.bmm(rows, ih.mT) if bias_ih is None else torch.baddbmm(bias_ih.unsqueeze(1), rows, ih.mT)
        projected = projected.unflatten(1, sequence.shape[1:3])
        match mode:
            case "LSTM":
                states, cell = _LSTM.apply(projected, hidden, cell, hh)  # type: ignore[no-untyped-call]
            case "GRU":
                bias = bias_hh if bias_hh is not None else hh.new_zeros(hh.shape[:2])
                states = _GRU.apply(projected, hidden, hh, bias)  # type: ignore[no-untyped-call]
            case _:
                states = _RNN.apply(projected, hidden, hh, mode == "RNN_TANH")  # type: ignore[no-untyped-call]
        return states.flip(1) if backwards else states, states[:, -1], cell


def _ordered(mode: str, weight: Tensor) -> Tensor:
    """Put an LSTM's output gate first: three sigmoids in a row, and three gates in a row that feed the cell."""
    if mode != "LSTM":
        return weight
    enter, forget, candidate, out = weight.chunk(4, dim=1)
    return torch.cat((out, enter, forget, candidate), dim=1)


def _before(states: Tensor, first: Tensor) -> Tensor:
    """Return the state before each step; time comes first."""
    return torch.cat((first.unsqueeze(0), states[:-1]))


def _time_first(projected: Tensor) -> Tensor:
    """Return a copy in which each step is one block of memory, which batched products want of what they write to."""
    return projected.transpose(0, 1).clone(memory_format=torch.contiguous_format)


def _of_weight(gradient: Tensor, inputs: Tensor) -> Tensor:
    """Return the gradient of a weight from gradients (R, T, N, gates * H) and what it was applied to (T, R, N, H)."""
    return torch.bmm(gradient.flatten(1, 2).mT, inputs.transpose(0, 1).flatten(1, 2))


class _RNN(torch.autograd.Function):
    """h' = tanh or relu of (projected + U h)."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, first: Tensor, hh: Tensor, is_tanh: bool) -> Tensor:
        states = _time_first(projected)
        hidden, weight = first, hh.mT
        for step in states:
            step.baddbmm_(hidden, weight)
            hidden = step.tanh_() if is_tanh else step.relu_()
        ctx.save_for_backward(first, hh, states)
        ctx.is_tanh = is_tanh
        return states.transpose(0, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        first, hh, states = ctx.saved_tensors
        slope = 1.0 - states * states if ctx.is_tanh else (states > 0).to(states.dtype)
        outer = gradients[0].transpose(0, 1)
        inner, hidden = torch.empty_like(states), torch.zeros_like(first)
        for dg, above, k in zip(*_reversed(inner, outer, slope), strict=True):
            torch.mul(hidden.add_(above), k, out=dg)
            torch.bmm(dg, hh, out=hidden)
        inner = inner.transpose(0, 1).contiguous()
        return inner, hidden, _of_weight(inner, _before(states, first)), None


class _GRU(torch.autograd.Function):
    """h' = n + z (h - n), with the reset gate r inside n = tanh(projected + r (U h + b))."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, first: Tensor, hh: Tensor, bias: Tensor) -> Tensor:
        size, weight, offset = first.shape[-1], hh.mT, bias.unsqueeze(1)
        gates = _time_first(projected)
        states, inner = gates.new_empty((*gates.shape[:3], size)), gates.new_empty((*gates.shape[:3], size))
        hidden = first
        for step, after, kept in zip(gates, states, inner, strict=True):
            recurrent = torch.baddbmm(offset, hidden, weight)
            both, candidate = step[..., : 2 * size], step[..., 2 * size :]
            both.add_(recurrent[..., : 2 * size]).sigmoid_()
            kept.copy_(recurrent[..., 2 * size :])
            candidate.addcmul_(both[..., :size], kept).tanh_()
            hidden = torch.lerp(candidate, hidden, both[..., size:], out=after)
        ctx.save_for_backward(first, hh, gates, states, inner)
        return states.transpose(0, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        first, hh, gates, states, inner = ctx.saved_tensors
        outer = gradients[0].transpose(0, 1)
        reset, keep, candidate = gates.chunk(3, dim=-1)
        before = _before(states, first)
        of_candidate = (1.0 - keep) * (1.0 - candidate * candidate)
        of_reset = of_candidate * inner * reset * (1.0 - reset)
        of_keep = (before - candidate) * keep * (1.0 - keep)
        factors = torch.stack((of_reset, of_keep, of_candidate * reset), dim=-2)
        recurrent, totals = torch.empty_like(factors), torch.empty_like(states)
        hidden = torch.zeros_like(first)
        for dq, total, above, k, z in zip(*_reversed(recurrent, totals, outer, factors, keep), strict=True):
            torch.add(hidden, above, out=total)
            torch.mul(total.unsqueeze(-2), k, out=dq)
            torch.mul(total, z, out=hidden)
            hidden.baddbmm_(dq.flatten(-2), hh)
        recurrent = recurrent.flatten(-2).transpose(0, 1).contiguous()
        projected = recurrent.clone()
        projected[..., 2 * first.shape[-1] :] = (totals * of_candidate).transpose(0, 1)
        return projected, hidden, _of_weight(recurrent, before), recurrent.sum((1, 2))


class _LSTM(torch.autograd.Function):
    """c' = f c + i g and h' = o tanh(c'); gates in the order o, i, f, g."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, first: Tensor, cell: Tensor, hh: Tensor) -> tuple[Tensor, Tensor]:
        size, weight = first.shape[-1], hh.mT
        gates = _time_first(projected)
        shape = (*gates.shape[:3], size)
        states, cells, bent = gates.new_empty(shape), gates.new_empty(shape), gates.new_empty(shape)
        hidden, memory = first, cell
        for step, h, c, b in zip(gates, states, cells, bent, strict=True):
            step.baddbmm_(hidden, weight)
            step[..., : 3 * size].sigmoid_()
            step[..., 3 * size :].tanh_()
            out, enter, forget, candidate = step.chunk(4, dim=-1)
            memory = torch.mul(forget, memory, out=c).addcmul_(enter, candidate)
            hidden = torch.mul(out, torch.tanh(c, out=b), out=h)
        ctx.save_for_backward(first, cell, hh, gates, states, cells, bent)
        return states.transpose(0, 1), memory.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        first, cell, hh, gates, states, cells, bent = ctx.saved_tensors
        outer, of_last = gradients[0].transpose(0, 1), gradients[1]
        out, enter, forget, candidate = gates.chunk(4, dim=-1)
        of_out = bent * out * (1.0 - out)
        of_cell = out * (1.0 - bent * bent)
        of_enter = candidate * enter * (1.0 - enter)
        of_forget = _before(cells, cell) * forget * (1.0 - forget)
        of_candidate = enter * (1.0 - candidate * candidate)
        factors = torch.stack((of_enter, of_forget, of_candidate), dim=-2)
        inner = torch.empty_like(gates).unflatten(-1, (4, -1))
        hidden, memory = torch.zeros_like(first), of_last.clone()
        steps = _reversed(inner, outer, of_out, of_cell, factors, forget)
        for dg, above, k_out, k_cell, k, f in zip(*steps, strict=True):
            hidden.add_(above)
            memory.addcmul_(hidden, k_cell)
            torch.mul(hidden, k_out, out=dg[..., 0, :])
            torch.mul(memory.unsqueeze(-2), k, out=dg[..., 1:, :])
            torch.bmm(dg.flatten(-2), hh, out=hidden)
            memory.mul_(f)
        inner = inner.flatten(-2).transpose(0, 1).contiguous()
        return inner, hidden, memory, _of_weight(inner, _before(states, first))


def _reversed(*tensors: Tensor) -> list[tuple[Tensor, ...]]:
    """Return the steps of each tensor, last first."""
    return [tensor.unbind(0)[::-1] for tensor in tensors]
