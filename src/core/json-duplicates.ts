import { parsedJson } from './json.ts'

/**
 * JSON texts in which an object has the same name twice. `JSON.parse` keeps the last of them; whoever reads the same text
 * next may keep the first, and so see something that nobody here has looked at.
 */

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Path of the first name that stands a second time in its object, such as `messages[1].content`; null: there is none.
 * Names are compared as they are read (`"\u0061"` is `a`), at any depth. Linear in time; memory grows with the number of
 * names of what is open at one time and with the depth.
 *
 * @param text that `JSON.parse` has accepted. On any other text the answer means nothing, but there is one.
 */
export function hasDuplicateMembers(text: string): string | null {
  const names = new SeenNames(text)
  let position = 0
  while (position < text.length) {
    const code = text.charCodeAt(position)
    position += 1
    if (code === quote) {
      position = stringEnd(text, position)
      continue
    }
    if (code === openBrace) names.open(true)
    else if (code === openBracket) names.open(false)
    else if (code === closeBrace || code === closeBracket) names.close()
    else if (code !== comma) continue
    // A name follows behind `{`, and behind a comma that stands in an object.
    if (!names.inObject || (code !== openBrace && code !== comma)) continue
    position = skipWhitespace(text, position)
    if (text.charCodeAt(position) !== quote) continue
    const start = position + 1
    position = names.read(start)
    if (names.isSeen) return pathTo(text, start)
  }
  return null
}

/** A name that is cut off in a path, because nobody has to read a megabyte of it. */
const longestShown = 64

/** So that nobody outside can know which names fall into the same place of a table. */
const seed = Math.trunc(Math.random() * 0x1_0000_0000)

/** Names of one object that are looked through one by one; of more there is a table. */
const fewNames = 16
const list = -1

/** Making them takes longer than reading an ordinary request. Only one text is read at a time, and what is in them is not read again. */
const firstOuter = new Int32Array(64)
const firstNames = new Int32Array(512)

/** The names of all objects that are open, by where they stand in the text and a hash, so that none has to be copied. */
class SeenNames {
  inObject = false
  /** The name read last stands in its object already. */
  isSeen = false
  readonly #text: string
  /** Of what is open around: where the names of an object begin in these lists, or that it is a list. */
  #outer = firstOuter
  #depth = 0
  /** Two numbers for each name: start in the text, hash. */
  #names = firstNames
  /** By the number of objects and lists around it, of an object with many names. */
  #tables: Map<number, NameTable> | null = null
  #first = list
  #count = 0

  constructor(text: string) {
    this.#text = text
  }

  open(isObject: boolean): void {
    if (this.#depth === this.#outer.length) this.#outer = grown(this.#outer)
    this.#outer[this.#depth] = this.#first
    this.#depth += 1
    this.#first = isObject ? this.#count : list
    this.inObject = isObject
  }

  close(): void {
    if (this.inObject) {
      this.#count = this.#first
      this.#tables?.delete(this.#depth)
    }
    this.#depth = Math.max(0, this.#depth - 1)
    this.#first = this.#outer[this.#depth] ?? list
    this.inObject = this.#first !== list
  }

  /** Reads the name that begins there, behind its quote. @returns where it is over, behind its quote. */
  read(start: number): number {
    const text = this.#text
    let hash = seed
    let position = start
    for (; position < text.length; position += 1) {
      let code = text.charCodeAt(position)
      if (code === quote) break
      if (code === backslash) {
        code = escapedCode(text, position + 1)
        position += escapeLength(text, position + 1)
      }
      hash = Math.imul(hash ^ code, 0x85eb_ca6b)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0xc2b2_ae35)
    this.#add(start, hash ^ (hash >>> 16))
    return position + 1
  }

  #add(start: number, hash: number): void {
    const table = this.#tables?.get(this.#depth)
    if (table !== undefined) {
      this.isSeen = table.has(start, hash)
      return
    }
    for (let at = this.#first; at < this.#count; at += 2) {
      if (this.#names[at + 1] !== hash || !isSameName(this.#text, this.#names[at] ?? 0, start)) continue
      this.isSeen = true
      return
    }
    if (this.#count === this.#names.length) this.#names = grown(this.#names)
    this.#names[this.#count] = start
    this.#names[this.#count + 1] = hash
    this.#count += 2
    if (this.#count - this.#first > 2 * fewNames) this.#makeTable()
  }

  #makeTable(): void {
    const table = new NameTable(this.#text)
    for (let at = this.#first; at < this.#count; at += 2) table.has(this.#names[at] ?? 0, this.#names[at + 1] ?? 0)
    this.#tables ??= new Map()
    this.#tables.set(this.#depth, table)
  }
}

function grown(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(4 * numbers.length)
  more.set(numbers)
  return more
}

/** A hash table of the names of one object. */
class NameTable {
  readonly #text: string
  #mask = 8 * fewNames - 1
  #count = 0
  /** Two numbers for each: start in the text (0: none, as every name stands behind a quote), hash. */
  #slots = new Int32Array(2 * 8 * fewNames)

  constructor(text: string) {
    this.#text = text
  }

  /** Whether the name was in it; it is in it then. */
  has(start: number, hash: number): boolean {
    const slots = this.#slots
    let at = 2 * (hash & this.#mask)
    for (let known = slots[at] ?? 0; known !== 0; known = slots[at] ?? 0) {
      if (slots[at + 1] === hash && isSameName(this.#text, known, start)) return true
      at = (at + 2) & (2 * this.#mask + 1)
    }
    slots[at] = start
    slots[at + 1] = hash
    this.#count += 1
    if (this.#count * 2 > this.#mask) this.#grow()
    return false
  }

  #grow(): void {
    const old = this.#slots
    this.#mask = 8 * (this.#mask + 1) - 1
    const slots = new Int32Array(2 * (this.#mask + 1))
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue
      let at = 2 * ((old[from + 1] ?? 0) & this.#mask)
      while (slots[at] !== 0) at = (at + 2) & (2 * this.#mask + 1)
      slots[at] = old[from] ?? 0
      slots[at + 1] = old[from + 1] ?? 0
    }
    this.#slots = slots
  }
}

/** Whether two names, given by where they begin, are read as the same. */
function isSameName(text: string, one: number, other: number): boolean {
  let left = one
  let right = other
  for (;;) {
    let leftCode = text.charCodeAt(left)
    let rightCode = text.charCodeAt(right)
    const isOver = leftCode === quote || left >= text.length
    if (isOver || rightCode === quote || right >= text.length) return isOver && rightCode === quote
    left += 1
    right += 1
    if (leftCode === backslash) {
      leftCode = escapedCode(text, left)
      left += escapeLength(text, left)
    }
    if (rightCode === backslash) {
      rightCode = escapedCode(text, right)
      right += escapeLength(text, right)
    }
    if (leftCode !== rightCode) return false
  }
}

/** Characters of an escape, without its backslash. */
function escapeLength(text: string, position: number): number {
  return text.charCodeAt(position) === 0x75 ? 5 : 1
}

/** The code unit of an escape whose backslash stands right before. */
function escapedCode(text: string, position: number): number {
  const code = text.charCodeAt(position)
  if (code === 0x75) return Number.parseInt(text.slice(position + 1, position + 5), 16)
  const at = 'bfnrt'.indexOf(text.charAt(position))
  return at === -1 || Number.isNaN(code) ? code : '\b\f\n\r\t'.charCodeAt(at)
}

/** Index behind the quote that ends the string which begins at `start`; the length of the text when none does. */
function stringEnd(text: string, start: number): number {
  let end = start - 1
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before -= 1
    // An even number of backslashes escape each other and leave the quote alone.
    if ((end - before) % 2 === 1) return end + 1
  }
}

function skipWhitespace(text: string, start: number): number {
  let position = start
  for (;;) {
    const code = text.charCodeAt(position)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return position
    position += 1
  }
}

/** What leads to the name that begins there: names and numbers of items. */
function pathTo(text: string, name: number): string {
  /** Of a list that is open the number of the item; of an object where the name begins, below zero. */
  let steps = new Int32Array(64)
  let depth = 0
  let position = 0
  let isName = false
  while (position < name) {
    const code = text.charCodeAt(position)
    position += 1
    if (code === quote) {
      if (isName) steps[depth - 1] = -position
      isName = false
      position = stringEnd(text, position)
    } else if (code === openBrace || code === openBracket) {
      isName = code === openBrace
      if (depth === steps.length) steps = grown(steps)
      steps[depth] = isName ? -1 : 0
      depth += 1
    } else if (code === closeBrace || code === closeBracket) {
      depth = Math.max(0, depth - 1)
      isName = false
    } else if (code === comma) {
      const step = depth === 0 ? 0 : (steps[depth - 1] ?? 0)
      isName = step < 0
      if (!isName && depth > 0) steps[depth - 1] = step + 1
    }
  }
  steps[depth - 1] = -name
  // Of a path that leads very deep its end says most.
  return [...steps.subarray(Math.max(0, depth - longestShown), depth)].reduce((path, step) => {
    if (step >= 0) return `${path}[${step}]`
    const own = shown(text, -step, stringEnd(text, -step) - 1)
    return path === '' ? own : `${path}.${own}`
  }, '')
}

function shown(text: string, start: number, end: number): string {
  const raw = text.slice(start, end)
  if (raw.length > longestShown) return `${raw.slice(0, longestShown)}…`
  const name = raw.includes('\\') ? parsedJson(`"${raw}"`) : raw
  return typeof name === 'string' ? name : raw
}
