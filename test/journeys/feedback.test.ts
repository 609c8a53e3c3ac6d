import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newRequestId } from '../../src/core/ids.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { until } from '../support/until.ts'

/** What people say of answers, from the answer to the exchange that shows it. */
let app: RunningApp

beforeAll(async () => {
  app = await startRunningApp()
})
afterAll(() => app.dispose())

interface Shown {
  readonly name: string
  readonly source: string
  readonly value: unknown
  readonly comment: string | null
  readonly at: string
}

async function ask(): Promise<string> {
  const response = await app.post('/chat/completions', {
    model: 'mock/echo',
    messages: [{ role: 'user', content: 'Where is my parcel?' }],
  })
  await response.arrayBuffer()
  return response.headers.get('x-request-id') ?? ''
}

async function give(
  body: unknown,
  key = app.key,
): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  const response = await app.post('/feedback', body, { authorization: `Bearer ${key}` })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

async function shown(requestId: string, count: number): Promise<readonly Shown[]> {
  return until(`${count} statements are shown`, async () => {
    const { feedback } = await app.exchange(requestId)
    return (feedback as readonly Shown[]).length === count ? (feedback as readonly Shown[]) : null
  })
}

describe('feedback of a client', () => {
  test('right after the answer is taken, and shown with the exchange', async () => {
    const id = await ask()
    const before = Date.now()
    const given = await give({ request_id: id, name: 'rating', value: 4, comment: 'Friendly.' })
    expect(given).toEqual({ status: 200, json: { object: 'feedback', received: 1 } })
    const [feedback] = await shown(id, 1)
    expect(feedback).toMatchObject({ name: 'rating', source: 'client', value: 4, comment: 'Friendly.' })
    expect(Math.abs(Date.parse(feedback?.at ?? '') - before)).toBeLessThan(10_000)
  })

  test('numbers, thumbs and texts come back as they were given', async () => {
    const id = await ask()
    const values = { accuracy: 0.82, note: 'It was kind. Ünd 👍', resolved: false, revenue_usd: -12.5, thumbs: true }
    for (const [name, value] of Object.entries(values)) await give({ request_id: id.toUpperCase(), name, value })
    const feedback = await shown(id, 5)
    expect(Object.fromEntries(feedback.map(({ name, value }) => [name, value]))).toEqual(values)
  })

  test('twice changes nothing, and another value replaces the one before', async () => {
    const id = await ask()
    await give({ request_id: id, name: 'rating', value: 2 })
    await give({ request_id: id, name: 'rating', value: 2 })
    await give({ request_id: id, name: 'rating', value: 3, source: 'helpdesk' })
    await give({ request_id: id, name: 'rating', value: 5 })
    await until('the last one is shown', async () => {
      const feedback = await shown(id, 2)
      return feedback.find(({ source }) => source === 'client')?.value === 5
    })
    const feedback = await shown(id, 2)
    expect(feedback.map(({ source, value }) => [source, value])).toEqual([
      ['client', 5],
      ['helpdesk', 3],
    ])
  })

  test('a batch of a thousand is taken whole', async () => {
    const id = await ask()
    const feedback = Array.from({ length: 1000 }, (_, index) => ({ request_id: id, name: `m${index}`, value: index }))
    expect(await give({ feedback })).toEqual({ status: 200, json: { object: 'feedback', received: 1000 } })
    const all = await shown(id, 1000)
    expect(new Set(all.map(({ value }) => value)).size).toBe(1000)
  })

  test('a batch with a mistake is refused, and nothing of it is taken', async () => {
    const id = await ask()
    const feedback = [
      { request_id: id, name: 'rating', value: 4 },
      { request_id: id, name: 'thumbs', value: 'up' },
    ]
    const refused = await give({ feedback })
    expect(refused).toMatchObject({
      status: 400,
      json: { error: { type: 'invalid_request_error', param: 'feedback[1].value' } },
    })
    await give({ request_id: id, name: 'confidence', value: 1 })
    expect((await shown(id, 1)).map(({ name }) => name)).toEqual(['confidence'])
  })

  test('on an old exchange that there never was is a 404 that names it', async () => {
    const id = newRequestId(Date.now() - 3 * 3_600_000)
    const refused = await give({ feedback: [{ request_id: id, name: 'thumbs', value: true }] })
    expect(refused).toMatchObject({
      status: 404,
      json: {
        error: { code: 'exchange_not_found', param: 'feedback[0].request_id', message: expect.stringContaining(id) },
      },
    })
  })

  test('bodies that are none are refused with the id of the request', async () => {
    for (const body of ['{', '[]', '']) {
      const response = await app.post('/feedback', body)
      await response.arrayBuffer()
      expect(response.status).toBe(400)
      expect(response.headers.get('x-request-id')).not.toBeNull()
    }
    const wrong = await fetch(`${app.url}/v1/feedback`, { headers: { authorization: `Bearer ${app.key}` } })
    await wrong.arrayBuffer()
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('needs a key', async () => {
    expect(await give({}, 'pb-nobody-has-this-key')).toMatchObject({ status: 401 })
  })

  test('from OpenAI’s client, as its documentation says', async () => {
    const client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: app.key })
    const answer = await client.chat.completions.create({
      model: 'mock/echo',
      messages: [{ role: 'user', content: 'Hello' }],
    })
    const body = { request_id: answer._request_id, name: 'thumbs', value: true }
    expect(await client.post('/feedback', { body })).toMatchObject({ object: 'feedback', received: 1 })
    expect(await shown(answer._request_id ?? '', 1)).toMatchObject([{ name: 'thumbs', value: true }])
  })
})

describe('a key with the scope feedback', () => {
  test('reports feedback, in either header, and can do nothing else', async () => {
    const { key } = (await app.admin('POST', '/keys', { name: 'helpdesk', scopes: ['feedback'] })) as { key: string }
    const id = await ask()
    expect(await give({ request_id: id, name: 'thumbs', value: true, source: 'helpdesk' }, key)).toMatchObject({
      status: 200,
    })
    const byApiKey = await fetch(`${app.url}/v1/feedback`, {
      method: 'POST',
      headers: { 'api-key': key },
      body: JSON.stringify({ request_id: id, name: 'resolved', value: true }),
    })
    expect(byApiKey.status).toBe(200)
    expect(await shown(id, 2)).toHaveLength(2)
    const others: readonly [string, string][] = [
      ['POST', '/v1/chat/completions'],
      ['POST', '/v1/responses'],
      ['POST', '/v1/prompts/x/render'],
      ['GET', '/v1/models'],
      ['POST', '/v1/feedback/more'],
      ['GET', '/admin/v1/keys'],
      ['POST', '/admin/v1/feedback'],
    ]
    for (const [method, path] of others) {
      const response = await fetch(`${app.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(method === 'POST' ? { body: '{}' } : {}),
      })
      expect([path, response.status]).toEqual([path, 403])
      expect(await response.json()).toMatchObject({ error: { type: 'permission_error' } })
    }
  })
})

describe('the admin API', () => {
  test('takes reviews, shows them at once and says what was new', async () => {
    const id = await ask()
    await app.exchange(id)
    const review = { request_id: id, name: 'accuracy', value: 0.5, comment: 'Wrong carrier.' }
    expect(await app.admin('POST', '/feedback', review)).toEqual({ object: 'feedback', received: 1, changed: 1 })
    expect((await app.exchange(id))['feedback']).toMatchObject([
      { source: 'admin', value: 0.5, comment: 'Wrong carrier.' },
    ])
    await app.admin('POST', '/feedback', { ...review, source: 'judge' }, 400)
    const old = newRequestId(Date.now() - 3 * 3_600_000)
    await app.admin('POST', '/feedback', { ...review, request_id: old }, 404)
  })

  test('an exchange that nobody said anything of has none', async () => {
    expect((await app.exchange(await ask()))['feedback']).toEqual([])
  })
})

test('the metrics count statements by name, and names of the author’s own together', async () => {
  const id = await ask()
  await give({ request_id: id, name: 'my_own_name', value: 1 })
  const text = await (await fetch(`${app.url}/metrics`)).text()
  expect(text).toMatch(/promptbox_feedback_total\{name="other"\} \d+/)
  expect(text).toMatch(/promptbox_feedback_total\{name="rating"\} \d+/)
  expect(text).not.toContain('my_own_name')
})
