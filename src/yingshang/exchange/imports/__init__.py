"""Bringing demands in from spreadsheets: streamed, checked row by row, opened in bulk."""

from yingshang.exchange.imports.problems import BadFile
from yingshang.exchange.imports.runs import begin, importable, may_import, work

__all__ = ["BadFile", "begin", "importable", "may_import", "work"]
