import { nearestName } from '../contract/admin/nearest-name.ts'
import { controlOf, type ExperimentBody } from '../contract/experiment-body.ts'
import { builtInMetrics, feedbackMetrics } from '../contract/experiment-metrics.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, Stores } from '../store/ports.ts'
import { splitLabel } from './experiment-versions.ts'
import { refusalOfMove } from './move-label.ts'

type Needs = Pick<Stores, 'exchanges' | 'prompts' | 'testRuns'>
/** Whether a request that names this model could reach it. */
export type IsReachable = (model: string) => boolean

/** What may not be as meant of an experiment that starts: sentences for whoever starts it. It starts all the same. */
export async function warningsAtStart(
  stores: Needs,
  actor: Actor,
  { slug, body }: StoredExperiment,
  others: readonly StoredExperiment[],
  isReachable: IsReachable,
): Promise<readonly string[]> {
  return [
    ...besideOthers(
      body,
      others.filter((other) => other.slug !== slug && other.body.prompt === body.prompt),
    ),
    ...identicalVariants(body),
    ...misspeltMetrics(body),
    ...unreachableModels(body, isReachable),
    ...(body.traffic === 0 ? ['`traffic` is 0: no unit takes part.'] : []),
    ...(await unnamedUnits(stores, actor.tenantId, body)),
    ...(await heldLabel(stores, actor, body)),
  ]
}

/** Each unit is in one experiment of a prompt: the one that began first has it. */
function besideOthers(body: ExperimentBody, others: readonly StoredExperiment[]): readonly string[] {
  const shared = others.filter(({ body: other }) => {
    return body.namespace === undefined || other.namespace?.name !== body.namespace.name
  })
  if (shared.length === 0) return []
  const named = shared.map(({ slug }) => `\`${slug}\``).join(', ')
  return [
    `Other experiments run on this prompt: ${named}. A unit is in one at a time, and those that began before take theirs first. Give them parts of one \`namespace\` to share the units out evenly.`,
  ]
}

function identicalVariants({ variants }: ExperimentBody): readonly string[] {
  const seen = new Map<string, string>()
  return variants.flatMap(({ name, version, model, parameters }) => {
    const essence = canonicalJson([version ?? null, model ?? null, parameters ?? {}])
    const same = seen.get(essence)
    if (same === undefined) seen.set(essence, name)
    return same === undefined
      ? []
      : [`Variants \`${same}\` and \`${name}\` are the same: an A/A test, which is to find no difference.`]
  })
}

/** Any name may be feedback; one that is nearly a metric that is measured hardly is. */
function misspeltMetrics(body: ExperimentBody): readonly string[] {
  const { primary_metric, secondary_metrics, guardrail_metrics, ratios = {} } = body
  const known = [...Object.keys(builtInMetrics), ...Object.keys(feedbackMetrics)]
  const names = [primary_metric, ...secondary_metrics, ...guardrail_metrics.map(({ metric }) => metric)]
  return names.flatMap((name) => {
    if (known.includes(name) || Object.hasOwn(ratios, name)) return []
    const near = nearestName(name, known)
    const meant = near === null ? '' : ` Did you mean \`${near}\`?`
    return [
      `\`${name}\` is not measured by Promptbox: it has values only as far as feedback of this name comes.${meant}`,
    ]
  })
}

function unreachableModels({ variants, judge }: ExperimentBody, isReachable: IsReachable): readonly string[] {
  const named = variants.flatMap(({ name, model }) => (model === undefined ? [] : [[`Variant \`${name}\``, model]]))
  if (judge !== undefined) named.push(['`judge`', judge.model])
  return named.flatMap(([who = '', model = '']) =>
    isReachable(model) ? [] : [`${who} names the model \`${model}\`, which no request can reach now.`],
  )
}

const recentExchanges = 50

async function unnamedUnits({ exchanges }: Needs, tenantId: string, body: ExperimentBody): Promise<readonly string[]> {
  if (body.unit === 'request') return []
  const { data } = await exchanges.list(tenantId, { prompt: body.prompt, limit: recentExchanges })
  const isNamed = data.some(({ unit, userId, sessionId }) => (unit ?? userId ?? sessionId ?? null) !== null)
  if (data.length === 0 || isNamed) return []
  return [
    `None of the last ${data.length} requests of this prompt said whom it is for, so that none would count. Send the header \`x-assignment-key\` or \`user\`, or set \`unit\` to \`request\`.`,
  ]
}

async function heldLabel(stores: Needs, actor: Actor, body: ExperimentBody): Promise<readonly string[]> {
  if (!body.auto_promote) return []
  const control = controlOf(body)
  const refusals = new Map<string, string[]>()
  for (const { name, version } of body.variants) {
    if (name === control || version === undefined) continue
    const refusal = await refusalOfMove(stores, actor, body.prompt, { label: splitLabel, version })
    if (refusal !== null) refusals.set(refusal, [...(refusals.get(refusal) ?? []), `\`${name}\``])
  }
  return Array.from(refusals, ([refusal, names]) => {
    return `As things are, the label would not move to ${names.join(', ')}, should it win: ${refusal}`
  })
}
