import { createHmac, timingSafeEqual } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webhook } from '../../../src/guardrails/webhook.ts'
import { GuardrailError, type RemoteServices } from '../../../src/guardrails/remote.ts'
import { openWebhooks } from '../../../src/providers/webhook.ts'
import {
  type ReceivedRequest,
  type Script,
  type ScriptedUpstream,
  body,
  hang,
  json,
  resetAtOnce,
  startScriptedUpstream,
} from '../../support/scripted-upstream.ts'
import { detectorOf, issuesOf, nobodyWaits, question, services, waiting } from './support.ts'

const secret = 'a secret of the tests only'
const text = 'Call 555-0100 now'

let server: ScriptedUpstream
beforeAll(async () => {
  server = await startScriptedUpstream()
})
afterAll(() => server.close())

const real = (more: Partial<RemoteServices> = {}): RemoteServices =>
  services({ callWebhook: openWebhooks({ allowPrivate: true }), ...more })

const detector = (settings: object = {}, more: Partial<RemoteServices> = {}) =>
  detectorOf(webhook, { url: `${server.origin}/check`, ...settings }, real(more))

async function answered(script: Script, about = text) {
  server.next(script)
  const findings = await detector().check(question(about), waiting())
  await server.nextRequest()
  return findings
}

/** As docs/guardrail-webhook.md tells a receiver to do it. */
function isGenuine(request: ReceivedRequest, key: string, now: number): boolean {
  const [, time, given] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers['x-promptbox-signature'] ?? '') ?? []
  if (time === undefined || given === undefined || Math.abs(now - Number(time)) > 300) return false
  const made = createHmac('sha256', key).update(`${time}.`).update(request.body).digest()
  return timingSafeEqual(made, Buffer.from(given, 'hex'))
}

describe('the question to a webhook guardrail', () => {
  it('says everything a receiver needs to judge the text', async () => {
    server.next(json({ verdict: 'pass' }))
    await detector().check(
      question('Grüße 🙂', { context: 'Before. ', stage: 'output', role: 'assistant', prompt: null }),
      waiting(),
    )
    const request = await server.nextRequest()
    expect(request).toMatchObject({ method: 'POST', path: '/check' })
    expect(request.json).toEqual({
      version: 1,
      guardrail: 'asker',
      request_id: 'req-1',
      stage: 'output',
      role: 'assistant',
      prompt: null,
      text: 'Grüße 🙂',
      context: 'Before. ',
    })
    expect(request.headers['x-promptbox-signature']).toBeUndefined()
  })

  it('is signed so that its receiver can tell it from a forged, changed or repeated one', async () => {
    server.next(json({ verdict: 'pass' }))
    await detector({ secret }).check(question('Grüße 🙂'), waiting())
    const request = await server.nextRequest()
    const now = Math.floor(Date.now() / 1000)
    expect(isGenuine(request, secret, now)).toBe(true)
    expect(isGenuine(request, 'another secret altogether', now)).toBe(false)
    expect(isGenuine(request, secret, now + 3_600)).toBe(false)
    expect(isGenuine({ ...request, headers: request.headers, body: Buffer.from('{}') }, secret, now)).toBe(false)
  })

  it('can be signed with a secret that only the operator knows', async () => {
    server.next(json({ verdict: 'pass' }))
    const environment = { PROMPTBOX_WEBHOOK_TEXTS: secret }
    await detector({ secret_env: 'PROMPTBOX_WEBHOOK_TEXTS' }, { environment }).check(question(text), waiting())
    expect(isGenuine(await server.nextRequest(), secret, Math.floor(Date.now() / 1000))).toBe(true)
  })

  it('is not asked unsigned when its secret is not there', async () => {
    const asked = server.requests.length
    for (const environment of [{}, { PROMPTBOX_WEBHOOK_TEXTS: '' }, { PROMPTBOX_WEBHOOK_TEXTS: undefined }]) {
      const check = detector({ secret_env: 'PROMPTBOX_WEBHOOK_TEXTS' }, { environment }).check(
        question(text),
        waiting(),
      )
      await expect(check).rejects.toThrow(
        new GuardrailError(
          'it was not asked, because Promptbox was started without PROMPTBOX_WEBHOOK_TEXTS, which is to sign it',
        ),
      )
    }
    expect(server.requests.length).toBe(asked)
  })

  it('carries the headers that were set', async () => {
    server.next(json({ verdict: 'pass' }))
    await detector({ headers: { authorization: 'Bearer x' } }).check(question(text), waiting())
    expect((await server.nextRequest()).headers).toMatchObject({
      authorization: 'Bearer x',
      'content-type': 'application/json',
    })
  })
})

describe('the answer of a webhook guardrail', () => {
  it.each([
    ['passes', { verdict: 'pass' }, []],
    ['passes with nothing found', { verdict: 'pass', findings: [], reason: null }, []],
    ['blocks', { verdict: 'block' }, [{ kind: 'webhook', start: 0, end: 17, score: 1 }]],
    ['flags', { verdict: 'flag' }, [{ kind: 'webhook', start: 0, end: 17, score: 1, flagOnly: true }]],
    [
      'names a place',
      { verdict: 'redact', findings: [{ kind: 'phone', start: 5, end: 13, score: 0.7 }] },
      [{ kind: 'phone', start: 5, end: 13, score: 0.7 }],
    ],
    [
      'names what it found and not where',
      { verdict: 'block', findings: [{ kind: 'phone' }, { kind: 'rude', start: null, end: null, score: null }] },
      [
        { kind: 'phone', start: 0, end: 17, score: 1 },
        { kind: 'rude', start: 0, end: 17, score: 1 },
      ],
    ],
    [
      'flags a place',
      { verdict: 'flag', findings: [{ kind: 'phone', start: 5, end: 13 }] },
      [{ kind: 'phone', start: 5, end: 13, score: 1, flagOnly: true }],
    ],
    [
      'says more than it is asked',
      { verdict: 'block', model: 'm', findings: [{ kind: 'a', why: 'b' }] },
      [{ kind: 'a', start: 0, end: 17, score: 1 }],
    ],
  ])('%s', async (_, answer, findings) => {
    expect(await answered(json(answer))).toEqual(findings)
  })

  it('may be any status of success', async () => {
    expect(await answered(json({ verdict: 'pass' }, 201))).toEqual([])
  })

  it.each([199, 300, 304, 399, 400, 599])('with the status %i is an error, whatever it says', async (status) => {
    const scripted = services({ callWebhook: async () => ({ status, text: '{"verdict":"pass"}' }) })
    const check = detectorOf(webhook, { url: 'https://checks.example.com' }, scripted).check(question(text), waiting())
    await expect(check).rejects.toThrow(new GuardrailError(`it answered with HTTP ${status}, not 200`))
  })

  it.each<[string, Script, RegExp]>([
    ['a failure', json({ verdict: 'pass' }, 500), /^it answered with HTTP 500, not 200$/],
    ['a refusal', json({ verdict: 'pass' }, 401), /^it answered with HTTP 401, not 200$/],
    ['a redirect', body('', 307, { location: '/elsewhere' }), /redirect \(HTTP 307\), which is not followed$/],
    ['nothing', body('', 204), /^it did not answer with JSON$/],
    ['a page', body('<h1>It works!</h1>'), /^it did not answer with JSON$/],
    ['half an answer', body('{"verdict":"pass"'), /^it did not answer with JSON$/],
    ['a list', json([{ verdict: 'pass' }]), /agreed form, at its top/],
    ['a bare word', json('pass'), /agreed form, at its top/],
    ['null', json(null), /agreed form, at its top/],
    ['an empty object', json({}), /agreed form, at `verdict`$/],
    ['another verdict', json({ verdict: 'ok' }), /agreed form, at `verdict`$/],
    ['a verdict in capitals', json({ verdict: 'PASS' }), /agreed form, at `verdict`$/],
    ['findings that are no list', json({ verdict: 'block', findings: {} }), /agreed form, at `findings`$/],
    ['a finding without kind', json({ verdict: 'block', findings: [{}] }), /at `findings.0.kind`$/],
    ['a kind of words', json({ verdict: 'block', findings: [{ kind: 'My e-mail' }] }), /at `findings.0.kind`$/],
    ['a score beyond 1', json({ verdict: 'block', findings: [{ kind: 'a', score: 7 }] }), /at `findings.0.score`$/],
    ['a place in parts', json({ verdict: 'block', findings: [{ kind: 'a', start: 0.5, end: 2 }] }), /findings.0.start/],
    ['a negative place', json({ verdict: 'block', findings: [{ kind: 'a', start: -1, end: 2 }] }), /findings.0.start/],
    ['half a place', json({ verdict: 'block', findings: [{ kind: 'a', start: 1 }] }), /only one of `start` and `end`$/],
    ['a place outside', json({ verdict: 'flag', findings: [{ kind: 'a', start: 1, end: 18 }] }), /outside the text$/],
    ['a place of nothing', json({ verdict: 'flag', findings: [{ kind: 'a', start: 3, end: 3 }] }), /outside the text$/],
    ['a place backwards', json({ verdict: 'flag', findings: [{ kind: 'a', start: 4, end: 2 }] }), /outside the text$/],
    ['a pass with findings', json({ verdict: 'pass', findings: [{ kind: 'a' }] }), /passes the text and yet/],
    ['a redaction of nothing', json({ verdict: 'redact' }), /does not say what$/],
    ['a redaction of nowhere', json({ verdict: 'redact', findings: [{ kind: 'a' }] }), /does not say where$/],
    ['too much', body(`{"verdict":"pass","reason":"${'x'.repeat(70_000)}"}`), /more than 65536 bytes$/],
    ['no more', resetAtOnce, /could not be reached or broke off$/],
  ])('that is %s is an error, never a pass', async (_, script, problem) => {
    const error = await answered(script).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(GuardrailError)
    expect((error as Error).message).toMatch(problem)
  })

  it('has no place within a character, as offsets of code points would give', async () => {
    const script = json({ verdict: 'block', findings: [{ kind: 'smile', start: 0, end: 1 }] })
    await expect(answered(script, '🙂!')).rejects.toThrow('within a character')
    const right = json({ verdict: 'block', findings: [{ kind: 'smile', start: 0, end: 2 }] })
    expect(await answered(right, '🙂!')).toEqual([{ kind: 'smile', start: 0, end: 2, score: 1 }])
  })

  it('repeats neither its own words nor the text in the error', async () => {
    const script = json({ verdict: 'hunter2', findings: [{ kind: 'hunter2 hunter2' }] })
    await expect(answered(script)).rejects.toThrow(/^(?!.*(?:hunter2|555)).*$/)
  })

  it('gives findings of its own words only within the text, whatever it says', async () => {
    const place = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.constant(null), fc.double(), fc.constant(undefined))
    const finding = fc.record({ kind: fc.constantFrom('a', 'B', ''), start: place, end: place, score: place })
    const answer = fc.record({
      verdict: fc.constantFrom('pass', 'flag', 'redact', 'block', 'maybe'),
      findings: fc.option(fc.array(finding, { maxLength: 3 }), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(answer, async (told) => {
        const scripted = services({ callWebhook: async () => ({ status: 200, text: JSON.stringify(told) }) })
        const check = detectorOf(webhook, { url: 'https://checks.example.com' }, scripted).check(
          question(text),
          waiting(),
        )
        const findings = await check.catch((error: unknown) => {
          expect(error).toBeInstanceOf(GuardrailError)
          return null
        })
        if (findings === null) return
        expect(findings.length === 0).toBe(told.verdict === 'pass')
        for (const { start, end, score } of findings) {
          expect(0 <= start && start < end && end <= text.length).toBe(true)
          expect(score >= 0 && score <= 1).toBe(true)
        }
      }),
    )
  })
})

describe('a webhook guardrail that is waited for', () => {
  it('is an error when it never answers', async () => {
    server.next(hang)
    await expect(detector({ timeout_ms: 40 }).check(question(text), waiting())).rejects.toThrow(
      new GuardrailError('it did not answer within 40 ms'),
    )
    await server.nextRequest()
  })

  it('is given up at once when nobody waits any longer', async () => {
    server.next(hang)
    const controller = new AbortController()
    const check = detector({ timeout_ms: 1_000 }).check(question(text), controller.signal)
    await server.nextRequest()
    controller.abort()
    await expect(check).rejects.toThrow(new GuardrailError('it was given up before there was a verdict'))
  })

  it('is not even asked when nobody waits', async () => {
    const before = server.requests.length
    await expect(detector().check(question(text), nobodyWaits())).rejects.toThrow(GuardrailError)
    expect(server.requests.length).toBe(before)
  })

  it('says how long it may take', () => {
    expect(detector().timeoutMs).toBe(2_000)
    expect(detector({ timeout_ms: 300 }).timeoutMs).toBe(300)
  })

  it('at an address of this machine is asked only where that is allowed', async () => {
    const guarded = { callWebhook: openWebhooks({ allowPrivate: false }) }
    await expect(detector({}, guarded).check(question(text), waiting())).rejects.toThrow('must not be called')
  })
})

describe('the settings of a webhook guardrail', () => {
  const url = 'https://checks.example.com/text'

  it('never show its secrets again', () => {
    expect(webhook.secretSettings).toEqual(['secret', 'headers'])
  })

  it.each([
    [{}, /^url /],
    [{ url: 'checks' }, /^url must be a whole URL/],
    [{ url: 'ftp://example.com' }, /^url must begin with/],
    [{ url: 'https://user:word@example.com' }, /^url must not hold a user name/],
    [{ url: 'http://169.254.169.254/' }, /^url must not point to/],
    [{ url, timeout_ms: 0 }, /^timeout_ms must be a whole number/],
    [{ url, timeout_ms: 60_001 }, /^timeout_ms must be a whole number/],
    [{ url, secret: 'short' }, /^secret must have 16/],
    [{ url, secret_env: 'OPENAI_API_KEY' }, /^secret_env must name an environment variable/],
    [{ url, secret, secret_env: 'PROMPTBOX_WEBHOOK_A' }, /^secret_env must be left out/],
    [{ url, headers: { 'x-promptbox-signature': 't=1,v1=0' } }, /^headers.x-promptbox-signature must not be set/],
    [{ url, headers: { 'Content-Length': '1' } }, /^headers.Content-Length must not be set/],
    [{ url, headers: { 'x-a': 'b\r\nx-c: d' } }, /^headers.x-a must be printable/],
    [{ url, headers: { 'x a': 'b' } }, /^headers.x a /],
    [{ url, retries: 3 }, /Unrecognized key/],
  ])('refuse %j', (settings, rule) => {
    expect(issuesOf(webhook, settings)).toEqual([expect.stringMatching(rule)])
  })
})
