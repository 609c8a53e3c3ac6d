import { topLevelMembers } from '../../core/json-members.ts'

/**
 * A value as the client wrote it, opened one level at a time and each level once. What is only handed on (a tool's input, a
 * schema) is cut out of the text instead of being written anew, so that big integers and number formats survive.
 *
 * Only for text that `JSON.parse` has accepted; asking for what is not there throws a plain Error (a defect of the caller).
 */
export class RawJson {
  readonly text: string
  #members: Map<string, RawJson> | null = null
  #items: readonly RawJson[] | null = null

  constructor(text: string) {
    this.text = text
  }

  member(name: string): RawJson {
    this.#members ??= new Map([...topLevelMembers(this.text)].map(([key, text]) => [key, new RawJson(text)]))
    return present(this.#members.get(name))
  }

  item(index: number): RawJson {
    this.#items ??= itemsOf(this.text).map((text) => new RawJson(text))
    return present(this.#items[index])
  }
}

function present(found: RawJson | undefined): RawJson {
  if (found === undefined) throw new Error('The text has no such value')
  return found
}

/** White space that JSON allows between its words. */
const blank = /[ \t\n\r]/
const structural = /["[\]{},]/g

/** The raw text of each item of an array, without the white space around it. */
function itemsOf(text: string): string[] {
  const open = text.indexOf('[')
  const close = text.lastIndexOf(']')
  if (open === -1 || close === -1) throw new Error('The text is not a JSON array')
  const items: string[] = []
  let depth = 0
  let start = open + 1
  structural.lastIndex = start
  for (let found = structural.exec(text); found !== null && found.index < close; found = structural.exec(text)) {
    const sign = found[0]
    if (sign === '"') structural.lastIndex = stringEnd(text, found.index)
    else if (sign === '[' || sign === '{') depth += 1
    else if (sign === ']' || sign === '}') depth -= 1
    else if (depth === 0) {
      items.push(trimmed(text, start, found.index))
      start = found.index + 1
    }
  }
  const last = trimmed(text, start, close)
  if (last !== '') items.push(last)
  return items
}

/** Index behind the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1) {
    let before = end - 1
    while (text[before] === '\\') before -= 1
    // An even number of backslashes escape each other and leave the quote alone.
    if ((end - before) % 2 === 1) return end + 1
    end = text.indexOf('"', end + 1)
  }
  throw new Error('The text is not JSON: a string does not end')
}

function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && blank.test(text[start] ?? '')) start += 1
  while (end > start && blank.test(text[end - 1] ?? '')) end -= 1
  return text.slice(start, end)
}
