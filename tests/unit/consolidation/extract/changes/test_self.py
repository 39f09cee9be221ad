"""What somebody is and is called: age, diet, name, nationality, number, goal."""

from __future__ import annotations

import pytest

from tests.unit.consolidation.extract.changes.reading import values


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm 34.", {"34"}),
        ("I'm 34 years old.", {"34"}),
        ("I turned 34 yesterday.", {"34"}),
        ("I just turned 34.", {"34"}),
        ("I've just turned thirty-four.", {"thirty-four"}),
        ("I'm 34 now.", {"34"}),
        ("I'm 41 now, can you believe it?", {"41"}),
        ("As of today I'm 34.", {"34"}),
        ("Today I'm 34.", {"34"}),
        ("It's my birthday, I'm 34 today!", {"34"}),
        ("My son is 5.", {"Caroline's son: 5"}),
        ("My son turned 5.", {"Caroline's son: 5"}),
        ("My daughter is five now.", {"Caroline's daughter: five"}),
        ("Zoe is 5 years old.", {"Zoe: 5"}),
        ("My daughter's turned six.", {"Caroline's daughter: six"}),
        ("I hit 40 last month.", {"40"}),
        ("I'm 40 as of Tuesday.", {"40"}),
        ("I'm forty.", {"forty"}),
        ("My mum just turned 70.", {"Caroline's mother: 70"}),
        ("Turned 34 yesterday.", {"34"}),
        ("I turned forty last Sunday.", {"forty"}),
        ("My nephew just turned 3.", {"Caroline's nephew: 3"}),
    ],
)
def test_age(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "age") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I was 34 last week.",
        "My dad is turning 70 next week.",
        "I feel 34.",
        "I'm 34 minutes late.",
        "I turned 34 pages.",
        "When I was 34 I moved.",
        "I'll be 34 soon.",
        "I'm 34 weeks pregnant.",
        "I'm number 34 in the queue.",
        "I turned 5 chairs around.",
        "My room is 34.",
        "I'm 180 cm tall.",
    ],
)
def test_age_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "age") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm vegan.", {"vegan"}),
        ("I'm vegan now.", {"vegan"}),
        ("I've gone vegan.", {"vegan"}),
        ("I went vegan in January.", {"vegan"}),
        ("I've been vegetarian since 2019.", {"vegetarian"}),
        ("I've become vegetarian.", {"vegetarian"}),
        ("I turned vegetarian last year.", {"vegetarian"}),
        ("I became a vegan.", {"vegan"}),
        ("I'm on a keto diet.", {"keto"}),
        ("I'm on a low-carb diet now.", {"low-carb"}),
        ("I follow a gluten-free diet.", {"gluten-free"}),
        ("I eat vegan.", {"vegan"}),
        ("I switched to a vegan diet.", {"vegan"}),
        ("I eat halal.", {"halal"}),
        ("I keep kosher.", {"kosher"}),
        ("I'm eating gluten-free now.", {"gluten-free"}),
        ("I'm pescatarian these days.", {"pescatarian"}),
        ("I started eating meat again.", {"meat"}),
        ("I eat meat again.", {"meat"}),
        ("I'm no longer vegan.", {"not vegan"}),
        ("I'm not vegan anymore.", {"not vegan"}),
        ("I stopped being vegan.", {"not vegan"}),
        ("I quit being vegan.", {"not vegan"}),
        ("I gave up being vegetarian.", {"not vegetarian"}),
        ("I used to be vegan.", {"not vegan"}),
        ("My sister is vegan.", {"Caroline's sister: vegan"}),
        ("My husband went vegan.", {"Caroline's husband: vegan"}),
        ("I switched from vegan to vegetarian.", {"vegetarian", "not vegan"}),
        ("My diet is vegan.", {"vegan"}),
        ("Been vegan since January.", {"vegan"}),
        ("Went vegan last month.", {"vegan"}),
        ("I've been eating vegan since New Year.", {"vegan"}),
        ("I've switched to a plant-based diet.", {"plant-based"}),
        ("I'm not vegetarian any more.", {"not vegetarian"}),
        ("I've stopped being vegan.", {"not vegan"}),
    ],
)
def test_diet(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "diet") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "We're vegetarian now.",
        "I might go vegan.",
        "I cooked a vegan meal.",
        "I tried a vegan burger.",
        "I want to go vegan.",
        "The cake is vegan.",
        "I met a vegan.",
        "I could never be vegan.",
        "We ate at a vegan place.",
        "I'd go vegan if I could.",
        "I went to a vegan festival.",
        "Went to a vegan place.",
        "I went back to eating meat.",
    ],
)
def test_diet_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "diet") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("My number is 555 123 4567.", {"555 123 4567"}),
        ("My phone number is 555 123 4567.", {"555 123 4567"}),
        ("My new number is 555 123 4567.", {"555 123 4567"}),
        ("I've got a new number: 555 123 4567.", {"555 123 4567"}),
        ("I have a new number, it's 555 123 4567.", {"555 123 4567"}),
        ("I changed my number, it's now 555 123 4567.", {"555 123 4567"}),
        ("You can reach me at 555 123 4567.", {"555 123 4567"}),
        ("You can reach me on 555 123 4567 now.", {"555 123 4567"}),
        ("Call me on 555 123 4567.", {"555 123 4567"}),
        ("New phone number: 555 123 4567.", {"555 123 4567"}),
        ("My mobile is 555 123 4567 now.", {"555 123 4567"}),
        ("My number has changed to 555 123 4567.", {"555 123 4567"}),
        ("Reach me at 555 123 4567 from now on.", {"555 123 4567"}),
        ("My cell is 555 123 4567.", {"555 123 4567"}),
        ("My phone number's changed, it's 020 7946 0018.", {"020 7946 0018"}),
        ("My new mobile number is 020 7946 0018.", {"020 7946 0018"}),
        ("Text me on 020 7946 0018 instead.", {"020 7946 0018"}),
    ],
)
def test_phone(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "phone") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "The number of the shop is 555 123 4567.",
        "My boss's number is 555 123 4567.",
        "Call the bank on 555 123 4567.",
        "My order number is 555 123 4567.",
    ],
)
def test_phone_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "phone") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("My email is a@b.org.", {"a@b.org"}),
        ("My email address is a@b.org.", {"a@b.org"}),
        ("My new email is a@b.org.", {"a@b.org"}),
        ("You can email me at a@b.org.", {"a@b.org"}),
        ("Email me at a@b.org.", {"a@b.org"}),
        ("I have a new email: a@b.org.", {"a@b.org"}),
        ("My email has changed to a@b.org.", {"a@b.org"}),
        ("I'm at a@b.org now.", {"a@b.org"}),
        ("New email: a@b.org.", {"a@b.org"}),
        ("Write to me at a@b.org from now on.", {"a@b.org"}),
    ],
)
def test_email(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "email") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "The shop's email is a@b.org.",
        "I wrote to a@b.org.",
        "I got spam from a@b.org.",
    ],
)
def test_email_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "email") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("My name is Nora Lind.", {"Nora Lind"}),
        ("My name's Nora Lind.", {"Nora Lind"}),
        ("I'm called Nora Lind.", {"Nora Lind"}),
        ("I go by Nora now.", {"Nora"}),
        ("My new name is Nora Lind.", {"Nora Lind"}),
        ("I changed my name to Nora Lind.", {"Nora Lind"}),
        ("Call me Nora.", {"Nora"}),
        ("Please call me Nora from now on.", {"Nora"}),
        ("My full name is Nora Lind.", {"Nora Lind"}),
    ],
)
def test_name(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "name") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "My name is on the list.",
        "They called me Nora by mistake.",
        "Call me Monday.",
        "Call me tomorrow.",
        "My boss's name is Nora.",
    ],
)
def test_name_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "name") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm Swedish.", {"Swedish"}),
        ("I'm a Swedish citizen.", {"Swedish"}),
        ("I'm now a Swedish citizen.", {"Swedish"}),
        ("I became a Swedish citizen.", {"Swedish"}),
        ("I got Swedish citizenship.", {"Swedish"}),
        ("I've got my Swedish citizenship.", {"Swedish"}),
        ("I've been granted Swedish citizenship.", {"Swedish"}),
        ("I have Swedish citizenship.", {"Swedish"}),
        ("My nationality is Swedish.", {"Swedish"}),
        ("I hold a Swedish passport.", {"Swedish"}),
        ("I have a Swedish passport.", {"Swedish"}),
        ("I'm Swedish now.", {"Swedish"}),
        ("I gave up my Swedish citizenship.", {"not Swedish"}),
        ("I'm no longer a Swedish citizen.", {"not Swedish"}),
        ("My husband is Swedish.", {"Caroline's husband: Swedish"}),
    ],
)
def test_nationality(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "nationality") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I love Swedish food.",
        "I speak Swedish.",
        "I'm learning Swedish.",
        "I applied for Swedish citizenship.",
        "I want Swedish citizenship.",
    ],
)
def test_nationality_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "nationality") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("My goal is to run a marathon.", {"run a marathon"}),
        ("My goal this year is to run a marathon.", {"run a marathon"}),
        ("My main goal is to run a marathon.", {"run a marathon"}),
        ("My new goal is to run a marathon.", {"run a marathon"}),
        ("My goal now is to run a marathon.", {"run a marathon"}),
        ("I'm working towards running a marathon.", {"running a marathon"}),
        ("I'm aiming to run a marathon.", {"run a marathon"}),
        ("I've set myself the goal to run a marathon.", {"run a marathon"}),
        ("I've set myself the goal of running a marathon.", {"running a marathon"}),
    ],
)
def test_current_goal(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "current_goal") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "My goal has changed, it's to run a marathon.",
        "The goal of the game is to win.",
        "He scored a goal.",
        "My team's goal is to win.",
    ],
)
def test_current_goal_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "current_goal") == set()
