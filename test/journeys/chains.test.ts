import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import {
  type ScriptedUpstream,
  type UpstreamAnswer,
  json,
  signal,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { until } from '../support/until.ts'

/** A chain through the whole product: HTTP, the database, a real upstream, the record. */
let upstream: ScriptedUpstream
let app: RunningApp

const prices = { input_usd_per_million_tokens: 1_000, output_usd_per_million_tokens: 2_000 }
/** 10 in, 5 out: 10/1000 + 2·5/1000. */
const callUsd = 0.02
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  app = await startRunningApp({ LOCAL_BASE_URL: upstream.baseUrl, PROMPTBOX_RETRIES: '0' })
  await app.admin('PUT', '/models/local/m', { prices })
  for (const slug of ['classify', 'refund', 'general', 'polish', 'apologise']) {
    const version = {
      messages: [
        { role: 'system', content: slug },
        { role: 'user', content: '{{text}}' },
      ],
      variables: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
      model: 'local/m',
    }
    await app.admin('POST', '/prompts', { slug, name: slug, version, labels: ['production'] })
  }
  await app.admin('POST', '/chains', triage)
})
afterAll(async () => {
  await app.dispose()
  await upstream.close()
})
beforeEach(() => {
  upstream.always(say(promptOf))
})

const triage = {
  slug: 'triage',
  steps: [
    { name: 'classify', prompt: 'classify', variables: { text: '{{input.text}}' } },
    {
      name: 'refund',
      prompt: 'refund',
      variables: { text: '{{input.text}}' },
      when: { value: '{{steps.classify.output}}', equals: 'refund' },
      fallback: 'apologise',
    },
    {
      name: 'general',
      prompt: 'general',
      variables: { text: '{{input.text}}' },
      after: ['classify'],
      when: { not: { value: '{{steps.classify.output}}', equals: 'refund' } },
    },
    {
      name: 'polish',
      prompt: 'polish',
      variables: { text: '{{steps.refund.output}}{{steps.general.output}}' },
      after: ['refund', 'general'],
    },
  ],
}

type Said = (answer: UpstreamAnswer) => string
const messagesOf = ({ request }: UpstreamAnswer) => request.json['messages'] as readonly { content: string }[]
const promptOf: Said = (answer) => messagesOf(answer)[0]?.content ?? ''
const textOf: Said = (answer) => messagesOf(answer).at(-1)?.content ?? ''

const choice = (text: string) => ({ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' })
const delta = (text: string, finish: string | null = null) => ({
  id: 'c-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content: text }, finish_reason: finish }],
})

/** Answers as it was asked to: whole, or as a stream. */
function say(said: Said) {
  return async (answer: UpstreamAnswer): Promise<void> => {
    const text = said(answer)
    if (answer.request.json['stream'] !== true) {
      await json({ id: 'c-1', object: 'chat.completion', created: 1, model: 'm', choices: [choice(text)], usage })(
        answer,
      )
      return
    }
    answer.head(200, { 'content-type': 'text/event-stream' })
    await answer.event(delta(text, 'stop'))
    await answer.event({ id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage })
    await answer.event('[DONE]')
    answer.end()
  }
}

const idOf = (response: Response): string => response.headers.get('x-request-id') ?? ''
const streamed = (text: string): string =>
  text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map(
      (event) =>
        (JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? '',
    )
    .join('')

describe('a chain with a branch whose step fails', () => {
  it('streams its answer, takes the fallback, and records every call and the right cost', async () => {
    upstream.always(async (answer) => {
      const prompt = promptOf(answer)
      if (prompt === 'refund') return json({ error: { message: 'boom' } }, 500)(answer)
      return say((each) => (prompt === 'classify' ? 'refund' : `${prompt}: ${textOf(each)}`))(answer)
    })
    const response = await app.post('/chat/completions', {
      model: 'chain:triage',
      prompt_variables: { text: 'money back' },
      stream: true,
    })
    expect(response.headers.get('x-promptbox-chain')).toBe('triage')
    expect(response.headers.get('x-promptbox-version')).toBe('1')
    expect(response.headers.get('x-promptbox-attempts')).toBe('4')
    const text = await response.text()
    expect(streamed(text)).toBe('polish: apologise: money back')
    expect(text).toContain('data: [DONE]')
    const record = await app.exchange(idOf(response))
    expect(record).toMatchObject({
      outcome: 'ok',
      chain: 'triage',
      chain_version: 1,
      prompt: null,
      request_model: 'chain:triage',
      input_tokens: 30,
      output_tokens: 15,
      usage_source: 'provider',
      price_source: 'operator:local/m',
      attempts: [
        { step: 'classify', prompt: 'classify', prompt_version: 1, http_status: 200, input_tokens: 10 },
        { step: 'refund', prompt: 'refund', http_status: 500, error_type: 'upstream_error', cost_usd: null },
        { step: 'refund', prompt: 'apologise', http_status: 200 },
        { step: 'polish', prompt: 'polish', http_status: 200, output_tokens: 5 },
      ],
      warnings: ['step `refund`: failed (upstream_error) and its fallback was used'],
    })
    expect(record['cost_usd']).toBeCloseTo(3 * callUsd, 10)
    expect((record['attempts'] as { cost_usd: number | null }[])[0]?.cost_usd).toBeCloseTo(callUsd, 10)
  })

  it.each([
    ['/chat/completions', { messages: [{ role: 'user', content: 'x' }] }],
    ['/responses', { input: 'x' }],
    ['/messages', { max_tokens: 100, messages: [{ role: 'user', content: 'x' }] }],
    ['/completions', { prompt: 'x' }],
  ])('answers on %s, whole and streamed', async (path, body) => {
    for (const stream of [false, true]) {
      const response = await app.post(path, { ...body, model: 'chain:triage', variables: { text: 'hello' }, stream })
      const text = await response.text()
      expect(response.status, text).toBe(200)
      expect(text).toContain('polish')
      expect(await app.exchange(idOf(response))).toMatchObject({
        outcome: 'ok',
        chain: 'triage',
        input_tokens: 30,
        attempts: [{ step: 'classify' }, { step: 'general' }, { step: 'polish' }],
      })
    }
  })

  it('is not for embeddings', async () => {
    const response = await app.post('/embeddings', { model: 'chain:triage', input: 'x' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_endpoint', param: 'model' } })
  })
})

describe('while it runs', () => {
  it('steps that wait for nothing are asked at the same time', async () => {
    const both = ['refund', 'general'].map((prompt) => ({ name: prompt, prompt, after: [], variables: { text: 'x' } }))
    await app.admin('POST', '/chains', {
      slug: 'side-by-side',
      steps: both,
      output: '{{steps.refund.output}}+{{steps.general.output}}',
    })
    const bothAreThere = signal()
    let open = 0
    upstream.always(async (answer) => {
      open += 1
      if (open === 2) bothAreThere.give()
      await bothAreThere.reached
      await say(promptOf)(answer)
    })
    const response = await app.post('/chat/completions', { model: 'chain:side-by-side', stream: true })
    expect(streamed(await response.text())).toBe('refund+general')
  })

  it('a client that hangs up stops the call of the step, once recorded', async () => {
    const arrived = signal()
    let gone: Promise<void> = Promise.resolve()
    upstream.always((answer) => {
      gone = answer.gone
      arrived.give()
    })
    const controller = new AbortController()
    const asking = fetch(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      signal: controller.signal,
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'chain:triage', variables: { text: 'x' } }),
    }).catch(() => 'aborted')
    await arrived.reached
    controller.abort()
    expect(await asking).toBe('aborted')
    await gone
    const record = await until('the exchange is in the database', async () => {
      const { data } = await app.admin('GET', '/exchanges?outcome=client_closed')
      return (data as readonly { readonly chain: string | null }[]).find(({ chain }) => chain === 'triage')
    })
    expect(record).toMatchObject({ attempts: 1, http_status: 499 })
  })

  it('a stream that is cut in the last step ends with an error event that names it', async () => {
    upstream.always(async (answer) => {
      if (promptOf(answer) !== 'polish') return say(promptOf)(answer)
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(delta('Half'))
      answer.cut()
    })
    const response = await app.post('/chat/completions', {
      model: 'chain:triage',
      variables: { text: 'x' },
      stream: true,
    })
    const text = await response.text()
    expect(text).toContain('Half')
    expect(text).toContain('Step `polish` of chain `triage` failed')
    expect(text).not.toContain('[DONE]')
    expect(await app.exchange(idOf(response))).toMatchObject({ outcome: 'incomplete' })
  })

  it('an error says which step, and what was tried', async () => {
    upstream.always(json({ error: { message: 'boom' } }, 500))
    const response = await app.post('/chat/completions', { model: 'chain:triage', variables: { text: 'x' } })
    expect(response.status).toBe(502)
    expect(response.headers.get('x-promptbox-attempts')).toBe('1')
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringMatching(/^Step `classify` of chain/) },
    })
  })
})

it('steps that the cache answers are asked of nobody and cost nothing', async () => {
  const version = { messages: [{ role: 'user', content: 'ask' }], model: 'local/m', cache_ttl_seconds: 60 }
  await app.admin('POST', '/prompts', { slug: 'kept', name: 'kept', version, labels: ['production'] })
  await app.admin('POST', '/chains', { slug: 'kept', steps: ['a', 'b'].map((name) => ({ name, prompt: 'kept' })) })
  const ask = async () => {
    const response = await app.post('/chat/completions', { model: 'chain:kept' })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'ask' } }] })
    return app.exchange(idOf(response))
  }
  // The second step asks what the first one asked.
  expect(await ask()).toMatchObject({ cache: 'miss', attempts: [{ step: 'a' }], input_tokens: 10, cost_usd: callUsd })
  expect(await ask()).toMatchObject({ cache: 'hit', attempts: [], cost_usd: 0 })
})

describe('versions', () => {
  it('are served as they are activated, and by their number', async () => {
    const answering = async (model: string): Promise<unknown> => {
      const response = await app.post('/chat/completions', { model, variables: { text: 'x' } })
      return ((await response.json()) as { choices?: [{ message: { content: string } }] }).choices?.[0].message.content
    }
    const asking = (prompt: string) => ({ steps: [{ name: 'only', prompt, variables: { text: '{{input.text}}' } }] })
    await app.admin('POST', '/chains', { slug: 'moving', ...asking('refund') })
    expect(await answering('chain:moving')).toBe('refund')
    await app.admin('PUT', '/chains/moving', asking('general'))
    expect([await answering('chain:moving'), await answering('chain:moving@1')]).toEqual(['general', 'refund'])
    await app.admin('POST', '/chains/moving/activate', { version: 1, reason: 'back' })
    expect(await answering('chain/moving')).toBe('refund')
    const models = await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${app.key}` } })
    expect(JSON.stringify(await models.json())).toContain('"chain:moving"')
    const one = await fetch(`${app.url}/v1/models/chain:moving@2`, { headers: { authorization: `Bearer ${app.key}` } })
    expect(one.status).toBe(200)
    await app.admin('DELETE', '/chains/moving')
    expect(await answering('chain:moving')).toBeUndefined()
  })
})
