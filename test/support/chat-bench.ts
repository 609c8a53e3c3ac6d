import { Cancellation } from '../../src/core/cancellation.ts'
import type { Fault } from '../../src/core/fault.ts'
import { newRequestId, timestampOf } from '../../src/core/ids.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Observation } from '../../src/core/observation.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { type ExchangeDependencies, type OpenExchange, runExchange } from '../../src/pipeline/run-exchange.ts'
import type { z } from 'zod'
import { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { experimentBodySchema } from '../../src/contract/experiment-body.ts'
import { type RunningExperiment, compileExperiment } from '../../src/experiments/running-experiment.ts'
import type { ExperimentValue } from '../../src/snapshot/change.ts'
import { CleanTexts } from '../../src/guardrails/clean-texts.ts'
import type { RemoteServices } from '../../src/guardrails/remote.ts'
import type { Dispatch } from '../../src/pipeline/cache.ts'
import { dispatch } from '../../src/pipeline/dispatch.ts'
import { VerdictMemo } from '../../src/pipeline/verdict-memo.ts'
import { openGuardBooks, withGuardrails } from '../../src/pipeline/guarded-dispatch.ts'
import type { Asked } from '../../src/pipeline/exchange.ts'
import { RecentUnits } from '../../src/pipeline/recent-units.ts'
import { createResilientSend, type ResilienceLimits } from '../../src/pipeline/resilient-send.ts'
import type { AnswerChunk, AnswerSink, Flow, Provider } from '../../src/providers/provider.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { ShardedMap } from '../../src/snapshot/sharded-map.ts'
import { type Snapshot, type SnapshotPrompt, promptKey } from '../../src/snapshot/snapshot.ts'

/** A snapshot with these prompts, each with these versions; the last one is `production`. */
export function snapshotOf(
  prompts: Readonly<Record<string, readonly VersionBody[]>> = {},
  guardrails: Readonly<Record<string, z.input<typeof guardrailBodySchema>>> = {},
  experiments: readonly ExperimentValue[] = [],
): Snapshot {
  const held = Object.entries(guardrails).map(([slug, body]) => ({ slug, body: guardrailBodySchema.parse(body) }))
  held.sort((left, right) => left.body.order - right.body.order)
  return {
    version: '7',
    tier: 'database',
    builtAt: 0,
    prompts: ShardedMap.empty<SnapshotPrompt>().with(
      Object.entries(prompts).map(([slug, bodies]) => [promptKey('default', slug), promptOf(slug, bodies)] as const),
    ),
    keys: new Map(),
    credentials: new Map(),
    models: new Map(),
    routes: new Map(),
    chains: new Map(),
    guardrails: held.length === 0 ? new Map() : new Map([['default', held]]),
    experiments: runningOf(experiments),
  }
}

function runningOf(values: readonly ExperimentValue[]): Snapshot['experiments'] {
  const running = new Map<string, RunningExperiment[]>()
  for (const value of values) {
    const key = promptKey(value.tenantId, value.body.prompt)
    running.set(key, [...(running.get(key) ?? []), compileExperiment(value)])
  }
  return running
}

/** A running experiment on a prompt, half and half unless `body` says otherwise. */
export function experimentOf(
  slug: string,
  body: z.input<typeof experimentBodySchema>,
  more: Partial<Pick<ExperimentValue, 'kind' | 'phases' | 'seed'>> = {},
): ExperimentValue {
  const read = experimentBodySchema.parse(body)
  const weights = Object.fromEntries(read.variants.map(({ name, weight }) => [name, weight]))
  return {
    tenantId: 'default',
    slug,
    kind: 'experiment',
    body: read,
    seed: slug,
    startedAt: 0,
    phases: [{ number: 1, startedAt: 0, weights, units: null }],
    ...more,
  }
}

function promptOf(slug: string, bodies: readonly VersionBody[]): SnapshotPrompt {
  return {
    tenantId: 'default',
    slug,
    aliases: [],
    category: null,
    labels: new Map([['production', bodies.length]]),
    versions: new Map(
      bodies.map((body, index) => {
        const compiled = compileVersion(body)
        return [
          index + 1,
          { number: index + 1, semver: body.semver ?? null, hash: `hash-${index + 1}`, compiled: () => compiled },
        ]
      }),
    ),
  }
}

/** The pipeline with these providers, without HTTP: what is recorded and noticed is kept in arrays. */
export interface ChatBench {
  readonly records: readonly ExchangeRecord[]
  readonly observations: readonly Observation[]
  readonly dependencies: ExchangeDependencies
  /** What guardrails stand around, and the way to put them around something else. */
  readonly unguarded: Dispatch
  readonly guarded: (inner: Dispatch) => Dispatch
  ask(body: JsonObject, options?: AskOptions): Promise<OpenExchange>
}

export interface AskOptions {
  readonly cancellation?: Cancellation
  readonly headers?: Readonly<Record<string, string>>
  readonly pathReference?: string
  /** Whom the process assigned lately; nobody when left out. */
  readonly recentUnits?: RecentUnits
  /** The body as the client wrote it; the parsed one written anew when left out. */
  readonly text?: string
}

export interface BenchOptions {
  readonly snapshot?: Snapshot
  readonly retries?: number
  readonly attemptTimeoutMs?: number
  readonly exchangeTimeoutMs?: number
  readonly firstEventGraceMs?: number
  readonly firstPauseMs?: number
  readonly bodyPolicy?: 'on' | 'off' | 'redacted'
  /** Off when left out. */
  readonly breaker?: boolean
  readonly limits?: Partial<ResilienceLimits>
  /** What guardrails ask others with; nobody answers when left out. */
  readonly guardServices?: Partial<RemoteServices>
  /** Of an answer, characters that guardrails may hold back. */
  readonly mostHeld?: number
}

const nobody: RemoteServices = {
  callWebhook: () => Promise.resolve({ problem: 'nobody is there' }),
  askModel: () => Promise.reject(new Error('nobody is there')),
  moderate: () => Promise.reject(new Error('nobody is there')),
  environment: {},
}

/** Limits that no test meets by chance. */
export const roomyLimits: ResilienceLimits = {
  firstChunkTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  firstEventGraceMs: 10_000,
  maxEventChars: 1 << 20,
  maxAnswerBytes: 1 << 20,
  retryFirstPauseMs: 1,
  retryLongestPauseMs: 1_000,
  maxAttempts: 16,
  credentialRateLimitedMs: 10_000,
  credentialRefusedMs: 60_000,
  breakerWindowMs: 30_000,
  breakerMinimumCalls: 10,
  breakerFailurePercent: 50,
  breakerConsecutiveFailures: 10,
  breakerCoolDownMs: 10_000,
  breakerLongestCoolDownMs: 60_000,
  breakerProbes: 3,
}

export function chatBench(providers: readonly Provider[], options: BenchOptions = {}): ChatBench {
  const records: ExchangeRecord[] = []
  const observations: Observation[] = []
  const observe = (observation: Observation): void => void observations.push(observation)
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const send = createResilientSend({
    limits: {
      ...roomyLimits,
      firstEventGraceMs: options.firstEventGraceMs ?? 10_000,
      retryFirstPauseMs: options.firstPauseMs ?? 1,
      ...options.limits,
    },
    breaker: options.breaker ?? false,
    unsupportedParameters: () => 'drop',
    clock,
    random: () => 0.5,
    observe,
  })
  const unguarded: Dispatch = (planned, log, cancellation) => dispatch(planned, send, log, cancellation)
  const guarded = (inner: Dispatch): Dispatch =>
    withGuardrails(inner, {
      memo: new VerdictMemo(clock.monotonic),
      cleanTexts: new CleanTexts(100),
      mostHeld: options.mostHeld ?? 1 << 20,
    })
  const dependencies: ExchangeDependencies = {
    catalogue: { providers: new Map(providers.map((each) => [each.id, each])), providerOfBareModel: () => null },
    defaults: { retries: options.retries ?? 2, attemptTimeoutMs: options.attemptTimeoutMs ?? 10_000 },
    dispatch: guarded(unguarded),
    openGuardBook: openGuardBooks({ ...nobody, ...options.guardServices }).open,
    ledger: {
      clock,
      price: () => null,
      bodyPolicy: options.bodyPolicy ?? 'on',
      recordedBodyChars: 65_536,
      record: (record) => void records.push(record),
      recordSoon: (record, written) => {
        records.push(record)
        written()
      },
      observe,
    },
    exchangeTimeoutMs: options.exchangeTimeoutMs ?? 60_000,
    keptChars: 1 << 20,
  }
  const snapshot = options.snapshot ?? snapshotOf()
  return {
    records,
    observations,
    dependencies,
    unguarded,
    guarded,
    ask: (body, asks = {}) =>
      runExchange(dependencies, askedOf(body, snapshot, asks), asks.cancellation ?? new Cancellation()),
  }
}

export function askedOf(body: JsonObject, snapshot: Snapshot, options: AskOptions = {}): Asked {
  const requestId = newRequestId()
  return {
    requestId,
    createdAt: timestampOf(requestId) ?? 0,
    startedAt: performance.now(),
    operation: 'chat',
    path: '/chat/completions',
    form: null,
    isOpen: () => false,
    key: { id: 'key-1', tenantId: 'default', name: 'shop', scopes: ['inference'], roles: [], expiresAt: null },
    snapshot,
    text: options.text ?? JSON.stringify(body),
    body,
    stream: body['stream'] === true,
    header: (name) => options.headers?.[name],
    pathReference: options.pathReference ?? null,
    recentUnits: options.recentUnits ?? new RecentUnits(() => 0),
  }
}

/** The last sink of a test: keeps what reached it. */
export class CollectingSink implements AnswerSink {
  readonly texts: string[] = []
  readonly steps: ('head' | 'chunk' | 'flush' | 'end' | 'fail')[] = []
  fault: Fault | null = null
  flow: Flow | null = null
  readonly over: Promise<void>
  #resolve!: () => void

  constructor() {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  head(_head: unknown, flow: Flow): void {
    this.flow = flow
    this.steps.push('head')
  }

  chunk(chunk: AnswerChunk): void {
    this.steps.push('chunk')
    this.texts.push(typeof chunk.json === 'string' ? chunk.json : Buffer.from(chunk.json).toString())
  }

  flush(): void {
    this.steps.push('flush')
  }

  end(): void {
    this.steps.push('end')
    this.#resolve()
  }

  fail(fault: Fault): void {
    this.steps.push('fail')
    this.fault = fault
    this.#resolve()
  }
}
