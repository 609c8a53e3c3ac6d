import { type Document, LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'

/** Where something stands in a file, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlMistake extends Place {
  readonly message: string
}

/** A YAML (or JSON) text as plain values that still knows where each of them was written. */
export interface YamlDocument {
  /** undefined when there are mistakes. */
  readonly value: unknown
  readonly mistakes: readonly YamlMistake[]
  /** Of the member at this path, or of the nearest thing around it. */
  placeOf(path: readonly PropertyKey[]): Place
}

/** References to anchors that one file may have, also by way of others: stops texts that unfold without end. */
const maxAliases = 100

/** Never throws for what is in the text. Keys are text, duplicates and unknown tags are mistakes, dates stay text. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  let document: Document.Parsed
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'silent' })
  } catch (error) {
    // A text nested so deeply that the parser gives up.
    return broken([{ line: 1, column: 1, message: `cannot be read: ${(error as Error).message}` }])
  }
  const mistakes = [...document.errors, ...document.warnings].map(({ code, pos, message }) => ({
    ...placeAt(opening(document, code, pos[0]) ?? pos[0]),
    message,
  }))
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'number' || !Number.isInteger(node.value) || Number.isSafeInteger(node.value)) return
      const message = 'This number is too large to be kept exactly. Write it in quotes, or make it smaller than 2^53.'
      mistakes.push({ ...placeAt(node.range?.[0] ?? 0), message })
    },
  })
  if (mistakes.length > 0) return broken(mistakes)
  const placeOf = (path: readonly PropertyKey[]) => placeAt(offsetOf(document, path))
  try {
    return { value: document.toJS({ maxAliasCount: maxAliases }) as unknown, mistakes, placeOf }
  } catch (error) {
    return broken([
      { line: 1, column: 1, message: `${(error as Error).message} (at most ${maxAliases} references to anchors).` },
    ])
  }
}

/**
 * Where the quote or bracket stands that is missing its other half at `end`. The parser notices at the end of the file, or on
 * the next line; the line that is wrong is where it was opened. null: that is not what the mistake is.
 */
function opening(document: Document.Parsed, code: string, end: number): number | null {
  if (code !== 'MISSING_CHAR' && code !== 'BAD_INDENT') return null
  let found: number | null = null
  const look = (isOpen: boolean, range: readonly number[] | null | undefined): void => {
    if (isOpen && range?.[1] === end) found = range[0] ?? null
  }
  visit(document, {
    Scalar: (_key, { type, range }) => look(code === 'MISSING_CHAR' && type?.startsWith('QUOTE') === true, range),
    Collection: (_key, { flow, range }) => look(code === 'BAD_INDENT' && flow === true, range),
  })
  return found
}

function broken(mistakes: readonly YamlMistake[]): YamlDocument {
  return { value: undefined, mistakes, placeOf: () => ({ line: 1, column: 1 }) }
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = document.contents?.range[0] ?? 0
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(step))
      if (pair === undefined) return offset
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(step)]
      if (item === undefined) return offset
      if (isScalar(item) || isMap(item) || isSeq(item)) offset = item.range?.[0] ?? offset
      node = item
    } else {
      return offset
    }
  }
  return offset
}
