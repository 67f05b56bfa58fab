"""How soon a guard sees a problem, how often it cries wolf, what it costs a step, and whether lowering helps.

    python -m benchmarks.guard tables     small nets on the tables that scikit-learn ships
    python -m benchmarks.guard jobs       the jobs whose landscapes are kept, at rates that these know
    python -m benchmarks.guard lower      runs that are broken on purpose, with and without on_problem="lower"

Each part prints its table and keeps its figures in ``results/guard.json``; ``--quick`` takes a tenth of the runs.
"""
