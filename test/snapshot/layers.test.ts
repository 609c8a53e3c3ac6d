import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import type { SnapshotChange } from '../../src/snapshot/change.ts'
import { createLayers } from '../../src/snapshot/layers.ts'
import { promptKey } from '../../src/snapshot/snapshot.ts'
import {
  contentOf,
  experiment,
  guardrail,
  noExperiment,
  noGuardrail,
  noPrompt,
  nothing,
  prompt,
  stamp,
} from './support.ts'

const of = (layer: string, slug: string) =>
  prompt(slug, { versions: [{ number: 1, semver: null, hash: layer, body: '{}' }], aliases: [`${layer}-${slug}`] })
const slugs = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'))
type Slugs = readonly string[]
type Step =
  | { readonly kind: 'file' | 'environment'; readonly slugs: Slugs | null }
  | { readonly kind: 'replace'; readonly slugs: Slugs }
  | { readonly kind: 'change'; readonly slugs: Slugs; readonly gone: boolean }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('file' as const, 'environment' as const), slugs: fc.option(slugs) }),
  fc.record({ kind: fc.constant('replace' as const), slugs }),
  fc.record({ kind: fc.constant('change' as const), slugs, gone: fc.boolean() }),
)

describe('layers', () => {
  test('a prompt is taken from the first that has it: database, file, environment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const layers = createLayers(nothing(), systemClock)
        const has = { database: new Set<string>(), file: new Set<string>(), environment: new Set<string>() }
        for (const each of steps) {
          if (each.kind === 'file' || each.kind === 'environment') {
            const changes = each.slugs?.map((slug) => of(each.kind, slug)) ?? null
            await layers.setFallback(each.kind, changes && { changes, digest: changes.length.toString() })
            has[each.kind] = new Set(each.slugs ?? [])
          } else if (each.kind === 'replace') {
            await layers.replaceBase(
              applyChanges(
                nothing(),
                each.slugs.map((slug) => of('database', slug)),
                stamp,
              ),
            )
            has.database = new Set(each.slugs)
          } else if (each.kind === 'change') {
            const { slugs, gone } = each
            await layers.changeBase(
              slugs.map((slug) => (gone ? noPrompt(slug) : of('database', slug))),
              '2',
            )
            for (const slug of slugs)
              if (gone) has.database.delete(slug)
              else has.database.add(slug)
          }
          const expected: SnapshotChange[] = ['a', 'b', 'c'].flatMap((slug) => {
            const layer = (['database', 'file', 'environment'] as const).find((name) => has[name].has(slug))
            return layer === undefined ? [] : [of(layer, slug)]
          })
          expect(contentOf(layers.served())).toEqual(contentOf(applyChanges(nothing(), expected, stamp)))
        }
      }),
      { numRuns: 60 },
    )
  })

  describe('a name that a prompt of the database answers to', () => {
    const names = ['a', 'b', 'c', 'd']
    const aliased = fc.dictionary(fc.constantFrom(...names), fc.uniqueArray(fc.constantFrom(...names, 'e')), {
      maxKeys: 4,
      noNullPrototype: true,
    })
    type Aliased = Readonly<Record<string, readonly string[]>>
    const changesOf = (layer: string, things: Aliased) =>
      Object.entries(things).map(([slug, aliases]) =>
        prompt(slug, {
          versions: [{ number: 1, semver: null, hash: layer, body: '{}' }],
          aliases: aliases.filter((alias) => alias !== slug),
        }),
      )

    test('is never taken by one of the file or the environment, whatever comes in which order', async () => {
      const steps = fc.array(
        fc.record({ kind: fc.constantFrom('file', 'environment', 'replace', 'change'), things: aliased }),
        { maxLength: 12 },
      )
      await fc.assert(
        fc.asyncProperty(steps, async (steps) => {
          const layers = createLayers(nothing(), systemClock)
          const has: Record<string, Aliased> = { database: {}, file: {}, environment: {} }
          for (const { kind, things } of steps) {
            if (kind === 'file' || kind === 'environment') {
              await layers.setFallback(kind, { changes: changesOf(kind, things), digest: 'x' })
              has[kind] = things
            } else if (kind === 'replace') {
              await layers.replaceBase(applyChanges(nothing(), changesOf('database', things), stamp))
              has['database'] = things
            } else {
              const gone = Object.keys(has['database'] ?? {}).filter((slug) => !Object.hasOwn(things, slug))
              await layers.changeBase([...gone.map(noPrompt), ...changesOf('database', things)], '2')
              has['database'] = things
            }
            const base = applyChanges(nothing(), changesOf('database', has['database'] ?? {}), stamp)
            for (const [name, held] of base.prompts) expect(layers.served().prompts.get(name)?.slug).toBe(held.slug)
            const under = { ...has['environment'], ...has['file'] }
            const isFree = (name: string) => !base.prompts.has(promptKey('default', name))
            const expected = Object.keys(under)
              .filter(isFree)
              .flatMap((slug) =>
                changesOf(Object.hasOwn(has['file'] ?? {}, slug) ? 'file' : 'environment', {
                  [slug]: (under[slug] ?? []).filter(isFree),
                }),
              )
            const whole = applyChanges(base, expected, stamp)
            expect(contentOf(layers.served())).toEqual(contentOf(whole))
          }
        }),
        { numRuns: 150 },
      )
    })

    test('so what a protected label serves is the database’s, by slug and by alias', async () => {
      const layers = createLayers(nothing(), systemClock)
      const stored = prompt('support-reply', { aliases: ['pmpt_1', 'old-reply'], labels: { production: 1 } })
      const wanted = (slug: string, aliases: readonly string[] = []) =>
        prompt(slug, {
          aliases,
          labels: { production: 2 },
          versions: [{ number: 2, semver: null, hash: 'of a file', body: '{}' }],
        })
      await layers.changeBase([stored], '1')
      const file = [wanted('support-reply'), wanted('old-reply'), wanted('a-file', ['pmpt_1', 'support-reply'])]
      await layers.setFallback('file', { changes: file, digest: 'f' })
      await layers.setFallback('environment', { changes: file, digest: 'e' })
      const served = (name: string) => layers.served().prompts.get(promptKey('default', name))
      for (const name of ['support-reply', 'pmpt_1', 'old-reply']) {
        expect(served(name)?.slug).toBe('support-reply')
        expect([...(served(name)?.labels ?? [])]).toEqual([['production', 1]])
      }
      // What is not the database's is served as before.
      expect(served('a-file')?.slug).toBe('a-file')
      await layers.changeBase([prompt('support-reply', { aliases: ['pmpt_1'], labels: { production: 1 } })], '2')
      expect(served('old-reply')?.slug).toBe('old-reply')
    })
  })

  test('a stored route goes before one of the file, which is uncovered when it is taken away', async () => {
    const route = (model: string): SnapshotChange & { noun: 'route' } => ({
      noun: 'route',
      id: 'cheap',
      value: { slug: 'cheap', body: { strategy: 'ordered', targets: [{ model }] } },
    })
    const layers = createLayers(nothing(), systemClock)
    const served = () => layers.served().routes.get('cheap')?.body.targets[0]?.model
    await layers.setFallback('file', { changes: [route('file/x')], digest: 'f1' })
    expect(served()).toBe('file/x')
    await layers.changeBase([route('stored/x')], '1')
    expect(served()).toBe('stored/x')
    await layers.changeBase([{ ...route(''), value: null }], '2')
    expect(served()).toBe('file/x')
    await layers.setFallback('file', null)
    expect(served()).toBeUndefined()
  })

  test('a stored guardrail goes before one of the file; both sources together are one list', async () => {
    const layers = createLayers(nothing(), systemClock)
    const served = () => layers.served().guardrails.get('default')
    const modes = () => served()?.map(({ slug, body }) => `${slug} ${body.mode}`)
    const ofFile = [guardrail('a'), guardrail('b')]
    await layers.setFallback('file', { changes: ofFile, digest: 'f1' })
    await layers.changeBase([guardrail('a', { mode: 'shadow' }), guardrail('c')], '1')
    expect(modes()).toEqual(['a shadow', 'b enforce', 'c enforce'])
    const list = served()
    await layers.setFallback('file', { changes: [...ofFile, prompt('greet')], digest: 'f2' })
    await layers.changeBase([prompt('other')], '2')
    await layers.replaceBase(applyChanges(nothing(), [guardrail('c'), guardrail('a', { mode: 'shadow' })], stamp))
    expect(served()).toBe(list)
    await layers.changeBase([noGuardrail('a')], '3')
    expect(modes()).toEqual(['a enforce', 'b enforce', 'c enforce'])
    await layers.setFallback('file', null)
    expect(modes()).toEqual(['c enforce'])
  })

  describe('an experiment of the file', () => {
    async function scene() {
      const layers = createLayers(nothing(), systemClock)
      const served = (slug = 'greet') =>
        layers
          .served()
          .experiments.get(`default/${slug}`)
          ?.map(({ slug, value }) => `${slug} ${value.seed}`) ?? []
      const file = (...changes: SnapshotChange[]) =>
        layers.setFallback('file', { changes, digest: String(changes.length) })
      await file(prompt('greet'), experiment('tone', {}, { seed: 'file' }))
      return { layers, served, file }
    }

    test('runs beside those that are stored, and gives way to a stored one of its name', async () => {
      const { layers, served } = await scene()
      expect(served()).toEqual(['tone file'])
      await layers.changeBase([experiment('tone', { prompt: 'stored' }, { seed: 'stored' })], '1')
      expect([served(), served('stored')]).toEqual([[], ['tone stored']])
      await layers.changeBase([noExperiment('tone')], '2')
      expect([served(), served('stored')]).toEqual([['tone file'], []])
    })

    test.each<[string, readonly SnapshotChange[], readonly SnapshotChange[]]>([
      ['slug', [prompt('greet')], [noPrompt('greet')]],
      ['alias', [prompt('hello', { aliases: ['greet'] })], [prompt('hello')]],
    ])('is never about a stored prompt, whatever comes first: by its %s', async (_name, taken, given) => {
      const { layers, served, file } = await scene()
      await layers.changeBase(taken, '1')
      expect(served()).toEqual([])
      await file(prompt('greet'), prompt('bye'), experiment('tone', { traffic: 0.5 }, { seed: 'file' }))
      expect(served()).toEqual([])
      await layers.replaceBase(applyChanges(nothing(), taken, stamp))
      expect(served()).toEqual([])
      await layers.changeBase(given, '2')
      expect(served()).toEqual(['tone file'])
    })

    test('that moves on to a stored prompt is not served any more, and is when it moves back', async () => {
      const { layers, served, file } = await scene()
      await layers.changeBase([prompt('stored')], '1')
      await file(prompt('greet'), experiment('tone', { prompt: 'stored' }))
      expect([served(), served('stored')]).toEqual([[], []])
      await file(prompt('greet'), experiment('tone', {}, { seed: 'file' }))
      expect(served()).toEqual(['tone file'])
      await file(prompt('greet'))
      expect(served()).toEqual([])
    })
  })

  test('say which tier serves, and note every part in the version', async () => {
    const layers = createLayers(nothing(), systemClock)
    expect(layers.served()).toMatchObject({ tier: 'none', version: 'none' })
    await layers.setFallback('environment', { changes: [of('environment', 'a')], digest: 'e1' })
    expect(layers.served()).toMatchObject({ tier: 'environment', version: 'environment.e1' })
    await layers.setFallback('file', { changes: [of('file', 'a')], digest: 'f1' })
    expect(layers.served()).toMatchObject({ tier: 'file', version: 'file.f1+environment.e1' })
    await layers.replaceBase(applyChanges(nothing(), [], { ...stamp, version: '17', tier: 'disk' }))
    expect(layers.served()).toMatchObject({ tier: 'disk', version: '17+file.f1+environment.e1' })
    await layers.setFallback('file', null)
    await layers.setFallback('environment', null)
    expect(layers.served()).toMatchObject({ tier: 'disk', version: '17' })
  })

  test('only the database’s part is the base', async () => {
    const layers = createLayers(nothing(), systemClock)
    await layers.setFallback('file', { changes: [of('file', 'a')], digest: 'f1' })
    await layers.changeBase([of('database', 'b')], '1')
    expect(layers.base().prompts.has(promptKey('default', 'a'))).toBe(false)
    expect(layers.served().promptCount).toBe(2)
  })
})
