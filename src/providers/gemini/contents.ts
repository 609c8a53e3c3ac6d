import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { ConversationHash } from '../conversation-hash.ts'
import type { ModelFamily } from './model-family.ts'
import { modelTurn } from './model-turn.ts'
import { remoteFileOf, textOf, userPart, type InlineData, type Part, type RemoteFile } from './parts.ts'
import type { ToolNames } from './tool-names.ts'
import { ToolTurn } from './tool-turn.ts'
import { invalid, type Unsupported } from './unsupported.ts'

export interface Content {
  readonly role: 'user' | 'model'
  readonly parts: Part[]
}

/** The messages in Gemini's words. */
export interface Conversation {
  readonly systemInstruction: { readonly parts: readonly Part[] } | null
  readonly contents: readonly Content[]
  /** Tells this conversation from every other. */
  readonly digest: string
}

export interface ConversationContext {
  readonly family: ModelFamily
  readonly names: ToolNames
  readonly files: ReadonlyMap<string, InlineData>
  readonly recall: (key: string) => JsonValue | null
  readonly unsupported: Unsupported
}

/** The files that have to be fetched before the messages can be written, each once. */
export function remoteFiles(messages: JsonValue | undefined): readonly RemoteFile[] {
  if (!Array.isArray(messages)) return []
  const found = new Map<string, RemoteFile>()
  for (const [index, message] of (messages as readonly JsonValue[]).entries()) {
    const content = isJsonObject(message) && message['role'] === 'user' ? message['content'] : null
    if (!Array.isArray(content)) continue
    for (const [position, part] of (content as readonly JsonValue[]).entries()) {
      const file = remoteFileOf(part, `messages[${index}].content[${position}]`)
      if (file !== null && !found.has(file.url)) found.set(file.url, file)
    }
  }
  return [...found.values()]
}

/**
 * Messages as contents of the roles `user` and `model` in turn. System and developer messages, wherever they stand, become
 * the system instruction in their order; where the model has none, or nobody else speaks, they begin the first turn of the
 * user.
 * @throws Fault `invalid_request` naming the message.
 */
export function readConversation(messages: JsonValue | undefined, context: ConversationContext): Conversation {
  if (!Array.isArray(messages)) throw invalid('messages', 'must be a list of messages.')
  const writer = new ConversationWriter(context)
  for (const [index, message] of (messages as readonly JsonValue[]).entries()) {
    const param = `messages[${index}]`
    if (!isJsonObject(message)) throw invalid(param, 'must be an object.')
    writer.add(message, param)
  }
  return writer.finish()
}

class ConversationWriter {
  readonly #context: ConversationContext
  readonly #hash = new ConversationHash()
  readonly #system: Part[] = []
  readonly #contents: Content[] = []
  #turn: ToolTurn | null = null

  constructor(context: ConversationContext) {
    this.#context = context
  }

  add(message: JsonObject, param: string): void {
    switch (message['role']) {
      case 'system':
      case 'developer':
        this.#system.push(...textParts(message['content'], `${param}.content`))
        break
      case 'user':
        this.#requireResults()
        this.#speak('user', this.#userParts(message['content'], `${param}.content`))
        break
      case 'assistant':
        this.#requireResults()
        this.#addModelTurn(message, param)
        break
      case 'tool':
      case 'function':
        this.#addResult(message, param)
        break
      default:
        throw invalid(`${param}.role`, 'must be system, developer, user, assistant or tool.')
    }
    if (this.#context.family.givesSignatures) this.#hash.add(message)
  }

  finish(): Conversation {
    this.#requireResults()
    const asInstruction = this.#context.family.hasSystemInstruction && this.#contents.length > 0
    if (this.#system.length > 0 && !asInstruction) {
      const first = this.#contents[0]
      if (first?.role === 'user') first.parts.unshift(...this.#system)
      else this.#contents.unshift({ role: 'user', parts: this.#system })
    }
    return {
      systemInstruction: asInstruction && this.#system.length > 0 ? { parts: this.#system } : null,
      contents: this.#contents,
      digest: this.#hash.digest(),
    }
  }

  #addModelTurn(message: JsonObject, param: string): void {
    const { family, names, recall } = this.#context
    const conversation = family.givesSignatures ? this.#hash.digest() : ''
    const { parts, calls } = modelTurn(message, param, { family, names, recall, conversation })
    this.#speak('model', parts)
    if (calls.length > 0) this.#turn = new ToolTurn(calls, param)
  }

  #addResult(message: JsonObject, param: string): void {
    if (this.#turn === null)
      throw invalid(`${param}.role`, 'must not be tool here: no assistant message before it calls a tool.')
    this.#turn.answer(message, param)
    if (!this.#turn.isAnswered) return
    this.#speak('user', this.#turn.parts)
    this.#turn = null
  }

  #requireResults(): void {
    this.#turn?.requireAnswered()
  }

  #userParts(content: JsonValue | undefined, param: string): readonly Part[] {
    if (typeof content === 'string') return [{ text: content }]
    if (!Array.isArray(content)) throw invalid(param, 'must be text or a list of parts.')
    return (content as readonly JsonValue[]).map((part, index) => userPart(part, `${param}[${index}]`, this.#context))
  }

  /** Who speaks twice has said one thing. */
  #speak(role: Content['role'], parts: readonly Part[]): void {
    if (parts.length === 0) return
    const last = this.#contents.at(-1)
    if (last?.role === role) for (const part of parts) last.parts.push(part)
    else this.#contents.push({ role, parts: [...parts] })
  }
}

function textParts(content: JsonValue | undefined, param: string): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }]
  if (!Array.isArray(content)) throw invalid(param, 'must be text or a list of text parts.')
  return (content as readonly JsonValue[]).map((part, index) => {
    if (!isJsonObject(part) || part['type'] !== 'text')
      throw invalid(`${param}[${index}]`, 'must be a text part: a system message holds nothing else.')
    return { text: textOf(part, `${param}[${index}]`) }
  })
}
