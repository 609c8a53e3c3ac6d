import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { Observation } from '../../src/core/observation.ts'
import type { AttemptRecord } from '../../src/core/record.ts'
import type { Answer, Planned, Target } from '../../src/pipeline/exchange.ts'
import type { AttemptLog, Call } from '../../src/pipeline/send.ts'
import type { Credential } from '../../src/providers/provider.ts'
import { askedOf, snapshotOf } from './chat-bench.ts'
import { scriptedProvider } from './scripted-provider.ts'

/** A credential of this name; several of one provider share the address unless a test says otherwise. */
export function credential(name: string, baseUrl = 'http://one.test/v1'): Credential {
  return { name, apiKey: `secret-${name}`, baseUrl }
}

/** `<provider>/<model>` as a target that nobody can really call. */
export function targetOf(name: string, credentials: readonly Credential[] = [credential('default')]): Target {
  const [id = '', model = ''] = name.split('/')
  const provider = scriptedProvider(id)
  return { provider, endpoint: provider.endpoints.chat, credentials, model, body: () => '{}' }
}

/** A plan with these targets. */
export function plannedOf(targets: readonly Target[], changes: Partial<Planned> = {}): Planned {
  return {
    asked: askedOf({ model: 'one/m' }, snapshotOf()),
    prompt: null,
    targets,
    clientWantsUsage: false,
    warnings: [],
    retries: 2,
    attemptTimeoutMs: 10_000,
    cacheTtlSeconds: 0,
    compressed: null,
    forwardHeaders: {},
    output: null,
    onOutputMismatch: 'flag',
    variables: null,
    ...changes,
  }
}

/** What one call shall become. `open`: its answer opens, and the test ends it. */
export type Outcome = 'good' | 'open' | Fault

/** One call that was made, and the way to end it. */
export interface MadeCall {
  readonly target: string
  readonly credential: string
  /** null: a good end. Hears nothing a second time. */
  end(fault: Fault | null): void
}

/** An innermost send that does what a list says, and notes who was called with what. After the list everything is good. */
export class ScriptedSend {
  readonly calls: MadeCall[] = []
  readonly outcomes: Outcome[]

  constructor(...outcomes: readonly Outcome[]) {
    this.outcomes = [...outcomes]
  }

  readonly call: Call = (_planned, target, log, cancellation, onOver) => {
    let isOver = false
    const end = (fault: Fault | null): void => {
      if (isOver) return
      isOver = true
      onOver?.(fault)
    }
    const [used] = target.credentials
    this.calls.push({ target: `${target.provider.id}/${target.model}`, credential: used?.name ?? '', end })
    log.push(rowOf(target))
    const outcome = this.outcomes.shift() ?? 'good'
    if (outcome instanceof Fault) {
      end(outcome)
      return Promise.reject(outcome)
    }
    if (outcome === 'good') end(null)
    else cancellation.onCancel(end)
    return Promise.resolve(someAnswer)
  }

  /** Names of the credentials that were used, in order. */
  get credentials(): readonly string[] {
    return this.calls.map((each) => each.credential)
  }
}

export const someAnswer: Answer = {
  opening: { status: 200, stream: true, headers: {}, upstreamRequestId: null },
  flow: { pause: () => undefined, resume: () => undefined, abort: () => undefined },
  start: () => undefined,
}

export function rowOf(target: Target): AttemptRecord {
  return {
    provider: target.provider.id,
    model: target.model,
    startedAt: 0,
    durationMs: 0,
    httpStatus: null,
    errorType: null,
    errorMessage: null,
    upstreamRequestId: null,
  }
}

/** A clock that a test moves. */
export class TestClock {
  #milliseconds = 1_000_000

  readonly now = (): number => this.#milliseconds
  readonly monotonic = (): number => this.#milliseconds

  pass(milliseconds: number): void {
    this.#milliseconds += milliseconds
  }
}

/** What a wrapper is called with and what it said. */
export function surroundings() {
  const observations: Observation[] = []
  const log: AttemptLog = []
  return {
    clock: new TestClock(),
    cancellation: new Cancellation(),
    log,
    observations,
    observe: (observation: Observation): void => void observations.push(observation),
  }
}

/** The Fault with which a promise was rejected. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error: unknown = await promise.then(
    () => new Error('It was not rejected.'),
    (reason: unknown) => reason,
  )
  if (error instanceof Fault) return error
  throw error
}
