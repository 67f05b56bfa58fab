"""What a rule base must be beyond readable: one small class per code.

| code | what is wrong |
|---|---|
| L201 | the id is not the file's name |
| L202 | two rules share a title |
| L203 | a source without a place in it, or without what it says there |
| L204 | a stable rule without evidence or without a source |
| L205 | a deprecated rule without ``replaced_by``, or one that names no rule |
| L206 | a TODO that is left in a text |
| L207 | a file of evidence that cannot be quoted |
| L208 | a rule graded published whose sources are all our own |
| L210 | a condition that is never true |
| L211 | a condition that is true whenever its facts are known |
| L212 | a rule that fires on an empty fact sheet |
| L213 | a condition too tangled to be decided (more than 64 branches) |
| L214 | a rule shadowed by one that overrides it, or is of a higher tier, wherever it fires |
| L220 | two rules of one tier that can fire together, settle the same thing differently, and none wins |
| L221 | an effect that depends on something settled only later |
| L222 | an ``overrides`` edge that can have no effect, such as one between rules of two tiers |
| L223 | a tier on a rule that has neither an anchor nor a choice |
| L230 | missing examples: rules need ``match``, ``no_match`` and ``unknown`` |
| L231 | an example that says what is not so |
| L232 | a leaf, bound or list value that no example needs |
| L240 | a waiver that waives nothing |

A rule may break a lint when it says why: ``allow: [{code: L212, reason: the last resort must fire on nothing}]``. An
example states what differs from the ``base`` sheet of the rule's examples: ``unknown`` takes a fact away, a list of
values stands for one fact sheet each, and a derived fact may be stated as it is.
"""

from advisor.knowledge.lint.lint import LINTS, lint

__all__ = ["LINTS", "lint"]
