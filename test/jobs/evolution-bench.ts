import type { KnownModel } from '../../src/admin/dependencies.ts'
import { type EvolutionPolicy, evolutionPolicySchema } from '../../src/contract/evolution.ts'
import type { ExperimentResults } from '../../src/contract/experiment-results.ts'
import { Fault } from '../../src/core/fault.ts'
import type { EvolutionDependencies } from '../../src/jobs/evolve-prompts.ts'
import type { InsideAnswer, InsideRequest } from '../../src/pipeline/ask-inside.ts'
import { createExamineText } from '../../src/pipeline/examine-text.ts'
import { createMemoryStores, type MemoryStores } from '../../src/store/memory.ts'
import type { TestRun } from '../../src/store/ports.ts'
import { snapshotOf } from '../support/chat-bench.ts'
import { exchangeRecord } from '../store/contract/exchange-record.ts'
import { actor, metadata } from '../store/contract/subject.ts'

export const slug = 'support-reply'
const testCases = [{ name: 'greets', checks: [{ type: 'contains', value: 'parcel' }] }]

/** A model, a cheaper and a dearer one, US dollars for a million tokens. */
const known: Readonly<Record<string, KnownModel>> = Object.fromEntries(
  [['openai/x', 10] as const, ['openai/mini', 1] as const, ['openai/dear', 50] as const].map(([id, usd]) => [
    id,
    {
      id,
      aliases: [],
      prices: { input_usd_per_million_tokens: usd, output_usd_per_million_tokens: usd },
      priceSource: null,
      facts: null,
    },
  ]),
)

/** Prompts, stores in memory and a clock that is set, for rounds of evolution. */
export interface Bench {
  readonly stores: MemoryStores
  readonly needs: EvolutionDependencies
  readonly asked: InsideRequest[]
  readonly notices: string[]
  readonly runs: number[]
  pass(milliseconds: number): void
  /** What the next runs of test cases find; a Fault is thrown. */
  setOutcome(outcome: boolean | Fault): void
  state(): Promise<string | undefined>
}

interface Given {
  readonly answer?: string
  readonly costUsd?: number | null
  readonly testsUsd?: number | null
}

export async function bench({ answer = '', costUsd = 0.4, testsUsd = 0.1 }: Given = {}): Promise<Bench> {
  let now = Date.UTC(2026, 10, 20, 12)
  let outcome: boolean | Fault = true
  const clock = { now: () => now, monotonic: () => now }
  const stores = createMemoryStores(clock)
  const [asked, notices, runs] = [[], [], []] as [InsideRequest[], string[], number[]]
  const needs: EvolutionDependencies = {
    stores,
    clock,
    said: new Map(),
    published: async () => {},
    describeModel: (name) => known[name] ?? null,
    snapshot: () => snapshotOf(),
    examineText: createExamineText({
      callWebhook: async () => ({ problem: 'none here' }),
      askModel: () => Promise.reject(new Error('none here')),
      moderate: () => Promise.reject(new Error('none here')),
      environment: {},
    }),
    async askInside(request) {
      asked.push(request)
      return { text: answer, costUsd, model: 'openai/writer' } as InsideAnswer
    },
    async runTests(_actor, _slug, { version }) {
      runs.push(Number(version))
      if (outcome instanceof Fault) throw outcome
      return {
        id: 'run-1',
        passed: outcome,
        score: outcome ? 1 : 0,
        threshold: 1,
        costUsd: testsUsd,
        cases: [{ model: 'openai/x', requestId: 'asked', costUsd: testsUsd }],
      } as unknown as TestRun
    },
    observe: (observation) => {
      if (observation.type === 'notice') notices.push(observation.message)
      else if (observation.type === 'defect') throw observation.error
    },
  }
  return {
    stores,
    needs,
    asked,
    notices,
    runs,
    pass: (milliseconds) => void (now += milliseconds),
    setOutcome: (wanted) => void (outcome = wanted),
    state: async () => (await stores.evolution.proposals('default', slug, { limit: 10 })).data[0]?.state,
  }
}

/** A prompt with a served version, of which people liked two answers. */
export async function withPrompt(
  { stores, needs }: Bench,
  name = slug,
  cases: readonly object[] = testCases,
): Promise<void> {
  await stores.prompts.create(actor, {
    ...metadata,
    slug: name,
    version: {
      messages: [{ role: 'system', content: 'You answer for {{company}}.' }],
      model: 'openai/x',
      test_cases: cases as never,
    },
    labels: ['production'],
  })
  await liked(stores, needs.clock.now(), name, 'Where is it now?', 'On its way.')
  await liked(stores, needs.clock.now() - 1, name, 'Mail me at ada@example.com please', 'Sure.')
}

export async function liked(
  stores: MemoryStores,
  at: number,
  prompt: string,
  question: string,
  answer: string,
  { said = { name: 'rating', value: 5 as number | boolean }, before = [] as readonly object[] } = {},
): Promise<void> {
  const record = exchangeRecord(
    {
      prompt,
      promptVersion: 1,
      finishReasons: ['stop'],
      guardrails: 'pass',
      guardrailResults: [],
      bodies: {
        request: JSON.stringify({ messages: [...before, { role: 'user', content: question }] }),
        rendered: null,
        response: JSON.stringify({ choices: [{ message: { role: 'assistant', content: answer } }] }),
        truncated: false,
      },
    },
    at,
  )
  await stores.exchangeWriter.write([record])
  await stores.feedback.writeFeedback([
    {
      tenantId: 'default',
      requestId: record.requestId,
      ...said,
      source: 'client',
      comment: null,
      at,
      keyId: null,
    },
  ])
}

export function policy(more: object = {}): EvolutionPolicy {
  return evolutionPolicySchema.parse({ strategies: ['few_shot'], ...more })
}
export const auto = { test: 'auto', experiment: 'auto', rollout: 'auto' }

export const decision = (winner: string | null) => ({
  at: '2026-11-21T12:00:00.000Z',
  state: winner === null ? ('no_difference' as const) : ('winner' as const),
  winner,
  sentence: winner === null ? 'There is no difference.' : 'The proposed variant is better.',
  by: 'sequential' as const,
  units: 400,
})
export const results = {
  variants: { control: { units: 200 }, proposed: { units: 210 } },
  metrics: [
    {
      name: 'success_rate',
      role: 'primary',
      comparisons: {
        proposed: { effect: 0.1, interval: [0.02, 0.18], relative_effect: 0.2, relative_interval: [0.04, 0.36] },
      },
    },
  ],
} as unknown as ExperimentResults
