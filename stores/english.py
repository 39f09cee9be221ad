"""The words of English that tell it apart, and those that say nothing about a text."""

from __future__ import annotations


def words(listed: str) -> frozenset[str]:
    """The words of a list with spaces between them."""
    return frozenset(listed.split())


#: The function words of English, with their contractions. Negations stay in, they change what is
#: said.
STOP_WORDS = words("""
    a about above after again all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further
    had has have having he her here hers herself him himself his how i i'd i'll i'm i've if in
    into is it it's its itself just me more most my myself of off on once only or other our ours
    ourselves out over own same she should so some such than that the their theirs them
    themselves then there these they they're they've this those through to too under until up
    very was we we're we've were what when where which while who whom why will with would you
    you'd you'll you're you've your yours yourself yourselves
""")
#: Frequent words of conversations that, like most function words, no other language has.
PLAIN = words("""
    always amazing anything asked awesome back best congrats cool day ever every everything
    family favorite favourite feel first friend friends fun get give going good got great happy
    hello hey hi home hope know last let like little look lot love made make many month much
    need never new next nice night now okay old one people please really remember right said say
    see something sorry sounds still sure tell thank thanks thing things think three time today
    told tomorrow two want way week well went which work wow yeah year years yep yes yesterday
""")
#: English words, names and abbreviations that are function words elsewhere.
HOMOGRAPHS = words("""
    ach ad ada af agar ai al ala ale alla allen allo alt ama amb ami anda ani ano ans ante antes
    ar arra att aura aus aux av az azi ba banyak bare bei ben bin bis bist biz bo bu ca cada
    cali cam care cat che chi cine cite co col com come comment con conform contra coz cu cum da
    dai dal dan dar das dat de deja del dela dell dem demi den der des desde desi detta di dia
    die dies dig din dina dini dir dit dog dong door dos dove dr du durante dus ea ed eg el ella
    elle ellen elles els em email en end ens entre er era eras eri ero es esse este et exact ez
    fa face fan fem fer fi fie fora fosse fra fu fui fut ge go ha hab hal ham han hans hat hay
    hei heille hem hep hin ho hoe hon honom hos hoss hun hur ia ich ii iii il ile ill ill. im
    ind inn ins io ise isi iti iv ix ja jak jen jer jest ji jo joka jos ju kala kam kami kan
    kell ki kim kok kon ku kun la lah lain lama las lat le lei les lett li lo lor loro los lub
    lui ma maar maga mai maka mam man mana mare mas mate mau medan meg men mes met meu mi mia
    mich mie miei mig mij mille min mina mine mint mio mir mis mit mitt moc mod mode moi mon mot
    mu muss muy na nah nam nas nasi ned nel nell nella nello ni nim noch nog nos notre nou nove
    np nr nu num nun nuo nur ob od ode og ok ole oleh om ona one oni ono ons ont op opp os osm
    oss pak paling pan pana pani par para pe per pero pina pl plus po poco pod por pour pres pri
    primer pro proc prof puc pula pun qual quale quan quant quanta quanto que qui re reeds sa
    sai sale saling sam sama samme sana sap saps sau saya se sea sean sedan sedm seg sei sein
    sem sen sense ser sera ses seu si sia sie sig sin sina sind sine sint sit sobre soc som son
    sono sota sou soy sta stia strana su sub sue sui sul sur sus ta tai tak taka take tam tanto
    te tel tem temos ten tento tes thi ti til till tim todo toen toh tom ton tot toto tra tu tua
    tue tus tuto tutti ty tym ud uit ul um un una und unde une uno unser upp ut uw uz va vaan
    van var vara vas vase ve ved veel vem vere vi vice vid vii viii vil ville voi vol volt vom
    von vor vos vous wah wami want war wat weg weil wem wie wil wir wo wong www xi xii xiii xiv
    xv ya yang yo za zal ze zo zou zum zur
""")
