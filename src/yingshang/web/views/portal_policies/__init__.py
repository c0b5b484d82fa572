"""The enterprise's policies: what it qualifies for, what it lacks, what it claimed, and the list shown to the public."""
