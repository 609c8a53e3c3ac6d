import { assembleObject } from '../../core/json-members.ts'
import { isJsonObject, type JsonValue } from '../../core/json.ts'
import {
  type Draft,
  given,
  objectsOf,
  type Placed,
  refused,
  requiredObject,
  requiredText,
  textMember,
} from './reading.ts'
import type { Warnings } from './reading.ts'

/**
 * `tools` as raw JSON text of chat's `tools`, the schemas as the client wrote them.
 *
 * @throws Fault naming a tool that Anthropic defines or runs itself.
 */
export function toolsToChat(tools: readonly Placed[], warnings: Warnings): string {
  return `[${tools.map((tool) => toolText(tool, warnings)).join(',')}]`
}

function toolText(tool: Placed, warnings: Warnings): string {
  const type = textMember(tool, 'type') ?? 'custom'
  if (type !== 'custom') {
    throw refused(
      `${tool.path}.type`,
      `\`${tool.path}\` is \`${type}\`, a tool that Anthropic defines or runs itself and that is not available here. Take it out, or describe a tool of your own with \`name\`, \`description\` and \`input_schema\`.`,
    )
  }
  const name = requiredText(tool, 'name')
  if (given(tool.value, 'input_examples') !== undefined) warnings.add('`input_examples` of tools were dropped')
  const called = new Map([['name', JSON.stringify(name)]])
  const description = textMember(tool, 'description')
  if (description !== undefined) called.set('description', JSON.stringify(description))
  called.set('parameters', requiredObject(tool, 'input_schema').raw().text)
  if (typeof tool.value['strict'] === 'boolean') called.set('strict', JSON.stringify(tool.value['strict']))
  const members = new Map([
    ['type', '"function"'],
    ['function', assembleObject(called)],
  ])
  const cache = given(tool.value, 'cache_control')
  if (cache !== undefined) members.set('cache_control', JSON.stringify(cache))
  return assembleObject(members)
}

/** `tool_choice` in chat's two members. */
export function toolChoiceToChat(choice: Placed): Draft {
  const members: Draft = { tool_choice: choiceOf(choice) }
  if (choice.value['disable_parallel_tool_use'] === true) members['parallel_tool_calls'] = false
  return members
}

function choiceOf(choice: Placed): JsonValue {
  const type = requiredText(choice, 'type')
  switch (type) {
    case 'auto':
    case 'none':
      return type
    case 'any':
      return 'required'
    case 'tool':
      return { type: 'function', function: { name: requiredText(choice, 'name') } }
    default:
      throw refused(
        `${choice.path}.type`,
        `\`${choice.path}.type\` is ${JSON.stringify(type.slice(0, 64))}: it must be \`auto\`, \`any\`, \`tool\` or \`none\`.`,
      )
  }
}

/** `output_config.format` as raw JSON text of chat's `response_format`. */
export function formatToChat(format: Placed): string {
  const type = requiredText(format, 'type')
  if (type !== 'json_schema') {
    throw refused(`${format.path}.type`, `\`${format.path}.type\` must be \`json_schema\`.`)
  }
  const schema = requiredObject(format, 'schema')
  const described = assembleObject([
    ['name', '"answer"'],
    ['schema', schema.raw().text],
    ['strict', String(holdsStrictRules(schema.value, 0))],
  ])
  return assembleObject([
    ['type', '"json_schema"'],
    ['json_schema', described],
  ])
}

const deepestSchema = 64

/** OpenAI refuses a strict schema in which an object has optional or further properties; Anthropic allows optional ones. */
function holdsStrictRules(schema: JsonValue, depth: number): boolean {
  if (depth > deepestSchema) return false
  if (Array.isArray(schema)) return (schema as readonly JsonValue[]).every((item) => holdsStrictRules(item, depth + 1))
  if (!isJsonObject(schema)) return true
  const properties = schema['properties']
  if (schema['type'] === 'object' || isJsonObject(properties)) {
    if (schema['additionalProperties'] !== false) return false
    const required = Array.isArray(schema['required']) ? (schema['required'] as readonly JsonValue[]) : []
    if (isJsonObject(properties) && !Object.keys(properties).every((name) => required.includes(name))) return false
  }
  return Object.values(schema).every((inner) => holdsStrictRules(inner, depth + 1))
}

/** The tools of a request. */
export function toolsOf(request: Placed): Placed[] {
  return objectsOf(request.value['tools'], 'tools', () => request.raw().member('tools'))
}
