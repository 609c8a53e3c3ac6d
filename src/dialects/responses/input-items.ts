import { isJsonObject, ownMember, type JsonObject, type JsonValue } from '../../core/json.ts'
import { toAssistantContent, toChatContent } from './content-parts.ts'
import { openReasoning } from './reasoning-envelope.ts'
import { refuse, type Warnings } from './refuse.ts'
import { customArguments } from './tools.ts'

/**
 * `instructions` and `input` of a Responses request as the messages of a chat.
 *
 * @throws Fault `invalid_request` naming the item that chat has no message for.
 */
export function toChatMessages(body: JsonObject, warnings: Warnings): readonly JsonObject[] {
  const conversation = new Conversation(warnings)
  const instructions = ownMember(body, 'instructions') ?? null
  if (typeof instructions === 'string') {
    if (instructions !== '') conversation.say({ role: 'system', content: instructions })
  } else if (instructions !== null) {
    throw refuse('instructions', '`instructions` must be a text.')
  }
  const input = ownMember(body, 'input') ?? []
  if (typeof input === 'string') {
    conversation.say({ role: 'user', content: input })
  } else if (Array.isArray(input)) {
    for (const [index, item] of (input as readonly JsonValue[]).entries()) conversation.add(item, `input[${index}]`)
  } else {
    throw refuse('input', '`input` must be a text or a list of items such as {"role": "user", "content": "…"}.')
  }
  return conversation.messages.filter((message) => !isEmpty(message))
}

/** What one turn of the assistant grows to: chat has one message for its text, its thinking and all of its calls. */
interface Turn {
  readonly role: 'assistant'
  content: string | null
  refusal?: string
  reasoning_content?: string
  reasoning_details?: JsonValue[]
  tool_calls?: JsonObject[]
}

/** One message, and the results of the calls in it, which stand right behind it. */
interface Entry {
  readonly message: JsonObject
  readonly results: JsonObject[]
}

class Conversation {
  readonly #entries: Entry[] = []
  /** By the id of the call: the last that made it. */
  readonly #callers = new Map<string, Entry>()
  readonly #warnings: Warnings
  /** The assistant's turn that the next of its items belongs to; null after anybody else's. */
  #turn: Turn | null = null

  constructor(warnings: Warnings) {
    this.#warnings = warnings
  }

  get messages(): readonly JsonObject[] {
    return this.#entries.flatMap(({ message, results }) => [message, ...results])
  }

  say(message: JsonObject): void {
    this.#turn = null
    this.#entries.push({ message, results: [] })
  }

  add(item: JsonValue, at: string): void {
    if (!isJsonObject(item))
      throw refuse(at, `\`${at}\` must be an item, an object such as {"role": "user", "content": "…"}.`)
    const type = item['type'] ?? (item['role'] === undefined ? 'item_reference' : 'message')
    switch (type) {
      case 'message':
        this.#addMessage(item, at)
        return
      case 'function_call':
        this.#addCall(item, at, stringAt(item, 'arguments', at))
        return
      case 'custom_tool_call':
        this.#addCall(item, at, customArguments(stringAt(item, 'input', at)))
        return
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#addOutput(item, at)
        return
      case 'reasoning':
        this.#addReasoning(item)
        return
      case 'item_reference':
        throw refuse(
          at,
          `\`${at}\` refers to an item of an earlier answer, and answers are not kept for this model. Send the item itself; clients that do so on their own want \`store: false\`.`,
        )
      case undefined:
      default:
        throw refuse(
          `${at}.type`,
          `\`${at}\` is of type \`${typeof type === 'string' ? type.slice(0, 64) : 'unknown'}\`, which has no meaning for this model. Leave it out, or name a model of a provider that has the Responses API itself, such as \`openai/gpt-5\`.`,
        )
    }
  }

  #addMessage(item: JsonObject, at: string): void {
    const role = item['role']
    if (role === 'assistant') {
      this.#addSaid(toAssistantContent(item['content'], `${at}.content`))
    } else if (role === 'user' || role === 'system' || role === 'developer') {
      this.say({ role, content: toChatContent(item['content'], `${at}.content`, this.#warnings) })
    } else {
      throw refuse(`${at}.role`, `\`${at}.role\` must be \`user\`, \`assistant\`, \`system\` or \`developer\`.`)
    }
  }

  #addSaid({ text, refusal }: { readonly text: string; readonly refusal: string }): void {
    const before = this.#turn
    // Two messages of the assistant in a row stay two, unless its calls stand between: then the turn is one.
    const said = before !== null && (before.content !== null || before.refusal !== undefined)
    const turn = said && before.tool_calls === undefined ? this.#newTurn() : this.#currentTurn()
    if (text !== '') turn.content = turn.content === null ? text : `${turn.content}\n\n${text}`
    else if (refusal === '') turn.content ??= ''
    if (refusal !== '') turn.refusal = refusal
  }

  #addCall(item: JsonObject, at: string, args: string): void {
    const turn = this.#currentTurn()
    const called = { name: stringAt(item, 'name', at), arguments: args }
    const extra = item['extra_content']
    const call = { id: stringAt(item, 'call_id', at), type: 'function', function: called }
    const caller = this.#entries.at(-1)
    if (caller !== undefined) this.#callers.set(call.id, caller)
    ;(turn.tool_calls ??= []).push(extra === undefined ? call : { ...call, extra_content: extra })
  }

  /** Stands right behind the calls it belongs to, because chat wants it there, whatever came between. */
  #addOutput(item: JsonObject, at: string): void {
    const id = stringAt(item, 'call_id', at)
    const content = toChatContent(item['output'], `${at}.output`, this.#warnings)
    const message: JsonObject = { role: 'tool', tool_call_id: id, content }
    const caller = this.#callers.get(id)
    if (caller === undefined) {
      this.say(message)
      return
    }
    caller.results.push(message)
    if (caller === this.#entries.at(-1)) this.#turn = null
  }

  #addReasoning(item: JsonObject): void {
    const kept = openReasoning(item['encrypted_content'])
    if (kept === null) {
      this.#warnings.add('a reasoning item could not be given to this provider and was dropped')
      return
    }
    const turn = this.#currentTurn()
    if (kept.text !== '') turn.reasoning_content = (turn.reasoning_content ?? '') + kept.text
    if (kept.details.length > 0) (turn.reasoning_details ??= []).push(...kept.details)
  }

  #currentTurn(): Turn {
    return this.#turn ?? this.#newTurn()
  }

  #newTurn(): Turn {
    const turn: Turn = { role: 'assistant', content: null }
    this.#turn = turn
    this.#entries.push({ message: turn as unknown as JsonObject, results: [] })
    return turn
  }
}

/** Of a turn nothing but thinking was sent: chat has no message for that. */
function isEmpty(message: JsonObject): boolean {
  return (
    message['role'] === 'assistant' &&
    message['content'] === null &&
    message['refusal'] === undefined &&
    message['tool_calls'] === undefined
  )
}

function stringAt(item: JsonObject, name: string, at: string): string {
  const value = item[name]
  if (typeof value === 'string') return value
  throw refuse(`${at}.${name}`, `\`${at}.${name}\` must be a text.`)
}
