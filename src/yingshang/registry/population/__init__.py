"""The sample population of a district: made up, deterministic, calibrated to published figures. See README.md."""
