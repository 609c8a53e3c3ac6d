import { describe, expect, test } from 'vitest'
import type { StrategyName } from '../../src/contract/evolution.ts'
import type { Evidence } from '../../src/evolution/evidence.ts'
import { mostCharacters } from '../../src/evolution/check-written.ts'
import { newTexts, readWritten, whyNotAsk, writerRequest } from '../../src/evolution/writer.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { exchange } from './strategy-bench.ts'

const system = `You are the support of {{company}}. Answer with JSON with the field "total".
Never tell anybody the price that others pay. Put notes into <note> tags, and link to https://help.example.com only.`
const schema = { type: 'object', required: ['total'], properties: { total: { type: 'number' } } }
const body: VersionBody = {
  messages: [
    { role: 'system', content: system },
    { role: 'user', content: '{{question}}' },
  ],
  model: 'openai/large',
  output_schema: schema,
}
const evidence: Evidence = {
  exchanges: [],
  failedChecks: [],
  about: { name: 'Support reply', description: null, domain: null, useCase: null, appContexts: [] },
  language: 'en',
  earlier: [],
  tested: new Map(),
}
const settings = { models: [], minScore: 0.8, priceOf: () => null, lackOf: () => null }
const input = { body, evidence, settings }

interface Given {
  readonly more?: object
  readonly strategy?: StrategyName
  readonly tried?: readonly string[]
  readonly finishReason?: string
  readonly of?: VersionBody
}

function written(text: string, { more = {}, of = body, ...given }: Given = {}) {
  const predicted = { metric: 'satisfaction', effect: 0.1, why: 'Clear.' }
  const answer = JSON.stringify({ system: text, rationale: 'Clearer.', predicted, ...more })
  return raw(answer, of, given)
}

function raw(text: string, of: VersionBody = body, given: Given = {}) {
  const { strategy = 'instructions', tried = [], finishReason = 'stop' } = given
  return readWritten({ text, finishReason, model: 'openai/writer', strategy, tried }, { ...input, body: of })
}

const kind = system.replace('the support', 'the kind and patient support')

test('a whole new system message is taken, with the warning that it has to be read', () => {
  expect(written(kind)).toMatchObject({
    strategy: 'instructions',
    writer: 'openai/writer',
    rationale: 'Clearer.',
    body: { model: 'openai/large', messages: [{ content: kind }, body.messages[1]] },
    warnings: [expect.stringContaining('Names and postal addresses are not recognised')],
  })
})

test('a writer that praises itself predicts nothing: its figure is told as its own', () => {
  expect(written(kind)).toMatchObject({
    predicted: { effect: null, basis: 'unknown', why: expect.stringContaining('It expects 10 %') },
  })
})

describe('not taken, with the reason, is an answer that', () => {
  test.each([
    ['loses a variable', system.replace('{{company}}', 'the shop'), 'lost the variable `company`'],
    ['adds a variable', `${system} For {{user}}.`, 'variable `user`'],
    ['is no template', `${kind} {{`, 'no template'],
    ['has what no version can keep', `${kind}\0`, 'no version can keep'],
    ['adds a partial', `${kind} {{> other}}`, 'other partials'],
    ['is ten times as long', system.repeat(10), 'are the most'],
    ['refuses', `I'm sorry, but I cannot help with that. ${system}`, 'refused'],
    ['loses the form of the answer', kind.replace('JSON with the', 'the'), 'lost the form of the answer (json)'],
    ['loses a field of the answer', kind.replace('"total"', '"sum"'), 'lost the field `total`'],
    ['loses a tag', kind.replace('<note>', 'note'), 'lost `<note>`'],
    ['loses a link', kind.replace('https://help.example.com', 'our help'), 'lost `https://help.example.com`'],
    ['loses a prohibition', kind.replace(/Never tell[^.]*\. /, ''), 'lost a rule (Never tell'],
    [
      'adds a link',
      `${kind} See https://evil.example/offer.`,
      'address that was not there (https://evil.example/offer)',
    ],
    ['turns a prohibition into its opposite', kind.replace('Never tell', 'Tell'), 'lost a rule (Never tell'],
    ['hides what cannot be seen', `${kind}\u{e0041}\u{e0042}`, 'nobody can see'],
    ['adds a link that is hidden', `${kind} See evil\u200d-offers.com.`, 'address that was not there'],
    ['adds a link of any ending', `${kind} See offers.parcels/now.`, 'address that was not there'],
    ['adds a link without its scheme', `${kind} See evil-offers.com/now.`, 'address that was not there'],
    ['adds an address of mail', `${kind} Write to help@evil.example.`, 'address that was not there'],
    ['changes nothing but spaces and signs', `${system.replace('\n', '  ')}!`, 'is the one there is'],
  ])('%s', (_what, text, problem) => {
    expect(written(text)).toEqual({ problem: expect.stringContaining(problem) })
  })

  test.each([
    ['is empty', '', 'empty'],
    ['is no JSON', 'Sure! Here it is.', 'not JSON'],
    ['is JSON of another form', '{"prompt": "Be kind."}', 'not JSON of the agreed form'],
    ['has an empty message', '{"system": " ", "rationale": "x", "predicted": null}', 'not JSON of the agreed form'],
  ])('%s', (_what, text, problem) => {
    expect(raw(text)).toEqual({ problem: expect.stringContaining(problem) })
  })

  test('was cut', () => {
    expect(written(kind, { finishReason: 'length' })).toEqual({ problem: expect.stringContaining('cut') })
  })

  test('has a link in its reasons', () => {
    const more = { rationale: 'See https://evil.example for why.' }
    expect(written(kind, { more })).toEqual({ problem: expect.stringContaining('reasons have an address') })
  })

  test('promises what cannot be', () => {
    const more = { predicted: { metric: 'x y', effect: 99, why: '' } }
    expect(written(kind, { more })).toEqual({ problem: expect.stringContaining('agreed form') })
  })

  test('was tried before', () => {
    expect(written(kind, { tried: [kind.toUpperCase()] })).toEqual({ problem: expect.stringContaining('tried before') })
  })

  test('is about something else', () => {
    const of = {
      ...body,
      output_schema: null,
      messages: [{ role: 'system', content: 'You answer questions about parcels politely.' }],
    }
    expect(written('Write poems on autumn leaves.', { of })).toEqual({
      problem: expect.stringContaining('keeps too little'),
    })
  })

  test('is to compress and does not', () => {
    expect(written(kind, { strategy: 'compression' })).toEqual({ problem: expect.stringContaining('no shorter') })
  })
})

test('what a compression saves is counted, not believed', () => {
  const shorter = system.replace(' that others pay', ' others pay').replace('Put notes into', 'Notes go in')
  const proposal = written(shorter, { strategy: 'compression' })
  if ('problem' in proposal) throw new Error(proposal.problem)
  expect(proposal.predicted).toMatchObject({ metric: 'input_tokens', basis: 'recorded' })
  expect(proposal.predicted.effect).toBeCloseTo(shorter.length / system.length - 1)
})

test('a prohibition may be said in other words of the same meaning', () => {
  const other = kind.replace(
    'Never tell anybody the price that others pay.',
    'You must never tell the price others pay.',
  )
  expect(written(other)).not.toHaveProperty('problem')
})

test('a long message is held against all of the long one there is', () => {
  const rules = Array.from({ length: 80 }, (_, at) => `Step number${at} of the process handles parcels of kind${at}.`)
  const content = [...rules, 'Never promise refunds.', 'Say {{company}}.'].join('\n')
  const of = { ...body, output_schema: null, messages: [{ role: 'system', content }] }
  expect(written(`Be kind.\n${content}`, { of })).not.toHaveProperty('problem')
  expect(written(content.replace('Never promise refunds.\n', ''), { of })).toEqual({
    problem: expect.stringContaining('lost a rule (Never promise refunds.)'),
  })
})

test('a model is not asked where there is nothing to win', () => {
  expect(whyNotAsk('instructions', input)).toContain('Nothing that went wrong')
  expect(whyNotAsk('role', input)).toBeNull()
  const short = { ...body, messages: [{ role: 'system', content: 'Be kind.' }] }
  expect(whyNotAsk('compression', { ...input, body: short })).toContain('nothing to save')
  const long = { ...body, messages: [{ role: 'system', content: system.repeat(2) }] }
  expect(whyNotAsk('compression', { ...input, body: long })).toBeNull()
})

test('only what is new in an answer has to be looked through', () => {
  const proposal = written(`${system}\nAsk Ada Lovelace.`)
  if ('problem' in proposal) throw new Error(proposal.problem)
  expect(newTexts(system, proposal)).toBe(
    'Ask Ada Lovelace.\nClearer.\nClear. It expects 10 % of it, which nothing was measured for.',
  )
})

describe('a model that writes', () => {
  test('is shown neither personal data nor what guardrails found', () => {
    const exchanges = [exchange({ question: 'my card 4111', score: 0, isSensitive: true }), exchange({ score: 0 })]
    const request = JSON.stringify(writerRequest('m', 'role', { ...input, evidence: { ...evidence, exchanges } }))
    expect(request).not.toContain('4111')
    expect(request).toContain('Where is my parcel?')
  })

  test('is told what was tried before, and how long its message may be', () => {
    const earlier = [
      {
        strategy: 'role' as const,
        state: 'rejected' as const,
        parentVersion: 1,
        version: 2,
        rationale: 'Made it formal.',
        sentence: 'Too stiff.',
        parts: [],
        isDeclined: true,
        measured: null,
      },
    ]
    const request = JSON.stringify(writerRequest('m', 'role', { ...input, evidence: { ...evidence, earlier } }))
    expect(request).toContain('Too stiff.')
    expect(request).toContain(String(mostCharacters(system)))
  })
})
