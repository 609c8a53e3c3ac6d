import { LiteralIndex } from './literal-index.ts'

/** Values one exchange may have placeholders for; beyond it a placeholder has no number and nothing comes back. */
const mostValues = 10_000

const placeholderPattern = /<([A-Z][A-Z0-9_]{0,63})_(\d{1,9})>/g

/** The longest text that a placeholder can have. */
export const longestPlaceholder = 1 + 64 + 1 + 9 + 1

interface Kept {
  readonly value: string
  readonly placeholder: string
  restorable: boolean
}

/** A stretch of a text in which there are values, and whose placeholder takes its place. */
interface Stretch {
  readonly start: number
  readonly end: number
  /** Number of the value. */
  readonly value: number
}

/**
 * What was taken out of one exchange, and its placeholders: `<EMAIL_1>` for the first email, the same for the same value.
 * Lives in memory, for as long as the exchange does, and is written nowhere.
 */
export class PlaceholderVault {
  readonly #byKey = new Map<string, Kept>()
  /** By their numbers in the index. */
  readonly #inOrder: Kept[] = []
  /** Made for the first value: most exchanges have none. */
  #index: LiteralIndex | null = null
  readonly #byPlaceholder = new Map<string, Kept>()
  readonly #counts = new Map<string, number>()
  readonly #taken = new Set<string>()
  #restorable = 0
  #forgets = false

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  /** There is something that may come back. */
  get restores(): boolean {
    return this.#restorable > 0
  }

  /** More was taken out than it can remember, so that `conceal` may leave a value where it stands. */
  get forgets(): boolean {
    return this.#forgets
  }

  /** Placeholders that a text has of its own mean nothing of ours: their numbers are not used. */
  reserve(text: string): void {
    if (!text.includes('<')) return
    for (const match of text.matchAll(placeholderPattern)) this.#taken.add(match[0])
  }

  /** @param kind as in a finding. @param restorable the client may have it back in the answer. */
  placeholderFor(kind: string, value: string, restorable: boolean): string {
    const key = `${kind}\0${value}`
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      if (restorable && !known.restorable) this.#restorable += 1
      known.restorable ||= restorable
      return known.placeholder
    }
    const name = kind
      .toUpperCase()
      .replace(/[^A-Z0-9_]/g, '_')
      .slice(0, 64)
    if (this.#byKey.size >= mostValues) {
      this.#forgets = true
      return `<${name}>`
    }
    const placeholder = this.#next(name)
    this.#keep(key, { value, placeholder, restorable })
    return placeholder
  }

  /** The text with the values of its placeholders. `escaped`: it is inside a JSON string. */
  restore(text: string, escaped = false): string {
    if (this.#restorable === 0 || !text.includes('<')) return text
    return text.replace(placeholderPattern, (placeholder) => {
      const kept = this.#byPlaceholder.get(placeholder)
      if (kept === undefined || !kept.restorable) return placeholder
      return escaped ? JSON.stringify(kept.value).slice(1, -1) : kept.value
    })
  }

  /**
   * A text of this exchange for the log: with placeholders where it has the values. Values that overlap go as one, so that
   * nothing is left of any; those of up to three characters are seen where they are words. Takes time for the characters of
   * the text and none for the number of values.
   *
   * @param isCut the text goes on behind its end: what may be the first part of a value there is left out.
   */
  conceal(text: string, isCut = false): string {
    if (this.#index === null) return text
    const stretches: Stretch[] = []
    // Most texts have no value, and then nobody asks for their placeholders.
    let isOurs: ((start: number, end: number) => boolean) | null = null
    const begun = this.#index.find(text, (start, end, value) => {
      isOurs ??= this.#ownPlaceholders(text)
      if (!isOurs(start, end)) join(stretches, { start, end, value })
    })
    const until = isCut ? text.length - begun : text.length
    if (stretches.length === 0) return text.slice(0, until)
    let result = ''
    let done = 0
    for (const { start, end, value } of stretches) {
      result += text.slice(done, Math.min(start, until)) + (this.#inOrder[value]?.placeholder ?? '')
      done = end
    }
    return result + text.slice(done, Math.max(done, until))
  }

  #keep(key: string, kept: Kept): void {
    this.#byKey.set(key, kept)
    this.#byPlaceholder.set(kept.placeholder, kept)
    if (kept.restorable) this.#restorable += 1
    if (kept.value === '') return
    this.#index ??= new LiteralIndex()
    if (!this.#index.add(kept.value, this.#inOrder.length)) this.#forgets = true
    this.#inOrder.push(kept)
  }

  /** Tells what lies within a placeholder of ours, which may look like a value. To be asked with ends that only grow. */
  #ownPlaceholders(text: string): (start: number, end: number) => boolean {
    if (!text.includes('<')) return () => false
    const own = [...text.matchAll(placeholderPattern)].filter(([placeholder]) => this.#byPlaceholder.has(placeholder))
    let next = 0
    return (start, end) => {
      for (; ; next += 1) {
        const match = own[next]
        if (match === undefined) return false
        if (match.index + match[0].length >= end) return match.index <= start
      }
    }
  }

  #next(name: string): string {
    for (;;) {
      const number = (this.#counts.get(name) ?? 0) + 1
      this.#counts.set(name, number)
      const placeholder = `<${name}_${number}>`
      if (!this.#taken.has(placeholder)) return placeholder
    }
  }
}

/** Adds a stretch to those before it, which do not overlap; with those it overlaps, it becomes one. */
function join(stretches: Stretch[], added: Stretch): void {
  let { start, end, value } = added
  for (let last = stretches.at(-1); last !== undefined && last.end > start; last = stretches.at(-1)) {
    // Named by the value that begins first, of those the longest, which is the one that comes last.
    if (last.start < start) {
      start = last.start
      value = last.value
    }
    end = Math.max(end, last.end)
    stretches.pop()
  }
  stretches.push({ start, end, value })
}
