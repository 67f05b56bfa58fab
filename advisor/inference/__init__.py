"""Facts and rules to a recommendation with its trace; why not, and what if."""

from advisor.inference.infer import infer

__all__ = ["infer"]
