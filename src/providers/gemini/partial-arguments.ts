import { isDraft } from '../chat/draft.ts'

const deepest = 64

/**
 * Arguments that come piece by piece, each for one place of the object (`$.location`, `$.stops[0]['name']`), as Google
 * streams them when asked to. Put together here and sent on whole: the pieces are no pieces of JSON text.
 */
export class PartialArguments {
  readonly name: string
  readonly signature: string | null
  readonly #root: Record<string, unknown> = {}
  readonly #mostChars: number
  #chars = 0
  /** The place whose text goes on. */
  #open: string | null = null

  constructor(name: string, signature: string | null, mostChars: number) {
    this.name = name
    this.signature = signature
    this.#mostChars = mostChars
  }

  /** @returns why the pieces make no sense; null: they do. */
  add(pieces: unknown): string | null {
    if (!Array.isArray(pieces)) return null
    for (const piece of pieces as readonly unknown[]) {
      if (!isDraft(piece) || typeof piece.jsonPath !== 'string') return 'a piece of arguments without a place'
      const steps = stepsOf(piece.jsonPath)
      if (steps === null) return 'a piece of arguments whose place cannot be read'
      this.#chars += piece.jsonPath.length + (typeof piece.stringValue === 'string' ? piece.stringValue.length : 8)
      if (this.#chars > this.#mostChars) return `arguments of more than ${this.#mostChars} characters`
      const goesOn = this.#open === piece.jsonPath
      if (!put(this.#root, steps, valueOf(piece), goesOn)) return 'a piece of arguments for a place that is not there'
      this.#open = piece.willContinue === true ? piece.jsonPath : null
    }
    return null
  }

  toJson(): string {
    return JSON.stringify(this.#root)
  }
}

function valueOf(piece: Record<string, unknown>): string | number | boolean | null {
  const { stringValue, numberValue, boolValue } = piece
  if (typeof stringValue === 'string') return stringValue
  if (typeof numberValue === 'number') return numberValue
  return typeof boolValue === 'boolean' ? boolValue : null
}

/** `$.a['b c'][0]` as its steps; null: not such a path. */
function stepsOf(path: string): readonly (string | number)[] | null {
  const steps: (string | number)[] = []
  const pattern = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy
  pattern.lastIndex = 1
  while (pattern.lastIndex < path.length) {
    const found = pattern.exec(path)
    if (found === null || steps.length === deepest) return null
    const [, plain, index, single, double] = found
    if (index !== undefined) steps.push(Number(index))
    else steps.push(plain ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'))
  }
  return path.startsWith('$') && steps.length > 0 ? steps : null
}

/** Lists only grow at their end, so no index can make a huge one. */
function put(
  root: Record<string, unknown>,
  steps: readonly (string | number)[],
  value: string | number | boolean | null,
  goesOn: boolean,
): boolean {
  let holder: unknown = root
  for (const [position, step] of steps.entries()) {
    const next = steps[position + 1]
    const before = member(holder, step)
    if (before === noPlace) return false
    const made: unknown =
      next !== undefined
        ? (before ?? (typeof next === 'number' ? [] : {}))
        : goesOn && typeof before === 'string' && typeof value === 'string'
          ? before + value
          : value
    // Defined rather than assigned: a name such as `__proto__` is a name like any other.
    Object.defineProperty(holder, step, { value: made, writable: true, enumerable: true, configurable: true })
    holder = made
  }
  return true
}

const noPlace = Symbol('no place')

function member(holder: unknown, step: string | number): unknown {
  if (Array.isArray(holder)) {
    if (typeof step !== 'number' || step > holder.length) return noPlace
    return (holder as readonly unknown[])[step]
  }
  if (!isDraft(holder) || typeof step !== 'string') return noPlace
  return Object.hasOwn(holder, step) ? holder[step] : undefined
}
