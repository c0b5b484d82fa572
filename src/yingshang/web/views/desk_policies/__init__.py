"""The policy clerk's pages: policies and clauses, the studio, simulation, runs, budgets, claims and payments."""
