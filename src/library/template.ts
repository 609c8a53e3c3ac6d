import type { Complexity, RecommendedModels, RecommendedSettings, TemplateExample } from '../contract/template.ts'
import type { JsonObject } from '../core/json.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'

/** A template that comes with the program: the same fields as one that a tenant made. */
export interface BuiltInTemplate {
  readonly slug: string
  readonly name: string
  readonly description: string
  readonly category: string
  readonly useCase: string
  readonly domain: string | null
  readonly complexity: Complexity
  readonly tags: readonly string[]
  readonly recommendedModels: RecommendedModels
  readonly recommendedSettings: RecommendedSettings
  readonly example: TemplateExample
  readonly version: VersionBody
  /** For each test case, by its name, an answer as a good model gives it: the checks must let it pass. */
  readonly goodAnswers: Readonly<Record<string, string>>
}

type CheckType = 'contains' | 'not_contains' | 'equals' | 'regex'

/** A check as test cases have them, of the types that are judged without asking anybody. */
export type WrittenCheck =
  | { readonly type: CheckType; readonly value: string }
  | { readonly type: 'max_length'; readonly value: number }
  | { readonly type: 'json_schema'; readonly value: JsonObject }

interface WrittenCase {
  readonly name: string
  readonly variables: JsonObject
  /** Messages of the request, for a prompt that talks. */
  readonly messages?: readonly JsonObject[]
  readonly checks: readonly WrittenCheck[]
  /** As a good model answers. */
  readonly answer: string
}

interface WrittenTemplate extends Omit<BuiltInTemplate, 'example' | 'version' | 'goodAnswers'> {
  readonly version: Omit<VersionBody, 'test_cases'>
  /** The first is also the example. */
  readonly cases: readonly [WrittenCase, WrittenCase, ...WrittenCase[]]
}

/** Takes the cases apart: what is tested goes into the version, the good answers stay here. */
export function defineTemplate({ cases, version, ...said }: WrittenTemplate): BuiltInTemplate {
  const [first] = cases
  return {
    ...said,
    example: { variables: first.variables, output: first.answer },
    version: {
      ...version,
      test_cases: cases.map(({ answer: _answer, ...testCase }) => testCase as unknown as JsonObject),
    },
    goodAnswers: Object.fromEntries(cases.map(({ name, answer }) => [name, answer])),
  }
}

/** The schema of a version's variables. */
export function variables(properties: Readonly<Record<string, JsonObject>>, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required: [...required] }
}

/** One text of several lines. */
export const lines = (...all: readonly string[]): string => all.join('\n')

/** The answer, parsed, is an object with such members. */
export function answerHas(properties: Readonly<Record<string, JsonObject>>): WrittenCheck {
  return { type: 'json_schema', value: { type: 'object', properties, required: Object.keys(properties) } }
}

/** A variable that is a text. */
export function text(description: string, more: JsonObject = {}): JsonObject {
  return { type: 'string', minLength: 1, description, ...more }
}

/** A variable that is one of a few words. */
export function oneOf(description: string, values: readonly string[], more: JsonObject = {}): JsonObject {
  return { type: 'string', enum: [...values], description, ...more }
}

/** An object of exactly these members, all of them required: what OpenAI's strict structured outputs take. */
export function exactly(properties: Readonly<Record<string, JsonObject>>): JsonObject {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

/** The fields of a version whose answer is JSON by a schema: asked of the model and checked on the answer alike. */
export function structured(
  name: string,
  schema: JsonObject,
): Pick<VersionBody, 'response_format' | 'output_schema' | 'output_format' | 'on_output_mismatch'> {
  return {
    response_format: { type: 'json_schema', json_schema: { name, strict: true, schema } },
    output_schema: schema,
    output_format: 'structured',
    on_output_mismatch: 'retry',
  }
}
