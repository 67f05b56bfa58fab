"""``advisor rules``: list, show and check the knowledge base; the tools for authors stand beside."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor._data import data_dir
from advisor.cli import rules_authoring_commands as authoring
from advisor.cli.console import say, show_json
from advisor.cli.language_option import takes_language
from advisor.cli.options import JsonOption, RulesOption, overlays_of
from advisor.errors import FactError, did_you_mean

app = typer.Typer(help="List, show, check and write rules.", no_args_is_help=True)


@app.command("list")
def list_rules(
    tag: Annotated[str | None, typer.Option(help="Only rules with this tag, such as founding.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only rules of this topic (folder).")] = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the rules with their topics and titles.

    \b
    Example:
      advisor rules list --topic convex
    """
    from advisor.knowledge import load_rules

    base = load_rules(overlays_of(rules))
    for what, wanted, known in (
        ("topic", topic, [rule.topic for rule in base.rules]),
        ("tag", tag, [name for rule in base.rules for name in rule.tags]),
    ):
        if wanted is not None and wanted not in known:
            names = ", ".join(sorted(set(known)))
            raise FactError(f"no rule has the {what} {wanted!r}{did_you_mean(wanted, set(known))} (known: {names})")
    chosen = [
        rule for rule in base.rules if (tag is None or tag in rule.tags) and (topic is None or topic == rule.topic)
    ]
    if as_json:
        show_json(
            [{"id": rule.id, "topic": rule.topic, "title": rule.title, "tags": list(rule.tags)} for rule in chosen]
        )
        return
    width = max((len(rule.id) for rule in chosen), default=0)
    for rule in chosen:
        say(f"{rule.topic:<10} {rule.id:<{width}}  {rule.title}")
    say(f"{len(chosen)} of {len(base.rules)} rules, rule set {base.version}")


@app.command("show")
def show_rule(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id; `advisor rules list` has them.")],
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one rule: when it fires, what it does, why, and where that comes from.

    \b
    Example:
      advisor rules show adaptive-default
    """
    from advisor.knowledge import load_rules, prose

    base = load_rules(overlays_of(rules))
    rule = base.get(rule_id)
    if rule is None:
        raise FactError(f"no rule is called {rule_id!r}{did_you_mean(rule_id, [rule.id for rule in base.rules])}")
    if as_json:
        show_json(rule)
    else:
        say(prose(rule, base))


@app.command("check")
def check_rules(
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every shipped rule, and those of --rules; print all problems at once and exit with 1 when there are any.

    \b
    Example:
      advisor rules check --rules my-rules
    """
    from advisor.knowledge import check, load_rules
    from advisor.knowledge.base import read_rules
    from advisor.knowledge.overlays import unpinned

    overlays = overlays_of(rules)
    problems = check(overlays)
    if as_json:
        show_json([{"path": p.path, "line": p.line, "code": p.code, "message": p.message} for p in problems])
    else:
        for problem in problems:
            say(str(problem))
        loaded = read_rules(data_dir("rules"), overlays) if overlays else None
        for overlay in loaded.overlays if loaded is not None else ():
            for hint in unpinned(overlay, loaded.rules if loaded is not None else ()):
                say(f"note: {hint}")
        if not problems:
            base = load_rules(overlays)
            whose = f"rules with those of {', '.join(map(str, overlays))}" if overlays else "shipped rules"
            say(f"{len(base.rules)} {whose}, rule set {base.version}: no problems")
    if problems:
        raise typer.Exit(1)


@app.command("where")
def where() -> None:
    """Print the folder of the shipped rules."""
    say(str(data_dir("rules")))


app.command("test")(authoring.run_examples)
app.command("new")(authoring.new_rule)
app.command("docs")(authoring.write_docs)
app.command("schema")(authoring.print_schema)
app.command("diff")(authoring.diff_rules)
app.command("graph")(authoring.draw_graph)
app.command("ablate")(takes_language(authoring.ablate))
