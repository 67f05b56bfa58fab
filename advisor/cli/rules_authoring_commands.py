"""``advisor rules test|new|docs|schema|diff|graph|ablate``: tools for who writes rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from advisor._data import data_dir
from advisor.cli.console import say, show_json
from advisor.cli.facts_source import SheetOption, SourceArgument, TargetOption, start_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of
from advisor.cli.reading_options import takes_reading_options
from advisor.errors import FactError, InputError, RuleError, did_you_mean
from advisor.numerals import share

if TYPE_CHECKING:
    from advisor.knowledge.base import Loaded

RULES_FOLDER: Final = Path("rules")


def run_examples(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[RULE]…", help="Ids; without any, every rule.")] = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the examples of rules, drafts too; print what came out and exit with 1 when one does not hold.

    \b
    Example:
      advisor rules test adam-batch sgd-one-over-l
    """
    from advisor.knowledge.base import read_rules
    from advisor.knowledge.example_runs import run_examples as run

    known = {rule.id: rule for rule in _sound(read_rules(data_dir("rules"), overlays_of(rules))).rules}
    for name in ids or ():
        if name not in known:
            raise FactError(f"no rule is called {name!r}{did_you_mean(name, known)}")
    runs = [found for name in ids or known for found in run(known[name])]
    failed = sum(not found.passed for found in runs)
    if as_json:
        show_json([{**asdict(found), "passed": found.passed} for found in runs])
    else:
        for found in runs:
            if ids or not found.passed:
                said = f"FAIL  {found.problem}" if found.problem else "pass"
                say(f"{found.rule}  {found.group:<8} {found.name}: {said}")
        examples, rules_run = _counted(len(runs), "example"), _counted(len(ids or known), "rule")
        say(f"{examples} of {rules_run}, {failed or 'none'} failed")
    if failed:
        raise typer.Exit(1)


def new_rule(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Lower-case words with hyphens; the file's name.")],
    topic: Annotated[str, typer.Option(help="Folder of the rule, such as model or batch.")],
    into: Annotated[
        Path | None, typer.Option(help="Rule folder to write into.", show_default="rules/ in this folder")
    ] = None,
) -> None:
    """Write a draft rule with everything a rule has; `advisor rules check` then says what is left to fill in.

    \b
    Example:
      advisor rules new our-lab-small-batches --topic batch --into my-rules
    """
    from advisor.knowledge import load_rules
    from advisor.knowledge.authoring import write_skeleton

    if into is None and not (RULES_FOLDER / "ruleset.yaml").is_file():
        raise InputError("there is no rules/ in this folder; name one of your own with --into my-rules")
    folder = into or RULES_FOLDER
    base = load_rules()
    if base.get(rule_id) is not None:
        raise InputError(
            f"the id {rule_id!r} is taken by a shipped rule; choose another and override that one if you must"
        )
    path = write_skeleton(folder, topic, rule_id, base.version)
    check = "advisor rules check" + (f" --rules {folder}" if into else "")
    say(f"{path}: a draft; fill in what says TODO, then: {check}")


def write_docs(
    out: Annotated[Path, typer.Option(help="Folder of the pages.")] = Path("docs/rules"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 when a page is stale.")] = False,
    rules: RulesOption = None,
) -> None:
    """Write one page for each rule and an index: when, what, why, sources, evidence, examples, neighbours.

    \b
    Example:
      advisor rules docs --check
    """
    from advisor.knowledge import load_rules
    from advisor.knowledge.authoring import pages_of, stale_pages, write_pages

    pages = pages_of(load_rules(overlays_of(rules)), data_dir("rules"))
    if not check:
        say(f"{len(pages)} pages in {out}, {write_pages(pages, out) or 'none'} changed")
        return
    stale = stale_pages(pages, out)
    for name in stale:
        say(f"{out / name}: {'stale; advisor rules docs writes it anew' if name in pages else 'of no rule'}")
    say(f"{len(pages)} pages, {len(stale) or 'none'} stale")
    if stale:
        raise typer.Exit(1)


def print_schema() -> None:
    """Print the JSON Schema of a rule file, with every fact and the values it can take, for editors.

    \b
    Example:
      advisor rules schema > rules/schema.json
    """
    from advisor.knowledge.schema import schema_text

    say(schema_text(), end="")


def diff_rules(
    old: Annotated[Path, typer.Argument(help="Folder of the rule set before.", exists=True, file_okay=False)],
    new: Annotated[Path, typer.Argument(help="Folder of the rule set after.", exists=True, file_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two rule sets, and propose the version that it asks for.

    \b
    Example:
      advisor rules diff before/rules rules
    """
    from advisor.knowledge.authoring import compare
    from advisor.knowledge.base import read_rules

    found = compare(_sound(read_rules(old)), _sound(read_rules(new)))
    if as_json:
        show_json({**asdict(found), "bump": found.bump, "proposed": found.proposed})
        return
    for change in found.changes:
        say(f"{change.bump:<6} {change.rule}: {change.what}")
    said = "as the new set says" if found.new == found.proposed else f"the new set says {found.new}"
    bump = f"a {found.bump} version" if found.changes else "no new version"
    say(f"{_counted(len(found.changes), 'change')}, so {bump}: {found.old} → {found.proposed}, {said}")


def draw_graph(
    topic: Annotated[str | None, typer.Option(help="Only rules of this topic, and the rules at their edges.")] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Mermaid instead of Graphviz DOT.")] = False,
    facts: Annotated[bool, typer.Option("--facts", help="Also the facts that rules read and settle.")] = False,
    rules: RulesOption = None,
) -> None:
    """Print the rules as a graph: which override which, and with --facts what they read and settle.

    \b
    Example:
      advisor rules graph --topic convex | dot -Tsvg -o convex.svg
    """
    from advisor.knowledge import load_rules
    from advisor.knowledge.authoring import as_dot, as_mermaid, graph_of

    base = load_rules(overlays_of(rules))
    topics = dict.fromkeys(rule.topic for rule in base.rules)
    if topic is not None and topic not in topics:
        raise FactError(f"no rule has the topic {topic!r}{did_you_mean(topic, topics)} (known: {', '.join(topics)})")
    graph = graph_of(base, topic=topic, facts=facts)
    say(as_mermaid(graph) if mermaid else as_dot(graph), end="")


@takes_reading_options
def ablate(
    source: SourceArgument = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    target: TargetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
    *,
    reading: Mapping[str, Any],
) -> None:
    """Leave each rule that fires out in turn, and print what becomes of the recommendation.

    Rules that the benchmark has measured carry its median excess loss with and without them.

    \b
    Examples:
      advisor rules ablate --set model.family=mlp --set plan.optimizer=adamw
      advisor rules ablate data.advisor.json
    """
    from advisor.inference import ablate as leave_out
    from advisor.inference import as_advised, infer
    from advisor.knowledge import load_rules
    from advisor.knowledge.evidence import Ablation, read_ablation
    from advisor.reporting.text.questions import beside_the_rules, left_out_in_words

    base = load_rules(overlays_of(rules))
    start = start_of(source, sheet, settings, target, reading=reading, quiet=as_json)
    found = leave_out(start.facts, base, start.advised)
    if as_json:
        show_json(found)
        return
    if start.advised is not None:
        by_rules = infer(as_advised(start.facts, base, start.advised), base)
        typer.echo("\n".join(beside_the_rules(start.advised.learning_rate, by_rules.learning_rate)))
    for left_out in found:
        say(left_out_in_words(left_out))
        measured = read_ablation(data_dir("rules"), left_out.rule)
        if isinstance(measured, Ablation) and measured.median_excess_without is not None:
            say(
                f"    measured on {_counted(measured.tasks_fired, 'landscape')}: median excess loss "
                f"{share(measured.median_excess_with)} with it, {share(measured.median_excess_without)} without"
            )


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _sound(loaded: Loaded) -> Loaded:
    """Return what was read.

    Raises:
        RuleError: there were problems.
    """
    if loaded.problems:
        raise RuleError(loaded.problems)
    return loaded
