import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Draft } from '../chat/draft.ts'
import { ConversationHash } from '../conversation-hash.ts'
import type { ThinkingMemory } from '../thinking-memory.ts'
import { textBlock, textBlocks, userBlocks, withCacheControl } from './content-parts.ts'
import { badField, type Notes } from './notes.ts'
import { blocksOfDetails, recallThinking, type ThinkingBlock } from './thinking-blocks.ts'
import { callsOf, inputOf, type AskedCall } from './tool-calls.ts'
import { ToolIds } from './tool-ids.ts'

/** The messages in Anthropic's form. */
export interface Conversation {
  readonly system: readonly Draft[]
  /** User and assistant in turns, beginning with the user. */
  readonly messages: readonly Draft[]
  /** Names of the tools that were called in it. */
  readonly calledTools: ReadonlySet<string>
  /** It stands between a call of a tool and its answer, and the thinking that led to the call is not known. */
  readonly lacksThinking: boolean
  /** Tells this conversation from every other, for remembering what is thought next; null: no thinking is wanted back. */
  readonly digest: string | null
}

export interface ConversationContext {
  readonly notes: Notes
  readonly memory: ThinkingMemory
  readonly partition: string
  /** Whether thinking of former turns is wanted back. */
  readonly withThinking: boolean
}

interface UserTurn {
  readonly role: 'user'
  readonly results: Draft[]
  readonly blocks: Draft[]
}
interface AssistantTurn {
  readonly role: 'assistant'
  readonly thinking: readonly ThinkingBlock[]
  readonly blocks: Draft[]
  readonly calls: Draft[]
  /** Calls without their result yet: the id in the request that is sent, and where the call stands. */
  readonly open: Map<string, { readonly name: string; readonly param: string }>
  /** Ids of the calls by the name of their tool, the last one last. */
  readonly named: Map<string, string[]>
}
type Turn = UserTurn | AssistantTurn

/** What Anthropic is told the user said when a conversation begins with the assistant, which it refuses. */
const beginning = '(The conversation begins.)'

/**
 * Maps `messages`: system and developer messages go to the top, messages of one side in a row become one turn, the results
 * of tools come first in the turn after their calls, and no text block is empty.
 *
 * @throws Fault `invalid_request` naming the message, for a conversation that no provider would take.
 */
export function conversationOf(messages: JsonValue | undefined, context: ConversationContext): Conversation {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw badField('messages', 'The field `messages` must be a list with at least one message.')
  }
  const builder = new ConversationBuilder(context)
  ;(messages as readonly JsonValue[]).forEach((message, index) => {
    const param = `messages[${index}]`
    if (!isJsonObject(message)) throw badField(param, `\`${param}\` must be an object.`)
    builder.add(message, param)
  })
  return builder.build()
}

class ConversationBuilder {
  readonly #context: ConversationContext
  readonly #ids = new ToolIds()
  readonly #system: Draft[] = []
  readonly #turns: Turn[] = []
  readonly #calledTools = new Set<string>()
  readonly #hash: ConversationHash | null

  constructor(context: ConversationContext) {
    this.#context = context
    this.#hash = context.withThinking ? new ConversationHash() : null
  }

  add(message: JsonObject, param: string): void {
    this.#place(message, param)
    this.#hash?.add(message)
  }

  #place(message: JsonObject, param: string): void {
    switch (message['role']) {
      case 'system':
      case 'developer':
        this.#addSystem(message, param)
        return
      case 'user':
        this.#addUser(message, param)
        return
      case 'assistant':
        this.#addAssistant(message, param)
        return
      case 'tool':
      case 'function':
        this.#addResult(message, param)
        return
      default:
        throw badField(
          `${param}.role`,
          `\`${param}.role\` must be one of \`system\`, \`developer\`, \`user\`, \`assistant\`, \`tool\`.`,
        )
    }
  }

  build(): Conversation {
    const { notes } = this.#context
    this.#mustBeAnswered()
    let system: readonly Draft[] = this.#system
    if (this.#turns.length === 0) {
      if (system.length === 0) throw badField('messages', 'The field `messages` has no text, image or file in it.')
      notes.remark('messages has no user message: the system messages were sent as one')
      this.#turns.push({ role: 'user', results: [], blocks: [...system] })
      system = []
    } else if (this.#turns[0]?.role === 'assistant') {
      notes.remark('messages begins with the assistant: a user turn was put before it')
      this.#turns.unshift({ role: 'user', results: [], blocks: [textBlock(beginning)] })
    }
    this.#trimLast()
    return {
      system,
      messages: this.#turns.map(messageOf),
      calledTools: this.#calledTools,
      lacksThinking: this.#lacksThinking(),
      digest: this.#hash?.digest() ?? null,
    }
  }

  #addSystem(message: JsonObject, param: string): void {
    const blocks = this.#marked(textBlocks(message['content'], `${param}.content`), message)
    if (this.#turns.length > 0 && blocks.length > 0) {
      this.#context.notes.remark(
        'messages: system messages in the middle of the conversation were moved to its beginning',
      )
    }
    this.#system.push(...blocks)
  }

  #addUser(message: JsonObject, param: string): void {
    const blocks = this.#marked(userBlocks(message['content'], `${param}.content`), message)
    if (blocks.length > 0) this.#userTurn().blocks.push(...blocks)
  }

  #addAssistant(message: JsonObject, param: string): void {
    const blocks = textBlocks(message['content'], `${param}.content`)
    if (blocks.length === 0) blocks.push(...textBlocks(message['refusal'], `${param}.refusal`))
    const calls = callsOf(message, param)
    if (blocks.length === 0 && calls.length === 0) return
    const turn = this.#assistantTurn(() => this.#thinkingOf(message, blocks, calls))
    const before = turn.calls.length
    for (const call of calls) this.#addCall(turn, call)
    turn.blocks.push(...blocks)
    const added = turn.calls.length > before ? turn.calls : turn.blocks
    const last = added.pop()
    if (last !== undefined) added.push(withCacheControl(last, message))
  }

  #addCall(turn: AssistantTurn, call: AskedCall): void {
    const id = this.#ids.ofCall(call.id)
    turn.open.set(id, { name: call.name, param: call.param })
    const named = turn.named.get(call.name)
    if (named === undefined) turn.named.set(call.name, [id])
    else named.push(id)
    turn.calls.push(withCacheControl({ type: 'tool_use', id, name: call.name, input: inputOf(call) }, call.source))
    this.#calledTools.add(call.name)
  }

  #addResult(message: JsonObject, param: string): void {
    const last = this.#turns.at(-1)
    const asking = last?.role === 'assistant' ? last : this.#turns.at(-2)
    const turn = asking?.role === 'assistant' ? asking : null
    const id = message['role'] === 'tool' ? this.#calledId(message, param) : functionId(message, turn)
    if (turn === null || id === null || !turn.open.delete(id)) {
      const field = message['role'] === 'tool' ? `${param}.tool_call_id` : `${param}.name`
      throw badField(
        field,
        `\`${field}\` answers no open tool call of the assistant message before it. Each result must follow the message that made the call, once.`,
      )
    }
    const blocks = userBlocks(message['content'], `${param}.content`)
    const [only] = blocks
    const isPlain = blocks.length === 1 && only?.type === 'text' && only.cache_control === undefined
    const content = blocks.length === 0 ? {} : { content: isPlain ? only.text : blocks }
    const failed = typeof message['is_error'] === 'boolean' ? { is_error: message['is_error'] } : {}
    const result = { type: 'tool_result', tool_use_id: id, ...content, ...failed }
    this.#userTurn().results.push(withCacheControl(result, message))
  }

  #calledId(message: JsonObject, param: string): string {
    const id = message['tool_call_id']
    if (typeof id === 'string' && id !== '') return this.#ids.ofResult(id)
    throw badField(`${param}.tool_call_id`, `\`${param}.tool_call_id\` must be the id of the call this answers.`)
  }

  #thinkingOf(message: JsonObject, blocks: readonly Draft[], calls: readonly AskedCall[]): readonly ThinkingBlock[] {
    const { memory, partition, withThinking } = this.#context
    if (!withThinking) return []
    const sent = blocksOfDetails(message['reasoning_details'])
    if (sent.length > 0) return sent
    const text = blocks.map((block) => String(block.text)).join('')
    const callIds = calls.map(({ id }) => id)
    return recallThinking(memory, partition, { callIds, text, conversation: this.#hash?.digest() ?? null })
  }

  #userTurn(): UserTurn {
    const last = this.#turns.at(-1)
    if (last?.role === 'user') return last
    const turn: UserTurn = { role: 'user', results: [], blocks: [] }
    this.#turns.push(turn)
    return turn
  }

  #assistantTurn(thinking: () => readonly ThinkingBlock[]): AssistantTurn {
    const last = this.#turns.at(-1)
    if (last?.role === 'assistant') return last
    this.#mustBeAnswered()
    const turn: AssistantTurn = {
      role: 'assistant',
      thinking: thinking(),
      blocks: [],
      calls: [],
      open: new Map(),
      named: new Map(),
    }
    this.#turns.push(turn)
    return turn
  }

  /** Every call before this point has its result in the turn after it. */
  #mustBeAnswered(): void {
    const last = this.#turns.at(-1)
    const asking = last?.role === 'assistant' ? last : this.#turns.at(-2)
    if (asking?.role !== 'assistant') return
    for (const { param } of asking.open.values()) {
      throw badField(
        param,
        `\`${param}\` has no result. Each tool call must be followed by a message of role \`tool\` with its id, before the next assistant message.`,
      )
    }
  }

  /** Anthropic refuses white space at the end of the text that the model is to go on from. */
  #trimLast(): void {
    const last = this.#turns.at(-1)
    if (last?.role !== 'assistant') return
    const block = last.blocks.pop()
    if (block !== undefined) last.blocks.push({ ...block, text: String(block.text).trimEnd() })
  }

  /** Only what happened since the user last spoke for himself counts: the turns that call tools and get results. */
  #lacksThinking(): boolean {
    let beginning: Turn | undefined
    for (let index = this.#turns.length - 1; index > 0; index -= 2) {
      const turn = this.#turns[index]
      if (turn?.role !== 'user' || turn.results.length === 0) break
      beginning = this.#turns[index - 1]
    }
    return beginning?.role === 'assistant' && beginning.thinking.length === 0
  }

  #marked(blocks: Draft[], message: JsonObject): Draft[] {
    const last = blocks.pop()
    if (last !== undefined) blocks.push(withCacheControl(last, message))
    return blocks
  }
}

/** The deprecated form names the function only: the last open call of it is meant. */
function functionId(message: JsonObject, turn: AssistantTurn | null): string | null {
  const { name } = message
  const named = (typeof name === 'string' ? turn?.named.get(name) : undefined) ?? []
  let id = named.pop()
  while (id !== undefined && turn?.open.has(id) === false) id = named.pop()
  return id ?? null
}

function messageOf(turn: Turn): Draft {
  const content =
    turn.role === 'user' ? [...turn.results, ...turn.blocks] : [...turn.thinking, ...turn.blocks, ...turn.calls]
  return { role: turn.role, content }
}

/** The same messages without the thinking in them, for a request that must not think. */
export function withoutThinking(messages: readonly Draft[]): Draft[] {
  return messages.map((message) => ({
    ...message,
    content: (message.content as readonly Draft[]).filter(
      (block) => block.type !== 'thinking' && block.type !== 'redacted_thinking',
    ),
  }))
}
