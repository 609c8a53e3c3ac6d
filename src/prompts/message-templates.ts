import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import type { FewShotExample, VersionBody } from './compiled-version.ts'
import { type JsonTemplate, compileJsonTemplate } from './json-template.ts'

/** The messages of a version in their order: its own, and the places where others stand. */

/** A role is no text to fill in. */
export const untouchedInMessage = new Set(['role'])

/** Examples are data. */
const untouchedInExample = new Set(['role', 'content'])

/** Names of the placeholders that no variable fills. */
const clientPlaceholder = 'messages'
const examplesPlaceholder = 'examples'

export function compileMessage(message: JsonObject): JsonTemplate {
  return compileJsonTemplate(message, 'text', untouchedInMessage)
}

export function isPlaceholder(message: JsonObject): boolean {
  return message['role'] === 'placeholder'
}

/** The placeholder of the messages of the request. */
export function isClientPlaceholder(message: JsonObject): boolean {
  return isPlaceholder(message) && message['name'] === clientPlaceholder
}

/** Name of the variable whose messages stand here; null: it is no such placeholder. */
export function placeholderVariable(message: JsonObject): string | null {
  const name = message['name']
  if (!isPlaceholder(message) || typeof name !== 'string') return null
  return name === clientPlaceholder || name === examplesPlaceholder ? null : name
}

/** The messages and examples of one language, and where in the body they stand. */
export interface MessageList {
  /** Tag in `locales`; null: the version's own language. */
  readonly locale: string | null
  readonly path: readonly PropertyKey[]
  /** Only those written there: a language may take over the version's own. */
  readonly messages: readonly JsonObject[]
  readonly examples: readonly FewShotExample[]
}

/** The version's own messages and those of each further language. */
export function messageLists(body: VersionBody): readonly MessageList[] {
  const lists: MessageList[] = [{ locale: null, path: [], messages: body.messages, examples: body.examples ?? [] }]
  for (const [locale, { messages = [], examples = [] }] of Object.entries(body.locales ?? {}))
    lists.push({ locale, path: ['locales', locale], messages, examples })
  return lists
}

/** The body as it is in one of its `locales`: what the language leaves out is the version's own. */
export function bodyInLocale(body: VersionBody, locale: string): VersionBody {
  const variants = body.locales ?? {}
  const variant = Object.hasOwn(variants, locale) ? variants[locale] : undefined
  return {
    ...body,
    messages: variant?.messages ?? body.messages,
    examples: variant?.examples ?? body.examples,
  }
}

/** The version says something itself, or may be given messages by a variable. */
export function hasOwnMessages(body: VersionBody): boolean {
  return (
    (body.examples ?? []).length > 0 ||
    body.messages.some((message) => !isPlaceholder(message) || placeholderVariable(message) !== null)
  )
}

export type MessagePart =
  /** `index` in the list of messages; null: an example. */
  | { readonly kind: 'template'; readonly template: JsonTemplate; readonly index: number | null }
  /** The messages of the request stand here. */
  | { readonly kind: 'client' }
  /** The messages that are the value of this variable. */
  | { readonly kind: 'variable'; readonly name: string; readonly index: number }

/** @throws TemplateError when a template does not parse. */
export function compileMessages({
  messages,
  examples = [],
}: Pick<VersionBody, 'messages' | 'examples'>): MessagePart[] {
  const shown = examples.flatMap(({ user, assistant }) => [
    exampleMessage('user', user),
    exampleMessage('assistant', assistant),
  ])
  const isPlaced = messages.some((message) => isPlaceholder(message) && message['name'] === examplesPlaceholder)
  const leading = isPlaced ? -1 : countLeading(messages)
  const parts: MessagePart[] = []
  for (const [index, message] of messages.entries()) {
    if (index === leading) parts.push(...shown)
    parts.push(...partsOf(message, index, shown))
  }
  if (leading === messages.length) parts.push(...shown)
  if (!messages.some(isClientPlaceholder)) parts.push({ kind: 'client' })
  return parts
}

function partsOf(message: JsonObject, index: number, shown: readonly MessagePart[]): readonly MessagePart[] {
  if (!isPlaceholder(message)) return [{ kind: 'template', template: compileMessage(message), index }]
  const name = placeholderVariable(message)
  if (name !== null) return [{ kind: 'variable', name, index }]
  return isClientPlaceholder(message) ? [{ kind: 'client' }] : shown
}

function exampleMessage(role: string, content: string): MessagePart {
  return { kind: 'template', template: compileJsonTemplate({ role, content }, 'text', untouchedInExample), index: null }
}

/** How many system and developer messages the list begins with. */
function countLeading(messages: readonly JsonObject[]): number {
  const first = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  return first === -1 ? messages.length : first
}

/**
 * All of them as one raw JSON array.
 *
 * @param clientMessages the raw items of the request's own messages, without the brackets; empty: none.
 * @throws Fault `invalid_variables` for a variable that should hold messages and does not, `invalid_request` when there is
 *   no message at all.
 */
export function joinMessages(
  parts: readonly MessagePart[],
  values: JsonObject,
  clientMessages: string,
  render: (template: JsonTemplate) => string,
): string {
  let text = ''
  for (const part of parts) {
    const inner =
      part.kind === 'template'
        ? render(part.template)
        : part.kind === 'client'
          ? clientMessages
          : messagesOf(part.name, values[part.name])
    if (inner === '') continue
    text += text === '' ? inner : `,${inner}`
  }
  if (text !== '') return `[${text}]`
  throw new Fault(
    'invalid_request',
    'The prompt has no messages of its own, so `messages` must have at least one message.',
    { param: 'messages' },
  )
}

/** The messages of a variable as raw items; they are data, and what looks like a template in them is text. */
function messagesOf(name: string, value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  const wrong = Array.isArray(value)
    ? (value as readonly JsonValue[]).findIndex((item) => !isJsonObject(item) || typeof item['role'] !== 'string')
    : null
  if (wrong === -1) return JSON.stringify(value).slice(1, -1)
  throw new Fault(
    'invalid_variables',
    `The variable \`${name}\` must be a list of chat messages, each an object with a \`role\` that is a text, such as {"role": "user", "content": "…"}; ${wrong === null ? 'it is no list' : `item ${wrong} is none`}. The prompt puts them where its placeholder \`${name}\` stands.`,
    { param: wrong === null ? `variables.${name}` : `variables.${name}.${wrong}` },
  )
}
