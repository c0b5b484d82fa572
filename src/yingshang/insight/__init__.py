"""What event logs tell about procedures: read, measured, compared with a diagram. Knows no Django."""
