import type { z } from 'zod'
import { faultFromIssues, fieldPath } from '../contract/admin/explain-issues.ts'
import { factsOf } from '../contract/admin/models.ts'
import type { RouteBody } from '../contract/route-body.ts'
import { findRouteCycle } from '../contract/route-cycles.ts'
import { Fault } from '../core/fault.ts'
import { hashKey } from '../core/seal.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { lintVersionBody } from '../prompts/lint-version.ts'
import type { PromptValue, SnapshotChange } from './change.ts'
import type { KeyEntryInput, ModelEntryInput, PromptEntryInput } from './file-schema.ts'

/** Something wrong in a file or variable: where in it, and a sentence that says what and how to mend it. */
export interface Mistake {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

export interface EntryContext {
  /** Whose the entries are. */
  readonly tenantId: string
  /** For `${NAME}` in keys. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** SHA-256 of the canonical JSON of a version body, hex: the same as the store's. */
  readonly versionHash: (body: VersionBody) => string
}

/** An `EntryContext` that remembers. */
export interface EntryReading extends EntryContext {
  /** Hashes of version bodies that were looked into and found right: looking takes a while, and most stay the same. */
  readonly sound: Set<string>
}

type Note = (mistake: Mistake) => void

/** The value in its schema's shape, or null and all that is wrong with it. */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  note: Note,
): z.output<Schema> | null {
  const hidden = pathOfProto(value)
  if (hidden !== null) {
    note({ path: hidden, message: 'The name `__proto__` cannot be used. Choose another one.' })
    return null
  }
  const checked = schema.safeParse(value, { reportInput: true })
  if (checked.success) return checked.data
  for (const issue of checked.error.issues) {
    if (issue.code !== 'unrecognized_keys') {
      const { message, param } = faultFromIssues([issue], schema, 'body')
      // Of a value that may have several shapes, the fault knows the field better than the issue does.
      const field = pathOf(param ?? '')
      note({ path: field.length > issue.path.length ? field : issue.path, message })
      continue
    }
    for (const key of issue.keys) {
      note({
        path: [...issue.path, key],
        message: faultFromIssues([{ ...issue, keys: [key] }], schema, 'body').message,
      })
    }
  }
  return null
}

/** What a check finds wrong with a thing of the right shape, by the `param` of the Fault it throws; null: nothing. */
export function mistakeOf(check: () => void): Mistake | null {
  try {
    check()
    return null
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { path: pathOf(error.param ?? ''), message: error.message }
  }
}

/** The path that `fieldPath` wrote: `settings.words[3]`. A member with a point or bracket in its name ends it. */
function pathOf(written: string): readonly PropertyKey[] {
  const parts = written.split(/[.[\]]+/).filter((part) => part !== '')
  const path = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  return fieldPath(path) === written ? path : path.slice(0, 1)
}

/** Where a member is called `__proto__`, which zod would drop without a word; null: nowhere. */
function pathOfProto(root: unknown): readonly PropertyKey[] | null {
  const open: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [{ value: root, path: [] }]
  const seen = new Set<object>()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (Object.hasOwn(value, '__proto__')) return [...path, '__proto__']
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'object')
        open.push({ value: member, path: [...path, Array.isArray(value) ? Number(name) : name] })
    }
  }
  return null
}

/** What these prompts are as changes; what cannot be is noted. `pathOf`: where a prompt stands in the file. */
export function promptChanges(
  prompts: Iterable<readonly [string, PromptEntryInput]>,
  context: EntryReading,
  pathOf: (slug: string) => readonly PropertyKey[],
  note: Note,
): SnapshotChange[] {
  const changes: SnapshotChange[] = []
  for (const [slug, entry] of prompts) {
    const path = pathOf(slug)
    const value = promptValue(slug, entry, context, (mistake) => note({ ...mistake, path: [...path, ...mistake.path] }))
    changes.push({ noun: 'prompt', tenantId: context.tenantId, id: slug, value })
  }
  return changes
}

function promptValue(slug: string, entry: PromptEntryInput, context: EntryReading, note: Note): PromptValue {
  if (entry.slug !== undefined && entry.slug !== slug) {
    note({
      path: ['slug'],
      message: `The slug is '${slug}' already, by its place. Take \`slug\` out, or make it the same.`,
    })
  }
  const bodies: readonly VersionBody[] = entry.versions ?? (entry.version === undefined ? [] : [entry.version])
  const semvers = new Set<string>()
  const versions = bodies.map((body, index) => {
    const path = versionPath(entry, index + 1)
    const semver = body.semver ?? null
    if (semver !== null && semvers.has(semver))
      note({ path: [...path, 'semver'], message: `Version ${semver} is there twice.` })
    if (semver !== null) semvers.add(semver)
    const hash = context.versionHash(body)
    if (!context.sound.has(hash))
      noteUnsound(body, hash, context, (mistake) => note({ ...mistake, path: [...path, ...mistake.path] }))
    return { number: index + 1, semver, hash, body: JSON.stringify(body) }
  })
  const labels = labelsOf(entry, versions.length)
  for (const [label, number] of Object.entries(labels)) {
    if (number > versions.length)
      note({ path: ['labels', label], message: `Label '${label}' points to version ${number}, which is not there.` })
  }
  const { aliases = [], category = null } = entry
  return { tenantId: context.tenantId, slug, aliases, category, labels, versions }
}

/** Where the version with this number stands in its entry. */
export function versionPath(entry: PromptEntryInput, number: number): readonly PropertyKey[] {
  return entry.versions === undefined ? ['version'] : ['versions', number - 1]
}

/** Templates and JSON Schemas, where shapes end. */
function noteUnsound(body: VersionBody, hash: string, { sound }: EntryReading, note: Note): void {
  const { errors } = lintVersionBody(body)
  if (errors.length === 0) sound.add(hash)
  for (const { path, message } of errors) note({ path, message: `\`${fieldPath(path)}\` ${message}.` })
}

/** Labels as a list all point to the newest version. A prompt that says nothing of labels has `production` there. */
function labelsOf(entry: PromptEntryInput, newest: number): Readonly<Record<string, number>> {
  const labels = entry.labels ?? ['production']
  return Array.isArray(labels) ? Object.fromEntries(labels.map((label) => [label, newest])) : labels
}

/** Slugs and aliases of one source share one name space; what is there twice is noted where it stands second. */
export function noteDoubleNames(
  changes: readonly SnapshotChange[],
  note: (slug: string, mistake: Mistake) => void,
): void {
  const prompts = changes.flatMap((change) => (change.noun === 'prompt' && change.value !== null ? [change.value] : []))
  const owners = new Map<string, string>()
  for (const { slug } of prompts) {
    if (owners.has(slug)) note(slug, { path: [], message: `Prompt '${slug}' is there twice.` })
    owners.set(slug, slug)
  }
  for (const { slug, aliases } of prompts) {
    for (const [index, alias] of aliases.entries()) {
      const owner = owners.get(alias)
      const message = `Alias '${alias}' is the name of prompt '${owner}' already.`
      if (owner !== undefined) note(slug, { path: ['aliases', index], message })
      else owners.set(alias, slug)
    }
  }
}

export function modelChanges(models: Readonly<Record<string, ModelEntryInput>>): SnapshotChange[] {
  return Object.entries(models).map(([id, { aliases = [], prices = null, ...facts }]) => ({
    noun: 'model',
    id,
    value: { id, aliases, prices, facts: factsOf(facts) },
  }))
}

export function routeChanges(routes: Readonly<Record<string, RouteBody>>, note: Note): SnapshotChange[] {
  const bySlug = new Map(Object.entries(routes))
  return [...bySlug].map(([slug, body]) => {
    const cycle = findRouteCycle(slug, bySlug)
    if (cycle !== null)
      note({
        path: ['routes', slug, 'targets'],
        message: `The route leads back to itself: ${cycle.join(' → ')}. Take one of these targets out.`,
      })
    return { noun: 'route', id: slug, value: { slug, body } } as const
  })
}

/** Keys of a file have ids that begin with `file:`, so they never meet one of the database. */
export function keyChanges(
  keys: Readonly<Record<string, KeyEntryInput>>,
  context: EntryContext,
  note: Note,
): SnapshotChange[] {
  const owners = new Map<string, string>()
  return Object.entries(keys).flatMap(([slug, entry]) => {
    const hash = entry.key_hash ?? hashOfVariable(slug, entry.key, context, note)
    if (hash === null) return []
    const owner = owners.get(hash)
    if (owner !== undefined) note({ path: ['keys', slug], message: `The same key is there already as '${owner}'.` })
    owners.set(hash, slug)
    const id = `file:${slug}`
    const scopes = entry.scopes ?? ['inference']
    const roles = entry.roles ?? []
    const expiresAt = entry.expires_at === undefined || entry.expires_at === null ? null : Date.parse(entry.expires_at)
    return [
      {
        noun: 'key',
        id,
        value: { id, tenantId: context.tenantId, name: entry.name ?? slug, hash, scopes, roles, expiresAt },
      } as const,
    ]
  })
}

function hashOfVariable(
  slug: string,
  written: string | undefined,
  { environment }: EntryContext,
  note: Note,
): string | null {
  const name = written?.slice(2, -1) ?? ''
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  if (value !== undefined && value !== '') return hashKey(value)
  const message = `Environment variable ${name} is ${value === '' ? 'empty' : 'not set'}. Set it to the key itself, or take the entry out.`
  note({ path: ['keys', slug, 'key'], message })
  return null
}
