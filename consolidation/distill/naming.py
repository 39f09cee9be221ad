"""How the model server knows an adapter: by a name and a folder that no other one ever has."""

from __future__ import annotations

from llm_backend import adapters
from llm_backend.adapters import Weights
from llm_backend.errors import ModelCorrupt
from stores.artifacts import Artifacts
from stores.ids import MemoryId, SpaceId, TenantId
from stores.parametric import AdapterRow


def weights_of(artifacts: Artifacts, adapter: AdapterRow) -> Weights:
    """What to load; raises ModelCorrupt for one that has no weights."""
    content = adapter.artifact_sha256
    if content is None:
        raise ModelCorrupt(f"the adapter {adapter.id} has no weights")
    return Weights(
        name=name_of(adapter.tenant, adapter.space_id, adapter.id, content),
        folder=artifacts.path(adapter.tenant, adapter.space_id, content),
    )


def name_of(tenant: TenantId, space: SpaceId, adapter: MemoryId, content: bytes) -> str:
    """The name of an adapter with these weights."""
    return adapters.name_of(tenant.bytes, space.bytes, adapter.bytes + content)


def names_of_space(tenant: TenantId, space: SpaceId) -> str:
    """How the names of a space's adapters begin."""
    return adapters.names_of_space(tenant.bytes, space.bytes)
