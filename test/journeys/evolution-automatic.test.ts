import { Pool } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { type Script, type ScriptedUpstream, json, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { until } from '../support/until.ts'
import { askAsUser } from './ask-as-user.ts'

/**
 * From what people said to a better prompt that everybody is served, with nobody's help after the policy: feedback, proposal, test
 * cases, experiment, rollout, label, and what it brought.
 */
let upstream: ScriptedUpstream
let app: RunningApp
let pool: Pool

/** A model that rambles until it is told not to. */
const model: Script = (answer) => {
  const messages = answer.request.json['messages'] as readonly { readonly content: string }[]
  const isTold = messages[0]?.content.includes('Keep the answer short') === true
  const content = isTold ? 'Your parcel is on its way.' : 'Let me begin with the history of parcels. '.repeat(5)
  return json({
    id: 'c-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  })(answer)
}

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  upstream.always(model)
  app = await startRunningApp({
    LOCAL_BASE_URL: upstream.baseUrl,
    PROMPTBOX_RETRIES: '0',
    PROMPTBOX_EXPERIMENTS_INTERVAL_MS: '20',
  })
  pool = new Pool(app.url, { connections: 16 })
  await app.admin('PUT', '/models/local/m', {
    prices: { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 2 },
  })
  await app.admin('POST', '/prompts', {
    slug: 'reply',
    name: 'Reply',
    version: {
      messages: [
        { role: 'system', content: 'You are the support of a parcel service.' },
        { role: 'user', content: '{{question}}' },
      ],
      model: 'local/m',
      test_cases: [
        { name: 'parcel', variables: { question: 'Where is it?' }, checks: [{ type: 'contains', value: 'parcel' }] },
      ],
    },
    labels: ['production'],
  })
})
afterAll(async () => {
  await pool.close()
  await app.dispose()
  await upstream.close()
})

interface Served {
  readonly requestId: string
  readonly isShort: boolean
}

async function ask(user: number): Promise<Served> {
  const { headers, body } = await askAsUser(pool, app, { prompt: 'reply', user, question: `Where is parcel ${user}?` })
  const answer = (await body.json()) as { choices: readonly { message: { content: string } }[] }
  return {
    requestId: String(headers['x-request-id']),
    isShort: (answer.choices[0]?.message.content.length ?? Infinity) < 100,
  }
}

let user = 0

/** So many new users ask, and say what they think: they like short answers, and not all of them are of one mind. */
async function askAndRate(count: number, comment: string | null = null): Promise<readonly Served[]> {
  const served = await Promise.all(Array.from({ length: count }, () => ask(user++)))
  const feedback = served.map(({ requestId, isShort }, at) => ({
    request_id: requestId,
    name: 'rating',
    value: (isShort ? 4 : 1) + (at % 2),
    ...(comment === null ? {} : { comment }),
  }))
  const answer = await app.post('/feedback', { feedback })
  expect(answer.status).toBe(200)
  await answer.arrayBuffer()
  return served
}

interface Proposal {
  readonly state: string
  readonly strategy: string
  readonly version: number
  readonly experiment: string | null
  readonly rollout: string | null
  readonly sentence: string
  readonly improvement: { readonly effect: number; readonly interval: readonly number[] | null } | null
}

async function proposal(): Promise<Proposal | null> {
  const { data } = await app.admin('GET', '/prompts/reply/evolution/proposals')
  return (data as readonly Proposal[])[0] ?? null
}

/** Asks until the proposal is in another of these states, some users at a time. */
async function askUntil(state: string, most: number): Promise<Proposal> {
  for (const end = user + most; user < end;) {
    const now = await proposal()
    if (now?.state === state) return now
    if (now === null || ['lost', 'failed_tests', 'rolled_back', 'rejected'].includes(now.state)) break
    const last = (await askAndRate(20)).at(-1)
    await app.exchange(last?.requestId ?? '')
  }
  return until(`the proposal is ${state}`, async () => {
    const now = await proposal()
    return now?.state === state ? now : null
  })
}

test('feedback becomes a better prompt by itself', { timeout: 120_000 }, async () => {
  const before = await askAndRate(10, 'Far too long.')
  expect(before.some(({ isShort }) => isShort)).toBe(false)
  for (const { requestId } of before) {
    await until('the feedback is there', async () => {
      const { feedback } = await app.exchange(requestId)
      return (feedback as readonly unknown[]).length > 0
    })
  }
  await app.admin('PUT', '/prompts/reply/evolution', {
    strategies: ['instructions'],
    steps: { test: 'auto', experiment: 'auto', rollout: 'auto' },
    experiment: {
      primary_metric: 'satisfaction',
      minimum_detectable_effect: 0.5,
      planned_units: 400,
      floors: { hours: 0, units_per_variant: 20 },
    },
    rollout: { steps: [50, 100], hours_per_step: 0, units_per_step: 20 },
  })
  const tried = await until('the proposal is in its experiment', async () => {
    const now = await proposal()
    return now?.state === 'in_experiment' ? now : null
  })
  expect(tried).toMatchObject({ strategy: 'instructions', version: 2, experiment: 'evolve-reply-v2' })
  const draft = await app.admin('GET', '/prompts/reply/versions/2')
  expect(draft).toMatchObject({ parent_version: 1, change_note: expect.stringContaining('too long (10)') })

  const out = await askUntil('rolling_out', 2_000)
  expect(out.rollout).not.toBeNull()
  const adopted = await askUntil('promoted', 2_000)
  expect(adopted).toMatchObject({
    tests: { passed: true, score: 1 },
    improvement: { metric: 'satisfaction', relative_interval: expect.any(Array), sentence: expect.any(String) },
  })
  // 0.75 for as many of either mind in both variants, which chance decides.
  expect(adopted.improvement?.effect).toBeGreaterThan(0.5)
  expect(adopted.improvement?.interval?.[0]).toBeGreaterThan(0)
  expect(await app.admin('GET', '/prompts/reply')).toMatchObject({ labels: { production: 2 } })
  const after = await until('everybody has the better version', async () => {
    const served = await askAndRate(10)
    return served.every(({ isShort }) => isShort) ? served : null
  })
  expect(after).toHaveLength(10)

  const { data } = await app.admin('GET', '/prompts/reply/timeline')
  expect(data).toContainEqual(expect.objectContaining({ event: 'label_set', label: 'production', from: 1, to: 2 }))
  expect(await app.admin('GET', '/prompts/reply/evolution')).toMatchObject({
    last_run: { sentence: expect.stringContaining('1 proposal for version 1') },
  })
})
