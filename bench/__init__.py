"""Speed, measured as ratios: each compares two ways in one run on one machine."""
