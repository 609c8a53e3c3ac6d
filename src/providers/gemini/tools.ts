import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { ToolNames } from './tool-names.ts'
import { invalid, type Unsupported } from './unsupported.ts'

/** What of a request says which tools there are and when to call them, in Gemini's words. */
export interface Toolbox {
  readonly tools: readonly Record<string, unknown>[]
  readonly toolConfig: Record<string, unknown> | null
  /** The client speaks of functions in the way that tools replaced, and wants to be answered in it. */
  readonly usesFunctions: boolean
}

/** Tools that Google runs itself, as clients of its other gateways name them. */
const nativeTools: ReadonlyMap<string, string> = new Map([
  ['google_search', 'googleSearch'],
  ['googleSearch', 'googleSearch'],
  ['code_execution', 'codeExecution'],
  ['codeExecution', 'codeExecution'],
  ['url_context', 'urlContext'],
  ['urlContext', 'urlContext'],
])

/** Reads `tools`, `tool_choice`, `functions`, `function_call` and `web_search_options`. */
export function readToolbox(body: JsonObject, names: ToolNames, unsupported: Unsupported): Toolbox {
  const declarations: Record<string, unknown>[] = []
  const tools: Record<string, unknown>[] = []
  let isStrict = false
  for (const [index, tool] of list(body['tools'], 'tools').entries()) {
    const param = `tools[${index}]`
    if (!isJsonObject(tool)) throw invalid(param, 'must be an object.')
    if (tool['type'] === 'function') {
      const { function: called } = tool
      if (!isJsonObject(called)) throw invalid(`${param}.function`, 'must be an object.')
      declarations.push(declaration(called, `${param}.function`, names))
      if (called['strict'] === true) isStrict = true
    } else {
      const native = nativeTool(tool)
      if (native === null) unsupported.note(param, `was dropped, Gemini knows no tools of type ${typeOf(tool)}`)
      else tools.push(native)
    }
  }
  const functions = list(body['functions'], 'functions')
  for (const [index, called] of functions.entries()) {
    if (!isJsonObject(called)) throw invalid(`functions[${index}]`, 'must be an object.')
    declarations.push(declaration(called, `functions[${index}]`, names))
  }
  if (body['web_search_options'] !== undefined && body['web_search_options'] !== null) {
    tools.push({ googleSearch: {} })
    noteSearchOptions(body['web_search_options'], unsupported)
  }
  if (declarations.length > 0) tools.unshift({ functionDeclarations: declarations })
  return {
    tools,
    // Gemini refuses a choice where there is nothing to choose.
    toolConfig: declarations.length === 0 ? null : toolConfig(body, declarations, isStrict, names),
    usesFunctions: functions.length > 0,
  }
}

function declaration(called: JsonObject, param: string, names: ToolNames): Record<string, unknown> {
  const { name, description, parameters } = called
  if (typeof name !== 'string' || name === '') throw invalid(`${param}.name`, 'must be a name.')
  if (description !== undefined && description !== null && typeof description !== 'string')
    throw invalid(`${param}.description`, 'must be text.')
  return {
    name: names.toGemini(name),
    description: description ?? '',
    parametersJsonSchema: objectSchema(parameters, `${param}.parameters`),
  }
}

/** Arguments are always an object for Gemini, also where the client left the schema empty or out. */
function objectSchema(schema: JsonValue | undefined, param: string): JsonObject {
  if (schema === undefined || schema === null) return { type: 'object', properties: {} }
  if (!isJsonObject(schema)) throw invalid(param, 'must be a JSON schema.')
  const { $schema: _dialect, ...rest } = schema
  const composed = '$ref' in rest || 'anyOf' in rest || 'oneOf' in rest || 'allOf' in rest
  if (composed || (rest['type'] !== undefined && rest['properties'] !== undefined)) return rest
  return { type: 'object', properties: {}, ...rest }
}

function nativeTool(tool: JsonObject): Record<string, unknown> | null {
  for (const [name, value] of Object.entries(tool)) {
    const native = nativeTools.get(name)
    if (native !== undefined && isJsonObject(value)) return { [native]: value }
  }
  return null
}

function noteSearchOptions(options: JsonValue, unsupported: Unsupported): void {
  if (!isJsonObject(options)) throw invalid('web_search_options', 'must be an object.')
  for (const [name, value] of Object.entries(options))
    if (value !== null) unsupported.note(`web_search_options.${name}`)
}

function toolConfig(
  body: JsonObject,
  declarations: readonly Record<string, unknown>[],
  isStrict: boolean,
  names: ToolNames,
): Record<string, unknown> | null {
  const config =
    callingConfig(body['tool_choice'], declarations, isStrict, names) ?? functionCall(body, declarations, names)
  if (config !== null) return { functionCallingConfig: config }
  return isStrict ? { functionCallingConfig: { mode: 'VALIDATED' } } : null
}

function callingConfig(
  choice: JsonValue | undefined,
  declarations: readonly Record<string, unknown>[],
  isStrict: boolean,
  names: ToolNames,
): Record<string, unknown> | null {
  if (choice === undefined || choice === null) return null
  if (choice === 'auto') return { mode: isStrict ? 'VALIDATED' : 'AUTO' }
  if (choice === 'required') return { mode: 'ANY' }
  if (choice === 'none') return { mode: 'NONE' }
  if (isJsonObject(choice) && choice['type'] === 'allowed_tools') {
    const allowed = isJsonObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice
    const chosen = list(allowed['tools'], 'tool_choice.allowed_tools.tools').map((tool) =>
      chosenName(tool, 'tool_choice.allowed_tools.tools', declarations, names),
    )
    return { mode: allowed['mode'] === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: chosen }
  }
  return { mode: 'ANY', allowedFunctionNames: [chosenName(choice, 'tool_choice', declarations, names)] }
}

function functionCall(
  body: JsonObject,
  declarations: readonly Record<string, unknown>[],
  names: ToolNames,
): Record<string, unknown> | null {
  const choice = body['function_call']
  if (choice === undefined || choice === null) return null
  if (choice === 'auto') return { mode: 'AUTO' }
  if (choice === 'none') return { mode: 'NONE' }
  return { mode: 'ANY', allowedFunctionNames: [chosenName({ function: choice }, 'function_call', declarations, names)] }
}

function chosenName(
  choice: JsonValue,
  param: string,
  declarations: readonly Record<string, unknown>[],
  names: ToolNames,
): string {
  const called = isJsonObject(choice) ? choice['function'] : undefined
  const name = isJsonObject(called) ? called['name'] : undefined
  if (typeof name !== 'string')
    throw invalid(param, 'must be auto, none, required or name one of the functions of this request.')
  const chosen = names.toGemini(name)
  if (!declarations.some((declared) => declared['name'] === chosen))
    throw invalid(param, 'names a function that is not among the tools of this request.')
  return chosen
}

function typeOf(tool: JsonObject): string {
  return typeof tool['type'] === 'string' ? tool['type'].slice(0, 40).replace(/[^\w.-]/g, '?') : 'unknown'
}

function list(value: JsonValue | undefined, param: string): readonly JsonValue[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(param, 'must be a list.')
  return value as readonly JsonValue[]
}
