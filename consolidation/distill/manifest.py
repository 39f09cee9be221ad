"""What an adapter was made of, frozen: ids, versions and hashes, none of the words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from consolidation.distill.selection import Selected
from stores.parametric import Member


def manifest_of(selected: Selected) -> tuple[Member, ...]:
    """The members, by id."""
    return tuple(
        Member(
            memory_id=one.candidate.id,
            version=one.candidate.version,
            sha256=content_hash(one.candidate.content),
        )
        for one in selected.chosen
    )


def content_hash(content: str) -> str:
    """The SHA-256 of a memory's words."""
    return hashlib.sha256(content.encode()).hexdigest()


def manifest_hash(members: Sequence[Member]) -> str:
    """The SHA-256 of a manifest: the same members in the same versions make the same one."""
    lines = [[str(m.memory_id), m.version, m.sha256] for m in members]
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def files_hash(paths: Iterable[Path]) -> str:
    """The SHA-256 of files, one after the other: of what an adapter was trained on."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes())
    return whole.hexdigest()
