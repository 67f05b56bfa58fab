"""The rule base: every rule file of the shipped folder and of overlays, loaded and joined with its sources.

| code | what is wrong with a file |
|---|---|
| E101 | it cannot be read: too large, too deep, not UTF-8 |
| E102 | it is not YAML, or not one document |
| E103 | it has an alias, an anchor or a tag |
| E104 | it names a fact that does not exist |
| E105 | a key stands twice in one map |
| E106 | a value does not fit its fact or setting |
| E107 | a field is missing, unknown or of the wrong shape |
| E108 | it cites a source that is not in sources.yaml |
| E109 | it names a rule or tag that does not exist |
| E110 | a condition is not exactly one of all, any, not or one fact |
| E111 | two rules have the same id |
| E112 | rules override each other in a circle |
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from advisor._data import data_dir
from advisor.errors import InputError, Problem, RuleError
from advisor.knowledge.effects import Part
from advisor.knowledge.joining import duplicate_ids, override_cycles, unknown_overrides
from advisor.knowledge.known_jobs import KnownJob, known_jobs
from advisor.knowledge.overlays import Overlay, apply_overlay, read_overlay
from advisor.knowledge.rule import TOPICS, Rule
from advisor.knowledge.rule_reader import read_rule
from advisor.knowledge.sources import Source, read_sources
from advisor.knowledge.strata import slot_of
from advisor.knowledge.validation import validated
from advisor.knowledge.yaml_reader import read_yaml

_log = logging.getLogger(__name__)
FolderState = tuple[tuple[str, int, int], ...]
SPECIAL = frozenset({"sources.yaml", "ruleset.yaml", "overlay.yaml"})
MAX_FILES: Final = 5000
"""Judgement: more than ten times the shipped rules."""
MAX_FOLDER_BYTES: Final = 20_000_000
"""Judgement: forty times the size of the shipped rules; a folder beyond is some other folder, named by mistake."""


class Ruleset(Part):
    """What ruleset.yaml says of the rule set as a whole."""

    version: str
    facts_version: str


@dataclass(frozen=True, slots=True)
class RuleBase:
    """Loaded rules in order of topic and id.

    Attributes:
        rules: every rule that takes part; drafts and deprecated ones are left out.
        version: of the shipped rule set.
        sources: key → source.
        overlays: names of the overlay folders laid over, with the reasons for their adjustments.
        warnings: changes upstream of what an overlay adjusts.
        known_jobs: that the shipped rules were made with.
    """

    rules: tuple[Rule, ...]
    version: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    overlays: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    known_jobs: tuple[KnownJob, ...] = ()
    _claims: dict[str, list[tuple[Rule, Any]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for rule in self.rules:
            for effect in rule.then:
                self._claims.setdefault(slot_of(effect), []).append((rule, effect))

    def without(self, rule_id: str) -> RuleBase:
        """Return the base without a rule, edges to it included."""
        left = tuple(rule.unlinked(rule_id) for rule in self.rules if rule.id != rule_id)
        return replace(self, rules=left)

    def claims(self, slot: str) -> Sequence[tuple[Rule, Any]]:
        """Return the rules with an effect on a setting or a part of the learning rate, with that effect."""
        return self._claims.get(slot, ())

    def get(self, rule_id: str) -> Rule | None:
        """Return the rule with this id, if there is one."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


@dataclass(slots=True)
class Loaded:
    """Everything read so far, problems included; what ``check`` lints."""

    rules: list[Rule] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    version: str = "0.0.0"
    overlays: list[Overlay] = field(default_factory=list)
    off: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load_rules(overlays: str | Path | Sequence[str | Path] = ()) -> RuleBase:
    """Load the shipped rules and lay overlay folders over them, in order.

    Read once per process, and again when a file of an overlay has changed.

    Raises:
        InputError: an overlay is no folder.
        RuleError: files have problems; all of them at once.
    """
    folders = tuple(map(_folder, [overlays] if isinstance(overlays, str | Path) else overlays))
    return _load(folders, tuple(_state_of(folder) for folder in folders))


def _folder(given: object) -> Path:
    if not isinstance(given, str | Path):
        raise InputError(
            f"rules: a {type(given).__name__} is not a folder; give a folder with rule files (*.yaml), or several"
        )
    folder = Path(given)
    if not folder.is_dir():
        raise InputError(f"rules: {str(given)!r} is not a folder; give one that holds rule files (*.yaml)")
    return folder.resolve()


@lru_cache(maxsize=8)
def _load(overlays: tuple[Path, ...], _states: tuple[FolderState, ...]) -> RuleBase:
    base = joined(read_rules(data_dir("rules"), overlays))
    for warning in base.warnings:
        _log.warning(warning)
    return base


def _state_of(folder: Path) -> FolderState:
    """Return what changes when a rule file of the folder does."""
    stats = ((str(path), path.lstat()) for path in sorted(folder.rglob("*.yaml")))  # a link may lead nowhere
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def joined(loaded: Loaded) -> RuleBase:
    """Return the rule base of what was read.

    Raises:
        RuleError: there were problems.
    """
    if loaded.problems:
        raise RuleError(loaded.problems)
    return RuleBase(
        rules=tuple(rule for rule in loaded.rules if rule.document.status == "stable" and rule.id not in loaded.off),
        version=loaded.version,
        sources=loaded.sources,
        overlays=tuple(overlay.summary for overlay in loaded.overlays),
        warnings=tuple(loaded.warnings),
        known_jobs=known_jobs(),
    )


def read_rules(shipped: Path, overlays: Sequence[Path] = ()) -> Loaded:
    """Read a rule folder and its overlays, collecting every problem instead of stopping at the first."""
    loaded = Loaded()
    _read_ruleset(shipped / "ruleset.yaml", loaded)
    _read_folder(shipped, loaded, from_overlay=False)
    for folder in overlays:
        if not folder.is_dir():
            loaded.problems.append(
                Problem(folder.name, 0, "E101", "no such folder; an overlay is a folder of rule files")
            )
            continue
        _read_folder(folder, loaded, from_overlay=True)
        overlay = read_overlay(folder, loaded.problems)
        if overlay is not None:
            loaded.overlays.append(overlay)
            loaded.off = apply_overlay(overlay, loaded.rules, loaded.off, loaded.problems, loaded.warnings)
    return loaded


def _read_ruleset(path: Path, loaded: Loaded) -> None:
    document = read_yaml(path, f"rules/{path.name}")
    made = validated(Ruleset, document.value, document) if not document.problems else None
    loaded.problems += document.problems
    if made is not None:
        loaded.version = made.version


def _read_folder(folder: Path, loaded: Loaded, *, from_overlay: bool) -> None:
    prefix = f"{folder.name}/"
    loaded.sources |= read_sources(folder / "sources.yaml", f"{prefix}sources.yaml", loaded.problems)
    before = len(loaded.problems)
    files = sorted(folder.rglob("*.yaml"))
    size = sum(path.lstat().st_size for path in files)
    if len(files) > MAX_FILES or size > MAX_FOLDER_BYTES:
        found = f"{len(files)} files of together {size / 1e6:.0f} MB"
        text = f"too large for rules: {found}; at most {MAX_FILES} files and {MAX_FOLDER_BYTES // 10**6} MB"
        loaded.problems.append(Problem(folder.name, 0, "E101", text))
        return
    for path in files:
        relative = path.relative_to(folder)
        if path.name in SPECIAL or relative.parts[0] in {"evidence", "scenarios"}:
            continue
        document = read_yaml(path, f"{prefix}{relative.as_posix()}")
        topic = relative.parts[0] if relative.parts[0] in TOPICS else "overlay"
        rule = read_rule(document, topic, loaded.sources, from_overlay=from_overlay)
        loaded.problems += document.problems
        if rule is not None:
            loaded.rules.append(rule)
    loaded.problems += [*duplicate_ids(loaded.rules), *override_cycles(loaded.rules)]
    if len(loaded.problems) == before:  # a rule that could not be read is not one that does not exist
        loaded.problems += unknown_overrides(loaded.rules)
