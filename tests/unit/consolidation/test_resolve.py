"""Entity resolution: which known entity a mention means, and which it must not be taken for."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.extract.protocol import EntityKind, Mention
from consolidation.resolve import Known, New, Resolution, Same, Synonym, bands, key_of, resolve

PERSON, PLACE, THING = EntityKind.PERSON, EntityKind.PLACE, EntityKind.THING
COMPANY, ANIMAL, WORK = EntityKind.ORGANISATION, EntityKind.ANIMAL, EntityKind.WORK


def known(number: int, name: str, kind: EntityKind = THING, *aliases: str) -> Known:
    return Known(id=UUID(int=number), name=name, kind=kind, aliases=aliases)


def resolved(
    mentions: list[Mention], *entities: Known, cosine: float = 0.0
) -> tuple[Resolution, ...]:
    ids = count(1000)
    return resolve(
        mentions,
        entities,
        new_id=lambda: UUID(int=next(ids)),
        cosines={(m.name, e.id): cosine for m in mentions for e in entities},
    )


def one(name: str, kind: EntityKind, *entities: Known, cosine: float = 0.0) -> Resolution:
    (result,) = resolved([Mention(name=name, kind=kind)], *entities, cosine=cosine)
    return result


@pytest.mark.parametrize(
    ("said", "kind", "entity", "reason"),
    [
        ("Anna", PERSON, known(1, "anna", PERSON), "exact"),
        ("  ANNA ", PERSON, known(1, "Anna", PERSON), "exact"),
        ("Anna's", PERSON, known(1, "Anna", PERSON), "exact"),
        ("Dr. Smith", PERSON, known(1, "Smith", PERSON), "exact"),
        ("the Beatles", COMPANY, known(1, "Beatles", COMPANY), "exact"),
        ("running shoes", THING, known(1, "running shoe"), "exact"),
        ("berries", THING, known(1, "berry"), "exact"),
        ("Big Apple", PLACE, known(1, "New York", PLACE, "Big Apple"), "exact"),
        ("Caroline’s sister", PERSON, known(1, "caroline s sister", PERSON), "exact"),
        ("Google", PLACE, known(1, "Google", COMPANY), "exact"),
        ("Anna", PERSON, known(1, "Anna Smith", PERSON), "part-of-name"),
        ("Anna Smith", PERSON, known(1, "Anna", PERSON), "part-of-name"),
        (
            "University of Massachusets Boston",
            COMPANY,
            known(1, "University of Massachusetts Boston", COMPANY),
            "spelling",
        ),
    ],
)
def test_is_the_known_one(said: str, kind: EntityKind, entity: Known, reason: str) -> None:
    assert one(said, kind, entity) == Same(id=entity.id, reason=reason)


@pytest.mark.parametrize(
    ("said", "kind", "entities"),
    [
        ("Paris", PERSON, [known(1, "Paris", PLACE)]),
        ("Max", ANIMAL, [known(1, "Max", PERSON)]),
        ("Adam", PERSON, [known(1, "Adams", PERSON)]),
        ("Mrs Smith", PERSON, [known(1, "Smith", PERSON, "mr smith")]),
        ("Anna", PERSON, [known(1, "Anna Smith", PERSON), known(2, "Anna Jones", PERSON)]),
        ("Anna Smith", PERSON, [known(1, "Anna Jones", PERSON)]),
        ("Anna Smith", PERSON, [known(1, "Anna", PERSON, "Anna Jones")]),
        ("Anna", THING, [known(1, "Anna Smith", PERSON)]),
        ("Caroline", PERSON, [known(1, "Caroline's sister", PERSON)]),
        ("Caroline's sister", PERSON, [known(1, "Caroline", PERSON)]),
        ("Caroline's sister", PERSON, [known(1, "Caroline's brother", PERSON)]),
        ("Phase 1", THING, [known(1, "Phase 2")]),
        ("Conference on the History of Railways 11", THING,
         [known(1, "Conference on the History of Railways 12")]),
        ("aaaaaaaaaaaaaaaaaaab", THING, [known(1, "aaaaaaaaaaaaaaaaaaaab")]),
        ("Acme", COMPANY, []),
    ],
)  # fmt: skip
def test_is_a_new_one(said: str, kind: EntityKind, entities: list[Known]) -> None:
    assert isinstance(one(said, kind, *entities), New)


def test_of_several_the_one_of_the_kind() -> None:
    place, person = known(1, "Jordan", PLACE), known(2, "Jordan", PERSON)
    assert one("Jordan", PERSON, place, person) == Same(id=person.id, reason="exact")


def test_of_several_alike_the_own_name_then_the_oldest() -> None:
    alias, own = known(1, "New York", PLACE, "Springfield"), known(2, "Springfield", PLACE)
    other = known(3, "Springfield", PLACE)
    assert one("Springfield", PLACE, alias, own) == Same(id=own.id, reason="exact")
    assert one("Springfield", PLACE, other, own) == Same(id=own.id, reason="ambiguous")


def test_a_kind_replaces_a_mere_thing() -> None:
    assert one("Anna", PERSON, known(1, "Anna")) == Same(
        id=UUID(int=1), reason="exact", kind=PERSON
    )
    assert one("Anna", THING, known(1, "Anna", PERSON)) == Same(id=UUID(int=1), reason="exact")


@pytest.mark.parametrize(
    ("said", "entity", "cosine", "expected"),
    [
        ("the Acme company", known(1, "Acme", COMPANY), 0.86, "same"),
        ("the firm", known(1, "Acme", COMPANY), 0.86, "synonym"),
        ("University of Texas", known(1, "University of Kansas", COMPANY), 0.9, "synonym"),
        ("the Acme company", known(1, "Acme"), 0.9, "synonym"),
        ("the Acme company", known(1, "Acme", COMPANY), 0.82, "synonym"),
        ("the Acme company", known(1, "Acme", COMPANY), 0.79, "new"),
        ("Acme 2", known(1, "Acme 3", COMPANY), 0.99, "new"),
    ],
)
def test_by_meaning(said: str, entity: Known, cosine: float, expected: str) -> None:
    result = one(said, COMPANY, entity, cosine=cosine)
    assert type(result).__name__.lower() == expected
    if isinstance(result, Synonym):
        assert (result.of, result.similarity) == (entity.id, cosine)
        assert result.id != entity.id


def test_people_are_not_told_by_meaning() -> None:
    result = one("Anna", PERSON, known(1, "Anna S", PERSON), known(2, "Anna J", PERSON), cosine=0.9)
    assert isinstance(result, Synonym)


def test_what_a_mention_brings_is_known_to_the_next() -> None:
    said = ["Anna", "anna", "Anna Smith", "Anna Jones", "Smith Ltd"]
    first, again, full, other, company = resolved([Mention(name=n, kind=PERSON) for n in said])
    assert isinstance(first, New)
    assert again == Same(id=first.id, reason="exact")
    assert full == Same(id=first.id, reason="part-of-name")
    assert isinstance(other, New)
    assert isinstance(company, New)
    assert len({first.id, other.id, company.id}) == 3


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The Beatles", "beatles"),
        ("Prof. Dr. Anna Smith’s", "anna smith"),
        ("A", "a"),
        ("Caroline's sister", "caroline s sister"),
        ("Lord of the Rings", "lord of the rings"),
    ],
)
def test_keys(name: str, key: str) -> None:
    assert key_of(name) == key


def test_names_written_alike_share_a_band_and_others_do_not() -> None:
    right, wrong = "University of Massachusetts Boston", "University of Massachusets Boston"
    assert set(bands(right)) & set(bands(wrong))
    assert bands("the Beatles") == bands("Beatles")
    assert bands("running shoes") == bands("running shoe")
    assert not set(bands("Melanie")) & set(bands("Caroline"))


def test_people_of_one_given_name_share_a_band() -> None:
    assert set(bands("Anna", PERSON)) & set(bands("Anna Smith", PERSON))
    assert not set(bands("Anna Jones")) & set(bands("Anna Smith"))


@given(st.text())
def test_bands_fit_into_64_bits(name: str) -> None:
    assert all(-(2**63) <= band < 2**63 for band in bands(name))
    assert len(bands(name)) in (0, 8)


def test_bands_are_the_same_in_every_process() -> None:
    command = "from consolidation.resolve import bands; print(bands('Anna Smith'))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", command],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{bands('Anna Smith')}\n"}


names = st.sampled_from(
    ["Anna", "Anna Smith", "Anna Jones", "the dog", "dogs", "Paris", "Phase 1", "Phase 2", ""]
)


@given(st.lists(st.builds(Mention, name=names, kind=st.sampled_from(EntityKind))))
def test_a_second_time_nothing_is_new(mentions: list[Mention]) -> None:
    first = resolved(mentions)
    entities: dict[UUID, Known] = {}
    for mention, result in zip(mentions, first, strict=True):
        before = entities.get(result.id)
        entities[result.id] = known(
            result.id.int,
            before.name if before else mention.name,
            (result.kind if isinstance(result, Same) else None)
            or (before.kind if before else mention.kind),
            *(before.names if before else ()),
            mention.name,
        )
    again = resolved(mentions, *entities.values())
    assert all(isinstance(result, Same) for result in again)
