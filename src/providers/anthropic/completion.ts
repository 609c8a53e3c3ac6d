import type { JsonObject, JsonValue } from '../../core/json.ts'
import { filled, isDraft, type Draft } from '../chat/draft.ts'
import { annotationOf } from './annotations.ts'
import type { ExpectedAnswer } from './request.ts'
import { finishReason } from './stop-reason.ts'
import { customText } from './streamed-calls.ts'
import { detailOf, type ThinkingBlock } from './thinking-blocks.ts'
import { chatUsage, MessageUsage } from './usage.ts'
import type { Usage } from '../../core/usage.ts'

export interface CompletionContext {
  readonly requestId: string
  readonly requestedModel: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly expected: ExpectedAnswer
}

/** A whole answer, told as a completion. */
export interface Completion {
  readonly completion: Draft
  readonly usage: Usage | null
  /** To be remembered for the next turn. */
  readonly thinking: readonly ThinkingBlock[]
  readonly callIds: readonly string[]
  readonly text: string
}

/** What the blocks of one answer add up to. */
class Told {
  text = ''
  reasoning = ''
  readonly thinking: ThinkingBlock[] = []
  readonly annotations: JsonObject[] = []
  readonly calls: Draft[] = []
}

/** Maps a whole message to a `chat.completion`. @param message with a list as its `content`. */
export function completionOf(message: JsonObject, context: CompletionContext): Completion {
  const told = new Told()
  for (const block of message['content'] as readonly JsonValue[])
    if (isDraft(block)) addBlock(told, block, context.expected)
  const counted = new MessageUsage()
  counted.add(message['usage'])
  const usage = counted.total
  const { isDeprecatedForm } = context.expected
  const called = told.calls.length === 0 ? null : isDeprecatedForm ? 'function_call' : 'tool_calls'
  const completion: Draft = {
    id: `chatcmpl-${filled(message['id']) ?? context.requestId}`,
    object: 'chat.completion',
    created: Math.floor(context.now() / 1000),
    model: filled(message['model']) ?? context.requestedModel,
    choices: [
      {
        index: 0,
        message: messageOf(told, called),
        logprobs: null,
        finish_reason: finishReason(
          filled(message['stop_reason']) ?? (called === null ? 'end_turn' : 'tool_use'),
          called,
        ),
      },
    ],
    ...(usage === null ? {} : { usage: chatUsage(usage) }),
  }
  const callIds = told.calls.map(({ id }) => String(id))
  return { completion, usage, thinking: told.thinking, callIds, text: told.text }
}

function messageOf(told: Told, called: 'tool_calls' | 'function_call' | null): Draft {
  const details = told.thinking.map(detailOf)
  return {
    role: 'assistant',
    content: told.text === '' && called !== null ? null : told.text,
    refusal: null,
    ...(told.reasoning === '' ? {} : { reasoning_content: told.reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(told.annotations.length === 0 ? {} : { annotations: told.annotations }),
    ...(called === 'tool_calls' ? { tool_calls: told.calls } : {}),
    ...(called === 'function_call' ? { function_call: told.calls[0]?.function } : {}),
  }
}

function addBlock(told: Told, block: Draft, expected: ExpectedAnswer): void {
  switch (block.type) {
    case 'text': {
      const start = told.text.length
      told.text += typeof block.text === 'string' ? block.text : ''
      const citations = Array.isArray(block.citations) ? (block.citations as readonly JsonValue[]) : []
      for (const citation of citations) {
        const annotation = annotationOf(citation, start, told.text.length)
        if (annotation !== null) told.annotations.push(annotation)
      }
      return
    }
    case 'thinking': {
      const thinking = typeof block.thinking === 'string' ? block.thinking : ''
      const signature = filled(block.signature)
      told.reasoning += thinking
      if (signature !== null) told.thinking.push({ type: 'thinking', thinking, signature })
      return
    }
    case 'redacted_thinking': {
      const data = filled(block.data)
      if (data !== null) told.thinking.push({ type: 'redacted_thinking', data })
      return
    }
    case 'tool_use':
      addCall(told, block, expected)
      return
    default:
  }
}

function addCall(told: Told, block: Draft, expected: ExpectedAnswer): void {
  const name = filled(block.name) ?? ''
  const input = JSON.stringify(isDraft(block.input) ? block.input : {})
  const id = filled(block.id) ?? ''
  if (name === expected.answerTool) told.text += input
  else if (expected.customTools.has(name))
    told.calls.push({ id, type: 'custom', custom: { name, input: customText(input) } })
  else told.calls.push({ id, type: 'function', function: { name, arguments: input } })
}
