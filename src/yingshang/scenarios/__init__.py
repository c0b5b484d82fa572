"""The systems of the catalogue, one folder each; see ``docs/scenarios.md`` for what a folder holds."""
