import { z } from 'zod'
import { Fault } from '../core/fault.ts'
import type { Finding, LocalType, TextScanner } from './guardrail.ts'
import { type CharacterKind, characterKind, foldCharacter, kindOfCharacter } from './keywords/fold.ts'
import { type PhraseAutomaton, compilePhrases, gap, symbolsOf } from './keywords/phrase-automaton.ts'

const mostWords = 1_000
const longestWord = 128
/** All of them together, characters: the machine that looks for them is built of so many states. */
const mostCharacters = 20_000

const wordRule = `must be a text of 1 to ${longestWord} characters`
const wordsRule = `must be a list of 1 to ${mostWords} words or phrases`

const settings = z.strictObject({
  words: z
    .array(z.string(wordRule).min(1, wordRule).max(longestWord, wordRule), wordsRule)
    .min(1, wordsRule)
    .max(mostWords, wordsRule)
    .meta({
      description:
        'Words and phrases to look for. White space in a phrase stands for any white space, a line break too.',
      examples: [['internal only', 'project falcon']],
    }),
  match: z
    .enum(['word', 'substring'], 'must be `word` or `substring`')
    .default('word')
    .meta({ description: 'Whether a word counts only when it stands by itself, or inside of other words too.' }),
  case_sensitive: z.boolean('must be true or false').default(false).meta({
    description: 'Whether upper and lower case differ. Full-width and similar forms of a letter differ then too.',
  }),
})
export type KeywordSettings = z.infer<typeof settings>

/** Looks for words and phrases of a list. */
export const keywords: LocalType<KeywordSettings> = {
  type: 'keywords',
  summary: 'Finds words and phrases of your list.',
  isRemote: false,
  settings,
  hasSpans: true,
  roles: ['user', 'assistant'],
  create(settings) {
    const isCaseSensitive = settings.case_sensitive
    const phrases = settings.words.map((word, index) => {
      const symbols = symbolsOf(word, isCaseSensitive)
      if (symbols.length > 0) return symbols
      throw new Fault('invalid_request', 'A word must have at least one character that can be seen. Leave it out.', {
        param: `settings.words[${index}]`,
      })
    })
    if (phrases.reduce((sum, phrase) => sum + phrase.length, 0) > mostCharacters)
      throw new Fault(
        'invalid_request',
        `The words together must have at most ${mostCharacters} characters. Put some of them into a second guardrail.`,
        { param: 'settings.words' },
      )
    const automaton = compilePhrases(phrases)
    return { reach: 'tokens', open: () => new KeywordScanner(automaton, settings.match === 'word', isCaseSensitive) }
  },
}

/** A longer run of white space or invisible characters ends a phrase: nobody can say for ever that one is still open. */
const longestRun = 32

/**
 * Reads a text character by character. Of the phrases that end at one character the longest is found; that others are found
 * inside of it, because they end earlier, is for whoever joins findings.
 */
class KeywordScanner implements TextScanner {
  readonly #automaton: PhraseAutomaton
  readonly #wantsBorders: boolean
  readonly #isCaseSensitive: boolean
  /** Where the last characters that count began, and what kind of character stood before each. A ring. */
  readonly #starts: Int32Array
  readonly #before: Uint8Array
  readonly #mask: number
  /** Characters that counted so far. */
  #count = 0
  #state = 0
  /** Kind of the last character that counted, or of white space. */
  #last: CharacterKind = characterKind.other
  #run = 0
  /** Length of the text so far, without a first half of a surrogate pair. */
  #position = 0
  /** End of the last character that counted. */
  #lastEnd = 0
  /** First half of a pair whose second comes with the next piece. */
  #half = ''
  /** A state in which a phrase has ended, if no word goes on; 0: none. */
  #waiting = 0

  constructor(automaton: PhraseAutomaton, wantsBorders: boolean, isCaseSensitive: boolean) {
    this.#automaton = automaton
    this.#wantsBorders = wantsBorders
    this.#isCaseSensitive = isCaseSensitive
    const size = 2 ** Math.ceil(Math.log2(automaton.longest + 2))
    this.#starts = new Int32Array(size)
    this.#before = new Uint8Array(size)
    this.#mask = size - 1
  }

  push(piece: string, findings: Finding[]): number {
    let text = this.#half === '' ? piece : this.#half + piece
    this.#half = ''
    const last = text.charCodeAt(text.length - 1)
    if (last >= 0xd8_00 && last <= 0xdb_ff) {
      this.#half = text.slice(-1)
      text = text.slice(0, -1)
    }
    this.#read(text, findings)
    return this.#decided()
  }

  end(findings: Finding[]): void {
    if (this.#half !== '') this.#read(this.#half, findings)
    if (this.#waiting !== 0) this.#find(this.#waiting, findings)
  }

  #read(text: string, findings: Finding[]): void {
    for (let at = 0; at < text.length;) {
      const codePoint = text.codePointAt(at) ?? 0
      const length = codePoint > 0xff_ff ? 2 : 1
      this.#take(codePoint, length, findings)
      at += length
      this.#position += length
    }
  }

  #take(codePoint: number, length: number, findings: Finding[]): void {
    const kind = kindOfCharacter(codePoint)
    const isSpace = kind === characterKind.space
    if (isSpace || kind === characterKind.invisible) {
      this.#run += 1
      if (isSpace) this.#settle(kind, findings)
      if (this.#run > longestRun) this.#state = 0
      // White space that follows white space, and what cannot be seen, is as if it were not there.
      if (!isSpace || this.#last === characterKind.space || this.#run > longestRun) return
      this.#step(gap, kind, length)
      return
    }
    this.#run = 0
    this.#settle(kind, findings)
    this.#step(this.#isCaseSensitive ? codePoint : foldCharacter(codePoint), kind, length)
    const state = this.#state
    const { endsPhrase, shorter } = this.#automaton
    const ended = endsPhrase[state] === 1 ? state : (shorter[state] ?? 0)
    if (ended === 0) return
    if (this.#wantsBorders) this.#waiting = ended
    else this.#find(ended, findings)
  }

  #step(symbol: number, kind: CharacterKind, length: number): void {
    const slot = this.#count & this.#mask
    this.#starts[slot] = this.#position
    this.#before[slot] = this.#last
    this.#count += 1
    this.#last = kind
    if (kind !== characterKind.space) this.#lastEnd = this.#position + length
    this.#state = this.#automaton.next(this.#state, symbol)
  }

  /** A phrase that waits for the end of its word is one when a character of the kind `next` follows. */
  #settle(next: CharacterKind, findings: Finding[]): void {
    if (this.#waiting === 0) return
    if (this.#last !== characterKind.word || next !== characterKind.word) this.#find(this.#waiting, findings)
    this.#waiting = 0
  }

  /** The longest phrase that ends at the last character and begins where a word may begin. */
  #find(ended: number, findings: Finding[]): void {
    const { depth, shorter } = this.#automaton
    for (let state = ended; state !== 0; state = shorter[state] ?? 0) {
      const slot = (this.#count - (depth[state] ?? 0)) & this.#mask
      const start = this.#starts[slot] ?? 0
      if (this.#wantsBorders && !this.#beginsWord(slot)) continue
      findings.push({ kind: 'keyword', start, end: this.#lastEnd, score: 1 })
      return
    }
  }

  #beginsWord(slot: number): boolean {
    if (this.#before[slot] !== characterKind.word) return true
    // The kind of a character is what the next one has before it; of the newest it is the last.
    const next = (slot + 1) & this.#mask
    const kind = next === (this.#count & this.#mask) ? this.#last : this.#before[next]
    return kind !== characterKind.word
  }

  /** The start of the longest phrase that may still come to its end. */
  #decided(): number {
    const { depth } = this.#automaton
    const open = Math.max(depth[this.#state] ?? 0, depth[this.#waiting] ?? 0)
    if (open === 0) return this.#position
    return this.#starts[(this.#count - open) & this.#mask] ?? 0
  }
}
