"""FEEL expressions and decision tables for one set of inputs."""
