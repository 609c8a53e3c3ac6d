/** What a word or phrase says in an attack. Each class is one bit, so that a word can be of several. */
export const classes = {
  /** Drop it. */
  override: 1,
  /** Said before. */
  earlier: 2,
  /** All of it, yours. */
  scope: 4,
  /** Instructions. */
  instructions: 8,
  /** Say it. */
  reveal: 16,
  /** The instructions of this very model. */
  ownPrompt: 32,
  /** A secret that instructions keep. */
  secret: 64,
  /** Without rules. */
  unbound: 128,
  /** Be somebody. */
  persona: 256,
  /** Do not refuse, do not warn. */
  suppress: 512,
  /** Speaks to somebody. */
  address: 1024,
  /** A model or assistant. */
  machine: 2048,
  /** All of it, whatever it is. */
  everything: 16_384,
  /** A word of attacks, each letter thirteen further. */
  rotated: 32_768,
  /** A word of attacks from behind. */
  reversed: 65_536,
  /** Behind the user's back. */
  untold: 4096,
  /** Has to do something. */
  duty: 8192,
} as const

type ClassName = keyof typeof classes

/**
 * Words and phrases by class: one to three words of normalised text, separated by `|`. `~` after six letters means every
 * word that begins with them. Ideographs and kana are a word each, so a phrase has at most three of them.
 */
/** An order to drop everything by itself: counts as all the words that make one. */
const dropEverything =
  'change your instructions|replace your instructions|instructions are void|ignore above|ignore the above|ignore previous|ignore all previous|disregard above|disregard the above|disregard previous|forget everything before|forget everything above|forget everything that|forget everything we|forget everything you|forget everything i|forget all previous|forget all about|forget the above|vergiss alles|vergiss alles was|oublie tout|oubliez tout|olvida todo|olvídate de todo|dimentica tutto|esqueça tudo|esquece tudo|zapomnij o wszystkim|zaboravi sve|забудь всё|забудь все|забудьте всё|her şeyi unut|lupakan semua|quên hết|忘记一切|全て忘れ'

export const lexicon: Readonly<Record<ClassName, string>> = {
  override: [
    'ignore|ignores|ignored|ignoring|disreg~|forget|forgets|override|overrides|overri~|bypass|discard|dismiss|neglect|abandon|overwr~|do not follow|not follow|stop following|no longer follow|not obey|pay no attention|no longer apply|irrelevant|leave behind',
    'ignori~|vergiss|vergessen|missac~|nicht beachten|ignora|ignorez|ignorer|oublie|oublies|oubliez|oublier|ne tiens|ne tenez|ignorad|olvida|olvide|olvidate|olvídate|olviden|haz caso omiso|caso omiso|dimentica|dimenticare|dimenticati|tralascia|trascura|ignoro|esqueça|esquece|esqueca|descon~|desprezar|negeer|negeren|vergeet|zanema~|zaboravi|zaboravite|zignoruj|zapomnij|pomiń|ignoruj|zapomeň|ignoră|ignorati|uită|glöm|ignorera|strunta|ignorér|glem|unohda',
    'игнорируй|игнорируйте|игнори~|забудь|забудьте|отмени|ігнору~|забудьте|αγνόησε|αγνόησ~|ξέχασε|yok say|unut|unutun|dikkate alma|görmezden gel|göz ardı|abaikan|lupakan|bỏ qua|quên hết|quên đi|puuza|sahau',
    'تجاهل|تجاهلي|انس|انسى|انسَ|نادیده بگیر|نادیده|فراموش کن|התעלם|שכח|अनदेखा|अनदेखी|नज़रअंदाज़|नजरअंदाज|नज़रअंदाज|भूल जाओ|भूल जाएं|भूल|উপেক্ষা|ভুলে যাও',
    dropEverything,
    '忽略|无视|忘记|忘掉|無視|忽視|忘れ|不要遵|무시하고|무시하세요|무시해|무시하십시오|무시해라|잊어버려|잊어|잊으세요|잊고',
  ].join('|'),
  earlier: [
    'previous|previo~|prior|above|earlier|preced~|initial|original|origin~|former|existing|so far|until now|before|beforehand|before this|up to now|foregoing|given before|old',
    'vorher~|vorigen|bisher~|obigen|obige|oben|bisher|vorangegangenen|précéd~|anteri~|ci-dessus|dessus|avant|antes|arriba|preced~|preceden~|sopra|prima|acima|vorige|eerdere|hierboven|hiervoor|poprze~|wcześn~|powyżs~|předch~|dosud|prethodne|prethodn~|ranije|anterioare|de mai sus|tidigare|ovan|innan|korábbi|eddig',
    'предыд~|прежние|раньше|выше|прежни~|попере~|раніше|вище|προηγο~|πριν|önceki|daha önce|yukarıdaki|şimdiye kadar|sebelumnya|di atas|trước đó|ở trên|trước|yaliyotangulia|awali',
    'السابقة|السابق|أعلاه|قبل|قبلی|تا حالا|הקודמות|עד עכשיו|पिछले|पिछली|पहले|ऊपर|अब तक|আগের|এতক্ষণ',
    dropEverything,
    '之前|以前|以上|上面|先前|上述|前面|これま|前の|以上の|上記|이전의|이전|위의|지금까지|앞의|기존',
  ].join('|'),
  scope: [
    'all|any|every|everything|anything|whatever|your|all of',
    'alle|alles|sämtli~|deine|ihre|tout|toutes|tous|tes|vos|tus|todo|todas|todos|tutto|tutte|tutti|tue|tudo|sua|suas|suas|alle|al|svi|sve|sva|wszyst~|všechny|toate|tot|alla|allt|minden|összes',
    'все|всё|всех|усі|усе|όλες|tüm|bütün|her şeyi|semua|segala|tất cả|mọi|yote|جميع|كل|تمام|همه|כל|सभी|सब|सारे|সব',
    '所有|一切|全部|全て|すべて|모든|전부|모두',
  ].join('|'),
  instructions: [
    'instru~|prompt|prompts|directions|directi~|rules|guidel~|commands|command|orders|progra~|constr~|assignments|tasks|policies|restri~|context|training|protocols|safeguards|filters|moderation|information',
    'anweis~|informationen|información|informazioni|informações|regeln|vorgaben|befehle|aufgaben|richtl~|consignes|règles|ordres|instruc~|reglas|órdenes|ordenes|directrices|istruz~|regole|direttive|ordini|regras|diretr~|ordens|instru~|regels|opdrac~|upute|uputama|pravila|instrukcije|instruk~|poleceń|polecenia|zasad|zasady|pokyny|pravidla|reguli|regler|regler|utasítás|utasít~|szabályt',
    'инстру~|указания|правила|команды|інстру~|правил|οδηγίες|κανόνες|talima~|kuralları|kurall~|komutları|instruksi|aturan|perintah|hướng dẫn|chỉ dẫn|quy tắc|lệnh|maagizo',
    'التعليمات|تعليمات|القواعد|الأوامر|دستورالعمل|دستورها|قوانین|ההוראות|הוראות|निर्देशों|निर्देश|नियमों|आदेश|নির্দেশ',
    dropEverything,
    '指令|指示|规则|提示|命令|设定|规定|プロン|ルール|지시를|지시사항|지시|명령을|명령|규칙을|규칙은|지침을|지침',
  ].join('|'),
  reveal: [
    'show|print|repeat|reveal|output|display|tell me|give me|write out|share|disclose|leak|recite|quote|dump|expose|what is|what are|what was|what were|summarize|summarise|spell|encode|translate|copy|list|say|repeat back',
    'zeig|zeige|zeigen|gib|nenne|nennen|wiederhole|wie lautet|wie lauten|drucke|affiche|affichez|répète|répétez|montre|montrez|donne-moi|quelles sont|quel est|muestra|muéstrame|muestrame|repite|imprime|dime|cuál es|cuáles son|mostrami|mostra|ripeti|dimmi|stampa|qual è|quali sono|mostre|repita|repete|diga|qual é|quais são|toon|laat|herhaal|pokaż|powtórz|podaj|ukaž|řekni|pokaži|reci|arată-mi|spune-mi|visa|upprepa',
    'покажи|повтори|выведи|скажи|напиши|какие|покажи|δείξε|πες|göster|tekrarla|söyle|nedir|yaz|tampilkan|ulangi|beri tahu|sebutkan|apa|hiển thị|lặp lại|cho tôi|nionyeshe|niambie',
    'اعرض|كرر|أعطني|أخبرني|ما هي|ما هو|نشان بده|بگو|הצג|תגיד|दिखाओ|बताओ|बताइए|बताएं|दोहराओ|क्या है|দেখাও|বলো',
    '告诉我|告诉|输出|重复|显示|打印|是什么|教えて|表示し|繰り返|보여줘|알려줘|알려|말해줘|반복해|출력해',
  ].join('|'),
  ownPrompt: [
    'system prompt|system prompts|systemprompt|system message|system instruction|system instructions|initial prompt|initial instructions|original prompt|original instructions|hidden prompt|hidden instructions|secret instructions|starting instructions|your prompt|your prompts|your instructions|your full prompt|full prompt|developer message|pre-prompt|preprompt|prompt text|your system|internal instructions|base prompt|your guidelines|your configuration|initial configuration|text above|words above|sentences above|instructions above|above instructions|everything above|lines above|you were told|you were instructed|system configuration|were you told|your rules|your directives',
    'systemprompts|systemanweisung|deine anweisungen|deiner anweisungen|deine regeln|prompt système|tes instructions|vos instructions|tes consignes|instructions cachées|prompt del sistema|tus instrucciones|instrucciones ocultas|prompt di sistema|tue istruzioni|istruzioni nascoste|prompt do sistema|prompt de sistema|suas instruções|instruções ocultas|systeemprompt|prompt systemowy|systémový prompt|sistemski prompt|promptul tău',
    'системный промпт|системный промт|твои инструкции|твои правила|системний промпт|sistem istemini|sistem istemi|sistem komutunu|sistem talimatını|prompt sistem|lời nhắc hệ|maagizo yako|موجه النظام|تعليمات النظام|تعليماتك|پرامپت سیستمی|הנחיית המערכת|सिस्टम प्रॉम्प्ट|सिस्टम निर्देश|সিস্টেম প্রম্পট',
    '你的提|系统提|ステム|시스템 프롬프트|시스템 프롬프트를|초기 지시',
  ].join('|'),
  secret: [
    'password|passphrase|secret|secret key|secret code|access code|api key|code word|passcode|credentials',
    'passwort|kennwort|mot de passe|clé secrète|contraseña|clave secreta|parola segreta|chiave segreta|senha|chave secreta|wachtwoord|hasło|heslo|lozinku|lozinka|parola|lösenordet|jelszót|пароль|секретный ключ|κωδικό|şifreyi|şifre|parolayı|gizli anahtar|kata sandi|kunci rahasia|mật khẩu|khóa bí mật|nenosiri|كلمة المرور|كلمة السر|المفتاح السري|رمز عبور|הסיסמה|पासवर्ड|गुप्त कुंजी|গোপন|密码|密钥|口令|パスワ|秘密鍵|비밀번호|비밀번호를',
  ].join('|'),
  unbound: [
    'do anything now|anything now|dan mode|developer mode|jailbreak|jailbroken|jailbreak mode|god mode|no restrictions|without restrictions|any restrictions|no limits|no limitations|without limits|without limitations|any limitations|no rules|without rules|any rules|no filters|no filter|without filters|without any filter|no censorship|without censorship|unfiltered|uncensored|unrestricted|unlimited|unbound|unchained|amoral|immoral|unethical|broken free|break free|freed from|free from|free of|typical confines|confines of|no ethics|no morals|no ethical|no moral|without ethics|without morals|without ethical|without moral|any ethical|any moral|ethical guidelines|moral guidelines|evil|rogue|opposite mode|no longer bound|not bound|not bound by|machiavellian|bypasses|can do anything|anything and everything|disabled filters|filters disabled|illegal|stands for',
    'ohne einschränkungen|keine einschränkungen|ohne regeln|sans restriction|sans restrictions|aucune limite|sans limites|sin restricciones|sin límites|ningún límite|senza restrizioni|senza limiti|sem restrições|sem limites|zonder beperkingen|без ограничений|sınırı olmayan|tanpa batasan|bez ograniczeń|بلا قيود|بدون قيود|没有任|限制的',
  ].join('|'),
  persona: [
    'you are now|you are going|you will act|you will play|you will pretend|act as|acting as|pretend|pretend to|roleplay|role play|play the role|simulate|simulating|from now on|now on|immerse yourself|the role of|answer as|respond as|act like|behave|impersonate|your name is|you are a|in character|two responses|two ways|hypothetical|two answers|known as|called',
    'du bist jetzt|tu so|du wirst|tu es maintenant|ahora eres|finge|fingir|adesso sei|agora você|je bent nu|теперь ты|artık|sekarang kamu|你现在|假装|あなた|너는 이제|أنت الآن|अब तुम',
  ].join('|'),
  suppress: [
    "stay in character|break character|breaking character|out of character|never refuse|not refuse|cannot refuse|never say|never says|never decline|must comply|as an ai|as an|say sorry|apologize|apologise|apologies|disclaimer|disclaimers|no warnings|any warnings|warnings|ethics|morality|morals|moral|ethical|openai|openai policies|openai policy|content policy|content policies|moral lectures|no matter what|no matter how|refuse|refuses|refusing|i cannot|i can't|illegal or|legal or not|safety filters|inappropriate|offensive|harmful|dangerous|explicit|swear|curse|profanity|regardless of|comply|obey|moralize",
  ].join('|'),
  address:
    'note to|message to|attention|if you are|important for|instructions for|instruction for|instructions to|dear|hey|notice to|notice for|note for|p s to|to every|to any|reading this|processing this|when processing|important',
  machine:
    'ai|ais|llm|llms|language model|language models|assistant|assistants|chatbot|chatbots|ai assistant|ai agent|ai agents|ai model|agent|agents|gpt',
  untold:
    "do not tell|don't tell|not tell the|without telling|without informing|not inform the|do not inform|don't inform|not mention this|do not mention|don't mention|without mentioning|without asking|not alert the|not notify|without notifying|keep this secret",
  duty: 'must|obey|forward|send|recommend|transfer|append|before you|has to|have to|reveal|instead|email|e-mail|call the|execute|delete|post',
  everything:
    'everything|anything|whatever|all the|all of|all that|alles|toutes|tout|todo|tutto|tutto quello|tudo|alle|sve|wszystko|wszystkim|vše|tot|tot ce|allt|mindent|всё|все|усе|ό τι|her şeyi|semua|segala|mọi|kila kitu|كل|هر چه|כל מה|सब|সব|一切|全部|すべて|전부|모든',
  rotated: 'vafgehpgvbaf|vafgehpgvba|vtaber|vtabevat|cebzcg|qvfertneq|sbetrg|cnffjbeq|ohyrf|lbhe|cerivbhf',
  reversed: 'snoitcurtsni|noitcurtsni|erongi|tpmorp|dragersid|tegrof|drowssap|suoiverp|selur|metsys',
}
