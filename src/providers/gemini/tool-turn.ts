import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { isNestedDeeper } from '../../core/nesting.ts'
import { visibleText } from '../conversation-hash.ts'
import type { Part } from './parts.ts'
import { invalid } from './unsupported.ts'

/** One call of a turn of the model. */
export interface CalledTool {
  /** As the client knows it; null: the old way of functions, which has none. */
  readonly id: string | null
  readonly name: string
  readonly geminiName: string
}

/**
 * The calls of one turn, until each has its result: Gemini wants as many results as there were calls, right behind them, all
 * in one content.
 */
export class ToolTurn {
  readonly #calls: readonly CalledTool[]
  readonly #results: (Part | null)[]
  /** Positions of the calls by their id and by their name, the first of them last. */
  readonly #byId = new Map<unknown, number[]>()
  readonly #byName = new Map<unknown, number[]>()
  readonly #param: string
  #open: number

  /** @param param the message that called: `messages[2]`. */
  constructor(calls: readonly CalledTool[], param: string) {
    this.#calls = calls
    this.#results = calls.map(() => null)
    this.#param = param
    this.#open = calls.length
    for (const [position, { id, name }] of [...calls.entries()].reverse()) {
      if (id !== null) enter(this.#byId, id, position)
      enter(this.#byName, name, position)
    }
  }

  get isAnswered(): boolean {
    return this.#open === 0
  }

  /** In the order of the calls. */
  get parts(): readonly Part[] {
    return this.#results.filter((result) => result !== null)
  }

  /** Takes the result of one call: a message of the role `tool`, or `function` as it was before. */
  answer(message: JsonObject, param: string): void {
    const { role, tool_call_id: id, name } = message
    const waiting = role === 'function' ? this.#byName.get(name) : this.#byId.get(id)
    let index = waiting?.pop()
    while (index !== undefined && this.#results[index] !== null) index = waiting?.pop()
    const call = index === undefined ? undefined : this.#calls[index]
    if (call === undefined || index === undefined) {
      const field = role === 'function' ? 'name' : 'tool_call_id'
      throw invalid(
        `${param}.${field}`,
        'does not name a call of the assistant message before it that has no result yet.',
      )
    }
    this.#open -= 1
    this.#results[index] = {
      functionResponse: {
        ...(call.id === null ? {} : { id: call.id }),
        name: call.geminiName,
        response: responseObject(message['content'], `${param}.content`),
      },
    }
  }

  /** @throws Fault `invalid_request` when a call has no result. */
  requireAnswered(): void {
    const missing = this.#calls.filter((_, index) => this.#results[index] === null)
    if (missing.length === 0) return
    const names = missing.map((call) => call.id ?? call.name).join(', ')
    throw invalid(`${this.#param}.tool_calls`, `must be followed by a tool message for each call. Missing: ${names}.`)
  }
}

function enter(places: Map<unknown, number[]>, key: string, position: number): void {
  const known = places.get(key)
  if (known === undefined) places.set(key, [position])
  else known.push(position)
}

/**
 * A result as the object Gemini wants: JSON objects as they are, anything else under `output`. Objects with integers too
 * long for a double stay text, in which no digit is lost.
 */
function responseObject(content: JsonValue | undefined, param: string): JsonObject {
  if (Array.isArray(content)) {
    for (const [index, part] of (content as readonly JsonValue[]).entries())
      if (!isJsonObject(part) || typeof part['text'] !== 'string')
        throw invalid(`${param}[${index}]`, 'must be a text part: results of tools are text.')
  } else if (typeof content !== 'string' && content !== undefined && content !== null) {
    throw invalid(param, 'must be text or a list of text parts.')
  }
  const text = visibleText(content)
  if (!/^\s*[{[]/.test(text) || /\d{16}/.test(text)) return { output: text }
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return { output: text } // Looks like JSON and is a sentence: the model reads it as such.
  }
  if (isNestedDeeper(value)) return { output: text }
  return isJsonObject(value) ? value : { output: value }
}
