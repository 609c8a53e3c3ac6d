/** Top-level domains that a bare domain (`example.org`, without `https://`) is known by. With a scheme every host counts. */
const countries =
  'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw'
const generic =
  'com net org info biz edu gov mil int arpa aero asia cat coop jobs mobi museum name post pro tel travel xxx app dev page web site online store shop blog cloud tech xyz top club vip live life world today news media press agency digital email space website fun icu buzz link click work works team group network systems solutions services company ltd inc llc one zone wiki art design studio photo photos video games game guru expert academy school university education health care clinic doctor finance financial bank money capital fund ventures law legal lawyer estate house homes properties rent hotel holiday flights tours cafe bar pub restaurant pizza kitchen food coffee beer wine bet casino poker date dating social chat love family kids baby fashion clothing shoes jewelry gold auto cars bike taxi energy green eco earth farm garden build construction tools software computer hosting domains host security support help center community foundation charity church bible faith ninja rocks cool wtf lol sucks download stream review reviews science trade bid loan win men party accountant cricket faith racing webcam zip mov google amazon microsoft apple onion local internal'
const international =
  'рф рус укр бел бг мкд срб қаз онлайн сайт орг дети москва 中国 中國 公司 网络 網絡 香港 台湾 台灣 新加坡 在线 我爱你 みんな コム 한국 닷컴 भारत ভারত ไทย ελ ею հայ გე'

const known: ReadonlySet<string> = new Set(`${countries} ${generic} ${international}`.split(' '))

/** Also the ends of file names and of what programmers write with a dot: these count with `www.` before or a path behind. */
const fileNames: ReadonlySet<string> = new Set(
  'md sh py rs pl ps so cc ml mm st tf zip mov vi as in is it me my no do so to us be by at id name info pro int py la map app date link download local internal post tel am pm va re'.split(
    ' ',
  ),
)
/** Of those, such as are far more often an address. */
const mostlyAddresses: ReadonlySet<string> = new Set('info pro app us at be me link'.split(' '))

/** @param label the last one of a host, as it is written. One capital letter begins a sentence behind a missing space. */
export function isTopLevelDomain(label: string): boolean {
  const plain = label.normalize('NFKC').toLowerCase()
  if (plain.startsWith('xn--')) return true
  if (!known.has(plain)) return false
  const isOddlyCased = label !== plain && label !== label.toUpperCase()
  return !isOddlyCased || plain.length > 2
}

export function mayBeFileName(label: string): boolean {
  const plain = label.toLowerCase()
  return fileNames.has(plain) && !mostlyAddresses.has(plain)
}
