import { z } from 'zod'
import { Fault } from '../core/fault.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import { schemaCheck } from '../prompts/schema-check.ts'
import { countParts, maxSchemaParts, schemaProblems } from '../prompts/schema-compiler.ts'
import type { LocalType } from './guardrail.ts'
import { wholeScanner } from './whole-scanner.ts'

/** A longer text is not checked, and found, characters: parsing and checking hold up the event loop. */
export const longestCheckedText = 256_000

const deepestSchema = 64

const settings = z.strictObject({
  schema: z
    .record(z.string(), z.unknown(), 'must be a JSON Schema, such as `{"type": "object", "required": ["answer"]}`')
    .meta({
      description: 'JSON Schema (2020-12) that the text has to meet. `{}` asks for JSON of any kind.',
      examples: [{ type: 'object', required: ['answer'] }],
    }),
})
export type JsonSchemaSettings = z.infer<typeof settings>

/** Finds texts that are not JSON, or not JSON of the wanted shape. */
export const jsonSchema: LocalType<JsonSchemaSettings> = {
  type: 'json_schema',
  summary: 'Finds texts that are not JSON, or do not meet a JSON Schema.',
  isRemote: false,
  settings,
  hasSpans: false,
  roles: ['assistant'],
  create(settings) {
    const schema = settings.schema as JsonObject
    requireUsable(schema)
    const meets = schemaCheck(schema, { fillsDefaults: false })
    const fits = (text: string): boolean => {
      if (text.length > longestCheckedText) return false
      const value = parse(text)
      return value !== undefined && !isNestedDeeper(value) && meets(value).length === 0
    }
    return {
      reach: 'whole',
      open: () =>
        wholeScanner((text) => (fits(text) ? [] : [{ kind: 'schema', start: 0, end: text.length, score: 1 }])),
    }
  },
}

/** undefined: it is no JSON. */
function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function requireUsable(schema: JsonObject): void {
  const refuse = (message: string, path: readonly PropertyKey[] = []): never => {
    const param = ['settings', 'schema', ...path.map(String)].join('.')
    throw new Fault('invalid_request', `The field \`${param}\` ${message}.`, { param })
  }
  if (isNestedDeeper(schema, deepestSchema)) refuse(`must not be nested deeper than ${deepestSchema} levels`)
  if (countParts(schema, maxSchemaParts) > maxSchemaParts)
    refuse(`must have at most ${maxSchemaParts} objects and lists. Leave out what need not be checked`)
  const [problem] = schemaProblems(schema)
  if (problem !== undefined) refuse(problem.message, problem.path)
}
