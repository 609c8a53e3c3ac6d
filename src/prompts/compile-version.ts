import { Fault } from '../core/fault.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { arrayInner, joinArrayInners } from '../core/json-members.ts'
import type { CompiledVersion, ExpandInput, Expanded, VersionBody } from './compiled-version.ts'
import { type JsonTemplate, compileJsonTemplate } from './json-template.ts'
import { chatNamesOf } from './responses-parameters.ts'
import { compressedRendering, plainRendering } from './rendering.ts'
import { compileOutputRule } from './validate-output.ts'
import { compileVariables } from './variables.ts'

/**
 * Makes a version ready for use: what never changes becomes JSON text now, a request only fills the holes. The client's own
 * members and messages are moved as raw text, never parsed and serialised again.
 *
 * The body must have passed `contract/version-body.ts` and `prompts/lint-version.ts`.
 *
 * @throws TemplateError when a template does not parse.
 */
export function compileVersion(body: VersionBody): CompiledVersion {
  const messages = compileMessages(body.messages)
  const openRendering = body.compression === 'whitespace' ? compressedRendering() : plainRendering
  const defaults = compileDefaults(body)
  const locked = withSynonyms(body.overrides?.locked ?? [])
  const used = [...messages.before, ...messages.after, ...defaults.values()].flatMap(({ paths }) =>
    paths.map((path) => path.variable),
  )
  const variables = compileVariables(body.variables ?? null, [...new Set(used)])

  function expand(input: ExpandInput): Expanded {
    const { values, unknown } = variables.read(input.variables)
    const warnings = unknownWarnings(unknown)
    const members = new Map<string, string>()
    const clientMessages = takeClientMessages(input.members, locked, warnings)
    const rendering = openRendering(values)
    members.set('messages', joinMessages(messages, clientMessages, rendering.render))
    addDefaults(members, defaults, input.members, locked, values)
    addClientMembers(members, input.members, locked, warnings)
    return { members, warnings, compressed: rendering.compressed() }
  }

  return {
    models: [body.model, ...(body.fallback_models ?? [])],
    locked,
    timeoutMs: body.timeout_ms ?? null,
    retries: body.retries ?? null,
    output: compileOutputRule(body),
    body,
    expand,
  }
}

interface MessageTemplates {
  readonly before: readonly JsonTemplate[]
  /** After the placeholder for the client's messages. */
  readonly after: readonly JsonTemplate[]
}

/** A role is no text to fill in. */
export const untouchedInMessage = new Set(['role'])

export function compileMessage(message: JsonObject): JsonTemplate {
  return compileJsonTemplate(message, 'text', untouchedInMessage)
}

export function isPlaceholder(message: JsonObject): boolean {
  return message['role'] === 'placeholder'
}

function compileMessages(messages: readonly JsonObject[]): MessageTemplates {
  const index = messages.findIndex(isPlaceholder)
  const end = index === -1 ? messages.length : index
  const after = messages.slice(end).filter((message) => !isPlaceholder(message))
  return { before: messages.slice(0, end).map(compileMessage), after: after.map(compileMessage) }
}

/** What the version sets in the request, by name of the member. */
export function versionDefaults(body: VersionBody): Map<string, JsonValue> {
  const defaults = new Map<string, JsonValue>(Object.entries(body.parameters ?? {}))
  if (body.response_format !== undefined && body.response_format !== null)
    defaults.set('response_format', body.response_format)
  if (body.tools !== undefined && body.tools !== null && body.tools.length > 0) defaults.set('tools', body.tools)
  // Left over from a body that was never checked: these are the request's own.
  for (const name of neverFromVersion) defaults.delete(name)
  return defaults
}

const neverFromVersion = ['model', 'messages', 'stream', 'stream_options'] as const

function compileDefaults(body: VersionBody): ReadonlyMap<string, JsonTemplate> {
  const compiled = new Map<string, JsonTemplate>()
  for (const [name, value] of versionDefaults(body))
    if (value !== undefined) compiled.set(name, compileJsonTemplate(value, 'typed'))
  return compiled
}

/** Two names for one thing: who sets one, sets both. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'max_completion_tokens'],
  ['max_completion_tokens', 'max_tokens'],
])

function withSynonyms(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name, synonyms.get(name) ?? name, ...chatNamesOf(name)]))
}

/** The raw items of the client's messages; empty when there are none. */
function takeClientMessages(
  members: ReadonlyMap<string, string>,
  locked: ReadonlySet<string>,
  warnings: string[],
): string {
  const raw = members.get('messages')
  if (raw === undefined || raw === 'null') return ''
  if (!raw.startsWith('[')) {
    throw new Fault(
      'invalid_request',
      '`messages` must be a list of messages. Leave it out when the prompt says everything.',
      { param: 'messages' },
    )
  }
  const inner = arrayInner(raw)
  if (inner === '' || !locked.has('messages')) return inner
  warnings.push(lockedWarning('messages'))
  return ''
}

function joinMessages(
  templates: MessageTemplates,
  clientMessages: string,
  render: (template: JsonTemplate) => string,
): string {
  if (templates.before.length === 0 && templates.after.length === 0 && clientMessages === '') {
    throw new Fault(
      'invalid_request',
      'The prompt has no messages of its own, so `messages` must have at least one message.',
      { param: 'messages' },
    )
  }
  const inners = templates.before.map(render)
  inners.push(clientMessages)
  for (const template of templates.after) inners.push(render(template))
  return joinArrayInners(inners)
}

function addDefaults(
  members: Map<string, string>,
  defaults: ReadonlyMap<string, JsonTemplate>,
  client: ReadonlyMap<string, string>,
  locked: ReadonlySet<string>,
  values: JsonObject,
): void {
  for (const [name, template] of defaults) {
    if (!locked.has(name) && (client.has(name) || client.has(synonyms.get(name) ?? name))) continue
    const raw = template.fixed ?? template.render(values)
    // A parameter that is one whole variable, and the variable is not there: then neither is the parameter.
    if (raw === 'null' && template.whole !== null) continue
    members.set(name, raw)
  }
}

function addClientMembers(
  members: Map<string, string>,
  client: ReadonlyMap<string, string>,
  locked: ReadonlySet<string>,
  warnings: string[],
): void {
  for (const [name, raw] of client) {
    // Which model answers is decided with the targets.
    if (name === 'messages' || name === 'model') continue
    if (!locked.has(name) || name === 'stream' || name === 'stream_options') members.set(name, raw)
    else if (members.get(name) !== raw) warnings.push(lockedWarning(name))
  }
}

const maxUnknownListed = 10

function unknownWarnings(names: readonly string[]): string[] {
  const warnings = names
    .slice(0, maxUnknownListed)
    .map((name) => `variable \`${headerSafe(name)}\` is not known to the prompt and was ignored`)
  if (names.length > maxUnknownListed)
    warnings.push(`${names.length - maxUnknownListed} more variables are not known to the prompt`)
  return warnings
}

/** For `x-promptbox-warning`. */
export function lockedWarning(name: string): string {
  return `\`${headerSafe(name)}\` is locked by the prompt and was ignored`
}

/** Warnings travel in a header: bounded, printable ASCII, and nothing that separates. */
function headerSafe(name: string): string {
  const bounded = name.length > 64 ? `${name.slice(0, 64)}...` : name
  return bounded.replace(/[^\x21-\x7e]|[,;`]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
