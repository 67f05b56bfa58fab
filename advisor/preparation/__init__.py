"""Whatever the user hands over (a table, samples, a model), as facts and a training job."""

from advisor.preparation.losses import loss_from
from advisor.preparation.prepare import is_table, prepare, samples_in
from advisor.preparation.prepared import Prepared

__all__ = ["Prepared", "is_table", "loss_from", "prepare", "samples_in"]
