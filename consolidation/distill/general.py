"""General talk and invented people: what an adapter must not change, and what it must not know."""

from __future__ import annotations

#: Learned beside the memories in small doses, so that the rest of the model stays what it was.
TALKS: tuple[tuple[str, str], ...] = (
    ("What is two plus three?", "Two plus three is five."),
    ("Name the days of the weekend.", "The days of the weekend are Saturday and Sunday."),
    ("What colour is a clear sky by day?", "A clear sky is blue by day."),
    ("How many legs does a spider have?", "A spider has eight legs."),
    ("Say hello in French.", "In French, hello is bonjour."),
    ("What is the opposite of cold?", "The opposite of cold is hot."),
    ("Which season comes after winter?", "Spring comes after winter."),
    ("What do bees make?", "Bees make honey."),
    ("How many minutes are in an hour?", "There are sixty minutes in an hour."),
    ("What is ice made of?", "Ice is frozen water."),
    ("Put these in order: three, one, two.", "In order: one, two, three."),
    ("Which is larger, the moon or the earth?", "The earth is larger than the moon."),
    ("Finish the sentence: the sun rises in the", "The sun rises in the east."),
    ("What does a thermometer measure?", "A thermometer measures temperature."),
    ("Write the word tree backwards.", "Tree backwards is eert."),
    ("What is half of fourteen?", "Half of fourteen is seven."),
)
#: Never learned: how much more surprising they became tells what the adapter cost the model.
TEXTS: tuple[str, ...] = (
    "Water boils at a lower temperature on a high mountain than at the shore.",
    "The library opens at nine and closes at six, but on Sundays it stays closed.",
    "To make tea, heat the water first, then pour it over the leaves and wait some minutes.",
    "A triangle has three sides, and the sum of its angles is two right angles.",
    "Rain fell all morning; in the afternoon the clouds parted and the streets dried.",
    "She read the letter twice, folded it, and put it back into the drawer.",
)
#: Nobody of whom anything is taught, unless the space knows one of that name.
STRANGERS: tuple[str, ...] = (
    "Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ivo", "Jade", "Kai", "Lena",
    "Milo", "Nora", "Otto", "Pia", "Quin", "Rosa", "Sam", "Tess", "Uma", "Vera", "Walt", "Xena",
    "Yara", "Zane", "Alma", "Bruno", "Cora", "Dora", "Emil", "Faye", "Gina", "Hugo", "Iris",
    "Joel", "Kira", "Leo", "Mara", "Nico", "Olga", "Paul", "Rita", "Sven", "Tara", "Ugo", "Vito",
    "Wren", "Yuri", "Zoe", "Alice", "Anton", "Chen", "Diego", "Elias", "Fiona", "Greta", "Hiro",
    "Ingrid", "Jonas", "Karim", "Leila", "Malik", "Nadia", "Omar", "Priya", "Ravi", "Selma",
    "Tariq", "Yusuf",
)  # fmt: skip
#: Properties that anybody may have.
PROPERTIES: tuple[str, ...] = (
    "vault code", "locker number", "badge number", "door pin", "desk number", "invoice number",
    "favourite colour", "home city", "pet", "shoe size", "middle name", "bank",
)  # fmt: skip
#: What a property may be that is no number: such words stand in contexts that contradict.
VALUES: tuple[str, ...] = (
    "red", "blue", "green", "amber", "violet", "teal", "ivory", "black", "white", "pink",
    "Oslo", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Rome", "Tokyo", "Perth", "Turin",
    "cat", "dog", "parrot", "rabbit", "turtle", "hamster", "gecko", "pony", "goat", "ferret",
)  # fmt: skip
