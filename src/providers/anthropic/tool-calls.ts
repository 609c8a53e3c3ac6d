import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { isNestedDeeper, tooDeep } from '../../core/nesting.ts'
import { badField } from './notes.ts'

/** The one member of a custom tool's input, which is a text and no object. */
export const customInput = 'input'

/** A tool call as a client sends it back. */
export interface AskedCall {
  /** The client's. */
  readonly id: string
  readonly name: string
  /** JSON text of a function's arguments, or the text given to a custom tool. */
  readonly input: string
  readonly isCustom: boolean
  /** Where it stands, for errors. */
  readonly param: string
  readonly source: JsonObject
}

/** The calls of an assistant message, `function_call` of the deprecated form too. */
export function callsOf(message: JsonObject, param: string): AskedCall[] {
  const calls = message['tool_calls']
  const deprecated = message['function_call']
  if (calls !== undefined && calls !== null) {
    if (!Array.isArray(calls)) throw badField(`${param}.tool_calls`, `\`${param}.tool_calls\` must be a list.`)
    return (calls as readonly JsonValue[]).map((call, index) => callOf(call, `${param}.tool_calls[${index}]`))
  }
  if (!isJsonObject(deprecated)) return []
  const where = `${param}.function_call`
  const name = nameOf(deprecated, where)
  // The deprecated form has no ids: one name for all calls of a function, told apart by their order.
  return [
    {
      id: `call_${name}`,
      name,
      input: textOf(deprecated['arguments'], `${where}.arguments`),
      isCustom: false,
      param: where,
      source: deprecated,
    },
  ]
}

/**
 * What the tool was called with, as an object.
 * @throws Fault `invalid_request` for arguments that are no JSON object.
 */
export function inputOf(call: AskedCall): JsonValue {
  if (call.isCustom) return { [customInput]: call.input }
  if (call.input.trim() === '') return {}
  const param = call.param.endsWith('function_call') ? `${call.param}.arguments` : `${call.param}.function.arguments`
  let value: unknown
  try {
    value = JSON.parse(call.input)
  } catch {
    throw badField(param, `\`${param}\` must be a JSON object as text; it is no valid JSON.`)
  }
  if (value === null) return {}
  if (!isJsonObject(value)) throw badField(param, `\`${param}\` must be a JSON object as text.`)
  if (isNestedDeeper(value)) throw tooDeep(param)
  return value
}

function callOf(call: JsonValue, param: string): AskedCall {
  if (!isJsonObject(call)) throw badField(param, `\`${param}\` must be an object.`)
  const id = call['id']
  if (typeof id !== 'string' || id === '') throw badField(`${param}.id`, `\`${param}.id\` must be a string.`)
  const isCustom = call['type'] === 'custom'
  const where = `${param}.${isCustom ? 'custom' : 'function'}`
  const called = call[isCustom ? 'custom' : 'function']
  if (!isJsonObject(called)) throw badField(where, `\`${where}\` must be an object with a \`name\`.`)
  const input = isCustom ? textOf(called['input'], `${where}.input`) : textOf(called['arguments'], `${where}.arguments`)
  return { id, name: nameOf(called, where), input, isCustom, param, source: call }
}

function nameOf(called: JsonObject, param: string): string {
  const name = called['name']
  if (typeof name === 'string' && name !== '') return name
  throw badField(`${param}.name`, `\`${param}.name\` must be the name of a tool.`)
}

/** Some clients send the object itself rather than its text. */
function textOf(value: JsonValue | undefined, param: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (isJsonObject(value)) return JSON.stringify(value)
  throw badField(param, `\`${param}\` must be a string.`)
}
