import type { Hono } from 'hono'
import type { AdminDependencies } from '../../src/admin/dependencies.ts'
import * as agents from '../../src/contract/admin/agents.ts'
import * as changeMany from '../../src/contract/admin/change-many.ts'
import * as dependents from '../../src/contract/admin/dependents.ts'
import * as chains from '../../src/contract/admin/chains.ts'
import * as diff from '../../src/contract/admin/diff.ts'
import type { Endpoint } from '../../src/contract/admin/endpoint.ts'
import * as evolution from '../../src/contract/admin/evolution.ts'
import * as exchanges from '../../src/contract/admin/exchanges.ts'
import * as experimentPlans from '../../src/contract/admin/experiment-plan.ts'
import * as experimentReading from '../../src/contract/admin/experiment-reading.ts'
import * as experiments from '../../src/contract/admin/experiments.ts'
import * as feedback from '../../src/contract/admin/feedback.ts'
import * as guardrails from '../../src/contract/admin/guardrails.ts'
import * as guardrailStats from '../../src/contract/admin/guardrail-stats.ts'
import * as guardrailTrial from '../../src/contract/admin/guardrail-trial.ts'
import * as outputChecks from '../../src/contract/admin/output-checks.ts'
import * as interchange from '../../src/contract/admin/interchange.ts'
import * as keys from '../../src/contract/admin/keys.ts'
import * as labels from '../../src/contract/admin/labels.ts'
import * as models from '../../src/contract/admin/models.ts'
import * as prompts from '../../src/contract/admin/prompts.ts'
import * as providers from '../../src/contract/admin/providers.ts'
import * as protections from '../../src/contract/admin/protections.ts'
import * as reviews from '../../src/contract/admin/reviews.ts'
import * as render from '../../src/contract/admin/render.ts'
import * as rollouts from '../../src/contract/admin/rollouts.ts'
import * as routes from '../../src/contract/admin/routes.ts'
import * as snapshotRoom from '../../src/contract/admin/snapshot.ts'
import * as testRooms from '../../src/contract/admin/tests.ts'
import * as templateUse from '../../src/contract/admin/template-use.ts'
import * as templates from '../../src/contract/admin/templates.ts'
import * as versions from '../../src/contract/admin/versions.ts'
import type { Observation } from '../../src/core/observation.ts'
import { createSealer, hashKey } from '../../src/core/seal.ts'
import { createExamineText } from '../../src/pipeline/examine-text.ts'
import { checkPrices } from '../../src/pricing/check-prices.ts'
import type { AdminEnvironment } from '../../src/routes/admin/authenticate.ts'
import { createAdminRoutes } from '../../src/routes/admin/admin.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import {
  type IndexedSnapshot,
  type SnapshotStamp,
  emptySnapshot,
  restamp,
} from '../../src/snapshot/indexed-snapshot.ts'
import type { Snapshot } from '../../src/snapshot/snapshot.ts'
import { type MemoryStores, createMemoryStores } from '../../src/store/memory.ts'
import type { Stores } from '../../src/store/ports.ts'
import { estimateByLength } from '../../src/tokens/token-counter.ts'

export const adminKey = 'pb-super-admin-key-of-the-tests'

export interface Subject {
  readonly app: Hono<AdminEnvironment>
  readonly stores: MemoryStores
  /** Those it works on: the same, or what it was given. */
  readonly served: Stores
  readonly observations: Observation[]
  /** How often a change was published. */
  readonly published: () => number
  readonly clock: { now(): number; monotonic(): number; set(now: number): void }
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // Tests look into answers of every shape.
  readonly json: Json
}
export type Json = { readonly [name: string]: Json } & readonly Json[] & string & number & boolean & null

/** The admin API over the stores in memory, with a snapshot that is rebuilt from them at each publication. */
export function createSubject(changes: Partial<AdminDependencies> = {}, onStores?: Stores): Subject {
  let now = Date.parse('2026-11-20T09:30:00.000Z')
  const clock = { now: () => now, monotonic: () => now, set: (value: number) => (now = value) }
  const stores = createMemoryStores(clock)
  const served: Stores = onStores ?? stores
  const observations: Observation[] = []
  let count = 0
  const sealer = createSealer('an encryption key of the tests')
  const observe = (observation: Observation) => void observations.push(observation)
  const stamp = (): SnapshotStamp => ({ version: String(count), tier: 'database', builtAt: now })
  const empty = emptySnapshot({ sealer, environmentCredentials: new Map(), observe }, stamp())
  let snapshot: Snapshot = empty
  const app = createAdminRoutes({
    stores: served,
    snapshot: () => snapshot,
    databaseAway: () => false,
    adminKeyHash: hashKey(adminKey),
    hashKey,
    seal: (secret) => sealer.seal(secret),
    async published() {
      count++
      snapshot = await snapshotOf(served, empty, stamp())
    },
    providers: [
      { id: 'openai', aliases: [], priceId: 'openai' },
      { id: 'gemini', aliases: ['google'], priceId: 'google' },
      { id: 'openrouter', aliases: [], priceId: 'openrouter' },
      { id: 'local', aliases: [], priceId: null },
      { id: 'mock', aliases: [], priceId: null },
    ],
    checkPrices,
    knownModels: () => [],
    describeModel: (id) =>
      id.includes('/') ? { id, aliases: [], prices: null, priceSource: null, facts: null } : null,
    countTokens: async (text) => estimateByLength(text),
    purgeCache: async () => 0,
    askInside: () => Promise.reject(new Error('This test asks no model.')),
    examineText: createExamineText({
      callWebhook: async () => ({ problem: 'this test has no webhook' }),
      askModel: () => Promise.reject(new Error('this test has no model')),
      moderate: () => Promise.reject(new Error('this test has no model')),
      environment: {},
    }),
    callWebhook: () => Promise.reject(new Error('This test asks no webhook.')),
    webhookSecrets: new Map(),
    tests: { parallel: 4, timeoutMs: 60_000, keep: 50, logBodies: 'on' },
    allowPrivateUrls: true,
    maxBodyBytes: 4 * 1024 * 1024,
    clock,
    observe,
    ...changes,
  })
  return {
    app,
    stores,
    served,
    observations,
    clock,
    published: () => count,
    async send(method, path, body, headers = {}) {
      const raw = typeof body === 'string' || body instanceof Uint8Array
      const response = await app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${adminKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
      if (response.ok && isJson && path.startsWith('/v1')) expectAsDescribed(method, path, JSON.parse(text))
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: (isJson ? JSON.parse(text) : null) as Json,
      }
    },
  }
}

/** Every endpoint of the contract. */
export const endpoints: readonly Endpoint[] = [
  prompts,
  versions,
  dependents,
  diff,
  labels,
  protections,
  reviews,
  testRooms,
  render,
  keys,
  providers,
  models,
  routes,
  agents,
  changeMany,
  chains,
  exchanges,
  experiments,
  experimentReading,
  experimentPlans,
  rollouts,
  evolution,
  feedback,
  guardrails,
  guardrailTrial,
  guardrailStats,
  outputChecks,
  interchange,
  snapshotRoom,
  templates,
  templateUse,
].flatMap((room) =>
  Object.values(room as Record<string, unknown>).filter(
    (value): value is Endpoint => typeof value === 'object' && value !== null && 'answer' in value && 'path' in value,
  ),
)

/** Whatever is answered in a test must be what the contract says is answered. */
function expectAsDescribed(method: string, path: string, answer: unknown): void {
  const wanted = path.replace('/v1', '').replace(/\?.*/, '')
  const pattern = (endpoint: Endpoint) =>
    new RegExp(`^${endpoint.path.replaceAll(/\{\w+\}/g, endpoint.slashes ? '.+' : '[^/]+')}$`)
  const parameters = ({ path: described }: Endpoint) => described.split('{').length
  // `/guardrails/types` is no `/guardrails/{slug}`.
  const [endpoint] = endpoints
    .filter((candidate) => candidate.method === method && pattern(candidate).test(wanted))
    .sort((left, right) => parameters(left) - parameters(right))
  if (endpoint === undefined) throw new Error(`No endpoint describes ${method} ${path}`)
  endpoint.answer.parse(answer)
}

async function snapshotOf(stores: Stores, empty: IndexedSnapshot, stamp: SnapshotStamp): Promise<Snapshot> {
  let snapshot = empty
  for await (const batch of stores.snapshot.all()) snapshot = applyChanges(snapshot, batch, stamp)
  return restamp(snapshot, stamp)
}

export const versionBody = {
  messages: [
    { role: 'system', content: 'You answer for {{company}}.' },
    { role: 'user', content: '{{question}}' },
  ],
  variables: {
    type: 'object',
    properties: { company: { type: 'string', default: 'Acme' }, question: { type: 'string' } },
    required: ['question'],
  },
  model: 'openai/gpt-4o-mini',
  parameters: { temperature: 0.2, max_tokens: 500 },
  change_note: 'first',
}

export async function createSupportReply(subject: Subject, further: Record<string, unknown> = {}): Promise<Answer> {
  return subject.send('POST', '/v1/prompts', {
    slug: 'support-reply',
    name: 'Support reply',
    version: versionBody,
    labels: ['production'],
    ...further,
  })
}
