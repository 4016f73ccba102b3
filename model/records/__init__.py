"""From entities and relations to officials and agreements."""

from phoihop.model.records.build import build_records

__all__ = ["build_records"]
