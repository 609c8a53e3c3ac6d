import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { type InferenceEnvironment } from '../../src/routes/inference.ts'
import { models } from '../../src/routes/models.ts'
import type { Snapshot } from '../../src/snapshot/snapshot.ts'
import { snapshotOf } from '../support/chat-bench.ts'
import { scriptedProvider } from '../support/scripted-provider.ts'

const messages = [{ role: 'user' as const, content: 'Hi' }]
const version = { messages, model: 'one/m' }

it('lists what the snapshot of each request has, for its tenant alone', async () => {
  const provider = scriptedProvider('one')
  const routes = models({
    catalogue: { providers: new Map([['one', provider]]), providerOfBareModel: () => null },
    knownModels: () => ['m'],
    startedAtSeconds: 1_700_000_000,
    mostPrompts: 2,
  })
  const list = async (snapshot: Snapshot, tenantId: string): Promise<{ ids: string[]; warning: string | null }> => {
    const app = new Hono<InferenceEnvironment>()
    app.use((context, next) => {
      context.set('snapshot', snapshot)
      context.set('key', { id: 'k', tenantId, name: 'k', scopes: ['inference'], expiresAt: null })
      return next()
    })
    app.route('/', routes)
    const response = await app.request('/models')
    expect(response.headers.get('content-type')).toBe('application/json')
    const body = (await response.json()) as { object: string; data: { id: string }[] }
    expect(body.object).toBe('list')
    return { ids: body.data.map(({ id }) => id), warning: response.headers.get('x-promptbox-warning') }
  }
  const before = snapshotOf({ greet: [version] })
  const after = snapshotOf({ greet: [version], leave: [version], stay: [version] })
  for (let times = 0; times < 2; times++) {
    expect(await list(before, 'default')).toEqual({ ids: ['prompt:greet', 'one/m'], warning: null })
    expect(await list(before, 'other')).toEqual({ ids: ['one/m'], warning: null })
    expect(await list(after, 'default')).toEqual({
      ids: ['prompt:greet', 'prompt:leave', 'one/m'],
      warning: expect.stringContaining('only 2 prompts'),
    })
  }
})
