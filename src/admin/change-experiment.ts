import type { ExperimentPatch } from '../contract/admin/experiments.ts'
import { controlOf, type ExperimentBody } from '../contract/experiment-body.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import { checkExperiment } from '../experiments/check-experiment.ts'
import type { ExperimentChange, StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, Stores } from '../store/ports.ts'
import { findServedPrompt, requireVersions } from './experiment-versions.ts'
import { requireKind } from './find-experiment.ts'

interface Needs {
  readonly stores: Pick<Stores, 'experiments' | 'prompts'>
  readonly clock: Clock
}

/**
 * Changes what is named. Of an experiment that was started only what cannot make its figures lie; new weights begin a phase at once.
 *
 * @throws Fault `invalid_request` and `not_found` naming the field; `conflict`, code `experiment_started`, for what is fixed.
 */
export async function changeExperiment(
  { stores, clock }: Needs,
  actor: Actor,
  slug: string,
  { weights, ...patch }: ExperimentPatch,
): Promise<StoredExperiment> {
  const before = await stores.experiments.find(actor.tenantId, slug)
  const prompt = before?.status === 'draft' ? await checkReferences(stores, before, patch) : null
  const changed = await stores.experiments.change(actor, slug, (now) => {
    requireKind(now, 'experiment')
    if (now.status !== 'draft') return ofStarted(now, patch, weights)
    return ofDraft(now, prompt === null ? patch : { ...patch, prompt }, weights)
  })
  return changed.nextWeights === null ? changed : stores.experiments.beginPhase(actor, slug, clock.now())
}

type Patch = Omit<ExperimentPatch, 'weights'>
type Weights = Readonly<Record<string, number>>

/** The slug of the prompt: it may have been named by an alias, and is served by its slug. */
async function checkReferences(stores: Needs['stores'], before: StoredExperiment, patch: Patch): Promise<string> {
  const after = merged(before.body, patch)
  const prompt = await findServedPrompt(stores, before.tenantId, after.prompt)
  await requireVersions(stores, prompt, after)
  return prompt.slug
}

function ofDraft(now: StoredExperiment, patch: Patch, weights: Weights | undefined): ExperimentChange | null {
  const body = merged(now.body, patch)
  const after = weights === undefined ? body : withWeights(body, currentWeights({ ...now, body }), weights)
  checkExperiment(after)
  if (sameJson(after, now.body)) return null
  return { body: after, seed: after.seed ?? now.seed, event: 'experiment_changed' }
}

function ofStarted(now: StoredExperiment, patch: Patch, weights: Weights | undefined): ExperimentChange | null {
  if (now.status === 'stopped') throw fixed(now, firstOf(patch, weights), 'it has stopped. Create a new one')
  for (const [field, value] of Object.entries(patch)) {
    if (value !== undefined) requireOpen(now, field as keyof Patch, patch)
  }
  const body = merged(now.body, patch)
  checkExperiment(body)
  const alone = sameJson(body, now.body) ? null : { body, event: 'experiment_changed' }
  if (weights === undefined) return alone
  const split = withWeights(body, currentWeights(now), weights)
  checkExperiment(split)
  if (sameShares(weightsOf(split), currentWeights(now))) return alone
  if (now.phases.length >= mostPhases) throw tooManyPhases(now)
  return { body, nextWeights: weightsOf(split), event: 'experiment_changed' }
}

/** Each remembers its units, in every process. */
const mostPhases = 20

function tooManyPhases({ slug }: StoredExperiment): Fault {
  return new Fault(
    'conflict',
    `The split of experiment '${slug}' has changed ${mostPhases - 1} times, and each is analysed apart. Stop it, and create a new one with these weights.`,
    { param: 'weights', code: 'too_many_phases' },
  )
}

/** 40 and 60 are the same split as 4 and 6: no phase begins for it. */
function sameShares(left: Weights, right: Weights): boolean {
  const total = (weights: Weights): number => Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  const [all, others] = [total(left), total(right)]
  return Object.entries(left).every(([name, weight]) => {
    return Math.abs(weight / all - (right[name] ?? 0) / others) < 1e-9
  })
}

/** What says nothing of what is measured, or only of who takes part from now on and is independent of the variant. */
const alwaysOpen: ReadonlySet<keyof Patch> = new Set([
  'name',
  'description',
  'traffic',
  'overrides',
  'header_override',
  'secondary_metrics',
  'auto_promote',
  'rollout',
])

const whyFixed: Partial<Record<keyof Patch, string>> = {
  variants: 'send `weights` for another split; for other variants',
  targeting: 'other units would be compared than were measured; for another audience',
  alpha: 'a threshold that is chosen after looking decides nothing; for another',
  floors: 'a threshold that is chosen after looking decides nothing; for others',
  power: 'the plan is fixed before anybody looks; for another',
  planned_units: 'the plan is fixed before anybody looks; for another',
  minimum_detectable_effect: 'the plan is fixed before anybody looks; for another',
  primary_metric: 'a metric that is chosen after looking decides nothing; for another',
  seed: 'units would change their variant; for another',
}

function requireOpen(now: StoredExperiment, field: keyof Patch, patch: Patch): void {
  if (alwaysOpen.has(field) || sameJson(patch[field] ?? undefined, now.body[field])) return
  // Whoever sends back what was shown changes nothing.
  if (field === 'variants' && sameJson(patch.variants, shownVariants(now))) return
  if (field === 'guardrail_metrics') {
    if (now.decision === null) return
    throw fixed(now, field, 'it is decided, by the guardrail metrics it had. For others stop it')
  }
  if (field === 'judge') {
    if (sameJudge(now.body.judge, patch.judge ?? undefined)) return
    throw fixed(
      now,
      field,
      'scores of two judges cannot be compared; only `sample` and `budget_usd` change, and 0 as budget ends it. For another judge stop it',
    )
  }
  const why = whyFixed[field] ?? 'what was measured so far would mean something else; for that'
  throw fixed(now, field, `${why} stop it`)
}

function sameJudge(before: ExperimentBody['judge'], after: ExperimentBody['judge']): boolean {
  if (before === undefined || after === undefined) return before === after
  const essence = ({ model, criteria, metric }: typeof before) => [model, criteria, metric]
  return sameJson(essence(before), essence(after))
}

function fixed({ slug, status }: StoredExperiment, field: string, why: string): Fault {
  const then = status === 'stopped' ? '.' : ' and create a new one.'
  return new Fault('conflict', `\`${field}\` of experiment '${slug}' cannot change any more: ${why}${then}`, {
    param: field,
    code: 'experiment_started',
  })
}

function firstOf(patch: Patch, weights: Weights | undefined): string {
  const [first] = Object.entries(patch).flatMap(([field, value]) => (value === undefined ? [] : [field]))
  return first ?? (weights === undefined ? 'status' : 'weights')
}

/** Keys in any order: a database may give them back in another. */
function sameJson(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    members.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  )
}

/** null takes a field away. */
function merged(before: ExperimentBody, patch: Patch): ExperimentBody {
  const after: Record<string, unknown> = { ...before }
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(after, field)
    else if (value !== undefined) after[field] = value
  }
  return after as unknown as ExperimentBody
}

/** Of the phase that goes on; before the start as the variants have them. */
export function currentWeights({
  body,
  phases,
  nextWeights,
}: Pick<StoredExperiment, 'body' | 'phases' | 'nextWeights'>): Weights {
  return nextWeights ?? phases.at(-1)?.weights ?? weightsOf(body)
}

/** The variants with the weights that they have now, as `weights` says them; those of earlier phases stand with the phases. */
export function shownVariants(stored: Pick<StoredExperiment, 'body' | 'phases'>): ExperimentBody['variants'] {
  const weights = currentWeights({ ...stored, nextWeights: null })
  return stored.body.variants.map((variant) => ({ ...variant, weight: weights[variant.name] ?? variant.weight }))
}

export function weightsOf({ variants }: Pick<ExperimentBody, 'variants'>): Weights {
  return Object.fromEntries(variants.map(({ name, weight }) => [name, weight]))
}

/** Fault `invalid_request` when a weight is of no variant, or nothing would be left to compare with. */
function withWeights(body: ExperimentBody, before: Weights, weights: Weights): ExperimentBody {
  const names = body.variants.map(({ name }) => name)
  const unknown = Object.keys(weights).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new Fault('invalid_request', `\`weights.${unknown}\` must name a variant. Use one of ${names.join(', ')}.`, {
      param: `weights.${unknown}`,
    })
  }
  const weightAt = (from: Weights, name: string) => (Object.hasOwn(from, name) ? from[name] : undefined)
  const variants = body.variants.map((variant) => ({
    ...variant,
    weight: weightAt(weights, variant.name) ?? weightAt(before, variant.name) ?? variant.weight,
  }))
  const control = controlOf(body)
  if (variants.find(({ name }) => name === control)?.weight === 0) {
    throw new Fault(
      'invalid_request',
      `\`weights.${control}\` must be above 0: the control is what the others are compared with.`,
      { param: `weights.${control}` },
    )
  }
  return { ...body, variants }
}
