"""The graph of a space as columns, for computing over it as a whole.

A column comes as one value that the server has put together, so that a hundred thousand rows cost
no work per row here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import numpy as np
from numpy import float32, float64
from numpy.typing import NDArray
from sqlalchemy import Row, text

from stores.ids import MemoryId, SpaceId
from stores.scope import Filter, Scope, visible
from stores.search import Search
from stores.vectors import half

#: (n,) the 16 bytes of each id; they compare and sort as PostgreSQL's do.
Ids = NDArray[np.bytes_]

#: By entities_since_idx and its like: all that came since a version, which is 0 for all there is.
#: What ended for another reason than time is only of interest to who knows it from before.
_ROWS: LiteralString = """
    (SELECT string_agg(uuid_send(memory_id), '') AS entity_ids,
            string_agg(uuid_send(coalesce(merged_into, memory_id)), '') AS merged_into
     FROM entities WHERE tenant_id = :tenant AND space_id = :space AND since > {since}
       AND ({since} > 0 OR merged_into IS NOT NULL)) e,
    (SELECT string_agg(uuid_send(memory_id), '') AS relation_ids,
            string_agg(uuid_send(subject_id), '') AS subjects,
            string_agg(uuid_send(object_id), '') AS objects,
            string_agg(float8send(CASE WHEN state <> 'active' THEN '-Infinity'::float8
                                       WHEN invalid_at IS NULL THEN 'Infinity'::float8
                                       ELSE extract(epoch FROM invalid_at) END), '') AS ends
     FROM relations WHERE tenant_id = :tenant AND space_id = :space AND since > {since}
       AND object_id IS NOT NULL AND NOT negated AND ({since} > 0 OR state = 'active')) r,
    (SELECT string_agg(uuid_send(memory_id), '') AS units,
            string_agg(uuid_send(entity_id), '') AS named
     FROM mentions WHERE tenant_id = :tenant AND space_id = :space AND role = 'named'
       AND since > {since}) m,
    (SELECT string_agg(uuid_send(memory_id), '') AS ones,
            string_agg(uuid_send(target_id), '') AS others,
            string_agg(float4send(weight), '') AS likenesses
     FROM links WHERE tenant_id = :tenant AND space_id = :space AND link_kind = 'synonym'
       AND since > {since}) l
"""
_VERSIONS = text("""
    SELECT space_id, version FROM graph_versions
    WHERE tenant_id = :tenant AND space_id = ANY(:spaces)
""")
#: One statement, so that the rows are those of the version. What was read before something was
#: taken away is of no use.
_SINCE = text(f"""
    SELECT g.version, g.since, e.*, r.*, m.*, l.*
    FROM (SELECT version, CASE WHEN taken_at <= :known AND version >= :known THEN :known ELSE 0 END
                          AS since
          FROM graph_versions WHERE tenant_id = :tenant AND space_id = :space) g,
         LATERAL {_ROWS.format(since="g.since").replace("    (SELECT string_agg(uuid_send(memory_id), '') AS", "    LATERAL (SELECT string_agg(uuid_send(memory_id), '') AS").lstrip().removeprefix("LATERAL ")}
""")
