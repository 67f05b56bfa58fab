"""A rule to fill in: everything a rule file has, with TODO where only its author knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from advisor.errors import InputError, did_you_mean
from advisor.files import write_text
from advisor.knowledge.rule import TOPICS, RuleDocument

_ID: Final = re.compile(
    next(item.pattern for item in RuleDocument.model_fields["id"].metadata if hasattr(item, "pattern"))
)

TEMPLATE: Final = """\
# yaml-language-server: $schema={schema}
id: {id}
title: TODO what the rule does, and when, in one line
status: draft                # stable when done; a draft is checked and takes no part
since: {version}
tags: []
when:                        # `advisor facts` lists what can be tested; an unknown fact leaves the rule undecided
  all:
    - model.family: mlp
    - plan.batch_size: {{ge: 1024}}
then:
  - scale: learning_rate
    factor: 0.5
    range: [0.3, 0.8]
because: >-
  TODO what happens in training that makes this so, in words a practitioner understands.
source:
  - {{cite: judgement, at: TODO section or page or file, says: TODO what it says there in a few words}}
evidence: {{grade: judgement}}
examples:                    # both sides of every test, and what happens when a fact is unknown
  base: {{model.family: mlp, plan.batch_size: 1024}}
  match:
    - {{name: TODO where it fires}}
  no_match:                  # facts: what differs from the base
    - {{name: TODO where one fact differs, facts: {{model.family: cnn}}}}
    - {{name: TODO where the other differs, facts: {{plan.batch_size: 1023}}}}
  unknown:
    - {{name: TODO where a fact is not given, facts: {{plan.batch_size: unknown}}}}
"""


def skeleton(rule_id: str, version: str, schema: str = "../schema.json") -> str:
    """Return the text of a draft rule; ``advisor rules check`` lists its TODOs (L206) and nothing else.

    Args:
        rule_id: of the new rule, which is the file's name too.
        version: of the rule set that will hold it first.
        schema: path of the editor schema as seen from the file.

    Raises:
        InputError: the id is not made of lower-case words with hyphens.
    """
    if not _ID.fullmatch(rule_id):
        raise InputError(
            f"{rule_id!r} is not a rule id: use lower-case words joined by hyphens, such as adam-large-batch"
        )
    return TEMPLATE.format(id=rule_id, version=version, schema=schema)


def write_skeleton(folder: Path, topic: str, rule_id: str, version: str) -> Path:
    """Write a draft rule to ``folder/topic/rule_id.yaml`` and return the path; nothing is ever overwritten.

    Raises:
        InputError: no such topic, not an id, or the file exists already.
    """
    if topic not in TOPICS:
        raise InputError(f"no topic is called {topic!r}{did_you_mean(topic, TOPICS)} (known: {', '.join(TOPICS)})")
    text = skeleton(rule_id, version)
    path = folder / topic / f"{rule_id}.yaml"
    try:
        if path.exists():
            raise InputError(f"{path} exists already and is left as it is; choose another id")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error
    return path
