import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Draft } from '../chat/draft.ts'
import { withCacheControl } from './content-parts.ts'
import { enforceableSchema, inputSchema, joinedText } from './json-schema.ts'
import type { ModelTraits } from './models.ts'
import { badField, type Notes } from './notes.ts'
import { customInput } from './tool-calls.ts'

/** What the model may call and must call. */
export interface Tools {
  readonly tools: readonly Draft[]
  /** Member `tool_choice`; null: left out. */
  readonly choice: Draft | null
  /** Names of the tools whose input is a text. */
  readonly custom: ReadonlySet<string>
  /** The client speaks the deprecated form, `functions` and `function_call`. */
  readonly isDeprecatedForm: boolean
}

/** A tool choice that leaves the model no way out. */
export function isForced(choice: Draft | null): boolean {
  return choice?.type === 'any' || choice?.type === 'tool'
}

/** Maps `tools`, `tool_choice` and `parallel_tool_calls`, or the deprecated `functions` and `function_call`. */
export function toolsOf(body: JsonObject, traits: ModelTraits, notes: Notes): Tools {
  const isDeprecatedForm = isFilled(body['functions']) && !isFilled(body['tools'])
  const field = isDeprecatedForm ? 'functions' : 'tools'
  const custom = new Set<string>()
  const tools = listOf(body[field], field).map((tool, index) => {
    const param = `${field}[${index}]`
    if (!isJsonObject(tool)) throw badField(param, `\`${param}\` must be an object.`)
    return isDeprecatedForm
      ? functionTool(tool, tool, param, traits, notes)
      : toolOf(tool, param, traits, notes, custom)
  })
  const asked = isDeprecatedForm ? body['function_call'] : body['tool_choice']
  const choice = choiceOf(asked, isDeprecatedForm ? 'function_call' : 'tool_choice')
  const kept = choice.allowed === null ? tools : tools.filter(({ name }) => choice.allowed?.has(String(name)))
  if (kept.length === 0) return { tools: [], choice: null, custom, isDeprecatedForm }
  const single = isDeprecatedForm || body['parallel_tool_calls'] === false
  return { tools: kept, choice: single ? oneAtATime(choice.value) : choice.value, custom, isDeprecatedForm }
}

/** Tools that former turns called and this request no longer names: Anthropic wants to know every tool it sees used. */
export function namedOnly(names: ReadonlySet<string>): Tools {
  const tools = [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }))
  return { tools, choice: { type: 'none' }, custom: new Set(), isDeprecatedForm: false }
}

/** The choice with at most one call. */
export function oneAtATime(choice: Draft | null): Draft {
  const wanted = choice ?? { type: 'auto' }
  return wanted.type === 'none' ? wanted : { ...wanted, disable_parallel_tool_use: true }
}

function toolOf(tool: JsonObject, param: string, traits: ModelTraits, notes: Notes, custom: Set<string>): Draft {
  const type = tool['type'] ?? 'function'
  if (type === 'custom') {
    const block = customTool(tool, `${param}.custom`, notes)
    custom.add(String(block.name))
    return block
  }
  if (type === 'function') {
    const called = tool['function']
    if (!isJsonObject(called)) throw badField(`${param}.function`, `\`${param}.function\` must be an object.`)
    return functionTool(called, tool, `${param}.function`, traits, notes)
  }
  // Anthropic's own tools carry their date: `web_search_20250305`.
  if (typeof type === 'string' && /_\d{8}$/.test(type)) return { ...tool }
  throw badField(`${param}.type`, `\`${param}.type\` must be \`function\` or \`custom\`.`)
}

function functionTool(called: JsonObject, source: JsonObject, param: string, traits: ModelTraits, notes: Notes): Draft {
  const isStrict = called['strict'] === true
  if (isStrict && !traits.schemas) notes.unsupported(`${param}.strict`, 'dropped: this model does not enforce schemas')
  const { schema, taken } = inputSchema(called['parameters'])
  const description = joinedText(called['description'], taken === null ? '' : `(The input must also satisfy ${taken})`)
  const strict = isStrict && traits.schemas
  const tool: Draft = {
    name: nameOf(called, param),
    ...(description === '' ? {} : { description }),
    input_schema: strict ? enforceableSchema(schema) : schema,
    ...(strict ? { strict: true } : {}),
  }
  return withCacheControl(withCacheControl(tool, called), source)
}

function customTool(tool: JsonObject, param: string, notes: Notes): Draft {
  const called = tool['custom']
  if (!isJsonObject(called)) throw badField(param, `\`${param}\` must be an object.`)
  const format = called['format']
  if (isJsonObject(format) && format['type'] !== 'text') {
    notes.unsupported(`${param}.format`, 'dropped: Anthropic enforces no grammar')
  }
  const description = called['description']
  const block: Draft = {
    name: nameOf(called, param),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    input_schema: { type: 'object', properties: { [customInput]: { type: 'string' } }, required: [customInput] },
  }
  return withCacheControl(block, tool)
}

interface Choice {
  readonly value: Draft | null
  /** Names; null: all. */
  readonly allowed: ReadonlySet<string> | null
}

function choiceOf(asked: JsonValue | undefined, field: string): Choice {
  const plain = (value: Draft | null): Choice => ({ value, allowed: null })
  switch (asked) {
    case undefined:
    case null:
      return plain(null)
    case 'auto':
    case 'none':
      return plain({ type: asked })
    case 'required':
      return plain({ type: 'any' })
    default:
  }
  if (isJsonObject(asked)) {
    if (asked['type'] === 'allowed_tools') return allowedTools(asked, field)
    const called = field === 'function_call' ? asked : asked[asked['type'] === 'custom' ? 'custom' : 'function']
    const name = isJsonObject(called) ? called['name'] : undefined
    if (typeof name === 'string' && name !== '') return plain({ type: 'tool', name })
  }
  throw badField(field, `The field \`${field}\` must be \`auto\`, \`none\`, \`required\` or name one tool.`)
}

function allowedTools(asked: JsonObject, field: string): Choice {
  const allowed = asked['allowed_tools']
  if (!isJsonObject(allowed)) throw badField(`${field}.allowed_tools`, `\`${field}.allowed_tools\` must be an object.`)
  const names = listOf(allowed['tools'], `${field}.allowed_tools.tools`).flatMap((tool) => {
    const called = isJsonObject(tool) ? tool[tool['type'] === 'custom' ? 'custom' : 'function'] : undefined
    const name = isJsonObject(called) ? called['name'] : undefined
    return typeof name === 'string' ? [name] : []
  })
  return { value: { type: allowed['mode'] === 'required' ? 'any' : 'auto' }, allowed: new Set(names) }
}

function nameOf(called: JsonObject, param: string): string {
  const name = called['name']
  if (typeof name === 'string' && name !== '') return name
  throw badField(`${param}.name`, `\`${param}.name\` must be a string.`)
}

function listOf(value: JsonValue | undefined, param: string): readonly JsonValue[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw badField(param, `The field \`${param}\` must be a list.`)
  return value as readonly JsonValue[]
}

function isFilled(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0
}
