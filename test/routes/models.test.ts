import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { type InferenceEnvironment } from '../../src/routes/inference.ts'
import { models } from '../../src/routes/models.ts'
import type { Snapshot } from '../../src/snapshot/snapshot.ts'
import { chainBench, row } from '../support/chain-bench.ts'
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
      context.set('key', { id: 'k', tenantId, name: 'k', scopes: ['inference'], roles: [], expiresAt: null })
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

it('says when there are more chains than it lists', async () => {
  const slugs = Array.from({ length: 11 }, (_, index) => `c${index}`)
  const { snapshot } = chainBench(Object.fromEntries(slugs.map((slug) => [slug, row])))
  const response = await appWith(snapshot).request('/models')
  const { data } = (await response.json()) as { data: { id: string }[] }
  expect(data.filter(({ id }) => id.startsWith('chain:'))).toHaveLength(10)
  expect(response.headers.get('x-promptbox-warning')).toMatch(/^only 10 chains are listed here/)
})

const openai: Provider = { ...scriptedProvider('openai'), priceId: 'openai' }
const off: Provider = { ...scriptedProvider('off'), needsApiKey: true, builtIn: false }

function withRoutesAndAliases(): Snapshot {
  const row = { provider: 'openai', model: 'gpt-4o', aliases: ['big', 'fast'], prices: null, id: 'openai/gpt-4o' }
  const model = { ...row, facts: { max_output_tokens: 100 } }
  const gone = { id: 'off/x', provider: 'off', model: 'x', aliases: ['lost'], prices: null, facts: null }
  const body = { strategy: 'ordered' as const, targets: [{ model: 'big' }] }
  return {
    ...snapshotOf({ greet: [version] }),
    models: new Map(Object.entries({ 'openai/gpt-4o': model, big: model, fast: model, 'off/x': gone, lost: gone })),
    routes: new Map(['save', 'fast'].map((slug) => [slug, { slug, body }])),
  }
}

function appWith(snapshot: Snapshot): Hono<InferenceEnvironment> {
  const app = new Hono<InferenceEnvironment>()
  app.use((context, next) => {
    context.set('snapshot', snapshot)
    context.set('key', { id: 'k', tenantId: 'default', name: 'k', scopes: ['inference'], roles: [], expiresAt: null })
    return next()
  })
  app.onError((error, context) => context.json(Fault.from(error).toEnvelope(), 404))
  const providers = new Map([openai, off].map((each) => [each.id, each]))
  const catalogue = { providers, providerOfBareModel: () => null }
  const knownModels = (provider: Provider): string[] => (provider === openai ? ['gpt-4o', 'gpt-5.4', 'new'] : ['x'])
  return app.route('/', models({ catalogue, knownModels, startedAtSeconds: 5, mostPrompts: 10 }))
}

it('lists routes and aliases as its own, each name once, and what is known of a model’s size', async () => {
  const response = await appWith(withRoutesAndAliases()).request('/models')
  const { data } = (await response.json()) as { data: { id: string }[] }
  const common = { object: 'model', created: 5 }
  expect(data).toEqual([
    { ...common, id: 'prompt:greet', owned_by: 'promptbox' },
    { ...common, id: 'fast', owned_by: 'promptbox' },
    { ...common, id: 'save', owned_by: 'promptbox' },
    { ...common, id: 'openai/gpt-4o', owned_by: 'openai', context_window: 128_000, max_output_tokens: 100 },
    { ...common, id: 'openai/gpt-5.4', owned_by: 'openai', context_window: 1_050_000, max_output_tokens: 128_000 },
    { ...common, id: 'openai/new', owned_by: 'openai' },
    { ...common, id: 'big', owned_by: 'promptbox', context_window: 128_000, max_output_tokens: 100 },
  ])
})

it('answers for each listed name what the list says, and for others that they do not exist', async () => {
  const app = appWith(withRoutesAndAliases())
  const { data } = (await (await app.request('/models')).json()) as { data: { id: string }[] }
  for (const listed of data) {
    expect(await (await app.request(`/models/${encodeURIComponent(listed.id)}`)).json()).toEqual(listed)
  }
  for (const id of ['lost', 'off/x', 'openai/unheard-of', 'nothing']) {
    const response = await app.request(`/models/${id}`)
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } })
  }
})
