import { Fault } from '../../core/fault.ts'
import { type JsonObject, type JsonValue, ownMember } from '../../core/json.ts'
import { topLevelMembers } from '../../core/json-members.ts'
import type { ChatRequest } from '../dialect.ts'

/** What a chat model cannot do; which values of the field ask for it, and why not. */
const impossible: readonly (readonly [name: string, asks: (value: JsonValue) => boolean, reason: string])[] = [
  ['suffix', (value) => value !== '', 'a chat model cannot fill in the middle of a text'],
  ['best_of', (value) => value !== 1, 'a chat model answers once for each of `n`'],
  ['echo', (value) => value !== false, 'a chat model does not repeat its prompt'],
  ['logprobs', () => true, 'the log probabilities of chat have another form'],
]

/** What is said in another way, or set by the pipeline itself. */
const notPassed = ['prompt', 'messages', 'stream_options', ...impossible.map(([name]) => name)]

/**
 * A legacy completion request as a chat request: the prompt is the one user message, every other parameter keeps its name.
 * Without `prompt` there are no messages; whoever plans the exchange knows whether a prompt of ours was named.
 *
 * @throws Fault `invalid_request` naming the field.
 */
export function completionsToChat(body: JsonObject, text: string): ChatRequest {
  for (const [name, asks, reason] of impossible) {
    const value = ownMember(body, name) ?? null
    if (value !== null && asks(value)) {
      throw refused(
        name,
        `\`${name}\` cannot be used with this model: ${reason}. Leave it out, or choose a model with completions of its own.`,
      )
    }
  }
  if ((ownMember(body, 'messages') ?? null) !== null) {
    throw refused(
      'messages',
      '`messages` does not belong to completions. Put the text into `prompt`, or use /v1/chat/completions.',
    )
  }
  const members = topLevelMembers(text)
  for (const name of notPassed) members.delete(name)
  const prompt = promptText(ownMember(body, 'prompt') ?? null)
  if (prompt !== null) members.set('messages', JSON.stringify([{ role: 'user', content: prompt }]))
  return { members, warnings: [] }
}

function promptText(prompt: JsonValue): string | null {
  if (prompt === null || typeof prompt === 'string') return prompt
  if (!Array.isArray(prompt)) {
    throw refused(
      'prompt',
      '`prompt` must be a string, or an object with the `id` of a prompt (`{"id": "support-reply", "variables": {…}}`).',
    )
  }
  const items = prompt as readonly JsonValue[]
  const [only] = items
  if (items.some((item) => typeof item !== 'string')) {
    throw refused('prompt', '`prompt` must be text: tokens of one model mean nothing to another.')
  }
  if (items.length > 1) {
    throw refused('prompt', '`prompt` must be one text with this model. Send one request for each of several.')
  }
  return typeof only === 'string' ? only : null
}

function refused(param: string, message: string): Fault {
  return new Fault('invalid_request', message, { param })
}
