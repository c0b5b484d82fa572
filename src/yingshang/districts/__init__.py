"""Districts as data: a folder each, read and checked here; another district swaps the folder, not the code."""

from yingshang.districts.folder import BadDistrict, District, Problem, UnitSpec, load
from yingshang.districts.people import DemoAccount, PersonSpec, Roster

__all__ = ["BadDistrict", "DemoAccount", "District", "PersonSpec", "Problem", "Roster", "UnitSpec", "load"]
