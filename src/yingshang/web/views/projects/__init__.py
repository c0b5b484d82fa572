"""The pages of investment projects: the way before applying, the enterprise's, the units', the list of items."""
