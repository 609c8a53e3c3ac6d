import { isJsonObject, ownMember, type JsonObject, type JsonValue } from '../../core/json.ts'
import { refuse } from './refuse.ts'

const elsewhere =
  'Only tools of type `function` and `custom` work with this model: leave the tool out, or name a model of a provider that has the Responses API itself, such as `openai/gpt-5`.'

/** Tools and the choice among them, as chat says them. undefined: the request says nothing about it. */
export interface ChatTools {
  readonly tools: readonly JsonObject[] | undefined
  readonly choice: JsonValue | undefined
}

/**
 * @throws Fault for hosted tools, which only the provider that hosts them can run.
 */
export function toChatTools(body: JsonObject): ChatTools {
  const given = ownMember(body, 'tools') ?? undefined
  if (given !== undefined && !Array.isArray(given)) throw refuse('tools', '`tools` must be a list of tools.')
  const tools = (given as readonly JsonValue[] | undefined)?.map(toChatTool)
  const choice = ownMember(body, 'tool_choice') ?? undefined
  if (isJsonObject(choice) && choice['type'] === 'allowed_tools') return allowed(tools, choice)
  return { tools, choice: choice === undefined ? undefined : toChatChoice(choice) }
}

/** Names of the custom tools: they are told to the provider as functions, and their calls told back as custom ones. */
export function customToolNames(body: JsonObject): ReadonlySet<string> {
  const names = new Set<string>()
  const tools = ownMember(body, 'tools')
  if (!Array.isArray(tools)) return names
  for (const tool of tools as readonly JsonValue[]) {
    if (!isJsonObject(tool) || tool['type'] !== 'custom') continue
    if (typeof tool['name'] === 'string') names.add(tool['name'])
  }
  return names
}

/** Arguments of the function that stands for a custom tool. */
export function customArguments(input: string): string {
  return JSON.stringify({ input })
}

/** The input of a custom tool out of such arguments; what a model wrote otherwise is taken as it is. */
export function customInput(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value) && typeof value['input'] === 'string') return value['input']
  } catch {
    // Not JSON: then the model gave the input itself.
  }
  return text
}

function toChatTool(tool: JsonValue, index: number): JsonObject {
  const at = `tools[${index}]`
  const type = isJsonObject(tool) ? tool['type'] : undefined
  if (!isJsonObject(tool) || typeof type !== 'string') {
    throw refuse(`${at}.type`, `\`${at}\` must be a tool with a \`type\`, such as {"type": "function", "name": "…"}.`)
  }
  if (type !== 'function' && type !== 'custom') {
    throw refuse(`${at}.type`, `\`${at}\` is the hosted tool \`${type.slice(0, 64)}\`. ${elsewhere}`)
  }
  const name = tool['name']
  if (typeof name !== 'string' || name === '') throw refuse(`${at}.name`, `\`${at}.name\` must be the tool's name.`)
  return { type: 'function', function: type === 'function' ? functionOf(name, tool) : customFunction(name, tool) }
}

function functionOf(name: string, tool: JsonObject): JsonObject {
  const found: Record<string, JsonValue> = { name }
  for (const member of ['description', 'parameters', 'strict'] as const) {
    const value = tool[member]
    if (value !== undefined && value !== null) found[member] = value
  }
  return found
}

/** Few providers know custom tools; all know a function with one text. */
function customFunction(name: string, tool: JsonObject): JsonObject {
  const description = typeof tool['description'] === 'string' ? tool['description'] : ''
  const format = tool['format']
  const grammar = isJsonObject(format) && format['type'] === 'grammar' ? format : null
  const rule =
    grammar === null
      ? ''
      : `The input must follow this ${asText(grammar['syntax'])} grammar:\n${asText(grammar['definition'])}`
  return {
    name,
    description: [description, rule].filter((text) => text !== '').join('\n\n'),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as free text.' } },
      required: ['input'],
      additionalProperties: false,
    },
  }
}

function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function toChatChoice(choice: JsonValue): JsonValue {
  if (choice === 'auto' || choice === 'required' || choice === 'none') return choice
  const type = isJsonObject(choice) ? choice['type'] : undefined
  if (isJsonObject(choice) && (type === 'function' || type === 'custom')) {
    const name = choice['name']
    if (typeof name === 'string' && name !== '') return { type: 'function', function: { name } }
    throw refuse('tool_choice.name', '`tool_choice.name` must be the name of a tool in `tools`.')
  }
  if (typeof type === 'string') {
    throw refuse('tool_choice.type', `\`tool_choice\` names the hosted tool \`${type.slice(0, 64)}\`. ${elsewhere}`)
  }
  throw refuse(
    'tool_choice',
    '`tool_choice` must be `auto`, `required`, `none`, or an object such as {"type": "function", "name": "…"}.',
  )
}

/** To be allowed some of the tools is to have no others; every provider understands it so. */
function allowed(tools: readonly JsonObject[] | undefined, choice: JsonObject): ChatTools {
  const mode = choice['mode'] ?? 'auto'
  const list = choice['tools']
  if ((mode !== 'auto' && mode !== 'required') || !Array.isArray(list)) {
    throw refuse(
      'tool_choice',
      '`tool_choice` of type `allowed_tools` must have the `mode` `auto` or `required`, and a list `tools`.',
    )
  }
  const names = new Set<string>()
  for (const [index, tool] of (list as readonly JsonValue[]).entries()) {
    const name = isJsonObject(tool) ? tool['name'] : undefined
    if (typeof name !== 'string') {
      throw refuse(
        `tool_choice.tools[${index}]`,
        `\`tool_choice.tools[${index}]\` must name a function or custom tool by its \`name\`. ${elsewhere}`,
      )
    }
    names.add(name)
  }
  // The tools come from a prompt: then chat's own form says which of them.
  if (tools === undefined) {
    const named = [...names].map((name) => ({ type: 'function', function: { name } }))
    return { tools, choice: { type: 'allowed_tools', allowed_tools: { mode, tools: named } } }
  }
  const kept = tools.filter((tool) => names.has(functionName(tool)))
  if (kept.length < names.size) {
    const known = new Set(kept.map(functionName))
    const unknown = [...names].find((name) => !known.has(name)) ?? ''
    throw refuse('tool_choice.tools', `\`tool_choice\` allows \`${unknown.slice(0, 64)}\`, which is not in \`tools\`.`)
  }
  return kept.length === 0 ? { tools: undefined, choice: undefined } : { tools: kept, choice: mode }
}

function functionName(tool: JsonObject): string {
  return isJsonObject(tool['function']) ? asText(tool['function']['name']) : ''
}
