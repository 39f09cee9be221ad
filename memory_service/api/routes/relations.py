"""Bring your own graph: relations written as they are."""

from __future__ import annotations

from fastapi import APIRouter

from memory_service.api.deps import PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.relations import EntityRef, Related, RelateIn, RelateOut
from memory_service.verbs import relations

router = APIRouter(prefix="/v1/spaces/{space}", tags=["graph"])


@router.post("/relations", status_code=201)
async def relate(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, body: RelateIn
) -> RelateOut:
    """Write relations; names are resolved to entities, what is known already is confirmed."""
    source = body.evidence
    result = await relations.relate(
        services,
        principal,
        space,
        [relation.relation() for relation in body.relations],
        external_id=source.external_id if source else None,
        episode_id=source.episode_id if source else None,
    )
    return RelateOut(
        relations=[
            Related(
                id=one.id,
                status="stored" if one.is_new else "confirmed",
                subject=EntityRef(id=one.subject.id, name=one.subject.name),
                predicate=one.predicate,
                object=EntityRef(id=one.object.id, name=one.object.name),
            )
            for one in result.relations
        ],
        run_id=result.run_id,
        job_ids=list(result.job_ids),
    )
