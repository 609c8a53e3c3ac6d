import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChainBody } from '../../src/contract/chain-body.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import { askedBody, answerEcho, answerWith, askedText, chainBench, stepUsage, textOf } from '../support/chain-bench.ts'
import { textChunk } from '../support/scripted-provider.ts'

/** A step that asks the prompt of its own name. */
const step = (name: string, text: string, more: Partial<ChainBody['steps'][number]> = {}) => ({
  name,
  prompt: name,
  variables: { text },
  ...more,
})
const row: ChainBody = {
  steps: [step('a', '{{input.text}}'), step('b', '{{steps.a.output}}'), step('c', '{{steps.b.output}}')],
}
const call = (more: object = {}) => ({ model: 'chain:c1', prompt_variables: { text: 'hi' }, ...more })

async function refusalOf(promise: Promise<unknown>): Promise<ExchangeRefused> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ExchangeRefused) return error
  throw new Error('The exchange was not refused.')
}

describe('a chain in a row', () => {
  it('asks one step after the other, and answers with the last one', async () => {
    const bench = chainBench({ c1: row })
    const { text } = await bench.read(call())
    expect(text).toBe('c(b(a(hi)))')
    expect(bench.one.calls.map(({ call: { stream } }) => stream)).toEqual([false, false, false])
  })

  it('is one record: every call with its step, tokens and cost added up', async () => {
    const bench = chainBench({ c1: row })
    await bench.read(call({ model: 'chain/c1@1' }))
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({
      outcome: 'ok',
      chain: 'c1',
      chainVersion: 1,
      prompt: null,
      requestModel: 'chain/c1@1',
      usage: { ...stepUsage, inputTokens: 9, outputTokens: 6 },
      usageSource: 'provider',
      cost: { totalUsd: 3, inputUsd: 2.25, outputUsd: 0.75 },
      priceSource: 'operator:one/m',
      warnings: [],
      attempts: ['a', 'b', 'c'].map((name) => ({
        step: name,
        prompt: name,
        promptVersion: 1,
        model: name,
        usage: stepUsage,
        costUsd: 1,
        errorType: null,
      })),
    })
  })

  it('streams the last step as it comes, and reads the others to their end', async () => {
    const bench = chainBench({ c1: row }, (each, number) => {
      if (number < 2) answerEcho(each)
    })
    const opening = bench.ask(call({ stream: true }))
    const last = await bench.one.nthCall(2)
    expect(bench.one.calls.map((each) => each.call.stream)).toEqual([false, false, true])
    last.head()
    last.chunk(textChunk('Hel'))
    const sink = new CollectingSink()
    const { answer } = await opening
    answer.start(sink)
    expect(textOf(sink)).toBe('Hel')
    last.chunk(textChunk('lo', 'stop'))
    last.chunk({ choices: [] }, stepUsage, true)
    last.end()
    expect(textOf(sink)).toBe('Hello')
    expect(bench.records[0]).toMatchObject({ outcome: 'ok', stream: true, cost: { totalUsd: 3 } })
  })

  it('tells the client the tokens of all steps', async () => {
    const bench = chainBench({ c1: row })
    const whole = await bench.read(call())
    expect(JSON.parse(whole.sink.texts[0] ?? '')).toMatchObject({ usage: { prompt_tokens: 9, completion_tokens: 6 } })
    const streamed = await bench.read(call({ stream: true, stream_options: { include_usage: true } }))
    expect(JSON.parse(streamed.sink.texts.at(-1) ?? '')).toMatchObject({
      usage: { prompt_tokens: 9, total_tokens: 15 },
    })
  })

  it('passes what else the request says to the step that answers, and who asks to every step', async () => {
    const bench = chainBench({ c1: row })
    await bench.read(
      call({ temperature: 0.5, max_tokens: 7, user: 'ada', stream: true, stream_options: { include_usage: true } }),
    )
    const bodies = bench.one.calls.map(askedBody)
    expect(bodies.map((body) => body['temperature'])).toEqual([undefined, undefined, 0.5])
    expect(bodies.map((body) => body['user'])).toEqual(['ada', 'ada', 'ada'])
    expect(bodies[0]).not.toHaveProperty('stream_options')
    expect(bodies[2]).toMatchObject({ max_tokens: 7, stream: true })
  })

  it('passes messages on to the steps that take them', async () => {
    const bench = chainBench({
      c1: { steps: [step('a', 'x', { messages: '{{input.messages}}' }), step('b', '{{input.messages.0.content}}')] },
    })
    await bench.read({ model: 'chain:c1', messages: [{ role: 'user', content: 'the question' }] })
    expect(bench.one.calls.map(askedText)).toEqual(['the question', 'the question'])
  })
})

describe('branches', () => {
  const branching: ChainBody = {
    steps: [
      step('a', '{{input.text}}'),
      step('b', 'bills: {{steps.a.output}}', { when: { value: '{{steps.a.output}}', contains: 'bill' } }),
      step('c', 'other: {{steps.a.output}}', {
        after: ['a'],
        when: { not: { value: '{{steps.a.output}}', contains: 'bill' } },
      }),
      step('d', '{{steps.b.output}}{{steps.c.output}}', { after: ['b', 'c'] }),
    ],
  }

  it('only what a condition lets through is asked, and what comes after sees what ran', async () => {
    const bench = chainBench({ c1: branching })
    expect((await bench.read(call({ prompt_variables: { text: 'my bill' } }))).text).toBe('d(b(bills: a(my bill)))')
    expect((await bench.read(call())).text).toBe('d(c(other: a(hi)))')
    expect(bench.records.map(({ attempts }) => attempts.map((each) => each.step))).toEqual([
      ['a', 'b', 'd'],
      ['a', 'c', 'd'],
    ])
  })

  it('a step whose every predecessor was skipped is skipped; the answer is that of the last one that ran', async () => {
    const skipping = {
      steps: [step('a', '{{input.text}}'), step('b', 'x', { when: '{{input.missing}}' }), step('c', 'y')],
    }
    const bench = chainBench({ c1: skipping, c2: { ...skipping, output: '{{steps.c.output}}' } })
    for (const stream of [false, true]) expect((await bench.read(call({ stream }))).text).toBe('a(hi)')
    expect(bench.records[0]?.attempts).toHaveLength(1)
    // Whoever names the step gets what it said: nothing.
    expect((await bench.read(call({ model: 'chain:c2', stream: true }))).text).toBe('')
  })

  it('an output made of several is told at the end, whole and as a stream', async () => {
    const bench = chainBench({
      c1: {
        steps: [step('a', '1', { after: [] }), step('b', '2', { after: [] })],
        output: '{{steps.a.output}} & {{steps.b.output}}',
      },
    })
    const whole = await bench.read(call({ temperature: 1 }))
    expect(whole.text).toBe('a(1) & b(2)')
    expect(JSON.parse(whole.sink.texts[0] ?? '')).toMatchObject({
      object: 'chat.completion',
      model: 'chain:c1',
      usage: { prompt_tokens: 6, completion_tokens: 4 },
    })
    const streamed = await bench.read(call({ stream: true }))
    expect(streamed.text).toBe('a(1) & b(2)')
    expect(bench.records[0]).toMatchObject({ provider: 'promptbox', cost: { totalUsd: 2 } })
    expect(bench.records[0]?.warnings).toEqual([expect.stringContaining('temperature')])
  })

  it('JSON in an output can be looked into, also when it is wrapped up', async () => {
    const bench = chainBench(
      {
        c1: {
          steps: [
            step('a', 'x'),
            {
              ...step('b', ''),
              variables: { text: '{{steps.a.json.items.1}}' },
              when: { value: '{{steps.a.json.sure}}', equals: true },
            },
          ],
        },
      },
      (each) => {
        if (each.call.model === 'a') answerWith(each, 'Here:\n```json\n{"items": [1, {"k": 2}], "sure": true}\n```')
        else answerEcho(each)
      },
    )
    expect((await bench.read(call())).text).toBe('b({"k":2})')
  })
})

describe('steps that wait for nothing', () => {
  it('run at the same time', async () => {
    const bench = chainBench(
      {
        c1: {
          steps: [
            step('a', '1', { after: [] }),
            step('b', '2', { after: [] }),
            step('c', '{{steps.a.output}}{{steps.b.output}}', { after: ['a', 'b'] }),
          ],
        },
      },
      (each) => {
        if (each.call.model === 'c') answerEcho(each)
      },
    )
    const reading = bench.read(call())
    const [one, two] = await Promise.all([bench.one.nthCall(0), bench.one.nthCall(1)])
    expect(bench.one.calls).toHaveLength(2)
    answerEcho(two)
    answerEcho(one)
    expect((await reading).text).toBe('c(a(1)b(2))')
  })

  it('are stopped at once when one of them fails', async () => {
    const bench = chainBench(
      {
        c1: {
          steps: [step('a', '1', { after: [] }), step('b', '2', { after: [] })],
          output: '{{steps.a.output}}{{steps.b.output}}',
        },
      },
      () => undefined,
    )
    const asking = refusalOf(bench.ask(call()))
    const [one, two] = await Promise.all([bench.one.nthCall(0), bench.one.nthCall(1)])
    two.fail(new Fault('upstream_error', 'boom'))
    const refused = await asking
    expect(one.asked).toEqual(['abort'])
    expect(refused.fault).toMatchObject({
      kind: 'upstream_error',
      message: expect.stringContaining('Step `b` of chain `c1` failed: boom'),
    })
    expect(refused.attempts).toHaveLength(2)
    expect(bench.records).toHaveLength(1)
  })
})

describe('a step that fails', () => {
  const failing = (each: Parameters<typeof answerEcho>[0]): void => {
    if (each.call.model === 'b') each.fail(new Fault('upstream_error', 'boom'))
    else answerEcho(each)
  }

  it('has its fallback asked with the same variables, and that is recorded', async () => {
    const bench = chainBench(
      {
        c1: {
          steps: [
            step('a', '{{input.text}}'),
            step('b', '{{steps.a.output}}', { fallback: 'd' }),
            step('c', '{{steps.b.output}}'),
          ],
        },
      },
      failing,
    )
    expect((await bench.read(call({ stream: true }))).text).toBe('c(d(a(hi)))')
    expect(
      bench.records[0]?.attempts.map(({ step: name, prompt, errorType, costUsd }) => [
        name,
        prompt,
        errorType,
        costUsd,
      ]),
    ).toEqual([
      ['a', 'a', null, 1],
      ['b', 'b', 'upstream_error', null],
      ['b', 'd', null, 1],
      ['c', 'c', null, 1],
    ])
    expect(bench.records[0]).toMatchObject({
      outcome: 'ok',
      cost: { totalUsd: 3 },
      warnings: ['step `b`: failed (upstream_error) and its fallback was used'],
    })
  })

  it('may have a text instead, also as the step that streams', async () => {
    const bench = chainBench(
      {
        c1: { steps: [step('a', '{{input.text}}'), step('b', 'x', { fallback: { text: 'Sorry, {{input.text}}.' } })] },
      },
      failing,
    )
    expect((await bench.read(call({ stream: true }))).text).toBe('Sorry, hi.')
    expect(bench.records[0]).toMatchObject({ outcome: 'ok', provider: 'promptbox', cost: { totalUsd: 1 } })
  })

  it('ends the exchange without one, with an error that names it', async () => {
    const bench = chainBench({ c1: row }, failing)
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({ kind: 'upstream_error', status: 502, message: 'Step `b` of chain `c1` failed: boom' })
    expect(bench.records).toMatchObject([
      {
        outcome: 'error',
        errorType: 'upstream_error',
        chain: 'c1',
        usage: { inputTokens: 3 },
        cost: { totalUsd: 1 },
        attempts: [{ step: 'a' }, { step: 'b' }],
      },
    ])
  })

  it('is one whose prompt is not there, too', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x'), step('gone', 'x')] } })
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({
      kind: 'prompt_not_found',
      message: expect.stringMatching(/^Step `gone` of chain `c1` failed: There is no prompt/),
    })
  })

  it('a stream that breaks in the last step ends with an error that names it, and with the cost of what came', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x'), step('b', 'y', { fallback: 'd' })] } }, (each) => {
      if (each.call.model === 'a') return answerEcho(each)
      each.head()
      each.chunk(textChunk('Half'))
      each.fail(new Fault('upstream_interrupted', 'cut'))
    })
    const { text, sink } = await bench.read(call({ stream: true }))
    expect(text).toBe('Half')
    expect(sink.fault).toMatchObject({ kind: 'upstream_interrupted', message: 'Step `b` of chain `c1` failed: cut' })
    expect(bench.records).toMatchObject([
      { outcome: 'incomplete', usageSource: 'estimated', attempts: [{ step: 'a' }, { step: 'b' }] },
    ])
  })

  it('is one that takes longer than its own limit', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x', { timeout_ms: 1, fallback: 'd' })] } }, (each) => {
      if (each.call.model !== 'a') answerEcho(each)
    })
    expect((await bench.read(call())).text).toBe('d(x)')
    expect(bench.one.calls[0]?.asked).toEqual(['abort'])
  })
})

describe('budgets', () => {
  it('no step begins once the money is spent', async () => {
    const bench = chainBench({ c1: { ...row, budget: { usd: 2 } } })
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({
      kind: 'chain_budget_exceeded',
      code: 'chain_budget_exceeded',
      status: 422,
      message: expect.stringMatching(/`c1`.*2 US dollars.*step `c`/),
    })
    expect(bench.records).toMatchObject([{ outcome: 'error', cost: { totalUsd: 2 } }])
  })

  it('a price that nobody knows cannot be held, which is said, and the cost is unknown', async () => {
    const bench = chainBench({
      c1: { steps: [step('a', 'x', { model: 'two/m' }), step('b', 'y')], budget: { usd: 1 } },
    })
    await bench.read(call())
    expect(bench.records[0]).toMatchObject({ cost: null, usage: { inputTokens: 6 } })
    expect(bench.records[0]?.warnings).toEqual([expect.stringContaining('cannot be held')])
  })

  it.each([false, true])('time that is up stops what runs, no fallback is tried (stream: %s)', async (stream) => {
    const bench = chainBench({ c1: { steps: [step('a', 'x', { fallback: 'd' })], budget: { ms: 1 } } }, () => undefined)
    const { fault } = await refusalOf(bench.ask(call({ stream })))
    expect(fault.kind).toBe('chain_budget_exceeded')
    expect(bench.one.calls).toMatchObject([{ asked: ['abort'] }])
    expect(bench.records).toHaveLength(1)
  })

  it('questions are bounded, however chains lie in each other', async () => {
    const wide = (prompt: string): ChainBody => ({
      steps: Array.from({ length: 32 }, (_, at) => ({ name: `s${at}`, prompt })),
    })
    const bench = chainBench({ c1: wide('chain:c2'), c2: wide('chain:c3'), c3: wide('a') })
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({ kind: 'chain_budget_exceeded', message: expect.stringContaining('128 questions') })
  })
})

describe('a chain inside a chain', () => {
  const outer: ChainBody = {
    steps: [step('a', '{{input.text}}'), { ...step('in', '{{steps.a.output}}'), prompt: 'chain:inner' }],
  }
  const inner: ChainBody = { steps: [step('b', '{{input.text}}'), step('c', '{{steps.b.output}}')] }

  it('answers its step, streams through, and its calls are named by both', async () => {
    const bench = chainBench({ c1: outer, inner })
    for (const stream of [false, true]) expect((await bench.read(call({ stream }))).text).toBe('c(b(a(hi)))')
    expect(bench.records[1]).toMatchObject({ chain: 'c1', cost: { totalUsd: 3 } })
    expect(bench.records[1]?.attempts.map((each) => each.step)).toEqual(['a', 'in/b', 'in/c'])
    expect(bench.one.calls.at(-1)?.call.stream).toBe(true)
  })

  it('may come first, and be one step of many', async () => {
    const bench = chainBench({
      c1: {
        steps: [
          { name: 'in', prompt: 'chain:inner@1', variables: { text: '{{input.text}}' } },
          step('a', '{{steps.in.output}}'),
        ],
      },
      inner,
    })
    expect((await bench.read(call({ stream: true }))).text).toBe('a(c(b(hi)))')
  })

  it('may fail, and the step that asked it fall back', async () => {
    const bench = chainBench(
      { c1: { steps: [{ ...step('in', 'x'), prompt: 'chain:inner', fallback: 'd' }] }, inner },
      (each) => {
        if (each.call.model === 'c') each.fail(new Fault('upstream_error', 'boom'))
        else answerEcho(each)
      },
    )
    expect((await bench.read(call({ stream: true }))).text).toBe('d(x)')
    expect(bench.records[0]).toMatchObject({ outcome: 'ok', cost: { totalUsd: 2 } })
  })

  it('has a budget of its own', async () => {
    const bench = chainBench({ c1: outer, inner: { ...inner, budget: { usd: 1 } } })
    expect((await refusalOf(bench.ask(call()))).fault.message).toContain('The chain `inner` is over its budget')
  })

  it.each([
    [
      'in a circle',
      { c1: { steps: [{ name: 'a', prompt: 'chain:c2' }] }, c2: { steps: [{ name: 'b', prompt: 'chain:c1' }] } },
      'chain_cycle',
      'c1 → c2 → c1',
    ],
    [
      'too deep',
      Object.fromEntries(
        [1, 2, 3, 4, 5].map((at) => [
          `c${at}`,
          { steps: [{ name: 'a', prompt: at === 5 ? 'a' : `chain:c${at + 1}` }] },
        ]),
      ),
      'chain_too_deep',
      'c4 → c5',
    ],
    ['to nobody', { c1: { steps: [{ name: 'a', prompt: 'chain:gone' }] } }, 'chain_not_found', 'no chain `gone`'],
  ])('that leads %s is refused when it runs', async (_what, chains, code, words) => {
    const { fault } = await refusalOf(chainBench(chains).ask(call()))
    expect(fault).toMatchObject({ code, message: expect.stringContaining(words) })
  })
})

describe('hanging up', () => {
  const hangUp = new Fault('client_closed', 'gone')

  it.each([0, 1])('while step %i is being asked: stops its call, records once', async (number) => {
    const bench = chainBench({ c1: row }, (each, at) => {
      if (at < number) answerEcho(each)
    })
    const cancellation = new Cancellation()
    const asking = refusalOf(bench.ask(call({ stream: true }), cancellation))
    const waiting = await bench.one.nthCall(number)
    cancellation.cancel(hangUp)
    expect(waiting.asked).toEqual(['abort'])
    expect((await asking).fault.kind).toBe('client_closed')
    expect(bench.records).toMatchObject([{ outcome: 'client_closed', chain: 'c1' }])
    expect(bench.records[0]?.attempts).toHaveLength(number + 1)
    expect(bench.one.calls).toHaveLength(number + 1)
  })

  it('while the last step streams: stops it, records once', async () => {
    const bench = chainBench({ c1: row }, (each, at) => {
      if (at < 2) return answerEcho(each)
      each.head()
      each.chunk(textChunk('Hel'))
    })
    const cancellation = new Cancellation()
    const { answer } = await bench.ask(call({ stream: true }), cancellation)
    const sink = new CollectingSink()
    answer.start(sink)
    cancellation.cancel(hangUp)
    expect(bench.one.calls[2]?.asked).toEqual(['abort'])
    expect(sink.fault?.kind).toBe('client_closed')
    expect(bench.records).toMatchObject([{ outcome: 'client_closed' }])
  })

  it('the limit of the whole exchange holds', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x', { fallback: 'b' })] } }, () => undefined, {
      exchangeTimeoutMs: 1,
    })
    expect((await refusalOf(bench.ask(call()))).fault).toMatchObject({ kind: 'upstream_timeout' })
    expect(bench.one.calls).toHaveLength(1)
  })
})

describe('a request that cannot be', () => {
  it('names a chain of another tenant', async () => {
    const bench = chainBench({ c1: row }, answerEcho, { tenantId: 'other' })
    expect((await refusalOf(bench.ask(call()))).fault).toMatchObject({ code: 'chain_not_found', status: 404 })
  })

  it.each([
    ['an unknown chain', { model: 'chain:nobody' }, 'model_not_found', 'no chain `nobody`'],
    ['an unknown version', { model: 'chain:c1@9' }, 'model_not_found', 'no version 9'],
    ['a label', { model: 'chain:c1@production' }, 'invalid_request', 'must be the number of a version'],
    ['a malformed id', { model: 'chain:C 1' }, 'invalid_request', 'id of the chain'],
    ['a prompt beside it', { model: 'chain:c1', prompt_id: 'a' }, 'prompt_reference_conflict', '`prompt_id`'],
    ['a version elsewhere', { model: 'chain:c1', prompt_version: 1 }, 'prompt_reference_conflict', '`prompt_version`'],
    ['variables that are none', { model: 'chain:c1', variables: 5 }, 'invalid_request', '`variables`'],
    ['a switch that is none', { model: 'chain:c1', stream: 'true' }, 'invalid_request', '`stream`'],
  ])('%s is refused with what is wrong, and recorded', async (_what, body, kind, words) => {
    const bench = chainBench({ c1: row })
    expect((await refusalOf(bench.ask(body))).fault).toMatchObject({ kind, message: expect.stringContaining(words) })
    expect(bench.records).toMatchObject([{ outcome: 'error', errorType: kind }])
  })
})

it('whatever waits for what: each step sees what those before it said, and is asked once', async () => {
  const graph = fc.array(fc.array(fc.nat({ max: 5 }), { maxLength: 3 }), { minLength: 1, maxLength: 6 })
  const plans = graph.map((all) =>
    all.map((after, at) => [...new Set(at === 0 ? [] : after.map((one) => one % at))].map((one) => `s${one}`)),
  )
  await fc.assert(
    fc.asyncProperty(plans, fc.boolean(), async (plan, stream) => {
      const steps = plan.map((after, at) => ({
        name: `s${at}`,
        prompt: 'a',
        variables: { text: [`${at}`, ...after.map((name) => `{{steps.${name}.output}}`)].join(',') },
        after,
      }))
      const said: string[] = []
      for (const [at, after] of plan.entries()) {
        said.push(`a(${[`${at}`, ...after.map((name) => said[Number(name.slice(1))] ?? '')].join(',')})`)
      }
      const bench = chainBench({ c1: { steps } })
      expect((await bench.read(call({ stream }))).text).toBe(said.at(-1))
      expect(bench.records[0]?.attempts.map((each) => each.step).sort()).toEqual(steps.map(({ name }) => name))
      expect(bench.records[0]?.cost?.totalUsd).toBe(steps.length)
    }),
    { numRuns: 60 },
  )
})

it('twenty chains at once do not get into each other', async () => {
  const bench = chainBench({ c1: row })
  const texts = await Promise.all(
    Array.from(
      { length: 20 },
      async (_, at) => (await bench.read(call({ stream: at % 2 === 0, prompt_variables: { text: `${at}` } }))).text,
    ),
  )
  expect(texts).toEqual(Array.from({ length: 20 }, (_, at) => `c(b(a(${at})))`))
  expect(bench.records.map(({ cost, attempts }) => [cost?.totalUsd, attempts.length])).toEqual(
    Array.from({ length: 20 }, () => [3, 3]),
  )
})
