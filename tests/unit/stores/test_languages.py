"""Words in many languages: a question finds a turn by them, and English stays as it is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.texts import turn
from stores import languages
from stores.labels import label_of, labels_in
from stores.languages import language_of, stop_words
from stores.lexical import plain_terms, query_terms, terms, words_by_term

#: Per language: a question, a turn, and a term they share that English stems did not give both.
PAIRS = [
    ("de", "In welchen Häusern hat Hana gewohnt?", "Hana wohnt in einem Haus am See.", "haus"),
    ("de", "Wann habe ich die Wohnungen besichtigt?", "Ich habe eine Wohnung gesehen.", "wohnung"),
    ("fr", "Quels appartements avons-nous visités ?", "J'ai adoré l'appartement que je visite.",
     "appart"),
    ("fr", "Où est-ce que j'ai acheté des fleurs ?", "J'achète une fleur dans ce magasin.",
     "achet"),
    ("es", "¿Qué libros ha leído mi hermana?", "Mi hermano leyó un libro de guerra.", "herman"),
    ("es", "¿Dónde trabajaba mi vecina?", "Mi vecino dice que ya no trabaja en el hospital.",
     "trabaj"),
    ("it", "Quali ristoranti ho provato a Torino?", "Ieri ho trovato un ristorante che mi piace.",
     "ristor"),
    ("pt", "Quais flores eu comprei?", "Eu comprei uma flor para a minha mãe.", "flor"),
    ("nl", "Welke huizen hebben wij bezocht?", "Wij hebben het huis van Oskar gezien.", "huis"),
    ("sv", "Vilka böcker har jag läst om hundar?", "Jag läste en bok om min hund.", "hund"),
    ("da", "Hvor er hundene, som jeg har købt?", "Jeg har lige købt en hund til min mor.", "hund"),
    ("no", "Hvor kjøpte jeg bilene?", "Jeg har kjøpt en bil av en venn.", "bil"),
    ("fi", "Missä minun kirjani ovat?", "Minä ostin eilen uuden kirjan, joka on hyvä.", "kirj"),
    ("ru", "Какие книги читала Анна?", "Она сказала, что читает интересную книгу.", "книг"),
    ("pl", "Jakie książki ma moja siostra?", "Czytam teraz książkę, którą dała mi mama.",
     "książk"),
    ("tr", "Kitapları nerede aldım?", "Dün bu kitabı bir arkadaşım için aldım.", "kitap"),
    ("hi", "मैंने कौन सी किताबें पढ़ीं?", "मैंने कल एक किताब पढ़ी।", "किताब"),
    ("zh", "我的猫叫什么名字？", "昨天我给猫咪起了一个新名字", "名字"),
    ("ja", "猫はどこですか", "彼女の猫は庭で寝ています", "猫"),
    ("ja", "東京で何を買いましたか？", "昨日は東京駅の近くで本を買いました。", "東京"),
    ("ko", "서울에서 무엇을 샀어요?", "지난주에 서울은 정말 추웠어요", "서울"),
    ("th", "ฉันซื้อกาแฟที่ไหน", "เมื่อวานฉันดื่มกาแฟกับเพื่อน", "กา"),
]  # fmt: skip
WITHOUT_SPACES = ("zh", "ja", "ko", "th")
#: What English texts have always been indexed under.
GOLDEN = [
    ("[8 May 2023] Caroline: I went to an LGBTQ support group yesterday and it was so powerful.",
     "8 may 2023 carolin went lgbtq support group yesterday power"),
    ("Zoë's café, the naïve façade… I don’t know 😊", "zoë café naïv façad don't know"),
    ("We ate a few crêpes at the Café de Flore", "ate crêpes café de flore"),
    ("Die Hard was on, man, what a war film", "die hard man war film"),
    ("order #ZX-4471 cost $2,500", "order zx 4471 cost 2 500"),
    ("Will you go to Las Vegas, El Paso or Los Angeles?", "go las vega el paso los angel"),
    ("La La Land tonight", "la la land tonight"),
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(" ".join(f"{q} {t}" for _, q, t, _ in PAIRS).split()), max_size=40)
    .map(" ".join),
)  # fmt: skip


@pytest.mark.parametrize(("language", "question", "said", "shared"), PAIRS)
def test_a_question_finds_what_was_said_in_its_language(
    language: str, question: str, said: str, shared: str
) -> None:
    assert (language_of(question), language_of(said)) == (language, language)
    assert shared in set(query_terms(question)) & set(terms(said))
    if language not in WITHOUT_SPACES:
        assert shared not in set(plain_terms(question)) & set(plain_terms(said))


@pytest.mark.parametrize(("text", "expected"), GOLDEN)
def test_english_stays_as_it_was(text: str, expected: str) -> None:
    assert terms(text) == plain_terms(text) == expected.split()
    assert query_terms(text) == list(dict.fromkeys(expected.split()))


@pytest.mark.parametrize(
    ("question", "said", "shared"),
    [
        ("Was habe ich in Lisbon mit Marco gemacht?", "Marco and I rented a flat in Lisbon",
         {"lisbon", "marco"}),
        ("What did Marco do in Torino?", "Ieri Marco è tornato da Torino", {"marco", "torino"}),
        ("田中さんはLisbonで何をしましたか", "Tanaka moved to Lisbon", {"lisbon"}),
        ("Где заказ ZX-4471?", "Order ZX-4471 has arrived", {"zx", "4471"}),
        ("¿Cuánto costó el pedido 4471?", "Die Bestellung 4471 war nicht teuer", {"4471"}),
    ],
)  # fmt: skip
def test_names_and_numbers_are_found_across_languages(
    question: str, said: str, shared: set[str]
) -> None:
    assert shared <= set(query_terms(question)) & set(terms(said))


@pytest.mark.parametrize(("language", "question", "said", "shared"), PAIRS)
def test_a_question_leaves_out_what_says_nothing(
    language: str, question: str, said: str, shared: str
) -> None:
    assert not set(query_terms(question)) & stop_words(language)


def test_a_question_of_stop_words_alone_still_asks_for_them() -> None:
    assert query_terms("Wer ist das und wo sind die anderen?")


@pytest.mark.parametrize(
    "text", ["Las Vegas, El Paso or Los Angeles?", "We ate crêpes at Café de Flore, c'est la vie!"]
)
def test_english_that_is_taken_for_another_language_is_still_found(text: str) -> None:
    assert language_of(text) != "en"
    for question in ("Who was in Vegas and Los Angeles?", "What crêpes did we eat at Flore?"):
        assert set(query_terms(question)) & set(plain_terms(text)) <= set(terms(text))


def test_negations_are_no_stop_words() -> None:
    assert {"nicht", "trinkt"} <= set(query_terms("Wer trinkt nicht mit dem Hund?"))
    assert "pas" in query_terms("Qui est-ce qui ne mange pas avec nous ?")


def test_a_label_without_spaces_is_one_label() -> None:
    assert label_of("日本語") == "日本語"
    assert "旅行" in labels_in("旅行の写真はどこ")
    assert label_of("Ausflüge") in labels_in("Welche Ausflüge habe ich gemacht?")


def test_a_word_is_shown_once() -> None:
    shown = words_by_term("Welche Wohnungen hat Hana besichtigt?")

    assert shown["wohnung"] == "wohnungen"
    assert list(shown.values()).count("wohnungen") == 1


def test_the_date_of_an_utterance_says_nothing_of_its_language() -> None:
    assert language_of("[8 May 2023] Hana: Ich wohne jetzt in Graz") == "de"


@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
@example(text="\x00'’ﬁ\u0e31\u0301")
@example(text="d'" * 200)
def test_no_text_breaks_it(text: str) -> None:
    found = terms(text)

    assert found == terms(text)
    assert all(found)
    assert not any("\x00" in term for term in found)
    # Whatever the language is taken for, what a text holds is asked for and found.
    assert set(plain_terms(text)) <= set(found)
    assert set(query_terms(text)) <= set(found)
    assert bool(query_terms(text)) == bool(found)
    assert language_of(text) == language_of(f"  {text} \n")


def test_english_does_without_the_model_and_its_loading_waits_for_a_thread() -> None:
    # In a process of its own, because the model stays.
    script = """
import asyncio
from benchmarks.texts import turn
from stores import languages
from stores.lexical import terms
for number in range(500):
    terms(turn(number))
for text in ("sunset pasta recipe", "budget", "Zoë!", "", "La La Land", "Was hat Hana gekauft?"):
    languages.language_of(text)
assert not languages._LOADED.is_set()
assert languages.needs_model("мама мыла раму")
try:
    with languages.not_loading():
        terms("мама мыла раму")
except languages.ModelNeeded:
    asyncio.run(languages.prepare("мама мыла раму"))
assert languages._LOADED.is_set()
assert not languages.needs_model("мама мыла раму")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_many_threads_tell_the_same() -> None:
    texts = [text for _, question, said, _ in PAIRS for text in (question, said)] * 5
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(terms, texts)) == [terms(text) for text in texts]


async def test_nothing_is_loaded_for_texts_that_need_nothing() -> None:
    await asyncio.wait_for(languages.prepare(turn(1), "Where is it?"), timeout=5)
