"""Entities from mentions: which of those that are known a text means."""

from consolidation.resolve.mentions import Known, New, Resolution, Same, Synonym, resolve
from consolidation.resolve.names import bands, key_of

__all__ = ["Known", "New", "Resolution", "Same", "Synonym", "bands", "key_of", "resolve"]
