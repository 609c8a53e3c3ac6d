import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Draft } from '../chat/draft.ts'
import type { ThinkingMemory } from '../thinking-memory.ts'
import { conversationOf, withoutThinking, type Conversation } from './conversation.ts'
import { traitsOf, type ModelTraits } from './models.ts'
import { Notes } from './notes.ts'
import { checkUnsupported, maxTokensOf, samplingOf, serviceTierOf, stopSequencesOf, userIdOf } from './parameters.ts'
import { responseFormatOf, type ResponseFormat } from './response-format.ts'
import { disabled, isThinking, thinkingOf, wantsThinkingBack, type Thinking } from './thinking.ts'
import { isForced, namedOnly, oneAtATime, toolsOf, type Tools } from './tools.ts'

export interface RequestContext {
  /** Anthropic's name of the model. */
  readonly model: string
  /** The tenant: nobody else's thinking is restored. */
  readonly partition: string
  readonly unsupportedParameters: 'drop' | 'reject'
  readonly memory: ThinkingMemory
}

export interface MessagesRequest {
  /** JSON text of a Messages request. */
  readonly body: string
  /** Headers that the request needs besides the usual ones. */
  readonly headers: Readonly<Record<string, string>>
  /** What could not be honoured, one sentence part each. */
  readonly warnings: readonly string[]
  /** What reading the answer needs to know. */
  readonly expected: ExpectedAnswer
}

/** How the answer is to be told, which the answer itself does not say. */
export interface ExpectedAnswer {
  /** The tool whose input is the content of the answer; null: none. */
  readonly answerTool: string | null
  /** Tools whose input is a text. */
  readonly customTools: ReadonlySet<string>
  /** A call is told as `function_call`. */
  readonly isDeprecatedForm: boolean
  /** Digest of the messages it answers; null: its thinking is wanted back for calls of tools at most. */
  readonly conversation: string | null
}

/**
 * Maps a chat completions request to Anthropic's Messages.
 *
 * @throws Fault `invalid_request` with `param`, for what has no meaning there.
 */
export function toMessagesRequest(body: JsonObject, context: RequestContext): MessagesRequest {
  const traits = traitsOf(context.model)
  const notes = new Notes(context.unsupportedParameters)
  checkUnsupported(body, notes)
  const maxTokens = maxTokensOf(body, traits, notes)
  const asked = toolsOf(body, traits, notes)
  const format = responseFormatOf(
    body,
    traits,
    asked.tools.map((tool) => tool.name),
    notes,
  )
  const tools = allowedChoice(withAnswerTool(asked, format), traits, notes)
  const field = isJsonObject(body['thinking']) ? 'thinking' : 'reasoning_effort'
  const wished = unlessForced(thinkingOf(body, traits, maxTokens, notes), tools, field, traits, notes)
  const { memory, partition } = context
  const withThinking = wantsThinkingBack(wished, traits)
  const conversation = conversationOf(body['messages'], { notes, memory, partition, withThinking })
  const thinking = unlessLost(wished, conversation, notes)
  const messages = isOff(thinking) ? withoutThinking(conversation.messages) : conversation.messages
  const system = format.instruction === null ? conversation.system : [...conversation.system, format.instruction]
  const known =
    tools.tools.length === 0 && conversation.calledTools.size > 0 ? namedOnly(conversation.calledTools) : tools
  const stop = stopSequencesOf(body, notes)
  const user = userIdOf(body)
  const tier = serviceTierOf(body, notes)
  const output = outputConfig(thinking, format, traits, notes)
  const request: Draft = {
    model: context.model,
    max_tokens: maxTokens,
    ...(body['stream'] === true ? { stream: true } : {}),
    ...samplingOf(body, traits, isThinking(thinking), notes),
    ...(thinking.config === null ? {} : { thinking: thinking.config }),
    ...(output === null ? {} : { output_config: output }),
    ...(stop.length === 0 ? {} : { stop_sequences: stop }),
    ...(user === null ? {} : { metadata: { user_id: user } }),
    ...(tier === null ? {} : { service_tier: tier }),
    ...(isJsonObject(body['cache_control']) ? { cache_control: body['cache_control'] } : {}),
    ...(known.choice === null ? {} : { tool_choice: known.choice }),
    ...(known.tools.length === 0 ? {} : { tools: known.tools }),
    ...(system.length === 0 ? {} : { system }),
    messages,
  }
  return {
    body: JSON.stringify(request),
    headers: namesFiles(messages) ? { 'anthropic-beta': 'files-api-2025-04-14' } : {},
    warnings: notes.warnings,
    expected: {
      answerTool: format.tool === null ? null : String(format.tool.name),
      customTools: tools.custom,
      isDeprecatedForm: asked.isDeprecatedForm,
      conversation: conversation.digest,
    },
  }
}

/** A model without schemas for its answers is made to call a tool that takes the answer. */
function withAnswerTool(asked: Tools, { tool }: ResponseFormat): Tools {
  if (tool === null) return asked
  const mustAnswer = asked.tools.length === 0 || asked.choice?.type === 'none'
  const choice = mustAnswer
    ? { type: 'tool', name: tool.name }
    : isForced(asked.choice)
      ? asked.choice
      : { type: 'any' }
  return { ...asked, tools: [...asked.tools, tool], choice: oneAtATime(choice) }
}

function allowedChoice(tools: Tools, traits: ModelTraits, notes: Notes): Tools {
  if (traits.forcedTools || !isForced(tools.choice)) return tools
  notes.unsupported('tool_choice', 'sent as auto: this model cannot be made to call a tool')
  const { name: _name, ...choice } = tools.choice ?? {}
  return { ...tools, choice: { ...choice, type: 'auto' } }
}

/** Thinking that is asked for, with a budget or without, and a tool that must be called exclude each other. */
function unlessForced(thinking: Thinking, tools: Tools, field: string, traits: ModelTraits, notes: Notes): Thinking {
  if (!isThinking(thinking) || !isForced(tools.choice)) return thinking
  notes.unsupported(field, 'dropped: the model cannot think when it must call a tool')
  return traits.thinking === 'always' ? { ...thinking, config: null } : disabled(thinking)
}

/**
 * With a budget, Anthropic refuses a turn that goes on after a tool call without the thinking that led to it. An adaptive
 * model may have called without any thinking, so there it is not asked for.
 */
function unlessLost(thinking: Thinking, conversation: Conversation, notes: Notes): Thinking {
  if (thinking.config?.type !== 'enabled' || !conversation.lacksThinking) return thinking
  notes.remark('thinking was turned off for this turn: the thinking before the tool call is not known here any more')
  return disabled(thinking)
}

function isOff(thinking: Thinking): boolean {
  return thinking.config?.type === 'disabled'
}

function outputConfig(thinking: Thinking, { format }: ResponseFormat, traits: ModelTraits, notes: Notes): Draft | null {
  let { effort } = thinking
  if (isOff(thinking) && traits.offUpToHigh && (effort === 'xhigh' || effort === 'max')) {
    notes.unsupported('reasoning_effort', 'sent as high: this model must think above it')
    effort = 'high'
  }
  if (effort === null && format === null) return null
  return { ...(effort === null ? {} : { effort }), ...(format === null ? {} : { format }) }
}

/** Files that were uploaded to Anthropic can be named only under this beta. */
function namesFiles(messages: readonly Draft[]): boolean {
  return messages.some(({ content }) => (content as readonly Draft[]).some(isUploadedFile))
}

function isUploadedFile(block: Draft): boolean {
  const source = block.source
  if (isJsonObject(source) && source['type'] === 'file') return true
  return block.type === 'tool_result' && Array.isArray(block.content) && (block.content as Draft[]).some(isUploadedFile)
}
