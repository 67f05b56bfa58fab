"""The losses of an ensemble (many copies of one model) at once: by ensemble layers where possible, else by ``vmap``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import vmap

from advisor.isolation import generator_states, generators_kept
from advisor.recipe.torch_parameters import decayed_names
from advisor.training.activations import Activations
from advisor.training.batched.layers import (
    Back,
    backward,
    forward,
    has_ensemble_form,
    losses_by_sample,
    losses_of,
)
from advisor.training.batched.norm_layers import with_memberwise_norms
from advisor.training.batched.recurrent_layers import with_batchable_recurrence
from advisor.training.job import Job
from advisor.training.losses import as_weights
from advisor.training.nested_batches import map_tree, tensors_of

Buffers = dict[str, Tensor]


class Ensemble:
    """Copies of a model that differ in their weights, which are given from outside, one set per member.

    Attributes:
        names: of the trainable parameters, those with weight decay first.
        shapes: theirs.
        decayed: number of single weights that are decayed.
        device: where the model is.
        activations: bytes that a forward pass of one member keeps for the backward pass.
        is_random: a training step draws random numbers, as dropout does.
    """

    def __init__(self, job: Job) -> None:
        """Make a module of its own.

        Raises:
            NotImplementedError: a recurrent layer that has no batched form.
        """
        self.job = job
        self.module = with_memberwise_norms(with_batchable_recurrence(job.make_model(0)))
        decayed = decayed_names(self.module)
        trainable = {name: p for name, p in self.module.named_parameters() if p.requires_grad}
        self.names = tuple(sorted(trainable, key=lambda name: name not in decayed))
        self.shapes = tuple(trainable[name].shape for name in self.names)
        self.sizes = tuple(trainable[name].numel() for name in self.names)
        self.decayed = sum(trainable[name].numel() for name in self.names if name in decayed)
        self.frozen = {name: p.detach() for name, p in self.module.named_parameters() if not p.requires_grad}
        self.device = next(self.module.parameters()).device
        self.activations, self.is_random = _look_at_a_step(job)
        self._slots = _slots_of(self.module)
        self.has_layers = has_ensemble_form(self.module, job) and all(
            len(places) == 1 for places in self._slots.values()
        )

    def losses(
        self, parameters: Sequence[Tensor], buffers: Buffers, batch: Any, *, shared: bool
    ) -> tuple[Tensor, Buffers]:
        """Return each member's mean loss, shape (members,), and its buffers after the forward pass.

        Args:
            parameters: in the order of ``names``, each of shape (members, *its own).
            buffers: name → shape (members, *its own).
            batch: of every member, shape (members, samples, …) each, or one that all share.
            shared: whether all share it; the operations are then those of batches that happen to be equal, because
                others round differently, and a member's loss must not depend on who trains beside it.

        Random numbers are drawn once for all members.
        """
        batch = _one_each(batch, len(parameters[0])) if shared else batch
        if self.has_layers:
            return self._through_layers(parameters, batch, None)[0], {}
        values, after = vmap(self._loss, randomness="same")(tuple(parameters), buffers, batch)
        return values, after

    def unit_losses(self, parameters: Sequence[Tensor], buffers: Buffers, batch: Any) -> Tensor:
        """Return the losses of the units of a batch that all members share; see ``Job.unit_losses_on``.

        Returns:
            shape (members, units).
        """
        batch = _one_each(batch, len(parameters[0]))
        if self.has_layers:
            with self._holding(parameters, {}):
                prediction = forward(self.module, as_weights(batch[0], self.module), None)
                return losses_by_sample(self.job.loss, prediction, batch[1])

        def of_member(own: tuple[Tensor, ...], held: Buffers, shared: Any) -> Tensor:
            with self._holding(own, held):
                return self.job.unit_losses_on(self.module, shared)

        found: Tensor = vmap(of_member, randomness="same")(tuple(parameters), buffers, batch)
        return found

    def differentiate(
        self, parameters: Sequence[Tensor], buffers: Buffers, batch: Any, *, shared: bool
    ) -> tuple[Tensor, Buffers]:
        """Do the same, and leave the gradient of each member's own loss in the ``grad`` of its parameters.

        The sum of all losses has them as its gradient, and an ordinary backward pass costs less than one inside vmap.
        """
        if self.has_layers:
            batch = _one_each(batch, len(parameters[0])) if shared else batch
            with torch.no_grad():
                tape: list[Back] = []
                values, back = self._through_layers(parameters, batch, tape)
                backward(tape, back(values))
            return values, {}
        with torch.enable_grad():
            values, after = self.losses(parameters, buffers, batch, shared=shared)
            gradients = torch.autograd.grad(values, parameters, torch.ones_like(values), allow_unused=True)
        if all(gradient is None for gradient in gradients):  # as Keras does: it would train nothing
            raise NotImplementedError(f"{type(self.module).__name__} computes with weights that it keeps elsewhere")
        for parameter, gradient in zip(parameters, gradients, strict=True):
            place = parameter.grad
            if place is not None:
                place.zero_() if gradient is None else place.copy_(gradient)
        return values.detach(), {name: buffer.detach() for name, buffer in after.items()}

    def _through_layers(self, parameters: Sequence[Tensor], batch: Any, tape: list[Back] | None) -> tuple[Tensor, Back]:
        with self._holding(parameters, {}):
            return losses_of(self.job.loss, forward(self.module, as_weights(batch[0], self.module), tape), batch[1])

    def _loss(self, parameters: tuple[Tensor, ...], buffers: Buffers, batch: Any) -> tuple[Tensor, Buffers]:
        own = {name: buffer.clone() for name, buffer in buffers.items()} if self.module.training else buffers
        with self._holding(parameters, own):
            value = self.job.loss_on(self.module, batch)
        return value, own

    @contextmanager
    def _holding(self, parameters: Sequence[Tensor], buffers: Buffers) -> Iterator[None]:
        """Put the members' tensors where the module's own are, which ``functional_call`` does at a higher cost."""
        given = dict(zip(self.names, parameters, strict=True)) | buffers
        before = [(held, key, held[key]) for name in given for held, key in self._slots[name]]
        try:
            for name, tensor in given.items():
                for held, key in self._slots[name]:
                    held[key] = tensor
            yield
        finally:
            for held, key, tensor in before:
                held[key] = tensor


def _one_each(batch: Any, members: int) -> Any:
    """Return a batch that all share as one for each member, in the memory of the one."""
    return map_tree(lambda tensor: tensor.unsqueeze(0).expand(members, *tensor.shape), batch)


def _slots_of(module: nn.Module) -> dict[str, list[tuple[dict[str, Any], str]]]:
    """Return where each parameter and buffer is held, by its first name; tied ones are held in several places."""
    first: dict[int, str] = {}
    slots: dict[str, list[tuple[dict[str, Any], str]]] = {}
    for path, layer in module.named_modules():
        for held in (layer._parameters, layer._buffers):  # noqa: SLF001 - where torch keeps them
            for key, tensor in held.items():
                if tensor is not None:
                    name = first.setdefault(id(tensor), f"{path}.{key}" if path else key)
                    slots.setdefault(name, []).append((held, key))
    return slots


def _look_at_a_step(job: Job) -> tuple[int, bool]:
    """Return the bytes that one forward pass of one batch keeps for the backward pass, and if it draws at random."""
    batch = next(job.train.draw(job.batch_size, 0))
    with generators_kept():
        # The twins of recurrent layers run under vmap only, so torch's own layers are asked.
        model = job.make_model(0).train()
        kept, before = Activations(model), generator_states()
        with kept.counted():
            job.loss_on(model, batch)
        is_random = any(not torch.equal(*pair) for pair in zip(before, generator_states(), strict=True))
    return kept.bytes + sum(tensor.numel() * tensor.element_size() for tensor in tensors_of(batch)), is_random
