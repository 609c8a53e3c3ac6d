import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChainBody } from '../../src/contract/chain-body.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import {
  answerEcho,
  answerWith,
  askedBody,
  askedText,
  call,
  chainBench,
  refusalOf,
  row,
  step,
  stepUsage,
  textOf,
} from '../support/chain-bench.ts'
import { textChunk } from '../support/scripted-provider.ts'

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

  it('asks every step in the language that the request wants', async () => {
    const locales = { de: { messages: [{ role: 'user', content: 'deutsch: {{text}}' }] } }
    const bench = chainBench({ c1: row }, answerEcho, { versions: { a: { locales }, c: { locales } } })
    expect((await bench.read(call({ metadata: { locale: 'de-AT' } }))).text).toBe('c(deutsch: b(a(deutsch: hi)))')
    const sink = new CollectingSink()
    const { answer } = await bench.ask(call(), { headers: { 'accept-language': 'fr, de;q=0.5' } })
    answer.start(sink)
    expect(textOf(sink)).toBe('c(deutsch: b(a(deutsch: hi)))')
    expect(bench.records.map(({ locale }) => locale)).toEqual(['de-AT', 'fr'])
  })

  it('lets `store` go with `metadata`, without which OpenAI takes none', async () => {
    const bench = chainBench({ c1: row })
    await bench.read(call({ store: true, metadata: { team: 'a' } }))
    const bodies = bench.one.calls.map(askedBody)
    expect(bodies.map(({ store, metadata }) => [store, metadata])).toEqual(bodies.map(() => [true, { team: 'a' }]))
  })

  it('passes messages on as they were written, to the last digit', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x', { messages: '{{input.messages}}' })] } })
    const messages = '[ {"role":"user", "content":"hi", "weight": 12345678901234567890} ]'
    const text = `{"model":"chain:c1","messages":${messages}}`
    const { answer } = await bench.ask(JSON.parse(text) as JsonObject, { text })
    answer.start(new CollectingSink())
    expect(bench.one.calls[0]?.call.body).toContain('"weight": 12345678901234567890')
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
      steps: [
        step('a', '{{input.text}}'),
        step('b', 'x', { when: '{{input.missing}}' }),
        step('c', 'y', { after: ['b'] }),
      ],
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

describe('what is nested without end', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`

  it.each([
    ['a variable', `"prompt_variables":{"text":${deep(65)}}`, 'variables'],
    ['a variable, much deeper', `"prompt_variables":{"text":${deep(50_000)}}`, 'variables'],
    ['messages', `"messages":[{"role":"user","content":${deep(50_000)}}]`, 'messages'],
  ])('in %s is refused, naming the field', async (_what, member, param) => {
    const bench = chainBench({ c1: { steps: [step('a', '{{input.text}}', { messages: '{{input.messages}}' })] } })
    const text = `{"model":"chain:c1",${member}}`
    const { fault } = await refusalOf(bench.ask(JSON.parse(text) as JsonObject, { text }))
    expect(fault).toMatchObject({ status: 400, param })
    expect(bench.one.calls).toEqual([])
  })

  it('or too long in the output of a step is not looked into', async () => {
    const json = (length: number): string => `{"n":"${'x'.repeat(length)}","m":1}`
    const outputs = [json(999_000), json(1_000_000), `So: ${json(99_000)}`, `So: ${json(100_000)}`]
    const steps = [step('a', 'x'), step('b', 'got {{steps.a.json.m}}')]
    for (const [index, output] of outputs.entries()) {
      const bench = chainBench({ c1: { steps } }, (each) => {
        if (each.call.model === 'a') answerWith(each, output)
        else answerEcho(each)
      })
      expect((await bench.read(call())).text).toBe(index % 2 === 0 ? 'b(got 1)' : 'b(got )')
    }
  })

  it('in the output of a step is not looked into', async () => {
    const steps = [
      step('a', 'x'),
      step('b', 'got {{steps.a.json.0}}', { when: { not: { value: '{{steps.a.json}}', equals: [] } } }),
    ]
    const bench = chainBench({ c1: { steps } }, (each) => {
      if (each.call.model === 'a') answerWith(each, deep(50_000))
      else answerEcho(each)
    })
    expect((await bench.read(call())).text).toBe('b(got )')
    expect(bench.records[0]?.warnings).toEqual([
      expect.stringMatching(/^step `a`: its output is not JSON, or .* too deep/),
    ])
  })
})
