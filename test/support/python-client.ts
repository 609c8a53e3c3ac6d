/**
 * What the Python SDK of OpenAI makes of a stream. Its rules are stricter than those of the JavaScript clients in places: an
 * event is dispatched at every empty line once a field of any kind stood before it, its data must be JSON, and deltas are
 * added up member by member, so that whatever is repeated is doubled.
 */

type Json = Record<string, unknown>

/** What a Python program would see. */
export interface PythonReading {
  /** The parsed data of every event up to the end mark or the error. */
  readonly events: readonly Json[]
  /** The error event that ended it, raised there as an APIError; null: none came. */
  readonly apiError: Json | null
  /** The end mark came. */
  readonly done: boolean
}

interface ServerSentEvent {
  readonly data: string
}

/** Fields since the last event. `id` stays for good once it was set, which is what makes it dangerous. */
class Decoder {
  #event = ''
  #data: string[] = []
  #lastId: string | null = null
  #retry: number | null = null

  line(text: string): ServerSentEvent | null {
    if (text === '') {
      if (this.#event === '' && this.#data.length === 0 && !this.#lastId && this.#retry === null) return null
      const data = this.#data.join('\n')
      this.#event = ''
      this.#data = []
      this.#retry = null
      return { data }
    }
    if (text.startsWith(':')) return null
    const colon = text.indexOf(':')
    const name = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#event = value
    else if (name === 'data') this.#data.push(value)
    else if (name === 'id' && !value.includes('\0')) this.#lastId = value
    else if (name === 'retry' && /^\d+$/.test(value)) this.#retry = Number(value)
    return null
  }
}

/**
 * Reads a stream as Python's `Stream` does.
 * @throws SyntaxError where Python raises a JSONDecodeError.
 */
export function readAsPython(text: string): PythonReading {
  const decoder = new Decoder()
  const events: Json[] = []
  for (const line of text.split(/\r\n|\n|\r/)) {
    const sse = decoder.line(line)
    if (sse === null) continue
    if (sse.data.startsWith('[DONE]')) return { events, apiError: null, done: true }
    const data = JSON.parse(sse.data) as Json
    if (isTruthy(data['error'])) return { events, apiError: data['error'] as Json, done: false }
    events.push(data)
  }
  return { events, apiError: null, done: false }
}

/** Objects and lists that are empty are false in Python. */
function isTruthy(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}

/**
 * Adds a delta to what has been accumulated, as the SDK's helper does.
 * @throws Error where Python raises a RuntimeError or TypeError: an entry of a list without a whole `index`.
 */
export function accumulateDelta(sum: Json, delta: Json): Json {
  for (const [name, value] of Object.entries(delta)) {
    const before = sum[name]
    if (before === undefined || before === null || name === 'index' || name === 'type') sum[name] = value
    else sum[name] = added(before, value)
  }
  return sum
}

function added(before: unknown, value: unknown): unknown {
  if (typeof before === 'string' && typeof value === 'string') return before + value
  if (typeof before === 'number' && typeof value === 'number') return before + value
  if (isMapping(before) && isMapping(value)) return accumulateDelta(before, value)
  if (Array.isArray(before) && Array.isArray(value)) return listAdded(before, value)
  // Anything else leaves what there was.
  return before
}

function listAdded(before: unknown[], value: readonly unknown[]): unknown[] {
  if (before.every((entry) => typeof entry === 'string' || typeof entry === 'number')) return [...before, ...value]
  for (const entry of value) {
    if (!isMapping(entry)) throw new TypeError('Unexpected list delta entry is not a dictionary')
    const { index } = entry
    if (!Number.isInteger(index)) throw new Error('Expected list delta entry to have an `index` key')
    const place = index as number
    const known = before[place]
    if (known === undefined) before.splice(place, 0, entry)
    else if (isMapping(known)) before[place] = accumulateDelta(known, entry)
    else throw new TypeError('not handled yet')
  }
  return before
}

function isMapping(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The choices of a chat stream put together as Python's `.stream()` helper does: the first delta is taken as it is. */
export function accumulateChat(chunks: readonly Json[]): readonly Json[] {
  const choices: Json[] = []
  for (const chunk of chunks) {
    for (const choice of chunk['choices'] as readonly Json[]) {
      const index = choice['index'] as number
      const delta = structuredClone(choice['delta']) as Json
      const known = choices[index]
      if (known === undefined) {
        if (index > choices.length) throw new RangeError('list assignment index out of range')
        choices.push({ index, message: delta, finish_reason: choice['finish_reason'] ?? null })
        continue
      }
      known['message'] = accumulateDelta(known['message'] as Json, delta)
      known['finish_reason'] = choice['finish_reason'] ?? known['finish_reason']
    }
  }
  return choices
}
