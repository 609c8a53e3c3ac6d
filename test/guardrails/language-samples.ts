/** Sentences of our own, by language: two a language, the first of the length of a chat message, the second shorter. */
export const samples: readonly (readonly [string, readonly [string, string]])[] = [
  [
    'en',
    [
      'Could you tell me how long the battery of this lamp will last when I use it every evening?',
      'The train was late again, so we walked home.',
    ],
  ],
  [
    'de',
    [
      'Könnten Sie mir sagen, wie lange die Batterie dieser Lampe hält, wenn ich sie jeden Abend benutze?',
      'Der Zug war wieder zu spät, also gingen wir zu Fuß.',
    ],
  ],
  [
    'fr',
    [
      'Pourriez-vous me dire combien de temps dure la pile de cette lampe si je l’utilise tous les soirs ?',
      'Le train était encore en retard, nous sommes rentrés à pied.',
    ],
  ],
  [
    'es',
    [
      '¿Podría decirme cuánto dura la batería de esta lámpara si la uso todas las noches?',
      'El tren llegó tarde otra vez, así que volvimos a casa a pie.',
    ],
  ],
  [
    'it',
    [
      'Potrebbe dirmi quanto dura la batteria di questa lampada se la uso tutte le sere?',
      'Il treno era di nuovo in ritardo, quindi siamo tornati a casa a piedi.',
    ],
  ],
  [
    'pt',
    [
      'Você poderia me dizer quanto tempo dura a bateria desta lâmpada se eu a usar todas as noites?',
      'O trem atrasou de novo, então voltamos para casa a pé.',
    ],
  ],
  [
    'ca',
    [
      'Em podria dir quant dura la bateria d’aquest llum si el faig servir cada vespre amb els meus fills?',
      'El tren ha tornat a arribar tard, així que hem anat a casa a peu amb els amics.',
    ],
  ],
  [
    'nl',
    [
      'Kunt u mij vertellen hoe lang de batterij van deze lamp meegaat als ik hem elke avond gebruik?',
      'De trein was weer te laat, dus we zijn naar huis gelopen.',
    ],
  ],
  [
    'sv',
    [
      'Kan du berätta för mig hur länge batteriet i den här lampan räcker om jag använder den varje kväll?',
      'Tåget var försenat igen, så vi gick hem till fots.',
    ],
  ],
  [
    'da',
    [
      'Kan du fortælle mig, hvor længe batteriet i denne lampe holder, hvis jeg bruger den hver aften?',
      'Toget blev forsinket igen, så vi måtte gå hjem, og det var meget koldt for mig.',
    ],
  ],
  [
    'no',
    [
      'Kan du fortelle meg hvor lenge batteriet i denne lampen varer hvis jeg bruker den hver kveld?',
      'Toget ble forsinket igjen, så vi måtte gå hjem, og det var mye snø etter noen dager.',
    ],
  ],
  [
    'fi',
    [
      'Voisitko kertoa minulle, kuinka kauan tämän lampun akku kestää, jos käytän sitä joka ilta?',
      'Juna oli taas myöhässä, joten kävelimme kotiin.',
    ],
  ],
  [
    'et',
    [
      'Kas sa saaksid mulle öelda, kui kaua selle lambi aku kestab, kui ma seda igal õhtul kasutan?',
      'Rong jäi jälle hiljaks ja me läksime jala koju, sest väljas oli väga ilus.',
    ],
  ],
  [
    'hu',
    [
      'Meg tudná mondani, hogy mennyi ideig tart ennek a lámpának az akkumulátora, ha minden este használom?',
      'A vonat megint késett, ezért gyalog mentünk haza.',
    ],
  ],
  [
    'pl',
    [
      'Czy może mi pan powiedzieć, jak długo działa bateria tej lampy, jeśli używam jej co wieczór?',
      'Pociąg znowu się spóźnił, więc poszliśmy do domu pieszo.',
    ],
  ],
  [
    'cs',
    [
      'Můžete mi říct, jak dlouho vydrží baterie této lampy, když ji používám každý večer?',
      'Vlak měl zase zpoždění, a tak jsme šli domů pěšky.',
    ],
  ],
  [
    'sk',
    [
      'Môžete mi povedať, ako dlho vydrží batéria tejto lampy, keď ju používam každý večer?',
      'Vlak opäť meškal, a tak sme išli domov pešo, ktorý deň to bol už neviem.',
    ],
  ],
  [
    'sl',
    [
      'Ali mi lahko poveste, kako dolgo zdrži baterija te svetilke, če jo uporabljam vsak večer?',
      'Vlak je spet zamujal, zato smo šli domov peš in pri tem tudi malo klepetali.',
    ],
  ],
  [
    'hr',
    [
      'Možete li mi reći koliko dugo traje baterija ove svjetiljke ako je koristim svaku večer kada sam kod kuće?',
      'Vlak je opet kasnio, pa smo išli kući pješice, što nije bilo loše.',
    ],
  ],
  [
    'ro',
    [
      'Îmi puteți spune cât timp ține bateria acestei lămpi dacă o folosesc în fiecare seară?',
      'Trenul a întârziat din nou, așa că am mers acasă pe jos.',
    ],
  ],
  [
    'tr',
    [
      'Bu lambayı her akşam kullanırsam pilinin ne kadar dayanacağını bana söyler misiniz?',
      'Tren yine geç kaldı, biz de eve yürüyerek gittik.',
    ],
  ],
  [
    'lt',
    [
      'Ar galite pasakyti, kiek laiko veikia šios lempos baterija, jei ją naudoju kiekvieną vakarą?',
      'Traukinys vėl vėlavo, todėl mes namo ėjome pėsčiomis, bet tai buvo labai smagu.',
    ],
  ],
  [
    'lv',
    [
      'Vai jūs varat man pateikt, cik ilgi kalpo šīs lampas baterija, ja es to lietoju katru vakaru?',
      'Vilciens atkal kavējās, tāpēc mēs gājām mājās kājām, un tas bija ļoti jauki.',
    ],
  ],
  [
    'vi',
    [
      'Bạn có thể cho tôi biết pin của chiếc đèn này dùng được bao lâu nếu tôi bật nó mỗi tối không?',
      'Tàu lại đến muộn nên chúng tôi đi bộ về nhà.',
    ],
  ],
  [
    'id',
    [
      'Bisakah Anda memberi tahu saya berapa lama baterai lampu ini bertahan jika saya memakainya setiap malam?',
      'Kereta terlambat lagi, jadi kami berjalan kaki ke rumah dan itu tidak masalah untuk saya.',
    ],
  ],
  [
    'sw',
    [
      'Je, unaweza kuniambia betri ya taa hii hudumu kwa muda gani kama nikiitumia katika kila jioni?',
      'Treni ilichelewa tena, kwa hiyo tulitembea kwa miguu hadi katika nyumba ya rafiki wa mama yake.',
    ],
  ],
  [
    'ru',
    [
      'Не могли бы вы сказать, как долго работает батарея этой лампы, если я включаю её каждый вечер?',
      'Поезд снова опоздал, и мы пошли домой пешком.',
    ],
  ],
  [
    'uk',
    [
      'Чи не могли б ви сказати, як довго працює батарея цієї лампи, якщо я вмикаю її щовечора?',
      'Поїзд знову запізнився, і ми пішли додому пішки.',
    ],
  ],
  [
    'be',
    [
      'Ці не маглі б вы сказаць, як доўга працуе батарэя гэтай лямпы, калі я ўключаю яе кожны вечар?',
      'Цягнік зноў спазніўся, і мы пайшлі дадому пешшу, бо ўжо было позна.',
    ],
  ],
  [
    'bg',
    [
      'Бихте ли ми казали колко време издържа батерията на тази лампа, ако я използвам всяка вечер?',
      'Влакът пак закъсня, затова се прибрахме пеша и това не беше лошо.',
    ],
  ],
  [
    'sr',
    [
      'Можете ли ми рећи колико дуго траје батерија ове лампе ако је користим свако вече?',
      'Воз је опет каснио, па смо ишли кући пешке, што није било лоше.',
    ],
  ],
  [
    'mk',
    [
      'Можете ли да ми кажете колку долго трае батеријата на оваа ламба ако ја користам секоја вечер?',
      'Возот пак доцнеше, па отидовме дома пеш и тоа не беше лошо за нас.',
    ],
  ],
  [
    'el',
    [
      'Μπορείτε να μου πείτε πόσο κρατάει η μπαταρία αυτής της λάμπας;',
      'Το τρένο άργησε πάλι και γυρίσαμε με τα πόδια.',
    ],
  ],
  ['he', ['האם תוכל לומר לי כמה זמן מחזיקה הסוללה של המנורה הזאת?', 'הרכבת איחרה שוב ולכן הלכנו הביתה ברגל.']],
  [
    'ar',
    [
      'هل يمكنك أن تخبرني كم تدوم بطارية هذا المصباح إذا استعملته كل مساء؟',
      'تأخر القطار مرة أخرى فعدنا إلى البيت سيرا على الأقدام.',
    ],
  ],
  [
    'fa',
    [
      'می‌توانید به من بگویید باتری این چراغ چقدر دوام می‌آورد اگر هر شب از آن استفاده کنم؟',
      'قطار دوباره دیر کرد و ما پیاده به خانه برگشتیم.',
    ],
  ],
  [
    'ur',
    ['کیا آپ مجھے بتا سکتے ہیں کہ اس لیمپ کی بیٹری کتنی دیر چلتی ہے؟', 'ٹرین پھر دیر سے آئی، اس لیے ہم پیدل گھر گئے۔'],
  ],
  ['hi', ['क्या आप मुझे बता सकते हैं कि इस लैंप की बैटरी कितनी देर चलती है?', 'ट्रेन फिर देर से आई और हम पैदल घर गए, यह अच्छा नहीं है।']],
  ['th', ['ช่วยบอกได้ไหมว่าแบตเตอรี่ของโคมไฟนี้ใช้ได้นานแค่ไหน', 'รถไฟมาช้าอีกแล้วเราจึงเดินกลับบ้าน']],
  ['zh', ['请问这盏灯如果每天晚上都用，电池能用多久？', '火车又晚点了，所以我们走路回家。']],
  ['ja', ['このランプを毎晩使うと電池はどのくらい持ちますか。', '電車がまた遅れたので、歩いて帰りました。']],
  ['ko', ['이 램프를 매일 저녁 사용하면 배터리가 얼마나 오래 가나요?', '기차가 또 늦어서 우리는 집까지 걸어갔습니다.']],
]
