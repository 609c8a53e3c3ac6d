import { isJsonObject, ownMember } from '../core/json.ts'
import { versionDefaults } from './compile-version.ts'
import type { VersionBody } from './compiled-version.ts'
import { type JsonTemplate, compileJsonTemplate } from './json-template.ts'
import type { LintFinding } from './lint-version.ts'
import { type MessageList, bodyInLocale, compileMessages, messageLists } from './message-templates.ts'

/**
 * About 1,024 tokens: the shortest beginning that providers keep for later requests. What stands behind the first thing
 * that changes is never taken from their cache.
 */
const longTextChars = 4_096

const mostFindings = 10

/** What a version sends, in the order in which providers read it. */
type Stretch =
  | { readonly kind: 'text'; readonly chars: number; readonly path: readonly PropertyKey[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly PropertyKey[] }
  /** Messages of the request: nobody can move them. */
  | { readonly kind: 'client' }

/** Variables that stand before a long run of fixed text, each with its first place. The body must compile. */
export function cachingWarnings(body: VersionBody): LintFinding[] {
  const findings: LintFinding[] = []
  for (const list of messageLists(body)) {
    if (list.locale !== null && list.messages.length === 0) continue
    for (const { name, path, until } of variablesBeforeLongText(stretchesOf(body, list))) {
      if (isFixed(body, name)) continue
      findings.push({
        path,
        message: `has the variable \`${name}\` before a long fixed text (over ${longTextChars} characters, in \`${placeName(until)}\`): providers cache a prompt by its beginning, so that text is read anew, and paid in full, for every other value. Move the variable behind the fixed text`,
      })
    }
  }
  return findings.slice(0, mostFindings)
}

interface Found {
  readonly name: string
  readonly path: readonly PropertyKey[]
  readonly until: readonly PropertyKey[]
}

function variablesBeforeLongText(stretches: Iterable<Stretch>): readonly Found[] {
  const waiting = new Map<string, readonly PropertyKey[]>()
  const told = new Set<string>()
  const found: Found[] = []
  let run = 0
  for (const stretch of stretches) {
    if (stretch.kind !== 'text') {
      run = 0
      if (stretch.kind === 'variable' && !told.has(stretch.name) && !waiting.has(stretch.name))
        waiting.set(stretch.name, stretch.path)
      continue
    }
    run += stretch.chars
    if (run < longTextChars) continue
    for (const [name, path] of waiting) {
      found.push({ name, path, until: stretch.path })
      told.add(name)
    }
    waiting.clear()
  }
  return found
}

function* stretchesOf(body: VersionBody, list: MessageList): Generator<Stretch> {
  const tools = versionDefaults(body).get('tools')
  if (tools !== undefined) yield* stretchesIn(compileJsonTemplate(tools, 'typed'), ['tools'])
  const shown = list.locale === null ? body : bodyInLocale(body, list.locale)
  for (const part of compileMessages(shown)) {
    if (part.kind === 'client') yield { kind: 'client' }
    else if (part.kind === 'variable')
      yield { kind: 'variable', name: part.name, path: [...list.path, 'messages', part.index] }
    else
      yield* stretchesIn(
        part.template,
        part.index === null ? [...list.path, 'examples'] : [...list.path, 'messages', part.index],
      )
  }
}

function* stretchesIn({ pieces }: JsonTemplate, path: readonly PropertyKey[]): Generator<Stretch> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield { kind: 'text', chars: piece.length, path }
    else yield { kind: 'variable', name: piece.path.variable, path }
  }
}

/** Declared such that it can have one value only. */
function isFixed(body: VersionBody, name: string): boolean {
  const properties = body.variables?.['properties']
  const declared = isJsonObject(properties) ? ownMember(properties, name) : undefined
  if (!isJsonObject(declared)) return false
  const values = ownMember(declared, 'enum')
  return ownMember(declared, 'const') !== undefined || (Array.isArray(values) && values.length === 1)
}

function placeName(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('')
}
