import { z } from 'zod'

export interface JsonSchema {
  readonly [keyword: string]: unknown
}

type Direction = 'input' | 'output'

/** Turns schemas into JSON Schema and collects those that have an id, so that each is written once and referred to. */
export interface JsonSchemas {
  /** `input`: as it is sent over the wire; `output`: what a query parameter means once its text is read. */
  convert(schema: z.core.$ZodType, direction: Direction): JsonSchema
  /** By name, in alphabetical order. */
  components(): Readonly<Record<string, JsonSchema>>
}

export function collectJsonSchemas(): JsonSchemas {
  const components = new Map<string, JsonSchema>()

  function collect(id: string, definition: JsonSchema): void {
    const { id: _id, ...component } = definition
    const known = components.get(id)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(component)) {
      throw new Error(`Two schemas of the admin API are called ${id}.`)
    }
    components.set(id, component)
  }

  return {
    convert(schema, direction) {
      const converted = z.toJSONSchema(schema, { io: direction, unrepresentable: 'any', override: simplify })
      const { $schema: _schema, $defs: definitions = {}, ...root } = pointToComponents(converted)
      for (const [id, definition] of Object.entries(definitions as Record<string, JsonSchema>)) collect(id, definition)
      return root
    },
    components: () => Object.fromEntries([...components].sort(([left], [right]) => (left < right ? -1 : 1))),
  }
}

/** One schema by itself, as it is sent over the wire. */
export function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  const { $schema: _schema, ...whole } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: simplify,
  })
  return whole
}

/** Takes away what says nothing to a reader. */
function simplify({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

function pointToComponents(value: JsonSchema): JsonSchema {
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(
      Object.entries(part).map(([keyword, member]) => {
        const isReference = keyword === '$ref' && typeof member === 'string'
        return [keyword, isReference ? member.replace(/^#\/\$defs\//, '#/components/schemas/') : walk(member)]
      }),
    )
  }
  return walk(value) as JsonSchema
}
