import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import { canonicalJson } from './canonical-json.ts'
import type { LocaleVariant, VersionBody } from './compiled-version.ts'
import { type LineChange, diffLines } from './line-diff.ts'
import { type BreakingChange, type VariableChange, diffVariables } from './variable-diff.ts'

/** Something that is there, is not there any more, or is another. */
export type Change<Value> =
  | { readonly change: 'added'; readonly to: Value }
  | { readonly change: 'removed'; readonly from: Value }
  | { readonly change: 'changed'; readonly from: Value; readonly to: Value }

export type MessageChange = Change<JsonObject> & {
  /** Position, from 0, in whichever version has the message. */
  readonly index: number
  /** Tag in `locales` of the language whose message it is; absent: the version's own. */
  readonly locale?: string
  /** The contents line by line, when both are (or, for one that is not there, count as) texts; else null. */
  readonly lines: readonly LineChange[] | null
}

export type FieldChange = Change<JsonValue> & { readonly field: string }

/** What is different between two versions. All lists are empty exactly when nothing is. */
export interface VersionDiff {
  readonly messages: readonly MessageChange[]
  /** By name: declaration, default and whether it must be given. */
  readonly variables: readonly VariableChange[]
  /** By name of the parameter. */
  readonly parameters: readonly FieldChange[]
  /** All other fields of the body: `model`, `tools`, `response_format`, … */
  readonly fields: readonly FieldChange[]
  /** What can make a request fail, or mean something else, that worked before. */
  readonly breaking: readonly BreakingChange[]
}

/** Compared in parts of their own, or about the version rather than of it (`semver`, `parent_version`, `change_note`). */
const otherwiseCompared: ReadonlySet<string> = new Set([
  'messages',
  'locales',
  'variables',
  'parameters',
  'semver',
  'parent_version',
  'change_note',
])

/** Compares two version bodies by what they mean: the order of members and `null` for absent make no difference. */
export function diffVersions(from: VersionBody, to: VersionBody): VersionDiff {
  const { variables, breaking } = diffVariables(from, to)
  const locales = localesOfBoth(from, to)
  return {
    messages: [
      ...diffMessages(from.messages, to.messages),
      ...locales.flatMap(({ locale, before, after }) =>
        diffMessages(before.messages ?? [], after.messages ?? []).map((change) => ({ ...change, locale })),
      ),
    ],
    variables,
    parameters: diffMembers(from.parameters ?? {}, to.parameters ?? {}, new Set()),
    fields: [
      ...diffMembers(from as unknown as JsonObject, to as unknown as JsonObject, otherwiseCompared),
      ...locales.flatMap(({ locale, before, after }) =>
        diffMembers(before as JsonObject, after as JsonObject, new Set(['messages'])).map((change) => ({
          ...change,
          field: `locales.${locale}.${change.field}`,
        })),
      ),
    ],
    breaking: [...breaking, ...removedLanguages(from, to)],
  }
}

interface BothLocales {
  readonly locale: string
  readonly before: LocaleVariant
  readonly after: LocaleVariant
}

function localesOfBoth(from: VersionBody, to: VersionBody): readonly BothLocales[] {
  const [old, now] = [new Map(Object.entries(from.locales ?? {})), new Map(Object.entries(to.locales ?? {}))]
  return [...new Set([...old.keys(), ...now.keys()])].map((locale) => ({
    locale,
    before: old.get(locale) ?? {},
    after: now.get(locale) ?? {},
  }))
}

/** Who asked for one of these is answered in another language now. */
function removedLanguages(from: VersionBody, to: VersionBody): readonly BreakingChange[] {
  const spoken = (body: VersionBody): readonly string[] => [
    ...(body.locale === undefined ? [] : [body.locale]),
    ...Object.keys(body.locales ?? {}),
  ]
  const still = new Set(spoken(to).map((tag) => tag.toLowerCase()))
  return spoken(from)
    .filter((tag) => !still.has(tag.toLowerCase()))
    .map((locale) => ({
      kind: 'locale_removed',
      variable: null,
      locale,
      message: `The language \`${locale}\` is gone: requests that want it are answered in another one.`,
    }))
}

function diffMessages(from: readonly JsonObject[], to: readonly JsonObject[]): MessageChange[] {
  const changes: MessageChange[] = []
  for (let index = 0; index < Math.max(from.length, to.length); index++) {
    const change = compare(from[index], to[index])
    if (change !== null) changes.push({ ...change, index, lines: diffContents(from[index], to[index]) })
  }
  return changes
}

function diffContents(from: JsonObject | undefined, to: JsonObject | undefined): LineChange[] | null {
  const before = from === undefined ? null : from['content']
  const after = to === undefined ? null : to['content']
  if (typeof before === 'string' && typeof after === 'string') return diffLines(before, after)
  if (typeof before === 'string' && to === undefined)
    return before.split('\n').map((text) => ({ change: 'removed', text }))
  if (typeof after === 'string' && from === undefined)
    return after.split('\n').map((text) => ({ change: 'added', text }))
  return null
}

function diffMembers(from: JsonObject, to: JsonObject, except: ReadonlySet<string>): FieldChange[] {
  const changes: FieldChange[] = []
  for (const field of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (except.has(field)) continue
    const change = compare(ownValue(from, field), ownValue(to, field))
    if (change !== null) changes.push({ ...change, field })
  }
  return changes
}

/** undefined for null too: both say that there is nothing. */
function ownValue(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined
}

function compare<Value extends JsonValue>(from: Value | undefined, to: Value | undefined): Change<Value> | null {
  if (from === undefined) return to === undefined || isNothing(to) ? null : { change: 'added', to }
  if (to === undefined) return isNothing(from) ? null : { change: 'removed', from }
  return canonicalJson(from) === canonicalJson(to) ? null : { change: 'changed', from, to }
}

/** An empty list or object, against its absence, is no difference. */
function isNothing(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0
  return isJsonObject(value) && Object.keys(value).length === 0
}
