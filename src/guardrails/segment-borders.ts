/*
 * Where a text is cut into segments, decided character by character, so that it cannot depend on how the text arrived.
 *
 * A segment is a stretch that a structured value (number, address, key) can lie in. It never holds a line break, a double
 * quote, a backtick, `<`, `>`, `{`, `}`, or a character that such values are not written with (CJK, scripts without spaces,
 * emoji); these and the white space between two segments belong to none. One space ends a segment too, unless a value
 * written in groups may go on behind it: then the two tokens are one segment.
 */

/** What the characters of a segment are, as bits of `SegmentFacts.marks`. */
export const segmentMarks = {
  digit: 1,
  letter: 2,
  at: 4,
  colon: 8,
  dot: 16,
  hyphen: 32,
  equals: 64,
  slash: 128,
} as const

/** What is known of a segment before it is looked at. One object for all of them: valid until the call returns. */
export interface SegmentFacts {
  /** Sum of `segmentMarks` that occur. */
  readonly marks: number
  /** How many ASCII digits there are. */
  readonly digits: number
  /** How many colons there are. */
  readonly colons: number
  /** UTF-16 characters. */
  readonly length: number
}

/** Called where a segment is found, with its offsets from the beginning of the text, end exclusive, in their order. */
export type OnSegment = (start: number, end: number, facts: SegmentFacts) => void

/** From here on, a spaced run ends at its next white space, characters. */
const longestRun = 256
/** A segment is cut here when no white space has come, characters. */
const longestToken = 4096
/** Most letters of a group that a run can go on with: `P2`, `12345678 Z`. Behind the head of an IBAN (`GB57 IHWA`) four. */
const lettersOfGroup = 2
const lettersOfIbanGroup = 4
/** Most letters in front of the first digits of a run: `AB 12 34 56 C`; in capitals `RSSMRA 85M01 H501Z`. */
const lettersOfHead = 2
const capitalsOfHead = 6
/** Most characters of a group of letters and digits that a run can go on behind: `3M02`, `SM9IJ`. */
const charsOfMixedGroup = 5

// Kinds of characters. Those from `space` on end a token.
const lower = 0
const upper = 1
const digit = 2
const opener = 3
const joiner = 4
const other = 5
const space = 6
const hard = 7
const highSurrogate = 8
const lowSurrogate = 9

const asciiKinds = new Uint8Array(128).fill(other)
const asciiMarks = new Uint8Array(128)
for (let code = 48; code < 58; code += 1) mark(code, digit, segmentMarks.digit)
for (let code = 65; code < 91; code += 1) mark(code, upper, segmentMarks.letter)
for (let code = 97; code < 123; code += 1) mark(code, lower, segmentMarks.letter)
for (const char of '\n\r\v\f"`<>{}') mark(char.charCodeAt(0), hard, 0)
for (const char of ' \t') mark(char.charCodeAt(0), space, 0)
mark(0x28, opener, 0)
mark(0x29, joiner, 0)
mark(0x2d, joiner, segmentMarks.hyphen)
mark(0x2e, joiner, segmentMarks.dot)
mark(0x2f, joiner, segmentMarks.slash)
mark(0x3a, other, segmentMarks.colon)
mark(0x3d, other, segmentMarks.equals)
mark(0x40, other, segmentMarks.at)

function mark(code: number, kind: number, bit: number): void {
  asciiKinds[code] = kind
  asciiMarks[code] = bit
}

/** Beyond ASCII: letters of scripts that put spaces between words go into tokens, what no value holds ends a segment. */
function wideKind(code: number): number {
  if (code < 0x0e00) return code === 0xa0 ? space : code === 0x85 ? hard : lower
  if (code >= 0xd800 && code < 0xe000) return code < 0xdc00 ? highSurrogate : lowSurrogate
  if (code >= 0x1e00 && code < 0x2000) return lower
  if (code < 0x2000 || code > 0x2212) return code === 0xfeff ? other : hard
  if (code === 0x2028 || code === 0x2029) return hard
  if (code <= 0x200a || code === 0x202f || code === 0x205f) return space
  // Hyphens, dashes and the minus sign: language models write numbers with them.
  return (code >= 0x2010 && code <= 0x2015) || code === 0x2212 ? joiner : other
}

// States of the machine.
const outside = 0
const inToken = 1
/** One space behind a token that a run may go on behind. */
const inGap = 2
/** In letters behind such a space: too many of them, and the segment ended at the space. */
const onTrial = 3

/** Finds the segments of one text that comes in pieces. Keeps numbers only. */
export class SegmentBorders {
  /** How many characters have come. */
  position = 0
  /** A high surrogate came last, outside of every segment: its other half is still to come. */
  #isHalf = false
  #state = outside
  #start = 0
  #gapAt = 0
  #tokenStart = 0
  /** Of the segment without the token that is on trial. */
  #marks = 0
  #digits = 0
  #colons = 0
  /** Of the token on trial, which consists of letters so far. */
  #trialMarks = 0
  /** The letters and digits at the end of the token: how many, how many of them digits and capitals, kind of the last. */
  #groupChars = 0
  #groupDigits = 0
  #groupCapitals = 0
  #last = other
  /** Begins with the head of an IBAN. */
  #isIban = false
  readonly #facts = { marks: 0, digits: 0, colons: 0, length: 0 }

  /** Where the open segment begins, or where the text goes on behind the last one: nothing before it can change. */
  get decided(): number {
    if (this.#state === outside) return this.#isHalf ? this.position - 1 : this.position
    return this.#start
  }

  /**
   * Takes the next piece.
   *
   * @param onHardEnd called at each character that ends segments whatever stands around it, with its offset, after the
   *   segment before it.
   */
  push(piece: string, onSegment: OnSegment, onHardEnd: ((at: number) => void) | null): void {
    for (let index = 0; index < piece.length; index += 1) {
      const code = piece.charCodeAt(index)
      const kind = code < 128 ? (asciiKinds[code] ?? other) : wideKind(code)
      this.#isHalf = kind === highSurrogate
      if (kind >= space) {
        this.#endToken(kind, onSegment)
        if (kind === hard) onHardEnd?.(this.position)
        this.position += 1
        continue
      }
      this.#take(kind, code < 128 ? (asciiMarks[code] ?? 0) : kind === lower ? segmentMarks.letter : 0, onSegment)
      this.position += 1
      if (this.#state !== inToken) continue
      if (kind === lower) index += this.#takeLetters(piece, index + 1)
      if (this.position - this.#tokenStart >= longestToken) this.#close(this.position, onSegment)
    }
  }

  /** The rest of a word at once, behind its first small letter: most of a text is that. Returns how many it took. */
  #takeLetters(piece: string, from: number): number {
    const most = Math.min(piece.length, from + longestToken - (this.position - this.#tokenStart))
    let index = from
    while (index < most) {
      const code = piece.charCodeAt(index)
      if (code < 97 || code > 122) break
      index += 1
    }
    this.#groupChars += index - from
    this.position += index - from
    return index - from
  }

  /** The text is over. */
  end(onSegment: OnSegment): void {
    if (this.#state === onTrial) this.#accept()
    if (this.#state !== outside) this.#close(this.#state === inGap ? this.#gapAt : this.position, onSegment)
  }

  #endToken(kind: number, onSegment: OnSegment): void {
    if (this.#state === outside) return
    if (this.#state === inGap) {
      this.#close(this.#gapAt, onSegment)
      return
    }
    if (this.#state === onTrial) this.#accept()
    if (kind === space && this.position - this.#start < longestRun && this.#mayGoOn()) {
      this.#state = inGap
      this.#gapAt = this.position
    } else this.#close(this.position, onSegment)
  }

  /** A character of a token. */
  #take(kind: number, bits: number, onSegment: OnSegment): void {
    switch (this.#state) {
      case outside:
        this.#open()
        break
      case inGap:
        this.#goOn(kind, onSegment)
        break
      case onTrial:
        if (kind > upper) this.#accept()
        else if (this.#groupChars >= (this.#isIban ? lettersOfIbanGroup : lettersOfGroup)) this.#reject(onSegment)
        break
    }
    if (this.#state === onTrial) this.#trialMarks |= bits
    else {
      this.#marks |= bits
      if (kind === digit) this.#digits += 1
      else if (bits === segmentMarks.colon) this.#colons += 1
    }
    this.#last = kind
    if (kind > digit) {
      this.#groupChars = 0
      this.#groupDigits = 0
      this.#groupCapitals = 0
      return
    }
    this.#groupChars += 1
    if (kind === digit) this.#groupDigits += 1
    else if (kind === upper) this.#groupCapitals += 1
    // Two letters and two digits. In which order is for the detector to say.
    if (this.#groupChars === 4 && this.#groupDigits === 2 && kind === digit) this.#isIban = true
  }

  /** Whether a value may go on behind the single space that has come. */
  #mayGoOn(): boolean {
    if (this.#last === digit) return true
    if (this.#last === joiner) return this.#digits > 0
    if (this.#last === opener) return true
    if (this.#last === other) return false
    const letters = this.#groupChars - this.#groupDigits
    if (this.#groupDigits > 0) return this.#groupChars <= charsOfMixedGroup
    if (this.#digits > 0) return letters <= lettersOfIbanGroup
    return letters <= lettersOfHead || (letters <= capitalsOfHead && this.#groupCapitals === letters)
  }

  /** The first character behind a single space: does it go on with the run? */
  #goOn(kind: number, onSegment: OnSegment): void {
    const afterGroup = this.#last <= digit && this.#groupDigits > 0
    const isLetter = kind <= upper
    if (isLetter && (afterGroup || (this.#isIban && this.#last <= upper))) this.#state = onTrial
    else if (
      kind === digit ||
      (kind === opener && this.#last !== lower && this.#last !== upper) ||
      (kind === joiner && this.#last === digit)
    ) {
      this.#state = inToken
    } else {
      this.#close(this.#gapAt, onSegment)
      this.#open()
      return
    }
    this.#beginToken()
  }

  #open(): void {
    this.#state = inToken
    this.#start = this.position
    this.#marks = 0
    this.#digits = 0
    this.#colons = 0
    this.#isIban = false
    this.#beginToken()
  }

  #beginToken(): void {
    this.#tokenStart = this.position
    this.#trialMarks = 0
    this.#groupChars = 0
    this.#groupDigits = 0
    this.#groupCapitals = 0
  }

  /** The letters on trial belong to the run. */
  #accept(): void {
    this.#state = inToken
    this.#marks |= this.#trialMarks
  }

  /** They do not: the segment ended at the space, and a new one began with them. */
  #reject(onSegment: OnSegment): void {
    this.#close(this.#gapAt, onSegment)
    this.#state = inToken
    this.#start = this.#tokenStart
    this.#marks = this.#trialMarks
    this.#digits = 0
    this.#colons = 0
    this.#isIban = false
  }

  #close(end: number, onSegment: OnSegment): void {
    const facts = this.#facts
    facts.marks = this.#marks
    facts.digits = this.#digits
    facts.colons = this.#colons
    facts.length = end - this.#start
    this.#state = outside
    onSegment(this.#start, end, facts)
  }
}
