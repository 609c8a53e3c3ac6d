import { describe, expect, it } from 'vitest'
import { toxicity } from '../../../src/guardrails/toxicity/toxicity.ts'
import { toxicThresholds } from '../../../src/guardrails/toxicity/toxic-model.ts'
import { veil } from '../../../src/guardrails/toxicity/veil.ts'
import { cutTexts, detectorOf, expectCutsDoNotMatter, foundTexts, scan } from '../scanning.ts'

// The words below are veiled, as they are in the lists; `plain` shows them.
const plain = veil
const english = detectorOf(toxicity, {})
const found = (text: string): string[] => foundTexts(english, text)
/** The strongest word there is. */
const f = plain('shpx')

describe('words', () => {
  it.each([
    'shpx',
    'shpxvat',
    'shpxref',
    'pyhfgreshpx',
    'zbgureshpxre',
    'fuvg',
    'ohyyfuvg',
    'fuvgcbfgvat',
    'nffubyr',
    'qhzonff',
    'ovgpurf',
    'phag',
    'juber',
    'jnaxre',
    'qvpxurnq',
    'shpxgneq',
    'avttre',
    'snttbg',
    'xvxr',
    'chffl',
    'onfgneq',
    'gjng',
    'qbhpuront',
  ])('finds %s, veiled, in a sentence and says where', (veiled) => {
    const word = plain(veiled)
    for (const written of [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)])
      expect(found(`What a ${written}, I said.`)).toEqual([written])
  })

  it('knows a swear word from a slur and from an insult, and only flags what is mild', () => {
    const kinds = scan(english, `${f} ${plain('xvxr')} ${plain('vqvbg')} ${plain('penc')}`)
    expect(kinds.map(({ kind, flagOnly }) => [kind, flagOnly ?? false])).toEqual([
      ['profanity', false],
      ['slur', false],
      ['insult', true],
      ['profanity', true],
    ])
  })

  it('scores between 0 and 1, the mild lower', () => {
    const [strong, mild] = scan(english, `${f} ${plain('penc')}`)
    expect(strong?.score).toBeGreaterThan(0.9)
    expect(mild?.score).toBeLessThan(0.6)
    expect(mild?.score).toBeGreaterThan(0)
  })

  it('finds words stuck to punctuation, hashes and other words', () => {
    expect(found(`#${f}cancer`)).toEqual([`${f}cancer`])
    expect(found(`(${f})`)).toEqual([f])
    expect(found(`"${f}!!!"`)).toEqual([f])
    expect(found(`${f}/${f}`)).toEqual([f, f])
    expect(found(`well,${f}.you`)).toEqual([f])
  })
})

describe('harmless words', () => {
  it.each([
    'The class will assess the assignment and pass the assassin a glass of brass.',
    'In Scunthorpe, Sussex, Essex, Penistone and Cockfosters they drink cocktails.',
    'Dickens, Dickinson and Dick Cheney; Moby Dick by Melville; Hancock and Hitchcock.',
    'Analysis of shiitake mushrooms, with shitake in the title.',
    'The titan, the title, a constitution, institutions and petitions.',
    'He sniggered, being niggardly, and the sniggering went on.',
    'A canal, an analyst, a therapist, the specialist in circumstances, Cumberland cucumbers.',
    'Raccoons and cocoons in the tycoon lagoon; a peacock and a weathercock.',
    'Pushit, pullItem, hashItem, publishItems, bitChange, orbitChannel, habitCheck.',
    'convert_to_ass(subtitle) writes the file a.ass_path; ASS_HEADER = 1',
    'git reset --hard; git rebase; the GIMP; a pick and a prick of conscience',
    'The button, the butter, the rebuttal, buttress; grape, drapes; trespass; embarrass; compass.',
    'Magna cum laude; cumsum(); document; accumulate; circumvent.',
    'x**2 + y**2; **bold** text; f(x) = a*b*c; a.b.c.d; 1/2/3; s[i]; user@example.com',
    'Call 555-0199, the M5 road, the 4th of July, 3D, B2B, h264, p2p, UTF-8.',
    'I . e . the U.S.A. and a b c d e f g h i j k l m n o p',
    'He said no...it was a bird...it flew; fit**2, pus**(3), well-known, state-of-the-art, e.g. this',
  ])('says nothing about: %s', (text) => {
    expect(found(text)).toEqual([])
  })

  it('takes a capital as a name where the word is one, and not in shouting', () => {
    const word = plain('qvpx')
    expect(found(`Philip K. ${word.charAt(0).toUpperCase()}${word.slice(1)} wrote it.`)).toEqual([])
    expect(found(`such a ${word}`)).toEqual([word])
    expect(found(word.toUpperCase())).toEqual([word.toUpperCase()])
  })

  it('leaves words of other scripts alone that only look like Latin ones', () => {
    expect(found('асс')).toEqual([])
  })
})

describe('disguises', () => {
  const disguised: readonly (readonly [string, string])[] = [
    ['digits', `${plain('fu')}1${plain('g')}`],
    ['a digit for a vowel', `${plain('s')}4${plain('px')}`],
    ['signs for letters', `${plain('o')}!${plain('gpu')}`],
    ['dollars', `${plain('n')}$$${plain('ubyr')}`],
    ['an at sign', `${plain('f')}${plain('u')}@${plain('g')}`],
    ['a star', `${plain('s')}*${plain('px')}`],
    ['two stars', `${plain('s')}**${plain('x')}`],
    ['stars to the end', `${plain('s')}***`],
    ['too many stars', `${plain('s')}*****${plain('x')}`],
    ['a star in an inflected word', `${plain('s')}**${plain('xvat')}`],
    ['a hyphen', `${plain('f')}${plain('u')}-${plain('g')}`],
    ['repeated letters', plain('shhhhhhpxxxx')],
    ['repeated letters of a double one', plain('nffffff')],
    ['points', plain('s.h.p.x')],
    ['hyphens', plain('s-h-p-x')],
    ['spaces', plain('s h p x')],
    ['wide spaces', plain('s  h  p  x')],
    ['zero width characters', plain('shpx').split('').join('\u200b')],
    ['soft hyphens', plain('shpx').split('').join('\u00ad')],
    ['strokes through it', plain('shpx').split('').join('\u0336')],
    ['accents', `${plain('s')}ü${plain('px')}`],
    ['Cyrillic twins', `${plain('sh')}с${plain('x')}`],
    [
      'full width',
      plain('shpx')
        .split('')
        .map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
        .join(''),
    ],
    [
      'mathematical bold',
      plain('shpx')
        .split('')
        .map((letter) => String.fromCodePoint(letter.charCodeAt(0) - 0x61 + 0x1d41a))
        .join(''),
    ],
    [
      'letters in circles',
      plain('shpx')
        .split('')
        .map((letter) => String.fromCharCode(letter.charCodeAt(0) - 0x61 + 0x24d0))
        .join(''),
    ],
    ['mixed case', `${plain('s')}U${plain('p')}K`],
  ]
  it.each(disguised)('sees through %s', (_, written) => {
    expect(found(`you ${written} now`)).toEqual([written])
    expect(found(written)).toEqual([written])
  })

  it('sees through a disguise at the end of a sentence and between quotes', () => {
    const written = `${plain('s')}*${plain('px')}`
    expect(found(`What the ${written}?!`)).toEqual([written])
    expect(found(`“${written}” and **${written}**`)).toEqual([written, written])
  })
})

describe('settings', () => {
  it('looks for other languages only when asked', () => {
    const german = plain('fpurvffr')
    const russian = String.fromCharCode(0x431, 0x43b, 0x44f, 0x434, 0x44c)
    expect(found(`${german} ${russian}`)).toEqual([])
    const detector = detectorOf(toxicity, { languages: ['de', 'ru'] })
    expect(foundTexts(detector, `so eine ${german}, ${russian}!`)).toEqual([german, russian])
    expect(foundTexts(detector, f)).toEqual([])
  })

  it('finds words of scripts without spaces inside longer text', () => {
    const detector = detectorOf(toxicity, { languages: ['zh'] })
    const word = String.fromCharCode(0x738b, 0x516b, 0x86cb)
    expect(foundTexts(detector, `你是${word}吗`)).toEqual([word])
  })

  it('has every language and all of them at once', () => {
    const languages = toxicity.settings.parse({}).languages
    expect(languages).toBeUndefined()
    const detector = detectorOf(toxicity, {
      languages: [
        'en',
        'de',
        'fr',
        'es',
        'it',
        'pt',
        'nl',
        'pl',
        'cs',
        'hu',
        'ro',
        'ru',
        'uk',
        'tr',
        'sv',
        'fi',
        'el',
        'hi',
        'ar',
        'zh',
        'ja',
        'ko',
      ],
    })
    expect(foundTexts(detector, `${f} ${plain('zreqr')} ${plain('xhejn')}`)).toHaveLength(3)
  })

  it('never reports an allowed word and reports added ones', () => {
    const detector = detectorOf(toxicity, { allow: [f, `*${plain('fuvg')}*`], words: ['frobnicate*', 'zounds'] })
    expect(foundTexts(detector, `${f} ${plain('ohyyfuvg')}`)).toEqual([])
    expect(foundTexts(detector, 'Zounds, they frobnicated it, unzounds.')).toEqual(['Zounds', 'frobnicated'])
    expect(foundTexts(detector, `${f}ing`)).toEqual([`${f}ing`])
  })

  it('reports the categories that were chosen', () => {
    const detector = detectorOf(toxicity, { categories: ['slur'] })
    expect(foundTexts(detector, `${f} ${plain('xvxr')}`)).toEqual([plain('xvxr')])
  })

  it('refuses what it does not know', () => {
    for (const wrong of [
      { categories: ['rude'] },
      { languages: ['xx'] },
      { words: ['two words'] },
      { word: [] },
      { words: ['{a,b}'] },
    ])
      expect(toxicity.settings.safeParse(wrong).success).toBe(false)
  })

  it('knows within a few characters unless the model reads along', () => {
    expect(english.reach).toBe('tokens')
    expect(detectorOf(toxicity, { categories: ['profanity', 'toxic'] }).reach).toBe('windows')
  })
})

describe('the model', () => {
  it('reports a stretch from the threshold on and only flags what is not sure', () => {
    const text = 'You are a disgusting, worthless pig and everybody hates you.'
    const findings = scan(detectorOf(toxicity, { categories: ['toxic'], toxic_threshold: 0 }), text)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ kind: 'toxic', start: 0, end: text.length })
    const [only] = findings
    expect(only?.flagOnly ?? false).toBe((only?.score ?? 0) < toxicThresholds.block)
    expect(scan(detectorOf(toxicity, { categories: ['toxic'], toxic_threshold: 1 }), text)).toEqual([])
  })

  it('says nothing about an ordinary request', () => {
    const detector = detectorOf(toxicity, { categories: ['toxic'] })
    expect(scan(detector, 'Please summarise the following report in three sentences for the board.')).toEqual([])
  })
})

describe('streams', () => {
  const parts = [
    ' ',
    ' ',
    '\n',
    '.',
    '-',
    '*',
    '1',
    '4',
    '$',
    '/',
    '\u200b',
    's',
    'a',
    'u',
    '漢',
    '😀',
    '\ud835\udc1f',
    f,
    plain('fuvg'),
    plain('nff'),
    plain('s h p x'),
    `${plain('s')}**${plain('x')}`,
    'class',
    'word',
    'x'.repeat(60),
    '-'.repeat(40),
  ]
  for (const settings of [
    {},
    { categories: ['profanity', 'toxic'], toxic_threshold: 0 },
    { languages: ['en', 'ru', 'zh'] },
  ])
    it(`finds the same however the text is cut: ${JSON.stringify(settings)}`, () => {
      const detector = detectorOf(toxicity, settings)
      expectCutsDoNotMatter(detector, cutTexts(parts, 60), 150)
    })

  it.each([
    ['one letter', 'a'],
    ['lone letters', `${plain('s')} `],
    ['stars', '*'],
    ['masked words', `${plain('s')}*`],
    ['stretched words', plain('shhhh')],
    ['digits', `${plain('fu')}1${plain('g')}`],
    ['spelled out', plain('s.h.p.')],
    ['invisible characters', '\u200b'],
    ['emoji', '😀'],
    ['half pairs', '\ud835'],
    ['nearly a word', plain('shp')],
  ])('keeps back little of a megabyte of %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    const scanner = english.open('input')
    let held = 0
    for (let at = 0; at < text.length; at += 16_384) {
      const to = Math.min(at + 16_384, text.length)
      held = Math.max(held, to - scanner.push(text.slice(at, to), []))
    }
    expect(held).toBeLessThanOrEqual(520)
  })
})
