import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import { CompositionError } from '../../src/prompts/composition-error.ts'
import { composeVersion } from '../../src/prompts/compose.ts'
import { noSuchPrompt } from '../../src/prompts/partial-look-up.ts'
import { blankPartials } from '../../src/prompts/partials.ts'
import { type TemplatePiece, parseTemplate, toText, valueAt } from '../../src/prompts/template.ts'
import { templateSource } from '../../src/prompts/template-source.ts'
import { hashKey } from '../../src/core/seal.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import { composePrompts } from '../../src/snapshot/compose-entries.ts'
import type { SnapshotChange } from '../../src/snapshot/change.ts'
import type { Mistake } from '../../src/snapshot/file-entries.ts'
import { nothing, stamp } from '../snapshot/support.ts'

const say = (content: string): VersionBody => ({ messages: [{ role: 'user', content }], model: 'm' })

/** Texts full of what the language is made of. */
const literal = fc
  .array(fc.constantFrom('{', '{{', '}', '}}', '\\', '\\\\', ' ', 'a', '\n', '>', '> p'), { maxLength: 8 })
  .map((parts) => parts.join(''))
const hole = fc.constantFrom('a', 'b', 'user.name', 'c')
const pieces = fc
  .array(
    fc.oneof(
      literal,
      hole.map((source) => ({ variable: source.split('.')[0] ?? '', steps: source.split('.').slice(1), source })),
    ),
    {
      maxLength: 8,
    },
  )
  .map((list) => {
    const merged: TemplatePiece[] = []
    for (const piece of list) {
      const last = merged.at(-1)
      if (typeof piece === 'string' && typeof last === 'string') merged[merged.length - 1] = last + piece
      else merged.push(piece)
    }
    return merged.filter((piece) => piece !== '')
  })
const hostile = fc.constantFrom('{{a}}', '{{> p}}', '{{user.name}}', '\\{{b}}', '{{', '}}', 'plain', '\\', '{', '')

const values = fc.record({ a: hostile, b: hostile, c: hostile, user: fc.record({ name: hostile }) })
const partialHole = { variable: 'p', steps: [], source: 'p' }

/** null: the language has no words for it. */
function composedWith(text: string, partial: string): VersionBody | null {
  const found = { kind: 'found', slug: 'p', version: 1, body: say(partial), dependencies: [] } as const
  try {
    return composeVersion('main', say(text), () => found).resolved
  } catch (error) {
    if (error instanceof CompositionError && error.code === 'partial_conflict') return null
    throw error
  }
}

/** The text of the only message with these values. */
function rendered(body: VersionBody, variables: JsonObject): string {
  const messages = compileVersion(body).expand({ variables, members: new Map() }).members.get('messages') ?? ''
  return (JSON.parse(messages) as { content: string }[])[0]?.content ?? ''
}

describe('partials, whatever is in them', () => {
  it('a template can be written for all pieces but a lone brace before a variable, and reads as them', () => {
    fc.assert(
      fc.property(pieces, (list) => {
        const source = templateSource(list)
        if (source !== null) expect(parseTemplate(source)).toEqual(list)
        else expect(list.slice(0, -1).some((piece) => typeof piece === 'string' && piece.endsWith('{'))).toBe(true)
      }),
    )
  })

  it('a composed version says what its parts say, with every variable filled in and no value read again', () => {
    fc.assert(
      fc.property(pieces, pieces, pieces, values, (before, partial, after, given) => {
        const [left, middle, right] = [
          templateSource([...before, partialHole]),
          templateSource(partial),
          templateSource(after),
        ]
        if (left === null || middle === null || right === null) return fc.pre(false)
        const text = `${left.slice(0, -'{{p}}'.length)}{{> p}}${right}`
        const composed = composedWith(text, middle)
        const all = [...before, ...partial, ...after]
        if (composed === null) {
          expect(templateSource(all)).toBeNull()
          return
        }
        const used = new Set(all.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.variable])))
        const variables = Object.fromEntries(Object.entries(given).filter(([name]) => used.has(name)))
        const plain = all.map((piece) => (typeof piece === 'string' ? piece : toText(valueAt(given, piece))))
        expect(rendered(composed, variables)).toBe(plain.join(''))
      }),
    )
  })

  it('a version without partials is left as it is', () => {
    fc.assert(
      fc.property(pieces, (list) => {
        const source = templateSource(list)
        fc.pre(source !== null)
        const body = say(source ?? '')
        expect(composeVersion('main', body, noSuchPrompt)).toEqual({ resolved: null, dependencies: [] })
        expect(blankPartials(body)).toBe(body)
      }),
    )
  })

  it('prompts that name each other at random are all composed, or a circle is named', () => {
    const graph = fc.array(fc.array(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(graph, (edges) => {
        const targets = (from: number): number[] => (edges[from] ?? []).filter((to) => to < edges.length)
        const reaches = (from: number): Set<number> => {
          const seen = new Set<number>()
          const open = [...targets(from)]
          for (let next = open.pop(); next !== undefined; next = open.pop()) {
            if (!seen.has(next)) open.push(...targets(next))
            seen.add(next)
          }
          return seen
        }
        const circular = edges.some((_, index) => reaches(index).has(index))
        const written = edges.map((_, index): SnapshotChange => {
          const text = `(${index}${targets(index)
            .map((to) => `{{> p${to}}}`)
            .join('')})`
          const versions = [{ number: 1, semver: null, hash: `${index}`, body: JSON.stringify(say(text)) }]
          const value = {
            tenantId: 'default',
            slug: `p${index}`,
            aliases: [],
            category: null,
            labels: { production: 1 },
            versions,
          }
          return { noun: 'prompt', tenantId: 'default', id: value.slug, value }
        })
        const notes: string[] = []
        const context = {
          tenantId: 'default',
          environment: {},
          versionHash: (body: VersionBody) => hashKey(JSON.stringify(body)),
          sound: new Set<string>(),
        }
        const note = (_slug: string, _version: number, { message }: Mistake) => void notes.push(message)
        const composed = [...composePrompts(written, context, note)]
        expect(notes.length > 0).toBe(circular)
        for (const message of notes) expect(message).toMatch(/p(\d) → (?:p\d → )*p\1\./)
        if (circular) return
        const whole = (index: number): string => `(${index}${targets(index).map(whole).join('')})`
        const snapshot = applyChanges(nothing(), composed, stamp)
        for (const index of edges.keys())
          expect(
            snapshot.prompts.get(`default/p${index}`)?.versions.get(1)?.compiled().body.messages[0]?.['content'],
          ).toBe(whole(index))
      }),
    )
  })
})
