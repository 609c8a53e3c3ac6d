import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { canonicalJson } from './canonical-json.ts'
import type { VersionBody } from './compiled-version.ts'
import { CompositionError } from './composition-error.ts'
import { namePattern } from './schema-compiler.ts'
import { type TemplatePiece, TemplateError, isPartial, parseAuthored } from './template.ts'
import { mapTemplateTexts } from './template-texts.ts'
import { declaredNames } from './variables.ts'

/** A partial as a template with its variables. */
export interface PartialTemplate {
  /** To name it by. */
  readonly id: string
  readonly text: string
  readonly pieces: readonly TemplatePiece[]
  /** The JSON Schema of the version it was taken from; null: it has none. */
  readonly variables: JsonObject | null
}

/** What a partial says of a variable that its text uses. */
interface Declaration {
  readonly partial: string
  /** null: nothing but that it must be there. */
  readonly schema: JsonValue | null
  readonly required: boolean
}

/**
 * Declares in a composed body what its partials declare of the variables that their texts use: schema, default, whether it
 * is required. What the version itself declares wins; without a schema of its own, what its own templates use stays required
 * and of any type. Of a partial's schema only `properties` and `required` are carried over.
 *
 * @param body as written, with its partials.
 * @param filled the same with their texts.
 * @throws CompositionError when two partials disagree, or a rule cannot be carried over.
 */
export function composeVariables(
  body: VersionBody,
  filled: VersionBody,
  partials: readonly PartialTemplate[],
): VersionBody {
  const own = body.variables ?? null
  if (own === null && partials.every(({ variables }) => variables === null)) return filled
  const ownNames = namesUsed(body)
  const isDeclared = own === null ? (name: string) => ownNames.has(name) : declares(own)
  const carried = new Map<string, Declaration>()
  for (const partial of partials) {
    for (const name of namesIn(partial.pieces))
      if (!isDeclared(name)) carried.set(name, agreed(name, carried.get(name), declarationOf(partial, name)))
  }
  if (own !== null && carried.size === 0) return filled
  return { ...filled, variables: extended(own ?? undeclared(ownNames), carried) }
}

/** Names are unknown members, so they must not meet what every object has. */
function extended(schema: JsonObject, carried: ReadonlyMap<string, Declaration>): JsonObject {
  const properties = isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : []
  for (const [name, declaration] of carried) properties.push([name, declaration.schema ?? {}])
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly JsonValue[]) : []
  const more = [...carried].filter(([, declaration]) => declaration.required).map(([name]) => name)
  const all = [...new Set([...required, ...more])]
  return {
    ...schema,
    properties: Object.fromEntries(properties),
    ...(all.length === 0 ? {} : { required: all }),
  }
}

function undeclared(names: ReadonlySet<string>): JsonObject {
  const properties = Object.fromEntries([...names].map((name) => [name, {}]))
  return { type: 'object', properties, required: [...names] }
}

function declares(schema: JsonObject): (name: string) => boolean {
  const { properties, patternProperties } = schema
  const names = declaredNames(schema) ?? new Set(isJsonObject(properties) ? Object.keys(properties) : [])
  const patterns = isJsonObject(patternProperties) ? Object.keys(patternProperties).map(namePattern) : []
  return (name) => names.has(name) || patterns.some((matches) => matches(name))
}

function declarationOf({ id, variables }: PartialTemplate, name: string): Declaration {
  if (variables === null) return { partial: id, schema: null, required: true }
  const properties = variables['properties']
  const schema = isJsonObject(properties) ? (ownMember(properties, name) ?? null) : null
  const list = variables['required']
  const required = Array.isArray(list) && (list as readonly JsonValue[]).includes(name)
  if (!refersElsewhere(schema)) return { partial: id, schema, required }
  throw new CompositionError(
    'partial_conflict',
    ['variables'],
    `cannot take over {{${name}}} from partial '${id}', whose rule for it refers to another part of its schema by \`$ref\`: declare {{${name}}} here, or write the rule out there`,
  )
}

function refersElsewhere(schema: JsonValue): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  if (!Array.isArray(schema) && ['$ref', '$dynamicRef', '$id'].some((name) => Object.hasOwn(schema, name))) return true
  return Object.values(schema).some(refersElsewhere)
}

function agreed(name: string, before: Declaration | undefined, now: Declaration): Declaration {
  if (before === undefined) return now
  const required = before.required || now.required
  if (before.schema === null) return { ...now, required }
  if (now.schema === null || sameRule(before.schema, now.schema)) return { ...before, required }
  throw new CompositionError(
    'partial_conflict',
    ['variables'],
    `must declare {{${name}}} in this version: its partials '${before.partial}' and '${now.partial}' declare it differently`,
  )
}

const annotations = new Set(['title', 'description', 'examples', '$comment'])

function sameRule(left: JsonValue, right: JsonValue): boolean {
  return canonicalJson(ruleOf(left)) === canonicalJson(ruleOf(right))
}

function ruleOf(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return schema
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !annotations.has(name)))
}

/** Names of the variables that the version's own texts use, in order of first use. */
function namesUsed(body: VersionBody): ReadonlySet<string> {
  const names = new Set<string>()
  mapTemplateTexts(body, (text) => {
    for (const name of namesIn(piecesOf(text))) names.add(name)
    return text
  })
  return names
}

function piecesOf(text: string): readonly TemplatePiece[] {
  try {
    return parseAuthored(text).filter((piece): piece is TemplatePiece => !isPartial(piece))
  } catch (error) {
    // Lint says it, with its place.
    if (error instanceof TemplateError) return []
    throw error
  }
}

function namesIn(pieces: readonly TemplatePiece[]): ReadonlySet<string> {
  return new Set(pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.variable])))
}
