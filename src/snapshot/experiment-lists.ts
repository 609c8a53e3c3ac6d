import type { JsonValue } from '../core/json.ts'
import { type RunningExperiment, compareExperiments, compileExperiment } from '../experiments/running-experiment.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import type { ExperimentValue, PhaseValue } from './change.ts'
import { ShardedMap, type ShardedMapDraft } from './sharded-map.ts'
import { promptKey } from './snapshot.ts'

export interface ExperimentTables {
  /** By `promptKey(tenantId, slug)` of the experiment. */
  readonly bySlug: ShardedMap<RunningExperiment>
  /** By `promptKey(tenantId, slug)` of its prompt, in their order; never an empty list. */
  readonly byPrompt: ShardedMap<readonly RunningExperiment[]>
}

export function noExperiments(): ExperimentTables {
  return { bySlug: ShardedMap.empty(), byPrompt: ShardedMap.empty() }
}

/**
 * The experiments of all tenants while a snapshot is being made. One that says the same as before stays the same object, also
 * when it was loaded anew, and so does the list of its prompt: nothing is compiled or unpacked twice. Used by one writer, and
 * not after `finish`.
 */
export class ExperimentListsDraft {
  readonly #reuse: ExperimentTables
  readonly #bySlug: ShardedMapDraft<RunningExperiment>
  readonly #byPrompt: ShardedMapDraft<readonly RunningExperiment[]>
  /** Of the prompts that a change was about: their experiments by slug. */
  readonly #touched = new Map<string, Map<string, RunningExperiment>>()

  /** `reuse`: where experiments and lists may be taken from besides. */
  constructor(base: ExperimentTables, reuse: ExperimentTables) {
    this.#reuse = reuse
    this.#bySlug = base.bySlug.draft()
    this.#byPrompt = base.byPrompt.draft()
  }

  /** null takes it away. Throws an Error for one that cannot run; then nothing was changed. */
  set(tenantId: string, slug: string, value: ExperimentValue | null): void {
    const key = promptKey(tenantId, slug)
    const before = this.#bySlug.get(key)
    const next = value === null ? null : this.#running(value, before ?? this.#reuse.bySlug.get(key))
    if (before !== undefined) this.#ofPrompt(before).delete(slug)
    if (next === null) return this.#bySlug.delete(key)
    this.#ofPrompt(next).set(slug, next)
    this.#bySlug.set(key, next)
  }

  finish(): ExperimentTables {
    for (const [key, own] of this.#touched) {
      const list = [...own.values()].sort(compareExperiments)
      if (list.length === 0) this.#byPrompt.delete(key)
      else this.#byPrompt.set(key, sameList(this.#reuse.byPrompt.get(key), list))
    }
    return { bySlug: this.#bySlug.finish(), byPrompt: this.#byPrompt.finish() }
  }

  #running(value: ExperimentValue, older: RunningExperiment | undefined): RunningExperiment {
    return older !== undefined && saysTheSame(older.value, value) ? older : compileExperiment(value)
  }

  #ofPrompt({ value }: RunningExperiment): Map<string, RunningExperiment> {
    const key = promptKey(value.tenantId, value.body.prompt)
    const known = this.#touched.get(key)
    if (known !== undefined) return known
    const own = new Map(this.#byPrompt.get(key)?.map((each) => [each.slug, each]))
    this.#touched.set(key, own)
    return own
  }
}

function sameList(
  before: readonly RunningExperiment[] | undefined,
  list: readonly RunningExperiment[],
): readonly RunningExperiment[] {
  const isSame = before?.length === list.length && list.every((each, at) => each === before[at])
  return isSame && before !== undefined ? before : list
}

/** Databases keep members in an order of their own. Remembered units are long: only compared, never written anew. */
function saysTheSame(left: ExperimentValue, right: ExperimentValue): boolean {
  return (
    left === right ||
    (left.kind === right.kind &&
      left.seed === right.seed &&
      left.startedAt === right.startedAt &&
      left.phases.length === right.phases.length &&
      left.phases.every((phase, at) => isSamePhase(phase, right.phases[at])) &&
      canonicalJson(left.body as JsonValue) === canonicalJson(right.body as JsonValue))
  )
}

function isSamePhase(left: PhaseValue, right: PhaseValue | undefined): boolean {
  return (
    right !== undefined &&
    left.number === right.number &&
    left.startedAt === right.startedAt &&
    left.units === right.units &&
    canonicalJson(left.weights) === canonicalJson(right.weights)
  )
}
