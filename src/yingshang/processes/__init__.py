"""BPMN 2.0 procedures, the working calendar and clocks: a library of its own, without Django and without a database."""
