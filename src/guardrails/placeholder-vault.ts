/** Values one exchange may have placeholders for; beyond it a placeholder has no number and nothing comes back. */
const mostValues = 10_000

/** Shorter values are not looked for in texts nobody has read: they would be found in every other word. */
const shortestSought = 4

const placeholderPattern = /<([A-Z][A-Z0-9_]{0,63})_(\d{1,9})>/g

/** The longest text that a placeholder can have. */
export const longestPlaceholder = 1 + 64 + 1 + 9 + 1

interface Kept {
  readonly value: string
  readonly placeholder: string
  restorable: boolean
}

/**
 * What was taken out of one exchange, and its placeholders: `<EMAIL_1>` for the first email, the same for the same value.
 * Lives in memory, for as long as the exchange does, and is written nowhere.
 */
export class PlaceholderVault {
  readonly #byValue = new Map<string, Kept>()
  readonly #byPlaceholder = new Map<string, Kept>()
  readonly #counts = new Map<string, number>()
  readonly #taken = new Set<string>()
  #restorable = 0

  get isEmpty(): boolean {
    return this.#byValue.size === 0
  }

  /** There is something that may come back. */
  get restores(): boolean {
    return this.#restorable > 0
  }

  /** Placeholders that a text has of its own mean nothing of ours: their numbers are not used. */
  reserve(text: string): void {
    if (!text.includes('<')) return
    for (const match of text.matchAll(placeholderPattern)) this.#taken.add(match[0])
  }

  /** @param kind as in a finding. @param restorable the client may have it back in the answer. */
  placeholderFor(kind: string, value: string, restorable: boolean): string {
    const key = `${kind}\0${value}`
    const known = this.#byValue.get(key)
    if (known !== undefined) {
      if (restorable && !known.restorable) this.#restorable += 1
      known.restorable ||= restorable
      return known.placeholder
    }
    const name = kind
      .toUpperCase()
      .replace(/[^A-Z0-9_]/g, '_')
      .slice(0, 64)
    if (this.#byValue.size >= mostValues) return `<${name}>`
    const placeholder = this.#next(name)
    const kept = { value, placeholder, restorable }
    this.#byValue.set(key, kept)
    this.#byPlaceholder.set(placeholder, kept)
    if (restorable) this.#restorable += 1
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

  /** A text of this exchange for the log: with placeholders where it has the values. */
  conceal(text: string): string {
    let result = ''
    let done = 0
    const byStart = this.#byStart()
    if (byStart.size === 0) return text
    for (let at = 0; at + shortestSought <= text.length; at += 1) {
      const candidates = byStart.get(text.slice(at, at + shortestSought))
      const found = candidates?.find(({ value }) => text.startsWith(value, at))
      if (found === undefined) continue
      result += text.slice(done, at) + found.placeholder
      at += found.value.length - 1
      done = at + 1
    }
    return done === 0 ? text : result + text.slice(done)
  }

  #next(name: string): string {
    for (;;) {
      const number = (this.#counts.get(name) ?? 0) + 1
      this.#counts.set(name, number)
      const placeholder = `<${name}_${number}>`
      if (!this.#taken.has(placeholder)) return placeholder
    }
  }

  /** By their first characters, of each the longest first. */
  #byStart(): ReadonlyMap<string, readonly Kept[]> {
    const byStart = new Map<string, Kept[]>()
    for (const kept of this.#byValue.values()) {
      if (kept.value.length < shortestSought) continue
      const start = kept.value.slice(0, shortestSought)
      const list = byStart.get(start)
      if (list === undefined) byStart.set(start, [kept])
      else list.push(kept)
    }
    for (const list of byStart.values()) list.sort((left, right) => right.value.length - left.value.length)
    return byStart
  }
}
