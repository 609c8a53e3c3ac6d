import { bucketOf, digestOfUnit } from './bucket.ts'
import { inGrowthbookNamespace } from './foreign-hashing.ts'
import type { RunningExperiment, RunningPhase, RunningVariant } from './running-experiment.ts'

/** What is asked of a request to assign it. */
export interface Subject {
  readonly tenantId: string
  /** Whom it is for (contract 2.3); null: nobody is named. */
  readonly unit: string | null
  readonly requestId: string
  /** As `contract/targeting.ts` names it; undefined: the request says nothing of it. */
  attribute(name: string): string | undefined
  /** By its name in lower case. */
  header(name: string): string | undefined
}

export interface Assignment {
  readonly experiment: RunningExperiment
  readonly variant: RunningVariant
  /** Whom the request is for; null: nobody is named. */
  readonly unit: string | null
  /** Number of the phase whose split it is, and by which it is analysed. */
  readonly phase: number
  /**
   * `split`: by the place of its unit; `stored`: as in an ended phase, in which its unit was; `override`: a tester's;
   * `request`: the request is its own unit.
   */
  readonly reason: 'split' | 'stored' | 'override' | 'request'
  /** Why it is kept out of the analysis; null: it is not. */
  readonly excluded: 'override' | 'unsticky' | null
}

/** Why a unit is not in an experiment. */
export type NotAssigned = 'not_targeted' | 'holdout' | 'namespace' | 'traffic' | 'other_experiment'

export interface AssignmentExplanation {
  readonly experiment: string
  /** null: it is not in the experiment. */
  readonly variant: string | null
  readonly reason: Assignment['reason'] | NotAssigned
}

/** With `header_override`: `<variant>`, or `<experiment>=<variant>`. */
export const variantHeader = 'x-promptbox-variant'

/**
 * The variant a request is served; null: it is in no experiment. Pure: the same request gets the same in every process. The first
 * experiment of the list that takes it has it; but what is forced on a tester goes before all else, in whichever of them.
 */
export function assign(experiments: readonly RunningExperiment[], subject: Subject): Assignment | null {
  for (const experiment of experiments) {
    const forced = overrideOf(experiment, subject)
    if (forced !== null) return forced
  }
  for (const experiment of experiments) {
    const placed = place(experiment, subject)
    if (typeof placed !== 'string') return placed
  }
  return null
}

/** For each experiment of the list, in its order, what `assign` makes of the request and why. */
export function explain(experiments: readonly RunningExperiment[], subject: Subject): readonly AssignmentExplanation[] {
  const assigned = assign(experiments, subject)
  return experiments.map((experiment) => {
    const { slug } = experiment
    if (assigned?.experiment === experiment) {
      return { experiment: slug, variant: assigned.variant.name, reason: assigned.reason }
    }
    const placed = place(experiment, subject)
    return { experiment: slug, variant: null, reason: typeof placed === 'string' ? placed : 'other_experiment' }
  })
}

function overrideOf(experiment: RunningExperiment, subject: Subject): Assignment | null {
  const variant =
    (experiment.headerOverride ? namedByHeader(experiment, subject.header(variantHeader)) : undefined) ??
    (subject.unit === null ? undefined : experiment.overrides.get(subject.unit))
  if (variant === undefined) return null
  const { unit } = subject
  return { experiment, variant, unit, phase: experiment.current.number, reason: 'override', excluded: 'override' }
}

function namedByHeader(experiment: RunningExperiment, header: string | undefined): RunningVariant | undefined {
  if (header === undefined) return undefined
  const parts = header.split('=', 2).map((part) => part.trim())
  const [first = '', second] = parts
  if (second === undefined) return experiment.variantsByName.get(first)
  return first === experiment.slug ? experiment.variantsByName.get(second) : undefined
}

function place(experiment: RunningExperiment, subject: Subject): Assignment | NotAssigned {
  const { unit, requestId } = subject
  if (experiment.targeting !== null && !experiment.targeting((name) => subject.attribute(name))) return 'not_targeted'
  // Both are about who asks, also where each request is a unit of its own: else everybody would be in both halves.
  const who = unit ?? requestId
  if (experiment.holdout > 0 && bucketOf('holdout', who) < experiment.holdout) return 'holdout'
  if (!isInNamespace(experiment, who)) return 'namespace'
  if (unit === null || experiment.perRequest) return placeRequest(experiment, unit, requestId)
  return placeUnit(experiment, unit, subject.tenantId)
}

function placeRequest(experiment: RunningExperiment, unit: string | null, requestId: string): Assignment | NotAssigned {
  // A rollout watches for harm, whoever it is done to: where nobody is named, requests are what it counts.
  const excluded = experiment.perRequest || experiment.kind === 'rollout' ? null : 'unsticky'
  const { current, variants } = experiment
  const variant = variants[current.split(requestId)]
  if (variant === undefined) return 'traffic'
  return { experiment, variant, unit, phase: current.number, reason: 'request', excluded }
}

function placeUnit(experiment: RunningExperiment, unit: string, tenantId: string): Assignment | NotAssigned {
  if (experiment.ended.length > 0) {
    const digest = digestOfUnit(tenantId, unit)
    for (const phase of experiment.ended) {
      if (phase.has(digest)) return placed(experiment, phase, unit, 'stored')
    }
  }
  return placed(experiment, experiment.current, unit, 'split')
}

function placed(
  experiment: RunningExperiment,
  phase: RunningPhase,
  unit: string,
  reason: Assignment['reason'],
): Assignment | 'traffic' {
  const variant = experiment.variants[phase.split(unit)]
  if (variant === undefined) return 'traffic'
  return { experiment, variant, unit, phase: phase.number, reason, excluded: null }
}

/** The namespace of an experiment that came from GrowthBook is laid out as there. */
function isInNamespace({ namespace, value }: RunningExperiment, who: string): boolean {
  if (namespace === null || namespace === undefined) return true
  const { name, from, to } = namespace
  if (value.body.hashing?.scheme === 'growthbook') return inGrowthbookNamespace(who, name, from, to)
  const at = bucketOf(`namespace:${name}`, who)
  return at >= from && at < to
}
