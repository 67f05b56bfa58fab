"""How much loss a learning rate chosen before training costs: tasks, landscapes, contestants, score."""
