/** One element of a PostgreSQL array: its text, or another dimension. */
type Nested<Element> = Element | null | readonly Nested<Element>[]

/**
 * Reads the text form of an array, such as `{a,"b \" c",NULL,{d}}`. A bare `NULL` is null, a quoted one is a word. Throws on
 * text that is not one.
 */
export function parseArray<Element>(text: string, parseElement: (text: string) => Element): Nested<Element>[] {
  // A lower bound other than 1 stands in front: [0:1]={…}
  let at = text.indexOf('{') + 1
  if (at === 0) throw new Error(`not a PostgreSQL array: ${text.slice(0, 40)}`)

  const quoted = (): string => {
    let word = ''
    for (at += 1; text[at] !== '"'; at++) {
      if (text[at] === '\\') at += 1
      if (at >= text.length) throw new Error(`an array's text breaks off: ${text.slice(0, 40)}`)
      word += text[at]
    }
    at += 1
    return word
  }
  const bare = (): string => {
    const from = at
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1
    return text.slice(from, at)
  }
  const elements = (): Nested<Element>[] => {
    const found: Nested<Element>[] = []
    while (text[at] !== '}') {
      if (at >= text.length) throw new Error(`an array's text breaks off: ${text.slice(0, 40)}`)
      if (text[at] === ',') at += 1
      else if (text[at] === '{') {
        at += 1
        found.push(elements())
      } else if (text[at] === '"') found.push(parseElement(quoted()))
      else {
        const word = bare()
        found.push(word === 'NULL' ? null : parseElement(word))
      }
    }
    at += 1
    return found
  }
  return elements()
}

/** Writes the text form of an array; every element is quoted, null and undefined are NULL. Moments may be Dates. */
export function writeArray(values: readonly unknown[]): string {
  const parts = values.map((value) => {
    if (Array.isArray(value)) return writeArray(value)
    if (value === null || value === undefined) return 'NULL'
    return `"${textOf(value).replaceAll(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(',')}}`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}
