"""Whatever the user hands over (a table, samples, a model), as facts and a training job."""

from advisor.preparation.losses import loss_from
from advisor.preparation.prepare import prepare, samples_in
from advisor.preparation.prepared import Prepared

__all__ = ["Prepared", "loss_from", "prepare", "samples_in"]
