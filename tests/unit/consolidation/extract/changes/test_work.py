"""Where somebody works and as what, and where they study."""

from __future__ import annotations

import pytest

from tests.unit.consolidation.extract.changes.reading import values


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Got the job at Siemens!", {"Siemens"}),
        ("Started at Siemens on Monday.", {"Siemens"}),
        ("Finally quit my job at Bosch.", {"not Bosch"}),
        ("Just got hired by Siemens!", {"Siemens"}),
        ("No longer working at Bosch.", {"not Bosch"}),
        ("I work at Siemens.", {"Siemens"}),
        ("I've been working for Siemens since 2020.", {"Siemens"}),
        ("I'm employed by Siemens.", {"Siemens"}),
        ("I got hired by Siemens.", {"Siemens"}),
        ("I was hired at Siemens last week.", {"Siemens"}),
        ("Guess what, I got the job at Siemens!", {"Siemens"}),
        ("I got the position at Siemens.", {"Siemens"}),
        ("I landed a job at Siemens.", {"Siemens"}),
        ("I've accepted an offer from Siemens.", {"Siemens"}),
        ("I accepted the job at Siemens and start on Monday.", {"Siemens"}),
        ("Today was my first day at Siemens.", {"Siemens"}),
        ("I had my first day at Siemens yesterday.", {"Siemens"}),
        ("I've joined Siemens.", {"Siemens"}),
        ("I just recently joined Siemens as a data analyst.", {"Siemens"}),
        ("I started at Siemens two weeks ago.", {"Siemens"}),
        ("I've started a new job at Siemens.", {"Siemens"}),
        ("I've just begun working at Siemens.", {"Siemens"}),
        ("I switched jobs and now work for Siemens.", {"Siemens"}),
        ("My new employer is Siemens.", {"Siemens"}),
        ("New job: Siemens!", {"Siemens"}),
        ("My new job is at Siemens.", {"Siemens"}),
        ("I'm interning at Siemens.", {"Siemens"}),
        ("I took a job with Siemens.", {"Siemens"}),
        ("I took a position at Siemens.", {"Siemens"}),
        ("I found work at Siemens.", {"Siemens"}),
        ("Since the layoffs I work at Siemens.", {"Siemens"}),
        ("I don't work at Bosch anymore.", {"not Bosch"}),
        ("I no longer work for Bosch.", {"not Bosch"}),
        ("I got laid off from Bosch.", {"not Bosch"}),
        ("I was let go from Bosch.", {"not Bosch"}),
        ("I got fired from Bosch.", {"not Bosch"}),
        ("Bosch let me go.", {"not Bosch"}),
        ("Bosch laid me off in June.", {"not Bosch"}),
        ("I handed in my notice at Bosch.", {"not Bosch"}),
        ("I've resigned from Bosch.", {"not Bosch"}),
        ("I quit my job at Bosch.", {"not Bosch"}),
        ("I retired from Bosch last year.", {"not Bosch"}),
        ("My last day at Bosch was Friday.", {"not Bosch"}),
        ("Friday was my last day at Bosch.", {"not Bosch"}),
        ("I'm done at Bosch.", {"not Bosch"}),
        ("I finished at Bosch in May.", {"not Bosch"}),
        ("I've stopped working for Bosch.", {"not Bosch"}),
        ("My time at Bosch is over.", {"not Bosch"}),
        ("My brother works at Siemens.", {"Caroline's brother: Siemens"}),
        ("My husband got a job at Siemens.", {"Caroline's husband: Siemens"}),
        ("My sister Anna joined Siemens.", {"Anna: Siemens"}),
        ("Ben started at Siemens.", {"Ben: Siemens"}),
        ("Ben quit his job at Bosch.", {"Ben: not Bosch"}),
        ("I used to work at Bosch.", {"not Bosch"}),
        ("I left Bosch to join Siemens.", {"Siemens", "not Bosch"}),
        ("I left Bosch to work for Siemens.", {"Siemens", "not Bosch"}),
        ("I started my new job at Philips this week.", {"Philips"}),
        ("I've taken a job at Philips.", {"Philips"}),
        ("Philips hired me!", {"Philips"}),
        ("I got hired at Philips after three interviews.", {"Philips"}),
        ("I've been at Philips since 2021.", {"Philips"}),
        ("I'm an accountant at Philips now.", {"Philips"}),
        ("I was made redundant by Philips.", {"not Philips"}),
        ("I gave my notice at Philips last Monday.", {"not Philips"}),
        ("My dad still works for Philips.", {"Caroline's father: Philips"}),
        ("My wife's just started at Philips.", {"Caroline's wife: Philips"}),
        ("I'm working for Philips part-time now.", {"Philips"}),
    ],
)
def test_works_at(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "works_at") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Got it.",
        "Started raining.",
        "After ten years I left Bosch.",
        "I have an interview at Siemens.",
        "I applied to Siemens.",
        "I got an offer from Siemens but turned it down.",
        "I'd like to work at Siemens.",
        "I hope to get the job at Siemens.",
        "If I get the job at Siemens we'll celebrate.",
        "I didn't get the job at Siemens.",
        "I was supposed to start at Siemens.",
        "I bought shares of Siemens.",
        "I met someone at Siemens.",
        "Should I quit Siemens?",
        "Siemens rejected me.",
        "They say Anna works at Siemens.",
        "I work at night.",
        "My company works with Siemens.",
        "I left the party at ten.",
        "I started at the beginning.",
        "I joined them at the bar.",
        "It's my second week at Philips.",
        "I begin at Philips on Monday.",
        "I do accounting for Philips.",
        "I walked out of Philips.",
        "I'm finally out of Philips.",
        "I've got an interview with Philips tomorrow.",
        "Philips offered me a job but I'm not sure.",
        "I'd quit Philips if I could.",
    ],
)
def test_works_at_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "works_at") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I'm a nurse.", {"nurse"}),
        ("I work as a nurse.", {"nurse"}),
        ("I'm now a nurse.", {"nurse"}),
        ("I've just become a nurse.", {"nurse"}),
        ("I became a nurse last year.", {"nurse"}),
        ("I qualified as a nurse in May.", {"nurse"}),
        ("I retrained as a nurse.", {"nurse"}),
        ("I'm working as a nurse these days.", {"nurse"}),
        ("I started working as a nurse.", {"nurse"}),
        ("I got a job as a nurse.", {"nurse"}),
        ("I got promoted to head nurse.", {"head nurse"}),
        ("I've been promoted to team lead.", {"team lead"}),
        ("I was made team lead.", {"team lead"}),
        ("They made me team lead.", {"team lead"}),
        ("They promoted me to team lead.", {"team lead"}),
        ("I got the promotion, I'm team lead now.", {"team lead"}),
        ("My new role is product manager.", {"product manager"}),
        ("My new job title is product manager.", {"product manager"}),
        ("I switched careers and I'm a nurse now.", {"nurse"}),
        ("I went from teacher to nurse.", {"nurse", "not teacher"}),
        ("I'm no longer a teacher.", {"not teacher"}),
        ("I'm not a teacher anymore.", {"not teacher"}),
        ("I stopped working as a teacher.", {"not teacher"}),
        ("I used to be a teacher.", {"not teacher"}),
        ("I work as an electrician now, not a plumber.", {"electrician"}),
        ("By profession I'm an electrician.", {"electrician"}),
        ("My sister is a nurse.", {"Caroline's sister: nurse"}),
        ("My wife became a nurse.", {"Caroline's wife: nurse"}),
        ("New job: nurse at Siemens.", {"nurse"}),
        ("I took over as team lead.", {"team lead"}),
        ("I've been a nurse for ten years.", {"nurse"}),
        ("I make my living as a nurse.", {"nurse"}),
        ("I was promoted from engineer to team lead.", {"team lead"}),
        ("I've just been made head of marketing.", {"head of marketing"}),
        ("I work full-time as a baker.", {"baker"}),
        ("I'm a baker by trade.", {"baker"}),
        ("My new position is sales manager.", {"sales manager"}),
        ("Now I'm a freelance translator.", {"freelance translator"}),
        ("I'm officially a licensed pilot.", {"licensed pilot"}),
        ("I was promoted to shift supervisor yesterday.", {"shift supervisor"}),
        ("They've made me a permanent lecturer.", {"permanent lecturer"}),
        ("I've gone from waiter to chef.", {"chef", "not waiter"}),
        ("I'm not working as a baker anymore.", {"not baker"}),
    ],
)
def test_has_job(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "has_job") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "My job is teaching.",
        "I quit teaching to become a nurse.",
        "I'm training to be a nurse.",
        "I retired.",
        "I want to be a nurse.",
        "I feel like a nurse.",
        "I could be a nurse.",
        "I'd make a good nurse.",
        "I met a nurse.",
        "I saw a doctor.",
        "As a kid I wanted to be a doctor.",
        "Are you a nurse?",
        "My teacher was a nurse, I think.",
        "I need a doctor.",
        "I was a nurse in the play.",
        "I'd love to be a baker.",
        "My mum thinks I should be a baker.",
    ],
)
def test_has_job_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "has_job") == set()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I study at Lund University.", {"Lund University"}),
        ("I'm studying at Lund University.", {"Lund University"}),
        ("I'm a student at Lund University.", {"Lund University"}),
        ("I'm doing my master's at Lund University.", {"Lund University"}),
        ("I'm doing a PhD at Lund University.", {"Lund University"}),
        ("I go to Lund University.", {"Lund University"}),
        ("I'm enrolled at Lund University.", {"Lund University"}),
        ("I've enrolled at Lund University.", {"Lund University"}),
        ("I transferred to Lund University.", {"Lund University"}),
        ("I started at Lund University in September.", {"Lund University"}),
        ("I switched to Lund University.", {"Lund University"}),
        ("My daughter goes to Lund University.", {"Caroline's daughter: Lund University"}),
        ("My son studies at Lund University.", {"Caroline's son: Lund University"}),
        ("I began my degree at Lund University.", {"Lund University"}),
        ("I dropped out of Lund University.", {"not Lund University"}),
        ("I left Lund University.", {"not Lund University"}),
        ("I no longer study at Lund University.", {"not Lund University"}),
        ("My new school is Lund University.", {"Lund University"}),
        ("I attend Lund University.", {"Lund University"}),
    ],
)
def test_studies_at(sentence: str, expected: set[str]) -> None:
    assert values(sentence, "studies_at") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I graduated from Lund University in June.",
        "I applied to Lund University.",
        "I'd like to study at Lund University.",
        "I was rejected by Lund University.",
        "I got an offer from Lund University but I declined.",
        "I gave a talk at Lund University.",
        "I visited Lund University.",
        "I might study at Lund University.",
    ],
)
def test_studies_at_is_not_claimed(sentence: str) -> None:
    assert values(sentence, "studies_at") == set()
