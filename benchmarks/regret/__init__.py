"""How much loss a learning rate chosen before training costs: tasks, landscapes, contestants, score.

    pip install --group benchmarks && pip install --no-deps ISLP
    python -m benchmarks.regret report --quick

``rules``, ``fit`` and ``ablate`` read the kept landscapes only and need neither data nor the packages of contestants.
"""
