/*
 * Numbers that identify something are written in groups of letters and digits with one separator between them. Everything
 * that looks for them reads the groups of a segment, which are found once.
 */

/** What stands between two groups, right where the second begins. */
export const separators = {
  none: 0,
  space: 1,
  hyphen: 2,
  dot: 3,
  slash: 4,
  plus: 5,
  colon: 6,
  underscore: 7,
  open: 8,
  close: 9,
  dash: 10,
} as const

const separatorOfChar: Readonly<Record<string, number>> = {
  ' ': separators.space,
  '-': separators.hyphen,
  '.': separators.dot,
  '/': separators.slash,
  '+': separators.plus,
  ':': separators.colon,
  _: separators.underscore,
  '(': separators.open,
  ')': separators.close,
}

/** The separator a character is; `none` for one that ends a number. Dashes count as hyphens, all spaces as one. */
export function separatorOf(code: number): number {
  if (code < 128) return separatorOfAscii[code] ?? separators.none
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x200a) || code === 0x202f) return separators.space
  return (code >= 0x2010 && code <= 0x2015) || code === 0x2212 ? separators.hyphen : separators.none
}

const separatorOfAscii = new Uint8Array(128)
separatorOfAscii[9] = separators.space
for (const [char, separator] of Object.entries(separatorOfChar)) separatorOfAscii[char.charCodeAt(0)] = separator

const charKinds = new Uint8Array(128)
for (let code = 48; code < 58; code += 1) charKinds[code] = 1
for (let code = 65; code < 91; code += 1) charKinds[code] = 2
for (let code = 97; code < 123; code += 1) charKinds[code] = 2

/** The groups of one stretch of text, in lists side by side. */
export class Groups {
  count = 0
  text = ''
  /** Offsets into the text, end exclusive. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  /** How many of the characters are digits. */
  readonly digits: number[] = []
  /** What stands between this group and the one before it; `none`: more than a separator, or something else. */
  readonly before: number[] = []

  /** Reads `text` from `from` to `to`. What was read before is forgotten. */
  read(text: string, from: number, to: number): void {
    this.count = 0
    this.text = text
    let start = -1
    let digits = 0
    for (let index = from; index < to; index += 1) {
      const code = text.charCodeAt(index)
      const kind = code < 128 ? (charKinds[code] ?? 0) : 0
      if (kind === 0) {
        if (start >= 0) this.#add(start, index, digits)
        start = -1
        continue
      }
      if (start < 0) {
        start = index
        digits = 0
      }
      // The extension of a phone number: `4508x769`.
      if (code === 120 && digits >= 4 && digits === index - start) {
        this.#add(start, index, digits)
        start = -1
      } else if (kind === 1) digits += 1
    }
    if (start >= 0) this.#add(start, to, digits)
  }

  length(index: number): number {
    return (this.ends[index] ?? 0) - (this.starts[index] ?? 0)
  }

  isDigits(index: number): boolean {
    return index >= 0 && index < this.count && this.digits[index] === this.length(index)
  }

  hasDigits(index: number): boolean {
    return index >= 0 && index < this.count && (this.digits[index] ?? 0) > 0
  }

  start(index: number): number {
    return this.starts[index] ?? 0
  }

  end(index: number): number {
    return this.ends[index] ?? 0
  }

  /** What stands between a group and the one before it; `none` in front of the first and behind the last. */
  separator(index: number): number {
    return index > 0 && index < this.count ? (this.before[index] ?? separators.none) : separators.none
  }

  /** The characters of some groups without what stands between them. */
  chars(first: number, last: number): string {
    let chars = ''
    for (let index = first; index <= last; index += 1) chars += this.text.slice(this.starts[index], this.ends[index])
    return chars
  }

  #add(start: number, end: number, digits: number): void {
    const index = this.count
    this.before[index] = index === 0 ? separators.none : this.#between(this.end(index - 1), start)
    this.starts[index] = start
    this.ends[index] = end
    this.digits[index] = digits
    this.count += 1
  }

  /** One separator, a bracket with others around it (`) `, `-(`), or a hyphen between spaces. */
  #between(from: number, to: number): number {
    const first = separatorOf(this.text.charCodeAt(from))
    const gap = to - from
    if (gap === 1) return first
    if (gap > 3) return separators.none
    const second = separatorOf(this.text.charCodeAt(from + 1))
    const third = gap === 3 ? separatorOf(this.text.charCodeAt(from + 2)) : separators.space
    if (first === separators.none || second === separators.none || third === separators.none) return separators.none
    if (first === separators.close) return isPlain(second) && gap === 2 ? separators.close : separators.none
    if (second === separators.open) return isPlain(first) && gap === 2 ? separators.open : separators.none
    const isSpaced = gap === 3 && first === separators.space && third === separators.space
    return isSpaced && (second === separators.hyphen || second === separators.slash) ? separators.dash : separators.none
  }
}

function isPlain(separator: number): boolean {
  return separator >= separators.space && separator <= separators.slash
}
