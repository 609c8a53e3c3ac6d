import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { topLevelMembers } from '../core/json-members.ts'

/**
 * Settings of a Responses request by their place, raw JSON text each: `temperature`, `text.format`, `reasoning.effort`. Two
 * levels, because two members of the request hold settings that are decided one by one.
 */
export type Settings = Map<string, string>

const nested: ReadonlySet<string> = new Set(['text', 'reasoning'])

/** Chat's names of what the Responses API has at another place. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['messages', 'input'],
  ['max_tokens', 'max_output_tokens'],
  ['max_completion_tokens', 'max_output_tokens'],
  ['response_format', 'text.format'],
  ['verbosity', 'text.verbosity'],
  ['reasoning_effort', 'reasoning.effort'],
])

/** What chat knows and the Responses API refuses. */
const chatOnly: ReadonlySet<string> = new Set([
  'n',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'modalities',
  'audio',
  'prediction',
  'web_search_options',
  'functions',
  'function_call',
])

/** Where a field stands in a Responses request, whichever of the two APIs' names it is called by. */
export function placeOf(name: string): string {
  return renamed.get(name) ?? name
}

/** Chat's names of what stands at this place of a Responses request, or below it. */
export function chatNamesOf(place: string): readonly string[] {
  return [...renamed].flatMap(([name, there]) => (there === place || there.startsWith(`${place}.`) ? [name] : []))
}

/** The settings in a client's members. */
export function settingsOf(members: Iterable<readonly [string, string]>): Settings {
  const settings: Settings = new Map()
  for (const [name, raw] of members) {
    const parts = nested.has(name) && raw.startsWith('{') ? topLevelMembers(raw) : null
    if (parts === null || parts.size === 0) settings.set(name, raw)
    else for (const [part, value] of parts) settings.set(`${name}.${part}`, value)
  }
  return settings
}

/**
 * The settings of a version, which are written as chat has them.
 *
 * @param dropped hears the names of those that the Responses API has no place for.
 */
export function versionSettings(
  members: Iterable<readonly [string, string]>,
  dropped: (name: string) => void,
): Settings {
  const settings: Settings = new Map()
  for (const [name, raw] of settingsOf(members)) {
    if (name === 'logprobs') {
      if (raw === 'true') settings.set('include', '["message.output_text.logprobs"]')
    } else if (chatOnly.has(name)) {
      // One answer is what the Responses API gives anyway.
      if (name !== 'n' || raw !== '1') dropped(name)
    } else {
      settings.set(placeOf(name), inItsForm(name, raw))
    }
  }
  return settings
}

/** As members of a request again. */
export function membersOf(settings: Settings): Map<string, string> {
  const members = new Map<string, string>()
  const parts = new Map<string, string>()
  for (const [place, raw] of settings) {
    const dot = place.indexOf('.')
    const holder = dot === -1 ? place : place.slice(0, dot)
    if (dot === -1 || !nested.has(holder)) {
      members.set(place, raw)
      continue
    }
    const inner = parts.get(holder)
    const part = `${JSON.stringify(place.slice(dot + 1))}:${raw}`
    parts.set(holder, inner === undefined ? part : `${inner},${part}`)
    members.set(holder, `{${parts.get(holder) ?? ''}}`)
  }
  return members
}

function inItsForm(name: string, raw: string): string {
  const translate = translations.get(name)
  return translate === undefined ? raw : JSON.stringify(translate(JSON.parse(raw) as JsonValue))
}

const translations: ReadonlyMap<string, (value: JsonValue) => JsonValue> = new Map([
  ['tools', (tools) => (Array.isArray(tools) ? (tools as readonly JsonValue[]).map(flatTool) : tools)],
  ['tool_choice', flatChoice],
  ['response_format', flatFormat],
])

/** Tools that are written flat already, hosted ones among them, stay. */
function flatTool(tool: JsonValue): JsonValue {
  if (!isJsonObject(tool)) return tool
  const called = tool['function']
  if (tool['type'] === 'function' && isJsonObject(called)) {
    // Left out, chat takes `strict` for false and the Responses API for true.
    return { type: 'function', parameters: { type: 'object', properties: {} }, strict: false, ...called }
  }
  const custom = tool['custom']
  if (tool['type'] !== 'custom' || !isJsonObject(custom)) return tool
  const { format, ...rest } = custom
  return { type: 'custom', ...rest, ...(format === undefined ? {} : { format: flatGrammar(format) }) }
}

function flatGrammar(format: JsonValue): JsonValue {
  const grammar = isJsonObject(format) ? format['grammar'] : undefined
  return isJsonObject(grammar) ? { type: 'grammar', ...grammar } : format
}

function flatChoice(choice: JsonValue): JsonValue {
  if (!isJsonObject(choice)) return choice
  for (const type of ['function', 'custom'] as const) {
    const named = choice[type]
    if (choice['type'] === type && isJsonObject(named)) return { type, ...named }
  }
  const allowed = choice['allowed_tools']
  if (choice['type'] !== 'allowed_tools' || !isJsonObject(allowed)) return choice
  const tools = allowed['tools']
  const flat = Array.isArray(tools) ? (tools as readonly JsonValue[]).map(flatChoice) : []
  return { type: 'allowed_tools', mode: allowed['mode'] ?? 'auto', tools: flat }
}

function flatFormat(format: JsonValue): JsonValue {
  const schema: JsonValue | undefined = isJsonObject(format) ? format['json_schema'] : undefined
  return isJsonObject(schema) ? ({ type: 'json_schema', ...schema } satisfies JsonObject) : format
}
