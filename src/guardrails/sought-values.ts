/** A value, and what stands in its place. */
export interface SoughtValue {
  readonly value: string
  readonly placeholder: string
}

/** Shorter values are not looked for in texts nobody has read: they would be found in every other word. */
export const shortestSought = 4

/** Values that begin alike, in the order of their characters. */
interface Alike {
  readonly sought: SoughtValue[]
  /** Of each, the longest other one that it begins with; -1: none. */
  readonly shorter: number[]
}

const filterShift = 4
const filterSize = 1 << (filterShift * shortestSought)

/**
 * Looks for many values in a text at once. There may be thousands that begin alike, such as the phone numbers of one country,
 * and a text of a megabyte that is full of them: what a place costs grows with the logarithm of their number.
 */
export class SoughtValues {
  readonly #byStart = new Map<string, Alike>()
  /** By the first characters: whether any value may begin so. */
  readonly #filter = new Uint8Array(filterSize)

  /** @param values each at least `shortestSought` long; of equal ones the first counts. */
  constructor(values: readonly SoughtValue[]) {
    for (const each of new Map(values.toReversed().map((one) => [one.value, one])).values()) {
      const start = each.value.slice(0, shortestSought)
      const alike = this.#byStart.get(start)
      if (alike === undefined) this.#byStart.set(start, { sought: [each], shorter: [] })
      else alike.sought.push(each)
      let last = 0
      for (let next = 0; next < shortestSought; next += 1) last = rolled(last, start.charCodeAt(next))
      this.#filter[last] = 1
    }
    for (const alike of this.#byStart.values()) putInOrder(alike)
  }

  /** The text with every value replaced, from left to right, of several that begin at one place the longest. */
  replaceIn(text: string): string {
    let result = ''
    let done = 0
    if (this.#byStart.size === 0) return text
    let last = 0
    for (let next = 0; next < text.length; next += 1) {
      last = rolled(last, text.charCodeAt(next))
      const at = next + 1 - shortestSought
      if (this.#filter[last] === 0 || at < done) continue
      const alike = this.#byStart.get(text.slice(at, at + shortestSought))
      const found = alike === undefined ? null : longestAt(alike, text, at)
      if (found === null) continue
      result += text.slice(done, at) + found.placeholder
      done = at + found.value.length
    }
    return done === 0 ? text : result + text.slice(done)
  }
}

/** A number for the last few characters, of that for those before and the next one. What is further back falls out. */
function rolled(last: number, code: number): number {
  return ((last << filterShift) ^ code) & (filterSize - 1)
}

function putInOrder({ sought, shorter }: Alike): void {
  sought.sort((one, other) => (one.value < other.value ? -1 : 1))
  const open: number[] = []
  for (const [index, { value }] of sought.entries()) {
    // In this order, what a value begins with comes before it, and so does everything that begins with that.
    while (open.length > 0 && !value.startsWith(sought[open.at(-1) ?? 0]?.value ?? '')) open.pop()
    shorter.push(open.at(-1) ?? -1)
    open.push(index)
  }
}

/** The longest value that stands in the text at this place. */
function longestAt({ sought, shorter }: Alike, text: string, at: number): SoughtValue | null {
  // The last value in the order that does not come behind the text: all that the text begins with, it begins with too.
  let last = -1
  // What the text shares with the values on either side, it shares with all between them.
  let before = 0
  let behind = 0
  for (let low = 0, high = sought.length - 1; low <= high;) {
    const middle = (low + high) >> 1
    const value = sought[middle]?.value ?? ''
    const common = commonChars(value, text, at, Math.min(before, behind))
    if (common === value.length || value.charCodeAt(common) < text.charCodeAt(at + common)) {
      last = middle
      before = common
      low = middle + 1
    } else {
      behind = common
      high = middle - 1
    }
  }
  while (last !== -1 && (sought[last]?.value.length ?? 0) > before) last = shorter[last] ?? -1
  return sought[last] ?? null
}

/** @param common characters that are known to be the same. */
function commonChars(value: string, text: string, at: number, common: number): number {
  const most = Math.min(value.length, text.length - at)
  while (common < most && value.charCodeAt(common) === text.charCodeAt(at + common)) common += 1
  return common
}
