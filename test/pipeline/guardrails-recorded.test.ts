import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { type AskOptions, type BenchOptions, CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { type ScriptedCall, completion, scriptedProvider } from '../support/scripted-provider.ts'

type GuardrailBody = z.input<typeof guardrailBodySchema>

const addresses: GuardrailBody = { type: 'pii', action: 'redact', stages: ['input'] }
const words = (...list: readonly string[]): GuardrailBody => ({
  type: 'keywords',
  settings: { words: [...list] },
  action: 'redact',
  stages: ['input'],
})

const says = (text: string) => (call: ScriptedCall) => {
  call.head()
  call.chunk(completion(text))
  call.end()
}

/** One exchange after the other under one guardrail; gives their records. */
function bench(guardrail: GuardrailBody, script = says('Hi'), options: BenchOptions = {}) {
  const acme = scriptedProvider('acme', script)
  const made = chatBench([acme], { snapshot: snapshotOf({}, { one: guardrail }), retries: 0, ...options })
  return {
    acme,
    async record(content: string, more: JsonObject = {}, asks: AskOptions = {}) {
      try {
        const body = { model: 'acme/small', messages: [{ role: 'user', content }], ...more }
        const { answer } = await made.ask(body, asks)
        const sink = new CollectingSink()
        answer.start(sink)
        await sink.over
      } catch (error) {
        if (!(error instanceof ExchangeRefused)) throw error
      }
      const record = made.records.at(-1)
      if (record === undefined) throw new Error('Nothing was recorded.')
      return record
    },
  }
}

describe('what was redacted is nowhere in the record', () => {
  it('in arguments that are written with escapes', async () => {
    const called = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"in":"K\\u00f6ln-S\\u00fclz"}' } }
    const { acme, record } = bench({ ...words('Köln-Sülz'), roles: ['assistant'] })
    const { bodies } = await record('', { messages: [{ role: 'assistant', content: null, tool_calls: [called] }] })
    expect(acme.calls[0]?.call.body).toContain('<KEYWORD_1>')
    expect(bodies?.request).toContain('<KEYWORD_1>')
    expect(bodies?.request).not.toMatch(/ln-S/)
  })

  it('nor in variables of a prompt, wherever it stands in them', async () => {
    const prompt = { messages: [{ role: 'user' as const, content: 'Write to {{who}}' }], model: 'acme/small' }
    const acme = scriptedProvider('acme', says('Hi'))
    const made = chatBench([acme], { snapshot: snapshotOf({ letter: [prompt] }, { one: addresses }) })
    const opened = await made.ask({ model: 'prompt:letter', prompt_variables: { who: 'Ada, ada@example.org' } })
    opened.answer.start(new CollectingSink())
    const bodies = made.records[0]?.bodies
    expect(JSON.stringify(made.records)).not.toContain('ada@example.org')
    expect(bodies?.request).toContain('"who":"Ada, <EMAIL_1>"')
    expect(bodies?.rendered).toContain('Write to Ada, <EMAIL_1>')
  })

  it('when it is shorter than what is looked for anywhere', async () => {
    const { record } = bench(words('q7z'))
    const { bodies } = await record('It is q7z.', { note: 'q7z and q7zz' })
    expect(bodies?.request).toContain('"It is <KEYWORD_1>."')
    expect(bodies?.request).toContain('"<KEYWORD_1> and q7zz"')
  })

  it('in members that no guardrail reads, their names, and numbers', async () => {
    const { record } = bench(words('ada@example.org', '4711471147'))
    const { bodies } = await record('ada@example.org has 4711471147', {
      note: 'of ada@example.org',
      'ada@example.org': [4_711_471_147, 47],
    })
    expect(bodies?.request).toContain('"note":"of <KEYWORD_1>","<KEYWORD_1>":["<KEYWORD_2>",47]')
    expect(bodies?.request).not.toMatch(/ada@|4711/)
  })

  it('in the answer, where the model knows it by itself', async () => {
    const { record } = bench(addresses, says('Is it ada@example.org?'))
    const { bodies, estimate } = await record('Ask ada@example.org')
    expect(bodies?.response).toContain('Is it <EMAIL_1>?')
    expect(estimate).toEqual({ input: 'user\nAsk <EMAIL_1>', output: 'Is it <EMAIL_1>?' })
  })

  it('in messages of errors', async () => {
    const { record } = bench(addresses, (call) => {
      call.fail(new Fault('upstream_error', 'No account ada@example.org'))
    })
    const { errorMessage, attempts } = await record('Ask ada@example.org')
    expect(errorMessage).toBe('No account <EMAIL_1>')
    expect(attempts).toMatchObject([{ errorMessage: 'No account <EMAIL_1>' }])
  })

  it('in columns that say what an exchange is for', async () => {
    const metadata = { 'ada@example.org': 'yes', who: 'it is ada@example.org', shop: 'north' }
    const headers = { 'x-app-name': 'app of ada@example.org', 'x-environment': 'ada@example.org' }
    const recorded = await bench(addresses).record('I am ada@example.org', { metadata }, { headers })
    expect(recorded).toMatchObject({
      appName: 'app of <EMAIL_1>',
      environment: '<EMAIL_1>',
      metadata: { '<EMAIL_1>': 'yes', who: 'it is <EMAIL_1>', shop: 'north' },
    })
  })

  it('when a column was cut in the middle of it', async () => {
    const note = `${'-'.repeat(500)} ada@example.org`
    const { metadata } = await bench(addresses).record('I am ada@example.org', { metadata: { note } })
    expect(metadata['note']).toBe(`${'-'.repeat(500)} `)
  })

  it('nor, with bodies redacted, in what is kept of their structure', async () => {
    const { record } = bench(words('ada@example.org', '471147'), says('Hi'), { bodyPolicy: 'redacted' })
    const { bodies } = await record('ada@example.org has 471147', {
      'ada@example.org': { id: 'id of ada@example.org', code: 471147, n: 4 },
    })
    expect(bodies?.request).toContain('"<KEYWORD_1>":{"id":"id of <KEYWORD_1>","code":"[redacted]","n":4}')
    expect(bodies?.request).toContain('"content":"[redacted 26 characters]"')
  })

  it('when its request nests deeper than anything can be written anew', async () => {
    const depth = 50_000
    const deep = `${'['.repeat(depth)}"ada@example.org"${']'.repeat(depth)}`
    const body = { model: 'acme/small', messages: [{ role: 'user', content: 'I am ada@example.org' }] }
    const text = `{"deep":${deep},${JSON.stringify(body).slice(1)}`
    const { bodies, outcome } = await bench(addresses).record('', JSON.parse(text) as JsonObject, { text })
    expect(outcome).toBe('ok')
    expect(bodies?.request).toContain('["<EMAIL_1>"]')
    expect(bodies?.request).not.toContain('ada@')
  })
})

describe('users and sessions of whom something was redacted', () => {
  it('are told apart by a digest, the same in every exchange', async () => {
    const { record } = bench(addresses)
    const ids: (string | null)[] = []
    for (const [user, before] of [
      ['ada@example.org', ''],
      ['ada@example.org', 'bob@example.org and '],
      ['bob@example.org', ''],
    ]) {
      const { userId, sessionId } = await record(`${before}${user}`, {
        user: user ?? '',
        metadata: { session_id: `of ${user}` },
      })
      expect(userId).toMatch(/^redacted:[0-9a-f]{16}$/)
      expect(sessionId).toMatch(/^redacted:[0-9a-f]{16}$/)
      ids.push(userId, sessionId)
    }
    expect(ids.slice(0, 2)).toEqual(ids.slice(2, 4))
    expect(new Set(ids).size).toBe(4)
  })

  it('are recorded as they are when nothing of them was', async () => {
    const { userId, sessionId } = await bench(addresses).record('I am ada@example.org', {
      user: 'bob@example.org',
      metadata: { session_id: 's1' },
    })
    expect([userId, sessionId]).toEqual(['bob@example.org', 's1'])
  })
})

describe('more than can be remembered was redacted', () => {
  it('leaves lengths only, and says so', async () => {
    const { record } = bench(addresses)
    const all = Array.from({ length: 10_001 }, (_, index) => `a${index}@example.org`)
    const recorded = await record(all.join(' '), {
      user: 'a10000@example.org',
      metadata: { who: 'a10000@example.org' },
    })
    expect(recorded).toMatchObject({
      outcome: 'ok',
      userId: expect.stringMatching(/^redacted:/),
      metadata: { '[redacted 3 characters]': '[redacted 18 characters]' },
      bodies: { request: expect.stringMatching(/^\[redacted \d+ characters\]$/) },
      usageSource: 'estimated',
      estimate: null,
    })
    expect(recorded.warnings).toEqual([expect.stringContaining('only their lengths are recorded')])
    expect(JSON.stringify(recorded)).not.toContain('@example.org')
  })
})
