import { Fault } from '../core/fault.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { arrayInner } from '../core/json-members.ts'
import type { CompiledVersion, ExpandInput, Expanded, VersionBody } from './compiled-version.ts'
import { type JsonTemplate, compileJsonTemplate } from './json-template.ts'
import { chooseLocale, languagesOf } from './locale.ts'
import {
  type MessagePart,
  bodyInLocale,
  compileMessage,
  compileMessages,
  isPlaceholder,
  joinMessages,
  messageLists,
  placeholderVariable,
} from './message-templates.ts'
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
  const parts = compileMessages(body)
  const openRendering = body.compression === 'whitespace' ? compressedRendering() : plainRendering
  const defaults = compileDefaults(body)
  const locked = withSynonyms(body.overrides?.locked ?? [])
  const used = [...variablesIn(parts), ...variablesElsewhere(body), ...[...defaults.values()].flatMap(namesIn)]
  const variables = compileVariables(body.variables ?? null, [...new Set(used)], placeholdersIn(body))
  const languages = languagesOf(body)
  const output = compileOutputRule(body)

  const expandWith = (messages: readonly MessagePart[], input: ExpandInput): Expanded => {
    const { values, unknown } = variables.read(input.variables)
    const warnings = unknownWarnings(unknown)
    const members = new Map<string, string>()
    const clientMessages = takeClientMessages(input.members, locked, warnings)
    const rendering = openRendering(values)
    members.set('messages', joinMessages(messages, values, clientMessages, rendering.render))
    addDefaults(members, defaults, input.members, locked, values)
    addClientMembers(members, input.members, locked, warnings)
    return { members, warnings, compressed: rendering.compressed() }
  }

  const formOf = (shown: VersionBody, messages: readonly MessagePart[], locale: string | null): CompiledVersion => ({
    models: [body.model, ...(body.fallback_models ?? [])],
    locked,
    timeoutMs: body.timeout_ms ?? null,
    retries: body.retries ?? null,
    output,
    body: shown,
    locale,
    inLanguage: (wanted) => (languages === null ? own : inLocale(chooseLocale(wanted(), languages))),
    expand: (input) => expandWith(messages, input),
  })

  const own = formOf(body, parts, languages === null ? null : (body.locale ?? unnamedLocale))
  const others = new Map<string, CompiledVersion>()
  const inLocale = (locale: string | null): CompiledVersion => {
    const known = locale === null ? own : others.get(locale)
    if (known !== undefined || locale === null) return known ?? own
    const shown = bodyInLocale(body, locale)
    const form = formOf(shown, compileMessages(shown), locale)
    others.set(locale, form)
    return form
  }
  return own
}

/** What the own language of a version is called that has others and does not say which this one is. */
const unnamedLocale = 'default'

function namesIn({ paths }: JsonTemplate): readonly string[] {
  return paths.map((path) => path.variable)
}

function variablesIn(parts: readonly MessagePart[]): readonly string[] {
  return parts.flatMap((part) => (part.kind === 'template' ? namesIn(part.template) : []))
}

/** The languages of a version share its variables, so that a request need not know which one answers. */
function variablesElsewhere(body: VersionBody): readonly string[] {
  return messageLists(body).flatMap(({ locale, messages }) =>
    locale === null
      ? []
      : messages.filter((message) => !isPlaceholder(message)).flatMap((each) => namesIn(compileMessage(each))),
  )
}

function placeholdersIn(body: VersionBody): readonly string[] {
  const names = messageLists(body).flatMap(({ messages }) => messages.map(placeholderVariable))
  return [...new Set(names)].filter((name) => name !== null)
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
