import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { openaiModeration } from '../../../src/guardrails/openai-moderation.ts'
import { GuardrailError } from '../../../src/guardrails/remote.ts'
import { detectorOf, issuesOf, nobodyWaits, question, services, waiting } from './support.ts'

const text = 'You are all fools.'

interface Asked {
  readonly tenantId: string
  readonly body: JsonObject
  readonly timeoutMs: number
}

/** An endpoint that answers the same to every question. */
function endpoint(answer: JsonObject | ((call: Asked) => JsonObject)) {
  const asked: Asked[] = []
  const moderate = async (call: Asked): Promise<JsonObject> => {
    asked.push(call)
    return typeof answer === 'function' ? answer(call) : answer
  }
  return { asked, services: services({ moderate }) }
}

const result = (more: JsonObject = {}): JsonObject => ({
  flagged: true,
  categories: { harassment: true, 'hate/threatening': false, 'self-harm': false },
  category_scores: { harassment: 0.8, 'hate/threatening': 0.3, 'self-harm': 0.01 },
  ...more,
})
const harmless = result({
  flagged: false,
  categories: { harassment: false, 'hate/threatening': false, 'self-harm': false },
})

async function moderated(answer: JsonObject, settings: object = {}) {
  return detectorOf(openaiModeration, settings, endpoint(answer).services).check(question(text), waiting())
}
const kinds = async (answer: JsonObject, settings: object = {}): Promise<readonly string[]> =>
  (await moderated({ results: [answer] }, settings)).map(({ kind }) => kind)

describe('the answer of a moderation endpoint', () => {
  it('gives a finding for each category that the provider flags', async () => {
    expect(await moderated({ id: 'modr-1', results: [result()] })).toEqual([
      { kind: 'moderation_harassment', start: 0, end: 18, score: 0.8 },
    ])
    expect(await moderated({ results: [harmless] })).toEqual([])
  })

  it('is measured by thresholds where there are some', async () => {
    expect(await kinds(result(), { thresholds: { harassment: 0.81 } })).toEqual([])
    expect(await kinds(result(), { thresholds: { harassment: 0.8 } })).toEqual(['moderation_harassment'])
    expect(await kinds(harmless, { thresholds: { 'hate/threatening': 0.3 } })).toEqual(['moderation_hate_threatening'])
  })

  it('counts only for the categories that were chosen', async () => {
    expect(await kinds(result(), { categories: ['self-harm'] })).toEqual([])
    expect(await kinds(result(), { categories: ['self-harm'], thresholds: { 'self-harm': 0.01 } })).toEqual([
      'moderation_self_harm',
    ])
  })

  it('may be one of a provider that gives no verdict on the whole, or does not judge everything', async () => {
    expect(await kinds({ categories: { pii: true }, category_scores: { pii: 0.9 } })).toEqual(['moderation_pii'])
    const partly = { categories: { violence: false, illicit: null }, category_scores: { violence: 0, illicit: null } }
    expect(await kinds(partly)).toEqual([])
  })

  it('that flags the text for a reason of its own is a finding all the same', async () => {
    expect(await kinds({ ...harmless, flagged: true })).toEqual(['moderation_flagged'])
  })

  it.each<[string, JsonObject]>([
    ['nothing', {}],
    ['an error', { error: { message: 'no' } }],
    ['no list', { results: {} }],
    ['no result', { results: [] }],
    ['two results for one text', { results: [harmless, harmless] }],
    ['an empty result', { results: [{}] }],
    ['no categories', { results: [{ flagged: false, category_scores: {} }] }],
    ['no scores', { results: [{ flagged: false, categories: { hate: false } }] }],
    ['no category at all', { results: [{ flagged: false, categories: {}, category_scores: {} }] }],
    ['a category in words', { results: [{ categories: { hate: 'no' }, category_scores: { hate: 0 } }] }],
    ['a score in words', { results: [{ categories: { hate: false }, category_scores: { hate: '0' } }] }],
    ['a score beyond 1', { results: [{ categories: { hate: false }, category_scores: { hate: 2 } }] }],
    ['a category without score', { results: [{ categories: { hate: false }, category_scores: {} }] }],
    ['nothing but unjudged', { results: [{ categories: { hate: null }, category_scores: { hate: null } }] }],
  ])('that is %s is an error, never a pass', async (_, answer) => {
    await expect(moderated(answer)).rejects.toThrow(GuardrailError)
  })

  it('without a category that was chosen, or has a threshold, is an error', async () => {
    await expect(kinds(harmless, { categories: ['violence'] })).rejects.toThrow('left out a category')
    await expect(kinds(harmless, { thresholds: { violence: 0.5 } })).rejects.toThrow('left out a category')
    await expect(kinds(harmless, { categories: ['toString'] })).rejects.toThrow('left out a category')
  })
})

describe('the question to a moderation endpoint', () => {
  it('is the text, with what came before it', async () => {
    const { asked, services } = endpoint({ results: [harmless] })
    const detector = detectorOf(openaiModeration, { timeout_ms: 700 }, services)
    await detector.check(question(text, { context: 'He said: ' }), waiting())
    expect(asked).toEqual([
      { tenantId: 'tenant-1', timeoutMs: 700, body: { model: 'omni-moderation-latest', input: `He said: ${text}` } },
    ])
    expect(detector.timeoutMs).toBe(700)
  })

  it('is a list of overlapping parts for a long text, and a finding tells which', async () => {
    const long = `${'word '.repeat(400)}You fools. ${'word '.repeat(400)}`
    const { asked, services } = endpoint(({ body }) => ({
      results: (body['input'] as readonly string[]).map((part) => (part.includes('You fools.') ? result() : harmless)),
    }))
    const settings = { max_chars: 1_000, model: 'mistral/mistral-moderation-latest' }
    const findings = await detectorOf(openaiModeration, settings, services).check(question(long), waiting())
    expect(asked).toHaveLength(1)
    expect(findings.length).toBeGreaterThan(0)
    for (const { start, end } of findings) expect(long.slice(start, end)).toContain('You fools.')
  })

  it('that is not answered is an error without the words of the provider', async () => {
    const fault = new Fault('upstream_rejected', `The input "${text}" is too long.`)
    const refusing = services({ moderate: () => Promise.reject(fault) })
    await expect(detectorOf(openaiModeration, {}, refusing).check(question(text), waiting())).rejects.toThrow(
      new GuardrailError('the moderation endpoint could not be asked (upstream_rejected)'),
    )
  })

  it('is given up when nobody waits any longer, and not asked when nobody does', async () => {
    const controller = new AbortController()
    const never = services({
      moderate: () => {
        controller.abort()
        return new Promise(() => undefined)
      },
    })
    const given = detectorOf(openaiModeration, {}, never).check(question(text), controller.signal)
    await expect(given).rejects.toThrow('given up')
    await expect(detectorOf(openaiModeration, {}, services()).check(question(text), nobodyWaits())).rejects.toThrow(
      'given up',
    )
  })
})

it.each([
  [{ thresholds: { hate: 1.5 } }, /^thresholds.hate must be from 0 to 1/],
  [{ categories: [] }, /^categories must have at least 1/],
  [{ model: '' }, /^model must name a model/],
  [{ threshold: 0.5 }, /Unrecognized key/],
])('the settings refuse %j', (settings, rule) => {
  expect(issuesOf(openaiModeration, settings)).toEqual([expect.stringMatching(rule)])
})
