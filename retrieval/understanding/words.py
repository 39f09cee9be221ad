"""Lists of English words the rules are written in."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AUXILIARIES = _words(
    """
    am is are was were be been has have had do does did can could will would shall should may
    might must ain't isn't aren't wasn't weren't hasn't haven't hadn't don't doesn't didn't can't
    cannot couldn't won't wouldn't shan't shouldn't mightn't mustn't
    """
)
#: Past forms that do not end in -ed and differ from the base form.
IRREGULAR_PAST = _words(
    """
    ate became began bent bit blew bought broke brought built came caught chose did dealt drank
    drew drove dug fed fell felt flew forgot fought found froze gave got grew had heard held hid
    kept knew laid led left lent lit lost made meant met paid ran rang rode said sang sat saw sent
    shook shot slept sold spent spoke spun stood stole stuck swam swore taught thought threw told
    took tore understood went woke won wore wrote overslept rebuilt rewrote withdrew been bore
    bred burnt clung crept done dove dreamt flung forgave gone hung knelt lay leapt learnt
    misunderstood mistook outgrew overcame overheard pled redid sank seen shone shrank slid snuck
    sought sped sprang struck stung swept swung taken undertook undid wept wound wrung
    """
)
#: Base and past are one word: which it is cannot be told, so the word is left as it is.
SAME_IN_PAST = _words(
    """
    beat bet broadcast burst cast cost cut fit hit hurt knit let put quit read rid set shed shut
    split spread upset wed
    """
)
#: They end in -ed but are base forms.
BASE_IN_ED = _words(
    """
    bleed breed embed exceed feed heed need proceed seed speed succeed
    """
)
#: They end in -ly but are verbs.
VERB_IN_LY = _words(
    """
    ally apply bully comply fly imply multiply rally rely reply supply
    """
)
ADVERBS = _words(
    """
    almost already also always just barely both even ever first hardly kinda last mostly never not
    now often only perhaps quite rather really seldom simply sometimes soon still then therefore
    though thus too totally usually maybe recently finally once eventually normally rarely
    honestly actually currently sure obviously definitely probably
    """
)
#: After "I" these begin no verb.
NO_VERB = _words(
    """
    and or nor but of to in on at for from with by as than that which who whom whose if when while
    where because since until unless though although the a an this these those my your his her its
    our their he she it we they you i me him us them
    """
)
#: Common verbs a person is the subject of, in the base form.
COMMON_VERBS = _words(
    """
    like love hate want need think know feel get go enjoy prefer keep hope plan try live work play
    study run teach make take see eat drink drive speak own use read write help believe remember
    miss start stop look spend meet buy sell travel swim cook bake paint draw sing dance sleep
    wake train volunteer manage lead build design develop visit call talk say tell wish guess
    agree understand mean
    """
)
#: Words that say nothing about anyone in particular.
EMPTY_WORDS = (
    _words(
        """
    a an the this that these those it its i'm he she they them him her we us our you your my mine
    me myself i and or but so as if than then there here to of in on at for from with by about
    into over up down out off am is are was were be been being has have had do does did can could
    will would shall should may might must not no yes very really just too also even much many
    more most lot lots all some any one ones way ways thing things stuff something anything
    everything nothing someone everyone bit kind sort day today now time times while again always
    never ever still already yet only what who when where why how which because since until such
    like well super pretty quite totally absolutely definitely truly honestly actually seriously
    probably s t m d ll ve re going gonna got get bunch course sure okay ok everybody anybody yeah
    oh wow haha lol both each together right though getting keep far come came make made
    """
    )
    | AUXILIARIES
)
#: Praise and feeling without an object: "is so great" states nothing that lasts.
EVALUATIVE = _words(
    """
    amazing awesome great good nice cool lovely wonderful fantastic incredible beautiful inspiring
    inspirational special important vital key crucial necessary fun perfect best better excited
    exciting happy glad proud thankful grateful sorry sad fine sweet kind powerful rewarding
    brilliant gorgeous stunning impressive interesting crazy wild hard tough easy true bad
    terrible awful horrible weird funny hilarious adorable cute precious priceless meaningful
    valuable worth delicious yummy ready back busy blessed lucky fortunate touching heartwarming
    refreshing peaceful calming relaxing magical breathtaking awe-inspiring joy joyful hope
    hopeful wish feel feels feeling felt look looks looked seem seems seemed sound sounds sounded
    life moment moments
    """
)
#: Nouns that open sentences like names do.
NOT_NAMES = _words(
    """
    the a an this that these those there here it he she they we you i my our your his her their
    its what who whom whose which when where why how if because since while although though after
    before once until unless as so and but or nor yet for in on at to from with without by about
    of over under between through during not no yes some any all both each every either neither
    many much more most few several one two three four five six seven eight nine ten another other
    others such same everything nothing something anything everyone someone anyone nobody
    everybody somebody people kids children friends family life work school time love music art
    nature food home money health happiness dinner lunch breakfast weather traffic today tonight
    tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday january february
    march july august september october november december spring summer autumn fall winter next
    last also just even only still maybe perhaps then now well oh yeah wow ok okay thanks sorry
    please great good nice cool sure same two half nothing being having getting going doing making
    taking self-care support community history science culture sleep exercise hard happy glad
    looks sounds seems guess hope wish hey hi hello anyway actually honestly really absolutely
    definitely totally never always sometimes usually often plus clay red blue green yellow purple
    pink black white coffee tea water books clothes colors colours
    """
)
#: Verbs that can stand behind the subject of a sentence.
FINITE = (
    _words(
        """
        comes goes gets makes takes works lives loves likes wants needs plays runs says thinks
        knows feels keeps helps gives starts ends opens closes costs means brings moves shows
        teaches studies uses sells owns leads weighs lasts hosts joins plans hopes prefers
        enjoys hates eats drinks sleeps wakes drives rides walks swims sings paints writes reads
        remains became stays leaves arrives returns seems looks turns supports allows includes
        contains requires depends handles serves stands sits hangs covers expires ships fails
        passes blocks deploys reports manages visits calls sends buys pays earns speaks travels
        cooks bakes
        """
    )
    | AUXILIARIES
    | IRREGULAR_PAST
    | SAME_IN_PAST
)
PLURAL_VERBS = _words("are were have do aren't weren't haven't don't")
AFTER_NAMES = _words("'s just also still never always finally already recently")
