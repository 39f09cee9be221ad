"""Nouns and adjectives that make a statement sure: occupations, pets, kin, languages, illnesses."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """A list of words, as a set."""
    return frozenset(text.split())


OCCUPATIONS = words(
    """
    accountant actor actress analyst architect artist assistant astronomer attorney author baker
    banker barber barista bartender biologist bookkeeper builder butcher caregiver carer carpenter
    cashier chef chemist cleaner clerk coach comedian composer consultant contractor cook
    counselor counsellor curator dancer dentist designer detective developer dietitian director
    doctor driver economist editor electrician engineer farmer filmmaker firefighter fisherman
    florist freelancer gardener geologist hairdresser historian illustrator instructor
    apprentice physio maker
    interpreter janitor jeweller journalist judge lawyer lecturer librarian lifeguard locksmith
    manager mathematician mechanic midwife miner model musician nanny nurse nutritionist optician
    painter paralegal paramedic pastor pharmacist photographer physicist physiotherapist pianist
    pilot plumber poet postman potter priest producer professor programmer psychiatrist
    psychologist radiographer receptionist recruiter reporter researcher roofer sailor scientist
    screenwriter secretary singer soldier solicitor statistician student surgeon surveyor tailor
    teacher technician therapist trader translator tutor veterinarian vet videographer waiter
    waitress welder writer zoologist
    """
)
PETS = words(
    """
    cat dog puppy kitten rabbit bunny hamster parrot budgie canary horse pony turtle tortoise
    goldfish snake gecko lizard ferret chinchilla cockatiel corgi labrador retriever poodle beagle
    terrier husky spaniel greyhound pug dachshund collie tabby guinea-pig pup
    """
)
LANGUAGES = words(
    """
    English Spanish French German Italian Portuguese Dutch Swedish Norwegian Danish Finnish
    Icelandic Polish Czech Slovak Hungarian Romanian Bulgarian Greek Turkish Russian Ukrainian
    Serbian Croatian Slovenian Latvian Lithuanian Estonian Arabic Hebrew Persian Farsi Urdu Hindi
    Punjabi Bengali Tamil Telugu Gujarati Marathi Nepali Mandarin Cantonese Chinese Japanese
    Korean Vietnamese Thai Indonesian Malay Tagalog Swahili Amharic Yoruba Zulu Afrikaans Welsh
    Irish Gaelic Catalan Basque Latin Esperanto
    """
)
NATIONALITIES = (
    LANGUAGES
    - words("English Farsi Hindi Punjabi Tamil Telugu Mandarin Cantonese Tagalog Latin Esperanto")
) | words(
    """
    English American British Canadian Mexican Brazilian Argentinian Chilean Colombian Peruvian
    Cuban Jamaican Australian Scottish Austrian Swiss Belgian Indian Pakistani Bangladeshi
    Egyptian Moroccan Tunisian Algerian Nigerian Ghanaian Kenyan Ethiopian Israeli Iranian Iraqi
    Syrian Lebanese Jordanian Afghan Filipino Taiwanese Singaporean Malaysian Georgian Armenian
    """
)
INSTRUMENTS = words(
    """
    guitar piano violin viola cello drums drum flute clarinet saxophone trumpet trombone bass
    ukulele harp banjo mandolin accordion keyboard keyboards organ oboe harmonica
    """
)
SPORTS = words(
    """
    football soccer basketball baseball tennis badminton squash volleyball handball hockey rugby
    cricket golf chess poker netball lacrosse softball padel pickleball
    """
)
PRACTICES = words("yoga pilates meditation karate judo taekwondo aikido tai-chi boxing calligraphy")
CONDITIONS = words(
    """
    asthma diabetes epilepsy arthritis migraines migraine adhd autism dyslexia anxiety depression
    insomnia eczema psoriasis hypertension anaemia anemia celiac coeliac endometriosis cancer
    osteoporosis hypothyroidism tinnitus gout sciatica
    """
)
DIETS = words("vegan vegetarian pescatarian flexitarian")
#: How else a diet is called.
DIET_NAMES = DIETS | words(
    "keto kosher halal paleo gluten-free dairy-free sugar-free low-carb plant-based carnivore"
)
#: Which relation a possessed person stands in to whom they belong to.
RELATIVES = {
    **dict.fromkeys(("sister", "brother", "twin", "sibling", "stepsister", "stepbrother"),
                    "has_sibling"),
    **dict.fromkeys(("mother", "father", "mum", "mom", "dad", "stepmother", "stepfather",
                     "stepmom", "stepdad", "mama", "papa"), "has_parent"),
    **dict.fromkeys(("baby", "son", "daughter", "stepson", "stepdaughter", "child", "kid"),
                    "has_child"),
    **dict.fromkeys(("wife", "husband", "spouse"), "married_to"),
    **dict.fromkeys(("boyfriend", "girlfriend", "partner", "fiancé", "fiancée", "fiance",
                     "fiancee"), "partner"),
    **dict.fromkeys(("friend", "buddy", "bestie"), "has_friend"),
}  # fmt: skip
#: Others who belong to somebody; each makes a relation of its own name, such as `has_cousin`.
OTHERS = words(
    """
    cousin aunt uncle nephew niece grandmother grandfather grandma grandpa granny gran nan grandson
    granddaughter boss manager colleague coworker co-worker roommate flatmate neighbour neighbor
    teammate mentor therapist teacher coach landlord landlady sister-in-law brother-in-law
    mother-in-law father-in-law
    """
)
#: Those of them who are no kin.
ACQUAINTANCES = words(
    """
    boss manager colleague coworker co-worker roommate flatmate neighbour neighbor teammate mentor
    therapist teacher coach landlord landlady
    """
)
SIBLINGS = words("sister sisters brother brothers sibling siblings twin twins")
CHILDREN = words(
    "son sons daughter daughters child children kid kids stepson stepdaughter toddler baby"
)
#: What is made by saying so, not by hand.
ABSTRACT = words(
    """
    decision mistake friend friends promise plan plans choice difference change changes point
    reservation appointment deal list effort progress sense fun time money connection connections
    impact start bit lot move call commitment living fool mess comeback memories noise way room
    use joke note metre metres meter meters kilo kilos hour hours minute minutes day days week weeks
    month months year years phone-call conversation top rest series something
    """
)


def is_one_of(phrase: str, vocabulary: frozenset[str]) -> bool:
    """Whether the last word of a phrase, or its singular, is in a vocabulary."""
    head = phrase.rpartition(" ")[2]
    return any(form in vocabulary for form in (head, head.lower(), head.lower().removesuffix("s")))


#: The pronoun of whom a word for kin names.
GENDERS = {
    **dict.fromkeys(
        words("""
            sister stepsister mother mum mom stepmother stepmom mama daughter stepdaughter wife
            girlfriend fiancée fiancee aunt niece grandmother grandma granny gran nan granddaughter
            landlady sister-in-law mother-in-law
            """),
        "she",
    ),
    **dict.fromkeys(
        words("""
            brother stepbrother father dad stepfather stepdad papa son stepson husband boyfriend
            fiancé fiance uncle nephew grandfather grandpa grandson landlord brother-in-law
            father-in-law
            """),
        "he",
    ),
}
#: Who is called so is the same as who is called otherwise.
PLAIN_KIN = {
    **dict.fromkeys(("mum", "mom", "mama"), "mother"),
    **dict.fromkeys(("dad", "papa"), "father"),
    **dict.fromkeys(("grandma", "granny", "gran", "nan"), "grandmother"),
    "grandpa": "grandfather",
}
GROUPS = words(
    """
    club team choir band group gym society union league orchestra committee board community
    association church class program programme chorus troupe squad guild circle
    """
)
#: What somebody is made or promoted to, beyond their trade.
ROLES = OCCUPATIONS | words(
    """
    lead leader head supervisor foreman captain chair chairman chairwoman chairperson president
    vice-president principal partner officer executive treasurer deputy coordinator superintendent
    director manager editor ceo cto cfo coo vp strategist specialist
    """
)
_TEENS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen"
)
#: An age in words, as a pattern.
NUMBERS_OF_YEARS = (
    rf"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?|(?:{_TEENS})\b"
)
