/** A stretch of a text: from `start`, up to and without `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** How often each character may be looked at on average, before text that imitates JSON is given up on. */
const looksPerCharacter = 8

/**
 * The JSON objects and lists that stand in a text, outermost only, in order. What only looks like JSON is none.
 *
 * @returns null when the text is so full of near misses that telling would take more than linear time.
 */
export function jsonInText(text: string): readonly Span[] | null {
  const spans: Span[] = []
  const hopeless = new Set<number>()
  let looks = text.length * looksPerCharacter
  let position = nextOpening(text, 0)
  while (position < text.length) {
    if (!hopeless.delete(position)) {
      const reader = new Reader(text, position)
      const end = reader.read()
      looks -= reader.looked
      if (looks < 0) return null
      if (end !== null) {
        spans.push({ start: position, end })
        position = nextOpening(text, end)
        continue
      }
      // Whoever was open when it went wrong would go wrong at the same place.
      for (const opening of reader.open) hopeless.add(opening)
    }
    position = nextOpening(text, position + 1)
  }
  return spans
}

function nextOpening(text: string, from: number): number {
  let position = from
  while (position < text.length && text[position] !== '{' && text[position] !== '[') position++
  return position
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const word = /true|false|null/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

const closing = { '{': '}', '[': ']' } as const

/** Reads one JSON object or list, without recursion: how deep it nests is whoever's text it is. */
class Reader {
  /** Where those begin that were open when it stopped. */
  readonly open: number[] = []
  readonly #text: string
  readonly #start: number
  #position: number

  constructor(text: string, start: number) {
    this.#text = text
    this.#start = start
    this.#position = start
  }

  /** Characters looked at. */
  get looked(): number {
    return this.#position - this.#start + 1
  }

  /** Index behind the value; null: it is none. */
  read(): number | null {
    do {
      if (!this.#value()) return null
    } while (this.#goesOn())
    return this.open.length === 0 ? this.#position : null
  }

  /** Reads a value; of an object or list that has something in it, the way to its first value that has nothing in it. */
  #value(): boolean {
    for (;;) {
      const next = this.#text[this.#position]
      if (next === '"') return this.#string()
      if (next !== '{' && next !== '[') return this.#matches(number) || this.#matches(word)
      this.open.push(this.#position)
      this.#position++
      this.#skipSpace()
      if (this.#text[this.#position] === closing[next]) return true
      if (next === '{' && !this.#name()) return false
    }
  }

  /** Behind a value: leaves what ends here. True when another value follows. */
  #goesOn(): boolean {
    for (let opening = this.open.at(-1); opening !== undefined; opening = this.open.at(-1)) {
      const kind = this.#text[opening] as keyof typeof closing
      this.#skipSpace()
      if (this.#text[this.#position] === ',') {
        this.#position++
        this.#skipSpace()
        return kind === '[' || this.#name()
      }
      if (this.#text[this.#position] !== closing[kind]) return false
      this.#position++
      this.open.pop()
    }
    return false
  }

  #name(): boolean {
    if (!this.#string()) return false
    this.#skipSpace()
    if (this.#text[this.#position] !== ':') return false
    this.#position++
    this.#skipSpace()
    return true
  }

  #string(): boolean {
    if (this.#text[this.#position] !== '"') return false
    this.#position++
    for (;;) {
      const code = this.#text.charCodeAt(this.#position)
      if (code === 0x22) {
        this.#position++
        return true
      }
      if (code === 0x5c) {
        if (!this.#matches(escape)) return false
      } else if (code >= 0x20) {
        this.#position++
      } else {
        // A control character, or the end of the text (NaN).
        return false
      }
    }
  }

  #matches(pattern: RegExp): boolean {
    pattern.lastIndex = this.#position
    if (!pattern.test(this.#text)) return false
    this.#position = pattern.lastIndex
    return true
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#position++
    }
  }
}
