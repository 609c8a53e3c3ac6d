import type { z } from 'zod'
import { snapshotOf } from '../support/chat-bench.ts'
import {
  type ExperimentBody,
  experimentBodySchema,
  type GuardrailMetric,
  type RolloutSettings,
} from '../../src/contract/experiment-body.ts'
import type { Observation } from '../../src/core/observation.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { weightsAtStep } from '../../src/experiments/advance-rollout.ts'
import { type Assignment, assign, type Subject } from '../../src/experiments/assign.ts'
import { bucketOf, digestOfUnit } from '../../src/experiments/bucket.ts'
import { compareExperiments, compileExperiment } from '../../src/experiments/running-experiment.ts'
import type { RunGate } from '../../src/admin/move-label.ts'
import { runExperiments } from '../../src/jobs/run-experiments.ts'
import type { Rounds } from '../../src/jobs/rounds.ts'
import type { StoredExperiment } from '../../src/store/experiment-port.ts'
import { type MemoryStores, createMemoryStores } from '../../src/store/memory.ts'
import type { Actor, ExchangeWriter, Stores } from '../../src/store/ports.ts'
import { exchangeRecord } from '../store/contract/exchange-record.ts'
import { metadata, versionBody } from '../store/contract/subject.ts'

export const person: Actor = { tenantId: 'default', id: 'key-ada', name: 'Ada' }
export const prompt = 'greeting'
/** Long enough that no round comes by itself during a test. */
const never = 2_000_000_000
export const hourMs = 3_600_000

/** One answer: who got which version of the prompt. */
export interface Served {
  readonly user: number
  readonly requestId: string
  readonly version: number
  readonly variant: string | null
}

export interface Bench {
  readonly stores: Stores
  readonly observations: Observation[]
  /** Goes on by so many milliseconds. */
  pass(milliseconds: number): void
  now(): number
  /** A job of its own, as another process has one, whose clock may be ahead by so many milliseconds. */
  job(runGate?: RunGate | null, aheadMs?: number): Rounds
  /** Users from `next` on ask, each once; an answer is good as often as `successOf` its version. */
  serve(count: number): Promise<readonly Served[]>
  /** How often answers of a version are good; 0.9 unless set. */
  readonly successOf: Map<number, number>
  start(slug: string, body: Partial<z.input<typeof experimentBodySchema>>): Promise<StoredExperiment>
  /** A rollout of version 4, from the version that `production` means. */
  rollOut(slug: string, settings?: Partial<RolloutSettings>, guardrails?: readonly GuardrailMetric[]): Promise<void>
  found(slug: string): Promise<StoredExperiment>
  production(): Promise<number | undefined>
}

/** A prompt with four versions, of which `production` is the first, users who ask it, and a clock that goes when it is told. */
export async function createBench(): Promise<Bench & { readonly stores: MemoryStores }> {
  let now = Date.UTC(2026, 10, 20, 12)
  const time = { now: () => now, pass: (milliseconds: number) => void (now += milliseconds) }
  const stores = createMemoryStores({ now: time.now, monotonic: time.now })
  return { ...(await benchOver(stores, stores.exchangeWriter, time)), stores }
}

/** The same over any stores. */
export async function benchOver(
  stores: Stores,
  writer: ExchangeWriter,
  time: Pick<Bench, 'now' | 'pass'>,
): Promise<Bench> {
  const clock = { now: time.now, monotonic: time.now }
  const observations: Observation[] = []
  const successOf = new Map<number, number>()
  let user = 0
  await stores.prompts.create(person, {
    ...metadata,
    slug: prompt,
    version: versionBody('Hello.'),
    labels: ['production'],
  })
  for (const text of ['Good day.', 'Hi.', 'Go away.']) {
    await stores.prompts.addVersion(person, prompt, versionBody(text))
  }
  const found = async (slug: string): Promise<StoredExperiment> => {
    const stored = await stores.experiments.find('default', slug)
    if (stored === null) throw new Error(`There is no experiment ${slug}.`)
    return stored
  }
  const production = async () => (await stores.prompts.find('default', prompt))?.labels['production']

  return {
    stores,
    observations,
    successOf,
    found,
    production,
    ...time,
    job: (runGate = null, aheadMs = 0) =>
      runExperiments({
        stores,
        runGate,
        snapshot: () => snapshotOf(),
        published: async () => {},
        ready: async () => {},
        everyMs: never,
        clock: { ...clock, now: () => time.now() + aheadMs },
        observe: (observation) => void observations.push(observation),
      }),
    async start(slug, input) {
      const body = experimentBodySchema.parse({
        prompt,
        variants: [
          { name: 'control', version: 1 },
          { name: 'warm', version: 2 },
        ],
        ...input,
      })
      await stores.experiments.create(person, { slug, kind: 'experiment', body, seed: slug, rollout: null })
      return stores.experiments.change(person, slug, () => started(body, time.now()))
    },
    async rollOut(slug, settings, guardrails = [{ metric: 'success_rate', margin: 0.02 }]) {
      const fromVersion = (await production()) ?? 0
      const body = experimentBodySchema.parse({
        prompt,
        variants: [
          { name: 'new', version: 4 },
          { name: 'current', version: fromVersion },
        ],
        control: 'current',
        guardrail_metrics: guardrails,
        rollout: { hours_per_step: 1, units_per_step: 5, ...settings },
      })
      const rollout = {
        state: 'running' as const,
        label: 'production',
        version: 4,
        fromVersion,
        step: 0,
        stepStartedAt: time.now(),
        experiment: null,
        sentence: '',
      }
      await stores.experiments.create(person, { slug, kind: 'rollout', body, seed: slug, rollout })
      await stores.experiments.change(person, slug, () => ({
        ...started(body, time.now()),
        phases: [{ number: 1, startedAt: time.now(), weights: weightsAtStep(body, 0), units: null }],
        event: 'rollout_started',
      }))
    },
    async serve(count) {
      const label = (await production()) ?? 0
      const active = (await stores.experiments.active()).filter(({ status }) => status === 'running')
      const running = active
        .map((each) => compileExperiment({ ...each, startedAt: each.startedAt ?? 0 }))
        .toSorted(compareExperiments)
      const served: Served[] = []
      const records: ExchangeRecord[] = []
      for (let done = 0; done < count; done += 1, user += 1) {
        const unit = `user-${user}`
        const assignment = assign(running, subjectOf(unit))
        const version = assignment?.variant.version ?? label
        const isGood = bucketOf(`luck of ${version}`, unit) < (successOf.get(version) ?? 0.9)
        const record = recordOf(unit, { assignment, version, isGood, now: time.now() })
        records.push(record)
        served.push({ user, requestId: record.requestId, version, variant: record.variant })
      }
      for (let at = 0; at < records.length; at += 1000) await writer.write(records.slice(at, at + 1000))
      return served
    },
  }
}

function started(body: ExperimentBody, now: number) {
  const weights = Object.fromEntries(body.variants.map(({ name, weight }) => [name, weight]))
  return {
    status: 'running' as const,
    startedAt: now,
    phases: [{ number: 1, startedAt: now, weights, units: null }],
    event: 'experiment_started',
  }
}

function subjectOf(unit: string): Subject {
  return {
    tenantId: 'default',
    unit,
    requestId: `request of ${unit}`,
    attribute: () => undefined,
    header: () => undefined,
  }
}

interface Answer {
  readonly assignment: Assignment | null
  readonly version: number
  readonly isGood: boolean
  readonly now: number
}

function recordOf(unit: string, { assignment, version, isGood, now }: Answer): ExchangeRecord {
  return exchangeRecord(
    {
      prompt,
      promptVersion: version,
      experiment: assignment?.experiment.slug ?? null,
      variant: assignment?.variant.name ?? null,
      ...(assignment === null
        ? {}
        : { assignment: { phase: assignment.phase, reason: assignment.reason, excluded: assignment.excluded } }),
      unit: digestOfUnit('default', unit),
      userId: unit,
      outcome: isGood ? 'ok' : 'error',
      stream: false,
      bodies: null,
    },
    now,
  )
}
