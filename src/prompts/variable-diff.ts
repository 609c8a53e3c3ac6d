import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { canonicalJson } from './canonical-json.ts'
import type { VersionBody } from './compiled-version.ts'
import { placeholderVariables, usedVariables } from './used-variables.ts'
import { declaredNames } from './variables.ts'

/** A variable as a version wants it. */
export interface VariableShape {
  /** Its JSON Schema; null when the templates use it and nothing declares it. */
  readonly schema: JsonValue
  /** A request that does not give it is refused. */
  readonly needed: boolean
}

export interface VariableChange {
  readonly name: string
  readonly change: 'added' | 'removed' | 'changed'
  /** null: it was not there. */
  readonly from: VariableShape | null
  /** null: it is not there any more. */
  readonly to: VariableShape | null
}

export interface BreakingChange {
  readonly kind:
    | 'variable_required'
    | 'variable_removed'
    | 'variable_type_changed'
    | 'variable_values_removed'
    | 'locale_removed'
  /** null: it is not about a variable. */
  readonly variable: string | null
  /** Tag of the language it is about; null: about all of them. */
  readonly locale: string | null
  /** The same as a sentence. */
  readonly message: string
}

export function diffVariables(
  from: VersionBody,
  to: VersionBody,
): { readonly variables: VariableChange[]; readonly breaking: BreakingChange[] } {
  const before = variablesOf(from)
  const after = variablesOf(to)
  const variables: VariableChange[] = []
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old = null, now = null] = [before.get(name), after.get(name)]
    if (sameShape(old, now)) continue
    variables.push({ name, change: old === null ? 'added' : now === null ? 'removed' : 'changed', from: old, to: now })
  }
  return { variables, breaking: variables.flatMap(breakingOf) }
}

/** What a version knows, by name. The body must compile. */
export function variablesOf(body: VersionBody): Map<string, VariableShape> {
  const schema = body.variables ?? null
  const used = usedVariables(body)
  const shapes = new Map<string, VariableShape>()
  for (const name of placeholderVariables(body).keys()) shapes.set(name, { schema: { type: 'array' }, needed: false })
  for (const name of used.keys()) shapes.set(name, { schema: null, needed: schema === null })
  if (schema === null) return shapes
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly JsonValue[]) : []
  const properties = schema['properties']
  for (const name of declaredNames(schema) ?? Object.keys(isJsonObject(properties) ? properties : {})) {
    const declared = isJsonObject(properties) ? (ownMember(properties, name) ?? null) : null
    const hasDefault = isJsonObject(declared) && ownMember(declared, 'default') !== undefined
    shapes.set(name, { schema: declared, needed: required.includes(name) && !hasDefault })
  }
  return shapes
}

function sameShape(left: VariableShape | null, right: VariableShape | null): boolean {
  if (left === null || right === null) return left === right
  return left.needed === right.needed && canonicalJson(left.schema) === canonicalJson(right.schema)
}

function breakingOf({ name, from, to }: VariableChange): BreakingChange[] {
  if (to === null) {
    return [
      {
        kind: 'variable_removed',
        variable: name,
        locale: null,
        message: `The variable \`${name}\` is gone: requests that give it are answered without it.`,
      },
    ]
  }
  const found: BreakingChange[] = []
  if (to.needed && from?.needed !== true) {
    found.push({
      kind: 'variable_required',
      variable: name,
      locale: null,
      message: `The variable \`${name}\` must be given now.`,
    })
  }
  const [old, now] = [schemaOf(from), schemaOf(to)]
  if (from === null) return found
  const lostTypes = lost(typesOf(old), typesOf(now), accepts)
  if (lostTypes.length > 0) {
    const message = `The variable \`${name}\` may no longer be of type ${lostTypes.join(', ')}.`
    found.push({ kind: 'variable_type_changed', variable: name, locale: null, message })
  }
  const lostValues = lost(valuesOf(old), valuesOf(now), (left, right) => left === right)
  if (lostValues.length > 0) {
    const message = `The variable \`${name}\` may no longer be ${lostValues.slice(0, 10).join(', ')}${lostValues.length > 10 ? ', …' : ''}.`
    found.push({ kind: 'variable_values_removed', variable: name, locale: null, message })
  }
  return found
}

function schemaOf(shape: VariableShape | null): JsonObject {
  return shape !== null && isJsonObject(shape.schema) ? shape.schema : {}
}

/** null: any. */
function typesOf(schema: JsonObject): readonly string[] | null {
  const type = schema['type']
  if (type === undefined) return null
  return (Array.isArray(type) ? (type as readonly JsonValue[]) : [type]).map(String)
}

/** null: any. */
function valuesOf(schema: JsonObject): readonly string[] | null {
  if (Array.isArray(schema['enum'])) return (schema['enum'] as readonly JsonValue[]).map(canonicalJson)
  return schema['const'] === undefined ? null : [canonicalJson(schema['const'])]
}

function accepts(old: string, now: string): boolean {
  return old === now || (old === 'integer' && now === 'number')
}

/** What was allowed and is not any more. Any, before, and something now: `any other`. */
function lost(
  before: readonly string[] | null,
  after: readonly string[] | null,
  covers: (old: string, now: string) => boolean,
): readonly string[] {
  if (after === null) return []
  if (before === null) return ['any other']
  return before.filter((old) => !after.some((now) => covers(old, now)))
}
