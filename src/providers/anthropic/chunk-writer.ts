import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Draft } from '../chat/draft.ts'
import type { AnswerChunk } from '../provider.ts'

const ending = '},"finish_reason":null}]}'

/**
 * Writes the chunks of one stream. What is the same in each is written once, so that a delta costs the JSON text of its own
 * words and nothing more.
 */
export class ChunkWriter {
  readonly #id: string
  readonly #created: number
  readonly #model: string
  readonly #push: (chunk: AnswerChunk) => void
  readonly #opening: string
  readonly #content: string
  readonly #reasoning: string

  /**
   * @param created seconds since 1970.
   * @param push hears the chunks.
   */
  constructor(id: string, created: number, model: string, push: (chunk: AnswerChunk) => void) {
    this.#id = id
    this.#created = created
    this.#model = model
    this.#push = push
    const head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model })
    this.#opening = `${head.slice(0, -1)},"choices":[{"index":0,"delta":{`
    this.#content = `${this.#opening}"content":`
    this.#reasoning = `${this.#opening}"reasoning_content":`
  }

  content(text: string): void {
    this.#hand(`${this.#content}${JSON.stringify(text)}${ending}`, { content: text })
  }

  reasoning(text: string): void {
    this.#hand(`${this.#reasoning}${JSON.stringify(text)}${ending}`, { reasoning_content: text })
  }

  /** More of the arguments of the tool call with this index. */
  callArguments(index: number, text: string): void {
    const quoted = JSON.stringify(text)
    this.#hand(`${this.#opening}"tool_calls":[{"index":${index},"function":{"arguments":${quoted}}}]${ending}`, {
      tool_calls: [{ index, function: { arguments: text } }],
    })
  }

  /** Any other delta; with a reason it is the last of the choice. */
  delta(delta: Draft, finishReason: string | null = null): void {
    const value = this.#value([{ index: 0, delta, finish_reason: finishReason }])
    this.#push({ json: JSON.stringify(value), value, usage: null, internal: false })
  }

  /** The chunk that has tokens and no choices. @param internal the client did not ask for it. */
  usage(usage: Usage, asSent: Draft, internal: boolean): void {
    const value = { ...this.#value([]), usage: asSent } as JsonObject
    this.#push({ json: JSON.stringify(value), value, usage, internal })
  }

  #hand(json: string, delta: Draft): void {
    const value = this.#value([{ index: 0, delta, finish_reason: null }])
    this.#push({ json, value, usage: null, internal: false })
  }

  #value(choices: readonly Draft[]): JsonObject {
    return {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices,
    } as Draft as JsonObject
  }
}
