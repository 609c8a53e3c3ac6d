import { type JsonObject, ownMember } from '../core/json.ts'
import type { RecordedAssignment } from '../core/record.ts'
import { type Assignment, type Subject, assign } from '../experiments/assign.ts'
import { digestOfUnit } from '../experiments/bucket.ts'
import { compileVersion } from '../prompts/compile-version.ts'
import type { CompiledVersion } from '../prompts/compiled-version.ts'
import { parseModelReference } from '../prompts/reference.ts'
import { defaultLabel } from '../prompts/selector.ts'
import { type SnapshotPrompt, type SnapshotVersion, promptKey } from '../snapshot/snapshot.ts'
import { type Attribution, attributionOf } from './attribution.ts'
import type { Answered, Asked, Planned, ResolvedPrompt } from './exchange.ts'
import { assignmentUnit } from './planned-request.ts'
import type { RecentUnits } from './recent-units.ts'

/**
 * The variant this request is served, from the snapshot alone; null: the prompt as its label says. Only requests of clients
 * that leave the version to the default label take part: neither steps of chains nor what Promptbox asks itself.
 */
export function assignVariant(asked: Asked, prompt: SnapshotPrompt, label: string | null): Assignment | null {
  const { recentUnits, snapshot, key } = asked
  if (recentUnits === undefined || label !== defaultLabel) return null
  const { experiments } = snapshot
  if (experiments.size === 0) return null
  const running = experiments.get(promptKey(key.tenantId, prompt.slug))
  if (running === undefined) return null
  const subject = subjectOf(asked)
  const assignment = assign(running, subject)
  return assignment?.reason === 'split' ? asBefore(assignment, subject, recentUnits) : assignment
}

/** What this process assigned before the split changed stays, also while it is recorded nowhere. */
function asBefore(assignment: Assignment, { unit, tenantId }: Subject, recentUnits: RecentUnits): Assignment {
  const { experiment, phase } = assignment
  if (unit === null || experiment.kind === 'rollout') return assignment
  const first = recentUnits.phaseOf(`${tenantId}\0${experiment.slug}`, unit, phase)
  const before = first === phase ? undefined : experiment.ended.find(({ number }) => number === first)
  const variant = before === undefined ? undefined : experiment.variants[before.split(unit)]
  return variant === undefined ? assignment : { ...assignment, variant, phase: first, reason: 'stored' }
}

/** What targeting and assignment may ask of a request; read when they do. */
export function subjectOf(asked: Asked): Subject {
  let read: Attribution | null = null
  const attribution = (): Attribution => (read ??= attributionOf(asked))
  return {
    tenantId: asked.key.tenantId,
    unit: assignmentUnit(asked),
    requestId: asked.requestId,
    header: asked.header,
    attribute: (name) => attributeOf(name, asked, attribution) ?? undefined,
  }
}

const metadataPrefix = 'metadata.'
const headerPrefix = 'header.'

function attributeOf(name: string, asked: Asked, attribution: () => Attribution): string | null | undefined {
  switch (name) {
    case 'key':
      return asked.key.name
    case 'locale':
      return attribution().locale
    case 'language':
      return attribution().locale?.split('-', 1)[0]?.toLowerCase()
    case 'app_name':
      return attribution().appName
    case 'environment':
      return attribution().environment
    case 'user_id':
      return attribution().userId
    case 'session_id':
      return attribution().sessionId
  }
  if (name.startsWith(headerPrefix)) return asked.header(name.slice(headerPrefix.length).toLowerCase())
  if (!name.startsWith(metadataPrefix)) return undefined
  const { metadata } = attribution()
  const pair = name.slice(metadataPrefix.length)
  return Object.hasOwn(metadata, pair) ? metadata[pair] : undefined
}

/** Compiled forms of versions under a variant's model and parameters, kept as long as both are there. */
const forms = new WeakMap<Assignment['variant'], WeakMap<CompiledVersion, CompiledVersion>>()

/** The version as the variant wants it: with its model and its parameters. */
export function inVariant(compiled: CompiledVersion, variant: Assignment['variant']): CompiledVersion {
  if (variant.model === null && variant.parameters === null) return compiled
  const ofVariant = forms.get(variant) ?? new WeakMap<CompiledVersion, CompiledVersion>()
  forms.set(variant, ofVariant)
  const known = ofVariant.get(compiled)
  if (known !== undefined) return known
  const { body } = compiled
  const form = compileVersion({
    ...body,
    model: variant.model ?? body.model,
    parameters: { ...body.parameters, ...variant.parameters },
  })
  ofVariant.set(compiled, form)
  return form
}

/** The real model that a request with a prompt names besides; null: none. */
export function modelOfRequest(body: JsonObject): string | null {
  const model = ownMember(body, 'model')
  return typeof model !== 'string' || model === '' || parseModelReference(model) !== null ? null : model
}

/**
 * Whether the model that a request names stands in the way of what any variant of its experiment would be. Asked of all of
 * them, whichever was assigned: if only those counted whose own model it happens to be, the split would be broken.
 */
export function replacesModel(
  body: JsonObject,
  prompt: SnapshotPrompt,
  { experiment }: Assignment,
  labelled: SnapshotVersion,
): boolean {
  const model = modelOfRequest(body)
  if (model === null) return false
  return experiment.variants.some((variant) => {
    const version = variant.version === null ? labelled : prompt.versions.get(variant.version)
    if (version === undefined) return false
    const { locked, models } = inVariant(version.compiled(), variant)
    return !locked.has('model') && model !== models[0]
  })
}

/** A request that was assigned and could not be planned: what went wrong counts for its variant. */
export class AssignedInVain extends Error {
  readonly prompt: ResolvedPrompt
  readonly assignment: Assignment
  /** As of a plan. */
  readonly ownModel: boolean

  constructor(cause: unknown, prompt: ResolvedPrompt, assignment: Assignment, ownModel: boolean) {
    super('The request could not be planned.', { cause })
    this.name = 'AssignedInVain'
    this.prompt = prompt
    this.assignment = assignment
    this.ownModel = ownModel
  }
}

/** How the exchange came to its variant, and whether somebody else's answer is in the way of counting it. */
export function recordedAssignment({ phase, reason, excluded }: Assignment, came: CameSoFar): RecordedAssignment {
  return { phase, reason, excluded: excluded ?? exclusionOf(came) }
}

/** How far an assigned exchange came. */
interface CameSoFar {
  readonly planned: Planned | null
  readonly inVain: AssignedInVain | null
  readonly answered: Answered | null
}

function exclusionOf({ planned, inVain, answered }: CameSoFar): RecordedAssignment['excluded'] {
  if ((planned ?? inVain)?.ownModel === true) return 'request_override'
  if (planned === null || answered === null) return null
  if (answered.target !== planned.targets[0]) return 'fallback'
  return answered.cache === 'hit' ? 'cache' : null
}

/** What is recorded of whom an exchange was for: a digest; undefined: nobody was named. */
export function recordedUnit(asked: Asked, assignment: Assignment | null): string | undefined {
  if (assignment?.reason === 'request') return assignment.excluded === null ? asked.requestId : undefined
  // The plan has read it of those that were assigned.
  const unit = assignment === null ? assignmentUnit(asked) : assignment.unit
  return unit === null ? undefined : digestOfUnit(asked.key.tenantId, unit)
}
