import type { RouteTarget } from '../contract/route-body.ts'
import { Fault } from '../core/fault.ts'
import type { Snapshot, SnapshotRoute } from '../snapshot/snapshot.ts'
import { type ModelLeaf, modelLeaf } from './model-leaf.ts'
import type { ModelCatalogue, ResolvedModel } from './resolve-model.ts'
import { failedCondition } from './route-conditions.ts'
import { expectedUsd, knownMisfit } from './route-fit.ts'
import type { RouteRequest } from './route-request.ts'
import { sunsetNotice } from './sunset.ts'
import { weightedOrder } from './weighted-order.ts'

export { requestNeeds, type RequestNeeds, type RouteRequest } from './route-request.ts'

/** Routes within routes, and successors of successors. */
const deepest = 8
/** Targets of routes looked at for one request; routes within routes could multiply without end. */
const mostSteps = 500

interface Targets {
  /** In the order to try. Never empty, each (provider, model) once. */
  readonly targets: ResolvedModel[]
  /** For `x-promptbox-warning`, one sentence part each. */
  readonly warnings: string[]
}

/** One call of `resolveTargets`. */
interface Walk {
  readonly request: RouteRequest
  readonly snapshot: Snapshot
  readonly catalogue: ModelCatalogue
  steps: number
}

/** What a name leads to for this request. A route's targets stay together, as if they were one model that does not fail. */
interface Reached {
  readonly targets: readonly ResolvedModel[]
  readonly warnings: readonly string[]
  /** Why it is known to be unable to serve, in words that follow its name; null: nothing speaks against it. */
  readonly misfit: () => string | null
  /** What the request is expected to cost with its first model; null: unknown. */
  readonly usd: () => number | null
}

/** One target of a route that is being expanded. */
interface Candidate {
  readonly name: string
  readonly weight: number
  /** null: its conditions do not hold, or it cannot be reached. */
  readonly reached: Reached | null
  /** Why it is not among the targets, in words that follow its name; null: it is. */
  readonly missed: string | null
  /** What went wrong when it could not be reached. */
  readonly fault?: Fault
}

/** A candidate that was reached. */
type Usable = Candidate & { readonly reached: Reached }

/**
 * The models to try for these names, in their order: each name a route, an operator's id or alias, `<provider>/<model>`, or a
 * bare name. Routes are expanded by their strategies, and models that have ended give way to their successors. A name that
 * leads nowhere is skipped for the next one, with a warning. Pure; for a plain model nothing of `request` is looked at but `at`,
 * and that only when its end is known.
 *
 * @throws Fault of the first name when none leads anywhere: `model_not_found`, or `invalid_request` when the targets of a
 * route exist and do not suit the request.
 */
export function resolveTargets(
  names: readonly string[],
  request: RouteRequest,
  snapshot: Snapshot,
  catalogue: ModelCatalogue,
): Targets {
  const plain = onlyPlainModel(names, snapshot, catalogue)
  if (plain !== null) return { targets: [plain], warnings: [] }
  const walk: Walk = { request, snapshot, catalogue, steps: 0 }
  const targets = new Map<string, ResolvedModel>()
  const warnings = new Set<string>()
  let first: Fault | null = null
  for (const name of names) {
    const reached = reach(name, [], walk)
    if (reached instanceof Fault) {
      first ??= reached
      warnings.add(skipped(name, reached))
      continue
    }
    for (const warning of reached.warnings) warnings.add(warning)
    for (const target of reached.targets) {
      const id = `${target.provider.id}/${target.model}`
      if (!targets.has(id)) targets.set(id, target)
    }
  }
  if (targets.size === 0) throw first ?? new Fault('model_not_found', 'The prompt names no model.', { param: 'model' })
  return { targets: [...targets.values()], warnings: [...warnings] }
}

/** Nearly every request: one name, which is no route, of a model without an end. */
function onlyPlainModel(names: readonly string[], snapshot: Snapshot, catalogue: ModelCatalogue): ResolvedModel | null {
  const [name] = names
  if (name === undefined || names.length > 1 || snapshot.routes.has(name)) return null
  const { target, sunset } = modelLeaf(name, snapshot, catalogue)
  return sunset === null ? target : null
}

function skipped(name: string, fault: Fault): string {
  const reason = fault.kind === 'model_not_found' ? 'cannot be reached' : 'has no target that suits this request'
  return `model \`${name}\` ${reason} and was skipped`
}

/** @param way the routes and ended models that led here. */
function reach(name: string, way: readonly string[], walk: Walk): Reached | Fault {
  if (way.includes(name)) {
    const circle = [...way, name].map((each) => `\`${each}\``).join(' → ')
    return notFound(
      `The model \`${name}\` leads back to itself: ${circle}. An operator changes the route or the successor.`,
    )
  }
  if (way.length > deepest) {
    return notFound(`The model \`${way[0]}\` leads through more than ${deepest} routes and successors to \`${name}\`.`)
  }
  const route = walk.snapshot.routes.get(name)
  return route === undefined ? reachModel(name, way, walk) : reachRoute(route, [...way, name], walk)
}

function reachModel(name: string, way: readonly string[], walk: Walk): Reached | Fault {
  let leaf: ModelLeaf
  try {
    leaf = modelLeaf(name, walk.snapshot, walk.catalogue)
  } catch (error) {
    const fault = Fault.from(error)
    if (fault.kind !== 'model_not_found') throw error
    return fault
  }
  const { target, id, facts, sunset } = leaf
  const asItIs = (warnings: readonly string[]): Reached => ({
    targets: [target],
    warnings,
    misfit: () => knownMisfit(facts, walk.request),
    usd: () => expectedUsd(target, walk.request, walk.snapshot),
  })
  if (sunset === null) return asItIs([])
  if (walk.request.at < sunset.startsAt) {
    const notice = sunsetNotice(id, sunset, walk.request.at)
    return asItIs(notice === null ? [] : [notice])
  }
  const ended = `model \`${id}\` ended on ${sunset.day}`
  if (sunset.successor === null) return asItIs([`${ended} and has no successor; it was asked all the same`])
  const successor = reach(sunset.successor, [...way, name], walk)
  if (successor instanceof Fault) {
    return asItIs([`${ended}; its successor \`${sunset.successor}\` cannot be reached, so it was asked all the same`])
  }
  return { ...successor, warnings: [`${ended}; \`${sunset.successor}\` answers instead`, ...successor.warnings] }
}

function reachRoute({ slug, body }: SnapshotRoute, way: readonly string[], walk: Walk): Reached | Fault {
  const candidates = body.targets.map((target) => candidateOf(target, way, walk))
  const usable = candidates.filter((each): each is Usable => each.reached !== null)
  if (usable.length === 0) return nothingLeft(slug, candidates)
  const misfits = new Map(usable.map((each) => [each, each.reached.misfit()]))
  const suitable = usable.filter((each) => misfits.get(each) === null)
  if (body.strategy === 'cheapest' && suitable.length === 0) {
    return nothingLeft(
      slug,
      candidates.map((each) => ({ ...each, missed: each.missed ?? misfits.get(each as Usable) ?? null })),
    )
  }
  // What is known of models may be wrong or old: with nobody else left the provider is asked, who knows best.
  const kept = suitable.length > 0 ? suitable : usable
  const ordered = orderOf({ slug, body }, candidates, kept, walk)
  const left = candidates.filter((each) => warned.has(each.missed))
  return {
    targets: ordered.flatMap((each) => each.reached.targets),
    warnings: [
      ...left.map(({ name, missed }) => `model \`${name}\` ${missed} and was skipped`),
      ...ordered.flatMap((each) => each.reached.warnings),
    ],
    misfit: () => (suitable.length > 0 ? null : 'has no target that suits this request'),
    usd: () => ordered[0]?.reached.usd() ?? null,
  }
}

const cannotBeReached = 'cannot be reached'
const notLookedAt = `is beyond the ${mostSteps} targets that are looked at`
const warned: ReadonlySet<string | null> = new Set([cannotBeReached, notLookedAt])

function candidateOf(target: RouteTarget, way: readonly string[], walk: Walk): Candidate {
  const { model: name, weight = 1, when } = target
  const missing = (missed: string): Candidate => ({ name, weight, reached: null, missed })
  walk.steps++
  if (walk.steps > mostSteps) return missing(notLookedAt)
  const failed = when === undefined ? null : failedCondition(when, walk.request)
  if (failed !== null) return missing(failed)
  const reached = reach(name, way, walk)
  if (!(reached instanceof Fault)) return { name, weight, reached, missed: null }
  if (reached.kind === 'model_not_found') return { ...missing(cannotBeReached), fault: reached }
  return missing('has no target that suits this request')
}

function orderOf(
  { slug, body }: SnapshotRoute,
  all: readonly Candidate[],
  kept: readonly Usable[],
  walk: Walk,
): readonly Usable[] {
  switch (body.strategy) {
    case 'ordered':
      return kept
    case 'weighted':
      return weightedOrder(all, kept, () => walk.request.draw(slug, body.sticky ?? false))
    case 'cheapest': {
      const costs = new Map(kept.map((each) => [each, each.reached.usd() ?? Number.POSITIVE_INFINITY]))
      const costOf = (each: Usable): number => costs.get(each) ?? Number.POSITIVE_INFINITY
      return kept.toSorted((left, right) => (costOf(left) < costOf(right) ? -1 : costOf(left) > costOf(right) ? 1 : 0))
    }
  }
}

/** How many targets a message tells the reasons of. */
const toldReasons = 10

function nothingLeft(slug: string, candidates: readonly Candidate[]): Fault {
  const told = candidates.slice(0, toldReasons).map(({ name, missed }) => `\`${name}\` ${missed ?? cannotBeReached}`)
  const reasons = candidates.length > toldReasons ? [...told, '…'] : told
  if (candidates.every(({ missed }) => missed === cannotBeReached)) {
    return notFound(
      `No model of the route \`${slug}\` can be reached: ${candidates[0]?.fault?.message ?? 'it has none.'} ` +
        `The route is changed with PUT /admin/v1/routes/${slug}.`,
    )
  }
  return new Fault(
    'invalid_request',
    `The route \`${slug}\` has no model for this request: ${reasons.join('; ')}. ` +
      'Change the request, or name a model; an operator can add a target without conditions.',
    { param: 'model' },
  )
}

function notFound(message: string): Fault {
  return new Fault('model_not_found', message, { param: 'model' })
}
