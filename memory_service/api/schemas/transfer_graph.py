"""What a memory has in the graph, as a line of an export tells it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar, cast
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from consolidation.extract.protocol import EntityKind, Form
from memory_service.api.schemas.base import Moment, Name, Ratio, Schema, Tags, Text
from stores import graph_transfer
from stores.graph_transfer import GraphRows
from stores.names import normalised

Count = Annotated[int, Field(ge=0, lt=2**31)]
Number = Annotated[int, Field(ge=1, lt=2**31)]
Place = Annotated[int, Field(ge=-(2**63), lt=2**63)]
#: What a claim is about is cut out of a text, which may be long.
Value = Annotated[Text, Field(min_length=1, max_length=10_000)]
#: As rows hold them: plain text, but nothing that is not one of them.
FormName = Annotated[str, AfterValidator(lambda said: Form(said).value)]
KindName = Annotated[str, AfterValidator(lambda said: EntityKind(said).value)]
#: The kind of link that tells into what an entity was merged.
MERGED = "merged"

Row = TypeVar("Row")


class RowLine(Schema):
    """A line whose fields go by the names of those of a row."""

    @classmethod
    def of_row(cls, row: Any, **more: Any) -> Self:
        """The line of a row, but for the fields that are given."""
        same = {name: getattr(row, name) for name in cls.model_fields if name not in more}
        return cast(Self, cls.model_construct(**same, **more))


class AliasLine(RowLine):
    """A name the entity goes by, in lower case and without punctuation."""

    alias: Name
    run_id: UUID | None = None

    @model_validator(mode="after")
    def _is_normalised(self) -> Self:
        if self.alias != normalised(self.alias):
            raise ValueError(f"the name must be written {normalised(self.alias)!r}")
        return self


class EntityLine(RowLine):
    """What makes the memory an entity. Into which one it is merged is told by a link."""

    name: Name
    entity_kind: KindName
    aliases: list[AliasLine] = []


class ClaimLine(RowLine):
    """What the memory claims; since when and whether it holds is told by its current version."""

    subject_id: UUID
    predicate: Name
    object_id: UUID | None = None
    object: Value
    negated: bool = False
    form: FormName


class AssertionLine(RowLine):
    """What a passage of an episode claims; an empty one is a caller's word.

    `first_id` is the memory that rested on it first.
    """

    episode_id: UUID
    first_id: UUID
    span: tuple[Count, Count]
    value: Value
    object_id: UUID | None = None
    negated: bool = False
    form: FormName
    since: Moment | None = None
    until: Moment | None = None
    sequence: Place | None = None
    told_at: Moment | None = None
    text: Text
    run_id: UUID | None = None

    def row(self) -> graph_transfer.Assertion:
        """As the store takes it."""
        start, end = self.span
        rest = {k: v for k, v in dict(self).items() if k != "span"}
        return graph_transfer.Assertion(span_start=start, span_end=end, **rest)


class MentionLine(RowLine):
    """An entity the memory has to do with, and what it is called there."""

    entity_id: UUID
    role: Literal["named", "speaker", "about"]
    alias: Name
    run_id: UUID | None = None


class LinkLine(RowLine):
    """A typed link to another memory."""

    target_id: UUID
    link_kind: Annotated[Name, Field(pattern=r"^[a-z_]+$")]
    weight: Ratio = 1.0
    created_at: Moment
    run_id: UUID | None = None


class RefinementLine(RowLine):
    """What later memories, its sources, add to what this one is found by."""

    refinement_id: UUID
    version: Number
    keywords: Tags
    tags: Tags
    context: Text
    sources: list[UUID]
    created_at: Moment
    dropped_at: Moment | None = None
    run_id: UUID | None = None


class GraphLine(Schema):
    """All that the memory has in the graph."""

    entity: EntityLine | None = None
    claim: ClaimLine | None = None
    assertions: list[AssertionLine] = []
    mentions: list[MentionLine] = []
    links: list[LinkLine] = []
    refinements: list[RefinementLine] = []

    @model_validator(mode="after")
    def _is_merged_once(self) -> Self:
        merged = sum(link.link_kind == MERGED for link in self.links)
        if merged > (self.entity is not None):
            raise ValueError("only an entity can be merged, and into one other only")
        return self

    @classmethod
    def of(cls, rows: GraphRows) -> GraphLine:
        """The lines of rows."""
        return cls.model_construct(
            entity=None
            if rows.entity is None
            else EntityLine.of_row(
                rows.entity, aliases=[AliasLine.of_row(row) for row in rows.aliases]
            ),
            claim=None if rows.claim is None else ClaimLine.of_row(rows.claim),
            assertions=[
                AssertionLine.of_row(row, span=(row.span_start, row.span_end))
                for row in rows.assertions
            ],
            mentions=[MentionLine.of_row(row) for row in rows.mentions],
            links=[LinkLine.of_row(row) for row in rows.links],
            refinements=[
                RefinementLine.of_row(
                    row,
                    keywords=list(row.keywords),
                    tags=list(row.tags),
                    sources=list(row.sources),
                )
                for row in rows.refinements
            ],
        )

    def rows(self) -> GraphRows:
        """As the store takes them."""
        entity, claim = self.entity, self.claim
        return GraphRows(
            entity=None
            if entity is None
            else graph_transfer.Entity(name=entity.name, entity_kind=entity.entity_kind),
            aliases=tuple(
                _row(graph_transfer.Alias, line) for line in (entity.aliases if entity else ())
            ),
            claim=None if claim is None else _row(graph_transfer.Claim, claim),
            assertions=tuple(line.row() for line in self.assertions),
            mentions=tuple(_row(graph_transfer.Mention, line) for line in self.mentions),
            links=tuple(_row(graph_transfer.Link, line) for line in self.links),
            refinements=tuple(_row(graph_transfer.Refinement, line) for line in self.refinements),
        )


def _row(row: type[Row], line: Schema) -> Row:
    return row(**dict(line))
