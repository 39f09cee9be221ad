"""What has many values: likes, pets, games, habits, clubs, illnesses."""

from __future__ import annotations

import pytest

from tests.unit.consolidation.extract.changes.reading import values


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I love hiking.", {"hiking"}),
        ("I'm really into climbing.", {"climbing"}),
        ("I've got into climbing.", {"climbing"}),
        ("I've really come to love climbing.", {"climbing"}),
        ("I'm obsessed with climbing.", {"climbing"}),
        ("I can't get enough of ramen.", {"ramen"}),
        ("I'm hooked on ramen.", {"ramen"}),
        ("I've fallen in love with climbing.", {"climbing"}),
        ("I'm a huge fan of ramen.", {"ramen"}),
        ("I'm crazy about ramen.", {"ramen"}),
        ("I no longer like ramen.", {"not ramen"}),
        ("I don't like ramen anymore.", {"not ramen"}),
        ("I've gone off ramen.", {"not ramen"}),
        ("I'm not into climbing anymore.", {"not climbing"}),
        ("I'm sick of ramen.", {"not ramen"}),
        ("I fell out of love with climbing.", {"not climbing"}),
        ("I lost interest in climbing.", {"not climbing"}),
        ("My sister loves ramen.", {"Caroline's sister: ramen"}),
        ("I've really gone off coffee.", {"not coffee"}),
        ("I'm really into jazz these days.", {"jazz"}),
        ("I don't enjoy running anymore.", {"not running"}),
    ],
)
def test_likes(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "likes") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm over ramen.",
        "I'd love ramen.",
        "Do I like ramen?",
        "I would like ramen.",
        "Everyone likes ramen they say.",
    ],
)
def test_likes_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "likes") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I have a dog.", {"dog"}),
        ("We've got a dog.", {"dog"}),
        ("We got a dog.", {"dog"}),
        ("We adopted a cat named Miso.", {"Miso"}),
        ("I have a dog called Rex.", {"Rex"}),
        ("My dog Rex is old.", {"Rex"}),
        ("My dog is called Rex.", {"Rex"}),
        ("My dog's name is Rex.", {"Rex"}),
        ("We've just adopted a puppy called Rex.", {"Rex"}),
        ("We rescued a cat called Miso.", {"Miso"}),
        ("Our cat Miso died.", {"not Miso"}),
        ("Miso, our cat, died.", {"not Miso"}),
        ("We lost our dog Rex last week.", {"not Rex"}),
        ("We had to put our dog Rex down.", {"not Rex"}),
        ("Our dog Rex passed away.", {"not Rex"}),
        ("My brother has a dog.", {"Caroline's brother: dog"}),
        ("We gave our dog Rex away.", {"not Rex"}),
        ("We got a kitten named Oreo.", {"Oreo"}),
        ("Our hamster Oreo died yesterday.", {"not Oreo"}),
    ],
)
def test_has_pet(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "has_pet") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I want a dog.",
        "I saw a dog.",
        "We might get a dog.",
        "My neighbour walked a dog.",
        "Dogs are great.",
        "We had to put Oreo down.",
    ],
)
def test_has_pet_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "has_pet") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I play the violin.", {"violin"}),
        ("I've taken up the violin.", {"violin"}),
        ("I took up tennis.", {"tennis"}),
        ("I started playing tennis.", {"tennis"}),
        ("I stopped playing tennis.", {"not tennis"}),
        ("I quit the violin.", {"not violin"}),
        ("I gave up tennis.", {"not tennis"}),
        ("I don't play tennis anymore.", {"not tennis"}),
        ("I no longer play the violin.", {"not violin"}),
    ],
)
def test_plays(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "plays") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I've been learning the violin.",
        "I want to play tennis.",
        "I watched tennis.",
        "I'd take up the violin.",
    ],
)
def test_plays_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "plays") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I drink coffee.", {"coffee"}),
        ("I don't drink coffee.", {"not coffee"}),
        ("I stopped drinking coffee.", {"not coffee"}),
        ("I quit drinking coffee.", {"not coffee"}),
        ("I quit coffee.", {"not coffee"}),
        ("I gave up coffee.", {"not coffee"}),
        ("I've cut out coffee.", {"not coffee"}),
        ("I'm off coffee.", {"not coffee"}),
        ("I started drinking coffee again.", {"coffee"}),
        ("I've given up drinking coffee.", {"not coffee"}),
        ("I no longer drink coffee.", {"not coffee"}),
        ("Gave up coffee.", {"not coffee"}),
    ],
)
def test_drinks(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "drinks") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I need coffee.",
        "I spilled coffee.",
    ],
)
def test_drinks_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "drinks") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm a member of the chess club.", {"chess club"}),
        ("I joined the chess club.", {"chess club"}),
        ("I've joined a running club.", {"running club"}),
        ("I signed up with a running club.", {"running club"}),
        ("I left the chess club.", {"not chess club"}),
        ("I quit the chess club.", {"not chess club"}),
        ("I dropped out of the chess club.", {"not chess club"}),
        ("I'm no longer a member of the chess club.", {"not chess club"}),
        ("I'm not in the chess club anymore.", {"not chess club"}),
        ("I'm in the chess club.", {"chess club"}),
        ("I've left the book club.", {"not book club"}),
        ("I just joined a rowing club.", {"rowing club"}),
    ],
)
def test_member_of(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "member_of") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I walked past the chess club.",
        "I'd join the chess club.",
    ],
)
def test_member_of_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "member_of") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I use Notion.", {"Notion"}),
        ("I switched to Notion.", {"Notion"}),
        ("I switched from Notion to Obsidian.", {"Obsidian", "not Notion"}),
        ("I've stopped using Notion.", {"not Notion"}),
        ("I no longer use Notion.", {"not Notion"}),
        ("I ditched Notion for Obsidian.", {"Obsidian", "not Notion"}),
        ("I replaced Notion with Obsidian.", {"Obsidian", "not Notion"}),
        ("I don't use Notion anymore.", {"not Notion"}),
        ("I'm using Obsidian now.", {"Obsidian"}),
        ("I now use Obsidian instead of Notion.", {"Obsidian"}),
        ("I got rid of Notion.", {"not Notion"}),
        ("I switched from Slack to Teams last month.", {"Teams", "not Slack"}),
        ("I don't use Slack any longer.", {"not Slack"}),
    ],
)
def test_uses(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "uses") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I moved from Notion to Obsidian.",
        "I tried Notion.",
        "I heard of Notion.",
        "I've moved from Slack to Teams.",
    ],
)
def test_uses_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "uses") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I own a Volvo.", {"Volvo"}),
        ("I sold my Volvo.", {"not Volvo"}),
        ("I sold the car.", {"not car"}),
        ("I got rid of my car.", {"not car"}),
        ("I no longer own a car.", {"not car"}),
        ("I don't own a car anymore.", {"not car"}),
    ],
)
def test_owns(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "owns") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I traded in my Volvo for a Tesla.",
        "I want to sell my car.",
        "I saw a car.",
    ],
)
def test_owns_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "owns") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I do yoga.", {"yoga"}),
        ("I took up yoga.", {"yoga"}),
        ("I started doing yoga.", {"yoga"}),
        ("I've taken up yoga.", {"yoga"}),
        ("I quit yoga.", {"not yoga"}),
        ("I stopped doing yoga.", {"not yoga"}),
        ("I gave up yoga.", {"not yoga"}),
        ("I don't do yoga anymore.", {"not yoga"}),
        ("I've quit smoking.", {"not smoking"}),
        ("I've taken up pottery.", {"pottery"}),
    ],
)
def test_practises(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "practises") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I tried yoga.",
        "I might do yoga.",
        "I don't run anymore.",
    ],
)
def test_practises_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "practises") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I have asthma.", {"asthma"}),
        ("I've been diagnosed with asthma.", {"asthma"}),
        ("I got diagnosed with asthma.", {"asthma"}),
        ("I developed asthma.", {"asthma"}),
        ("I suffer from asthma.", {"asthma"}),
        ("I no longer have asthma.", {"not asthma"}),
        ("I don't have asthma anymore.", {"not asthma"}),
        ("My son has asthma.", {"Caroline's son: asthma"}),
    ],
)
def test_has_condition(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "has_condition") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm diabetic.",
        "I might have asthma.",
        "My doctor tested me for asthma.",
    ],
)
def test_has_condition_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "has_condition") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm allergic to nuts.", {"nuts"}),
        ("I have a nut allergy.", {"nut"}),
        ("I've developed an allergy to nuts.", {"nuts"}),
        ("I'm not allergic to nuts anymore.", {"not nuts"}),
        ("I've outgrown my allergy to nuts.", {"not nuts"}),
        ("Turns out I'm not allergic to nuts.", {"not nuts"}),
    ],
)
def test_allergic_to(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "allergic_to") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I can't eat nuts because I'm allergic.",
        "I'm allergic to nonsense lol.",
        "Are you allergic to nuts?",
    ],
)
def test_allergic_to_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "allergic_to") == set()
