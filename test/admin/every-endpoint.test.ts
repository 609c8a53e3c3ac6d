import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../../src/contract/admin/endpoint.ts'
import { hashKey } from '../../src/core/seal.ts'
import { type Answer, type Subject, createSubject, createSupportReply, endpoints } from './subject.ts'

/** What holds of every endpoint, also of those that somebody adds tomorrow. */

const named = endpoints.map((endpoint) => [endpoint.id, endpoint] as const)
const pathOf = ({ path }: Endpoint, fill: (name: string) => string): string =>
  `/v1${path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => fill(name))}`
const defectsOf = (subject: Subject) => subject.observations.filter(({ type }) => type === 'defect')

const hostileIds = [
  '%00',
  '..%2f..%2fetc',
  "'%20OR%201=1",
  '%ff',
  '%',
  '%F0%9F%92%A9',
  '__proto__',
  'constructor',
  '-1',
  '1e309',
]
const hostileBodies = [
  '{',
  '[]',
  'null',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"slug":"\\u0000","name":"\\ud83d"}',
  '{"version":1e400}',
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
]

describe('hostile input is a 400, a 404 or the like, never a defect', () => {
  test.each(named)('%s', async (_id, endpoint) => {
    const subject = createSubject()
    await createSupportReply(subject)
    const good = pathOf(endpoint, (name) => endpoint.example.path?.[name] ?? 'support-reply')
    const body = endpoint.method === 'GET' || endpoint.body === null ? undefined : endpoint.example.body
    const answers: (readonly [string, Answer])[] = []
    const send = async (what: string, path: string, sent: unknown): Promise<void> =>
      void answers.push([what, await subject.send(endpoint.method, path, sent)])
    if (endpoint.path.includes('{'))
      for (const id of hostileIds)
        await send(
          id,
          pathOf(endpoint, () => id),
          body,
        )
    for (const name of Object.keys(endpoint.example.query ?? {}).concat('cursor', 'limit'))
      for (const value of ['%00', '', '-1', 'x'.repeat(3_000), 'W10', 'eyJhIjoxfQ'])
        await send(`${name}=${value}`, `${good}?${name}=${value}`, body)
    if (endpoint.body !== null) for (const hostile of hostileBodies) await send(hostile.slice(0, 60), good, hostile)
    for (const [what, { status, text }] of answers) {
      expect.soft(status, what).toBeLessThan(500)
      expect.soft(text.length, what).toBeLessThan(100_000)
    }
    expect(defectsOf(subject)).toEqual([])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

/** Endpoints whose things belong to the whole installation, and those that show what nobody owns. */
const ofEverybody = ['/providers', '/models', '/known-models', '/snapshot', '/routes']

/** Stands in all that the default tenant has. */
const secret = 'Open sesame'

async function stateOf(subject: Subject): Promise<readonly unknown[]> {
  const of = [
    '/prompts/support-reply',
    '/prompts/support-reply/versions/2',
    '/prompts/support-reply/timeline',
    '/agents',
    '/chains/mine',
    '/templates/mine',
    '/guardrails/mine',
    '/keys',
  ]
  const answers: unknown[] = []
  for (const path of of) answers.push((await subject.send('GET', `/v1${path}`)).json)
  return answers
}

/** One of everything, made by the default tenant; ids by the name of the path parameter. */
async function furnished(): Promise<{ readonly subject: Subject; readonly stranger: string }> {
  const subject = createSubject()
  const messages = [{ role: 'user', content: `${secret}, {{question}}` }]
  const secretBody = { messages, model: 'openai/gpt-4o-mini' }
  await createSupportReply(subject, { name: secret, category: 'support', version: secretBody })
  await subject.send('POST', '/v1/prompts/support-reply/versions', { ...secretBody, change_note: secret })
  await subject.send('POST', '/v1/prompts/support-reply/versions/2/submit')
  await subject.send('PUT', '/v1/agents/mine', { name: secret, prompts: ['support-reply'] })
  await subject.send('POST', '/v1/chains', {
    slug: 'mine',
    name: secret,
    steps: [{ name: 'only', prompt: 'support-reply' }],
  })
  await subject.send('POST', '/v1/templates', { slug: 'mine', name: secret, category: 'support', version: secretBody })
  await subject.send('POST', '/v1/guardrails', {
    slug: 'mine',
    name: secret,
    type: 'keywords',
    settings: { words: [secret] },
  })
  const stranger = 'pb-key-of-a-stranger'
  await subject.stores.keys.create(
    { tenantId: 'other', id: 'admin', name: 'admin' },
    {
      id: 'key-other',
      tenantId: 'other',
      name: 'Stranger',
      hash: hashKey(stranger),
      scopes: ['admin'],
      roles: ['release-manager'],
      expiresAt: null,
      prefix: 'pb-key',
    },
  )
  await subject.send('POST', '/v1/keys', { name: 'to publish' })
  return { subject, stranger }
}

const mineOf =
  (endpoint: Endpoint) =>
  (name: string): string => {
    const [, room = ''] = endpoint.path.split('/')
    if (name === 'slug') return room === 'prompts' ? 'support-reply' : 'mine'
    if (name === 'prompt') return 'support-reply'
    return endpoint.example.path?.[name] ?? '1'
  }

describe('what is of another tenant is not there', () => {
  test.each(named.filter(([, { path }]) => !ofEverybody.some((room) => path.startsWith(room))))(
    '%s shows none of it, and changes none of it',
    async (_id, endpoint) => {
      const { subject, stranger } = await furnished()
      const before = await stateOf(subject)
      for (const thing of before.slice(0, -1)) expect(JSON.stringify(thing)).toContain(secret)
      const body = endpoint.method === 'GET' || endpoint.body === null ? undefined : endpoint.example.body
      const path = pathOf(endpoint, mineOf(endpoint))
      const answer = await subject.send(endpoint.method, path, body, { authorization: `Bearer ${stranger}` })
      // Whoever puts something makes a thing of their own under that name.
      if (endpoint.path.includes('{') && !(endpoint.method === 'PUT' && answer.status < 300))
        expect([400, 404]).toContain(answer.status)
      expect(answer.text).not.toContain(secret)
      expect(await stateOf(subject)).toEqual(before)
      expect(defectsOf(subject)).toEqual([])
    },
  )
})
