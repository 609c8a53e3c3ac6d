import { Fault } from '../../core/fault.ts'
import { filled, isDraft, type Draft } from '../chat/draft.ts'
import type { ChunkWriter } from './chunk-writer.ts'
import type { ExpectedAnswer } from './request.ts'
import { customInput } from './tool-calls.ts'

/** More calls than any answer has. */
const mostCalls = 2048
/** UTF-16 units of JSON text that are held for one custom tool; no model writes so much. */
const mostHeld = 8 * 2 ** 20

export interface StreamedCall {
  /** `answer`: its input is the content of the answer. `ignored`: one too many for the deprecated form. */
  readonly kind: 'function' | 'custom' | 'deprecated' | 'answer' | 'ignored'
  /** Among the calls: 0, 1, 2 … */
  readonly index: number
  /** The input that came with the beginning; what comes after it wins. */
  readonly input: unknown
  hasArguments: boolean
  /** The input of a custom tool so far, as JSON text. */
  held: string
}

/** The tool calls of one stream, counted on their own: the blocks of thinking and text have no place among them. */
export class StreamedCalls {
  readonly #expected: ExpectedAnswer
  /** Of all calls that the client is told of. */
  readonly ids: string[] = []
  /** The provider sent what cannot be told. */
  broken: Fault | null = null

  constructor(expected: ExpectedAnswer) {
    this.#expected = expected
  }

  /** How the finish reason names the calls; null: there are none. */
  get called(): 'tool_calls' | 'function_call' | null {
    if (this.ids.length === 0) return null
    return this.#expected.isDeprecatedForm ? 'function_call' : 'tool_calls'
  }

  open(block: Draft, writer: ChunkWriter): StreamedCall {
    const name = filled(block.name) ?? ''
    const id = filled(block.id) ?? ''
    const kind = this.#kindOf(name)
    const index = this.ids.length
    if (kind !== 'answer' && kind !== 'ignored') {
      if (name === '' || id === '')
        this.broken = new Fault('upstream_error', 'The provider streamed a tool call without an id or a name.')
      if (index >= mostCalls)
        this.broken = new Fault('upstream_error', `The provider streamed more than ${mostCalls} tool calls.`)
      if (this.broken === null) {
        this.ids.push(id)
        writer.delta(announcement(kind, index, id, name))
      }
    }
    return { kind, index, input: block.input, hasArguments: false, held: '' }
  }

  /** More of the input's JSON text. @returns UTF-16 units of content that were said with it. */
  add(call: StreamedCall, text: string, writer: ChunkWriter): number {
    if (text === '') return 0
    call.hasArguments = true
    switch (call.kind) {
      case 'function':
        writer.callArguments(call.index, text)
        return 0
      case 'deprecated':
        writer.delta({ function_call: { arguments: text } })
        return 0
      case 'answer':
        writer.content(text)
        return text.length
      case 'custom':
        if (call.held.length + text.length <= mostHeld) call.held += text
        else
          this.broken ??= new Fault('upstream_error', 'The provider streamed a tool call that is too long to be told.')
        return 0
      case 'ignored':
        return 0
    }
  }

  /** The call is whole. One without arguments gets the empty object, since `JSON.parse('')` throws in the client. */
  close(call: StreamedCall, writer: ChunkWriter): number {
    const said = call.hasArguments ? 0 : this.add(call, JSON.stringify(isDraft(call.input) ? call.input : {}), writer)
    if (call.kind === 'custom') {
      writer.delta({ tool_calls: [{ index: call.index, custom: { input: customText(call.held) } }] })
    }
    return said
  }

  #kindOf(name: string): StreamedCall['kind'] {
    const { answerTool, customTools, isDeprecatedForm } = this.#expected
    if (name === answerTool) return 'answer'
    if (isDeprecatedForm) return this.ids.length === 0 ? 'deprecated' : 'ignored'
    return customTools.has(name) ? 'custom' : 'function'
  }
}

/** The text given to a custom tool, out of the JSON text of its input; cut off JSON is handed on as it is. */
export function customText(json: string): string {
  try {
    const value: unknown = JSON.parse(json)
    const input = isDraft(value) ? value[customInput] : undefined
    return typeof input === 'string' ? input : json
  } catch {
    return json
  }
}

function announcement(kind: 'function' | 'custom' | 'deprecated', index: number, id: string, name: string): Draft {
  if (kind === 'deprecated') return { function_call: { name, arguments: '' } }
  const called = kind === 'custom' ? { custom: { name, input: '' } } : { function: { name, arguments: '' } }
  return { tool_calls: [{ index, id, type: kind, ...called }] }
}
