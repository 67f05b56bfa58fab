"""Leave no trace: whatever the user handed over is as it was afterwards, also after an error or an interrupt."""

from advisor.isolation.generators import generator_states, generators_kept, seed_generators
from advisor.isolation.iterators import independent_copy, reads_once
from advisor.isolation.process import deterministic, process_state_kept, set_deterministic, states_kept
from advisor.isolation.snapshot import Snapshot
from advisor.isolation.untouched import untouched
from advisor.isolation.writes import WritesUndone

__all__ = [
    "Snapshot",
    "WritesUndone",
    "deterministic",
    "generator_states",
    "generators_kept",
    "independent_copy",
    "process_state_kept",
    "reads_once",
    "seed_generators",
    "set_deterministic",
    "states_kept",
    "untouched",
]
