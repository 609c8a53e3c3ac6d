/**
 * The most frequent small words of languages of one script: a text of a few sentences has many of its own language and few of
 * any other. By ISO 639-1; `no` is Bokmål, `hr` stands for Bosnian and for Serbian in Latin letters too.
 */
const latin = {
  en: 'the of and to in is that for it you was on are as with his they be at this have from or had by but what we there can which their if will about would these her has him your how all when my an not do does been who more some could our into than its then them out up were i please me',
  de: 'der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde wenn ich wir ihr mir mich kann bitte was kein keine diese',
  fr: "le la les de des du un une et est en que qui dans pour pas au sur ce il elle se ne plus par je avec tout faire son sa ses mais nous comme ou si leur y dire être vous aux cette ont été sont je j'ai c'est d'un d'une qu'il n'est l'on moi mon ma mes votre vos très bien où donc",
  es: 'el la los las de que y en un una es por con no para su al lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante uno ni contra ese eso mi qué te usted está son fue ha del se yo tu cómo puede tiene así otra otro vez ahora pues hace todos',
  it: "il lo la i gli le di che e è un una in per non si con da come anche più ma del della dei delle al alla nel nella sono ha mi ci questo questa se io tu lui lei noi o perché cosa quando dove chi molto sul sulla dal essere ho hanno era l'ha c'è dell'",
  pt: 'o a os as de que e do da em um uma para com não se na no por mais dos das como mas ao ele ela foi seu sua ou ser quando muito há nos já está eu também só pelo pela até isso entre era depois sem mesmo aos ter seus quem nas me esse eles você tem são meu minha às essa num nem',
  ca: 'el la els les de que i en un una és per amb no per al com més però del dels seu seva ho aquest aquesta són ha han també quan molt hi fer si perquè ens va sense o entre on tot jo què els meu teva estan',
  nl: 'de het een en van in is dat op te zijn met voor niet die er aan om ook als maar door over bij ik je hij ze wij we dit was worden wordt naar uit heeft nog kan hebben tot dan zich wat meer deze of geen mijn u uw hoe waar zo al kunnen moet',
  sv: 'och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när år under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket du mig min hur vad detta',
  da: 'og i at det som en på er af for med til den har de ikke om et han men var jeg sig fra vi så kan når også efter eller nu sin hvor ved mod skal ville kommer ud får være havde alle andre meget du mig min hvordan hvad blev bliver hun dette efter noget nogle',
  no: 'og i at det som en på er av for med til den har de ikke om et han men var jeg seg fra vi så kan når også etter eller nå sin hvor ved mot skal ville kommer ut får være hadde alle andre mye du meg min hvordan hva ble blir hun dette etter noe noen',
  fi: 'ja on ei että se oli en hän mutta ovat kun niin myös tai joka mitä jos nyt sen minä kuin ole ne sitä siitä vain mukaan sekä voi ollut hänen jo olla vielä me te he tämä tässä miten miksi kuinka mikä minun sinun olen sinä joka jotka kanssa jälkeen',
  et: 'ja on ei et see oli ta aga ka kui siis või mis kes kuidas ma sa me te nad oma selle seda veel juba nii ning mina sina pole olen oled oleme kas miks kus siin seal väga sest kõik üks siis nüüd',
  hu: 'a az és hogy nem is egy van volt meg ez azt de ki csak mint már el még ha vagy le mi én te ő mert lesz kell lehet minden nagyon itt ott hogyan miért ezt ami aki után szerint között nincs vannak kérem mit megint ezért mindig most így úgy',
  pl: 'w i na z się nie do to że jest o jak za po co ale od tak ten czy dla są przez przy tym już może być był była było tylko jego jej ich bardzo gdy lub oraz ja ty my mnie mi mam który która które jako proszę czym gdzie kiedy',
  cs: 'a v se na je že s z do to o i k jako pro ale po jsou by od byl byla bylo který která které jsem co tak jak při nebo už také jeho její již může být aby až podle za své mezi než kde když ještě jen prosím mi mě si ve',
  sk: 'a v sa na je že s z do to o i k ako pre ale po sú by od bol bola bolo ktorý ktorá ktoré som čo tak pri alebo už tiež jeho jej môže byť aby až podľa za svoje medzi než kde keď ešte len prosím mi ma si vo nie',
  sl: 'in v je na se za da so z ki po s pa tudi bi o kot ne ali od do pri še kako kaj kje sem ni bil bila bilo smo ste lahko ker če tako zelo samo pred med že vse mi me moj ta to te',
  hr: 'i u je na se da su za od s a o sa kao što koji koja koje ili bi po ne nije ali će biti bio bila bilo sam smo kako gdje gde kad kada već samo između prije pre vrlo veoma može ovo ovaj to iz do molim mi me moj njegov njihov šta',
  ro: 'de și în la cu pe nu să o un care este din pentru mai ce că a au se sunt al ale ca dar sau prin după fost fi ei el ea cum când unde foarte acest această aceasta îmi mi te eu tu noi voi lui lor fără până ai am ați',
  tr: 've bir bu da de için ile ne çok daha olarak gibi var ama en o kadar sonra değil ki mi mı ben sen biz siz onlar olan her ya veya nasıl neden nerede şey şu olduğu oldu ise bana sana lütfen tarafından göre hem yok',
  lt: 'ir yra į kad tai su iš buvo bet kaip jo ne ar už apie po aš jis ji mes jūs kuris kuri dar jau tik labai taip pat arba nuo iki per prie mano tavo kas kur kada kodėl gali būti nėra',
  lv: 'un ir ar no uz par ka tas bet kā kas vai es viņš viņa mēs jūs nav bija pie pēc līdz arī tikai vēl jau ļoti savu mani tā šis šī kur kad kāpēc var būt lai to tiek',
  vi: 'và là của có không cho một được các những trong người với này đã để khi từ như về cũng tôi bạn anh chị em nó họ đến rất thì mà ở ra vào sẽ phải nhưng đó nếu hay gì làm nhiều',
  id: 'yang dan di dari untuk dengan ini itu pada adalah tidak ke dalam akan juga saya anda kami kita mereka dia ada atau oleh sebagai telah dapat bisa lebih sudah karena jika apa bagaimana seperti tetapi para sangat hanya tersebut',
  tl: 'ang ng sa na mga at ay si ko mo ka ako ikaw siya kami tayo sila ito iyan hindi may para kung ano paano dahil pero din rin lang po naman',
  sw: 'ya na wa kwa ni katika la za cha kuwa hii huu hiyo kama lakini au yake wake mimi wewe yeye sisi wao pia sana tu ili bila nini vipi hapa ambayo',
  af: "die en van in is 'n het dat nie met vir op te om wat ek jy hy sy ons hulle daar as sal kan was ook hierdie maar baie deur my hoe",
} as const

const cyrillic = {
  ru: 'и в не на я что он с как это по но она к у из за от так же вы бы о его для мы только все или мне было вот быть если уже когда есть был до чтобы при они где очень меня можно этот пожалуйста может того также',
  uk: 'і в не на я що він з як це по але вона до у із за від так же ви б про його для ми тільки все або мені було ось бути якщо вже коли є був щоб при вони де дуже мене можна цей будь та й може також її',
  be: 'і ў не на я што ён з як гэта па але яна да у із за ад так жа вы б пра яго для мы толькі усё або мне было вось быць калі ўжо ёсць быў каб пры яны дзе вельмі мяне можна гэты таксама яе',
  bg: 'и в не на аз че той с как това по но тя към у от за така вие би го за ние само всички или ми беше ето да ако вече когато е бил до при те къде много ме може този са се със във моля ще който които ли ако тази тези пак',
  sr: 'и у је на се да су за од с а о са као што који која које или би по не није али ће бити био била било сам смо како где кад када већ само између пре веома може ово овај то из до молим ми ме мој ли ако ове ову овог када сте смо јер',
  mk: 'и во е на се да се за од со а како што кој која кое или би по не ама ќе биде бил била било сум сме каде кога веќе само меѓу пред многу може ова овој тоа до ве молам ми ме мој ги го ли ако ја оваа овие кажете можете пак секој секоја нас',
} as const

const devanagari = {
  hi: 'है और के में की का से को पर यह नहीं हैं कि ने एक भी था हो जो मैं आप हम कर लिए तो या क्या कैसे थे थी वह मुझे',
  mr: 'आहे आणि च्या या मी तो ती हे नाही आहेत की ने एक पण होते होता जे आपण आम्ही करून साठी तर किंवा काय कसे मला त्या',
  ne: 'छ र को मा का यो छैन हुन् कि ले एक पनि थियो जो म तपाईं हामी गर्न लागि तर वा के कसरी भने हो मलाई छन् गरेको',
} as const

/** Letters that only a few languages of a script have: telling where small words are shared, and in short texts. */
const letters: readonly (readonly [string, string])[] = [
  ['ß', 'de'],
  ['ñ¿¡', 'es'],
  ['ãõ', 'pt'],
  ['œùê', 'fr'],
  ['·', 'ca'],
  ['åä', 'sv'],
  ['æø', 'da no'],
  ['äö', 'fi sv de'],
  ['õäü', 'et'],
  ['őű', 'hu'],
  ['łąężźńść', 'pl'],
  ['řěů', 'cs'],
  ['ľĺŕôä', 'sk'],
  ['ášíé', 'cs sk'],
  ['čšž', 'sl hr'],
  ['đćčšž', 'hr'],
  ['ășțşţ', 'ro'],
  ['ğışİ', 'tr'],
  ['ėųįęąū', 'lt'],
  ['ķļņģēīā', 'lv'],
  ['ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ', 'vi'],
  ['ыэё', 'ru be'],
  ['ії', 'uk'],
  ['єґї', 'uk'],
  ['ў', 'be'],
  ['ъщ', 'bg'],
  ['јљњћђ', 'sr'],
  ['ѓќѕјљњ', 'mk'],
  ['ळ', 'mr'],
]

export type WordTable = ReadonlyMap<string, readonly string[]>

export interface ScriptProfile {
  readonly languages: readonly string[]
  /** The languages that have a word. */
  readonly words: WordTable
  /** The languages that a letter speaks for. */
  readonly letters: WordTable
}

function profileOf(wordsByLanguage: Readonly<Record<string, string>>): ScriptProfile {
  const languages = Object.keys(wordsByLanguage)
  const words = new Map<string, string[]>()
  for (const [language, list] of Object.entries(wordsByLanguage))
    for (const word of new Set(list.split(' '))) words.set(word, [...(words.get(word) ?? []), language])
  const byLetter = new Map<string, string[]>()
  for (const [group, named] of letters) {
    const known = named.split(' ').filter((language) => languages.includes(language))
    if (known.length > 0) for (const letter of group) byLetter.set(letter, [...(byLetter.get(letter) ?? []), ...known])
  }
  return { languages, words, letters: byLetter }
}

export const latinProfile = profileOf(latin)
export const cyrillicProfile = profileOf(cyrillic)
export const devanagariProfile = profileOf(devanagari)
