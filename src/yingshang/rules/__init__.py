"""Published decision models, the facts that they read, and runs of them over the whole population."""
