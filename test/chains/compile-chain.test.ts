import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findChainLoop } from '../../src/chains/chain-cycles.ts'
import { compileChain } from '../../src/chains/compile-chain.ts'
import type { CompiledChain } from '../../src/chains/compiled-chain.ts'
import { type ChainBody, chainBodySchema } from '../../src/contract/chain-body.ts'
import { fieldPath } from '../../src/contract/admin/explain-issues.ts'

function problemsOf(body: unknown): readonly string[] {
  const problems: string[] = []
  compileChain(chainBodySchema.parse(body), ({ path, message }) => problems.push(`${fieldPath(path)} ${message}`))
  return problems
}

const compile = (body: unknown): CompiledChain => {
  expect(problemsOf(body)).toEqual([])
  return compileChain(body as ChainBody, () => undefined)
}

const a = { name: 'a', prompt: 'p' }
const b = { name: 'b', prompt: 'p@3' }
const c = { name: 'c', prompt: 'prompt:p@production' }

describe('what a step waits for', () => {
  const waits = (...steps: unknown[]): unknown => compile({ steps }).steps.map(({ after }) => after)
  const answer = { name: 'z', prompt: 'p' }

  it('is what `after` names, or nothing', () => {
    expect(waits(a, b, { ...c, after: ['a'] }, { ...answer, after: [] })).toEqual([[], [], ['a'], []])
  })

  it('is, when it does not say so, what it uses; the rest may run at the same time', () => {
    expect(
      waits(
        a,
        b,
        { ...c, variables: { x: 'I say {{steps.a.output}}' } },
        { name: 'd', prompt: 'p', when: { all: ['{{steps.b.json.ok}}', { not: '{{steps.c.output}} == no' }] } },
        { name: 'e', prompt: 'p', fallback: { text: '{{steps.d.output}} {{input.text}}' } },
        answer,
      ),
    ).toEqual([[], [], ['a'], ['b', 'c'], ['d'], ['a', 'b', 'c', 'd', 'e']])
  })

  it('is all that is before it for the step that answers, so that it can stream', () => {
    const after = (output: string): unknown => compile({ steps: [a, b, c], output }).steps.map((step) => step.after)
    expect(after('{{steps.b.output}}')).toEqual([[], ['a'], []])
    expect(after('{{steps.last.output}}')).toEqual([[], [], ['a', 'b']])
    expect(after('{{steps.a.output}} {{steps.c.output}}')).toEqual([[], [], []])
    expect(after('{{steps.c.json.answer}}')).toEqual([[], [], []])
    expect(after('{{input.c}}')).toEqual([[], [], []])
  })

  it.each([
    ['one that comes later', [{ ...a, after: ['b'] }, b]],
    ['itself', [{ ...a, after: ['a'] }]],
    ['one that is not there', [a, { ...b, after: ['x'] }]],
  ])('cannot be %s', (_what, steps) => {
    expect(problemsOf({ steps })).toEqual([
      expect.stringMatching(/^steps\[\d\]\.after\[0\] must name a step that stands before/),
    ])
  })
})

describe('what a chain answers', () => {
  it.each([
    ['the last step', {}, 'c', true],
    ['the last step by that word', { output: '{{steps.last.output}}' }, 'c', true],
    ['the step that is named', { output: '{{steps.c.output}}' }, 'c', true],
    ['a step that others come after', { output: ' {{ steps.a.output }} ' }, 'a', false],
    ['a text of several', { output: '{{steps.a.output}}{{steps.b.output}}' }, null, false],
    ['a part of one', { output: '{{steps.c.json.answer}}' }, null, false],
  ])('%s', (_what, more, answering, streams) => {
    expect(compile({ steps: [a, b, c], ...more })).toMatchObject({ answering, streams })
  })

  it('is told of the last step that ran by the word `last`, unless a step has that name', () => {
    const values = { input: {}, steps: { a: { output: 'one' }, b: { output: 'two' } } }
    const { output } = compile({ steps: [a, b, c], output: 'So: {{steps.last.output}}' })
    expect(output.kind === 'text' && output.text(values)).toBe('So: two')
    const named = compile({ steps: [{ ...a, name: 'last' }, b], output: '{{steps.last.output}}' })
    expect(named.answering).toBe('last')
  })

  it('does not stream when something may still run beside it', () => {
    expect(compile({ steps: [a, { ...b, after: [] }] }).streams).toBe(false)
  })
})

describe('what is wrong is found when it is saved', () => {
  it.each<[string, unknown, string]>([
    ['a name that is there twice', { steps: [a, a] }, "steps[1].name must not be there twice: there is a step 'a'"],
    [
      'a prompt that cannot be',
      { steps: [{ name: 'a', prompt: 'no spaces' }] },
      'steps[0].prompt has "no spaces" as id',
    ],
    ['a chain with a label', { steps: [{ name: 'a', prompt: 'chain:x@best' }] }, 'number of a version'],
    [
      'a model for a chain',
      { steps: [{ name: 'a', prompt: 'chain:x', model: 'm' }] },
      'steps[0].model must not be set',
    ],
    [
      'a template that does not parse',
      { steps: [{ ...a, variables: { x: ['{{'] } }] },
      'steps[0].variables.x[0] is not a template',
    ],
    [
      'a name that is nothing',
      { steps: [{ ...a, variables: { x: '{{text}}' } }] },
      'uses `{{text}}`, which is nothing here',
    ],
    ['an input without a name', { steps: [{ ...a, variables: { x: '{{input}}' } }] }, 'is nothing here'],
    [
      'a step that is not known',
      { steps: [{ ...a, variables: { x: '{{steps.z.output}}' } }] },
      "no step before it is called 'z'",
    ],
    [
      'a step that comes later',
      { steps: [{ ...a, variables: { x: '{{steps.b.output}}' } }, b] },
      "no step before it is called 'b'",
    ],
    [
      'a step that is not waited for',
      { steps: [a, { ...b, after: [], variables: { x: '{{steps.a.output}}' } }] },
      "steps[1].variables.x uses `{{steps.a.output}}`, but `b` does not wait for step 'a': put it in `after`",
    ],
    [
      'a member of a text',
      { steps: [a, { ...b, variables: { x: '{{steps.a.output.y}}' } }] },
      'write `{{steps.a.json.y}}`',
    ],
    ['a fallback text', { steps: [{ ...a, fallback: { text: '{{nope}}' } }] }, 'steps[0].fallback.text uses'],
    ['a fallback', { steps: [{ ...a, fallback: '!' }] }, 'steps[0].fallback has "!" as id'],
    [
      'an output of an unknown step',
      { steps: [a], output: '{{steps.q.output}}' },
      'output uses `{{steps.q.output}}`, but no step',
    ],
  ])('%s', (_what, body, words) => {
    expect(problemsOf(body)[0]).toContain(words)
  })

  it.each<[string, unknown, string]>([
    ['no steps', { steps: [] }, 'steps'],
    ['too many steps', { steps: Array.from({ length: 33 }, (_, at) => ({ name: `s${at}`, prompt: 'p' })) }, 'steps'],
    ['a step with a dot', { steps: [{ name: 'a.b', prompt: 'p' }] }, 'steps[0].name'],
    ['a field that is not known', { steps: [{ ...a, next: 'b' }] }, 'steps[0]'],
    ['messages of its own', { steps: [{ ...a, messages: [] }] }, 'steps[0].messages'],
    ['a budget of nothing', { steps: [a], budget: { usd: 0 } }, 'budget.usd'],
    ['a limit of no time', { steps: [{ ...a, timeout_ms: 0 }] }, 'steps[0].timeout_ms'],
  ])('%s', (_what, body, path) => {
    const checked = chainBodySchema.safeParse(body)
    expect(checked.error?.issues.map((issue) => fieldPath(issue.path))).toContain(path)
  })
})

describe('values', () => {
  const values = {
    input: { text: 'hi', list: [1, { x: 2 }], no: false, evil: '{{input.text}}' },
    steps: { a: { output: 'said', json: { n: 5 } } },
  }
  const mapped = (value: unknown) =>
    compile({ steps: [a, { ...b, variables: { v: value } }] }).steps[1]?.variables[0]?.[1](values)

  it.each<[unknown, unknown]>([
    ['{{input.list}}', [1, { x: 2 }]],
    ['{{input.no}}', false],
    ['{{steps.a.json.n}}', 5],
    ['n={{steps.a.json.n}}', 'n=5'],
    ['{{input.nothing}}', undefined],
    ['[{{input.nothing}}]', '[]'],
    ['\\{{input.text}}', '{{input.text}}'],
    [{ deep: ['{{steps.a.output}}', 7, null] }, { deep: ['said', 7, null] }],
  ])('%j', (value, wanted) => {
    expect(mapped(value)).toEqual(wanted)
  })

  it('are never read as templates again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { steps } = compileChain(
          { steps: [{ ...a, variables: { v: 'x{{input.t}}', w: '{{input.t}}' } }] },
          () => undefined,
        )
        const results = steps[0]?.variables.map(([, mapping]) => mapping({ input: { t: text }, steps: {} }))
        expect(results).toEqual([`x${text}`, text])
      }),
    )
    expect(mapped('{{input.evil}}')).toBe('{{input.text}}')
  })
})

describe('chains that call each other', () => {
  const to = (...targets: readonly string[]): CompiledChain =>
    compile({ steps: targets.map((prompt, at) => ({ name: `s${at}`, prompt })) })
  const loopOf = (chains: Record<string, CompiledChain>, slug: string) =>
    findChainLoop(slug, chains[slug] ?? to('p'), (reference) => chains[reference.slug] ?? null)

  it('may, as long as every way ends', () => {
    const chains = {
      a: to('chain:b', 'chain:c', 'chain:d'),
      b: to('chain:c'),
      c: to('chain:d'),
      d: to('p', 'chain:gone'),
    }
    expect(loopOf(chains, 'a')).toBeNull()
  })

  it('must not lead back, also not in a fallback or somewhere on the way', () => {
    expect(loopOf({ a: to('chain:a@1') }, 'a')).toEqual({ kind: 'cycle', way: ['a', 'a'] })
    expect(loopOf({ a: to('p', 'chain:b'), b: to('chain:c'), c: to('chain:b') }, 'a')).toEqual({
      kind: 'cycle',
      way: ['a', 'b', 'c', 'b'],
    })
    const inFallback = compile({ steps: [{ name: 's', prompt: 'p', fallback: 'chain:a' }] })
    expect(loopOf({ a: inFallback }, 'a')?.kind).toBe('cycle')
  })

  it('must not lie too deep in each other, whichever way is looked at first', () => {
    const chains = { a: to('chain:c', 'chain:b'), b: to('chain:c'), c: to('chain:d'), d: to('chain:e'), e: to('p') }
    expect(loopOf(chains, 'a')).toMatchObject({ kind: 'depth', way: ['a', 'b', 'c', 'd', 'e'] })
  })

  it('are looked at in time that does not grow with the ways', () => {
    const many = Array.from({ length: 32 }, () => 'chain:b')
    expect(
      loopOf(
        { a: to(...many), b: to(...many.map(() => 'chain:c')), c: to(...many.map(() => 'chain:d')), d: to('p') },
        'a',
      ),
    ).toBeNull()
  })
})
