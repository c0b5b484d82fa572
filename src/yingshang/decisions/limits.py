"""What the engine refuses, so that no model, however made, can hang or exhaust the process (see docs/dmn-conformance.md)."""

#: Characters of one FEEL expression.
EXPRESSION_CHARACTERS = 100_000
#: Nesting of one FEEL expression: parentheses, lists, contexts, functions, ``if`` in ``if``.
EXPRESSION_DEPTH = 100
#: Steps of one evaluation: loop iterations, filtered items, function calls; a third of a second to one.
EVALUATION_STEPS = 300_000
#: Parts of an expression that cost a step each time they are run.
NODES_A_STEP = 8
#: Steps that a second of matching regular expressions counts as.
STEPS_PER_SECOND = 300_000
#: Items of a list, characters of a text that an evaluation may make.
LIST_ITEMS = 1_000_000
TEXT_CHARACTERS = 4_000_000
#: Bytes of a DMN document.
DOCUMENT_BYTES = 20 * 1024 * 1024
#: Characters of the name of an element.
NAME_CHARACTERS = 1_000
#: Documents that a model may import, directly and by its imports, and DMN files of a directory that are looked at for them.
IMPORTS = 100
DIRECTORY_FILES = 1_000
#: Nesting of boxed expressions inside each other.
BOXED_DEPTH = 40
#: Characters of a regular expression, and seconds that one match may take.
PATTERN_CHARACTERS = 1_000
PATTERN_SECONDS = 0.25
#: Nesting of lists and contexts that are given as input or made by an evaluation.
DATA_DEPTH = 100
#: Parts (items and entries, all levels together) of a value that is given or returned.
DATA_PARTS = 1_000_000
#: Steps that a trace keeps, and notes of one evaluation.
TRACED_STEPS = 20_000
NOTES = 1_000
#: Cells of one decision table.
TABLE_CELLS = 500_000
