"""How much loss a learning rate chosen before training costs: tasks, landscapes, contestants, score.

    pip install --group benchmarks && pip install --no-deps ISLP
    python -m benchmarks.regret report --quick

``rules`` and ``ablate`` read the kept landscapes only and need neither data nor the packages of contestants; so does
``python -m benchmarks.calibrate``, which fits the numbers of rules to the calibration split.
"""
