import { type EvolutionPolicy, evolutionPolicySchema, type Prediction } from '../contract/evolution.ts'
import { type ExperimentBody, experimentBodySchema } from '../contract/experiment-body.ts'
import { Fault } from '../core/fault.ts'
import { checkExperiment } from '../experiments/check-experiment.ts'
import type { StoredEvolutionPolicy } from '../store/evolution-port.ts'
import type { Actor, StoredPrompt, Stores } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'
import { findPrompt } from './find-prompt.ts'
import { checkTargetModel } from './target-model.ts'

/** The policy of a prompt by slug or alias. Fault `not_found` for the prompt or the policy. */
export async function findPolicy(
  { prompts, evolution }: Pick<Stores, 'prompts' | 'evolution'>,
  tenantId: string,
  slugOrAlias: string,
): Promise<{ readonly prompt: StoredPrompt; readonly policy: StoredEvolutionPolicy }> {
  const prompt = await findPrompt(prompts, tenantId, slugOrAlias)
  const policy = await evolution.policy(tenantId, prompt.slug)
  if (policy !== null) return { prompt, policy }
  throw new Fault(
    'not_found',
    `Prompt '${prompt.slug}' has no policy of evolution. PUT /admin/v1/prompts/${prompt.slug}/evolution sets one.`,
    { param: 'slug' },
  )
}

/**
 * Sets a policy. Fault `not_found` for the prompt; `invalid_request` naming a model nobody can ask, or parts of an experiment
 * that do not fit together.
 */
export async function putPolicy(
  needs: Pick<AdminDependencies, 'stores' | 'providers' | 'snapshot'>,
  actor: Actor,
  slugOrAlias: string,
  body: EvolutionPolicy,
): Promise<StoredEvolutionPolicy> {
  const { slug } = await findPrompt(needs.stores.prompts, actor.tenantId, slugOrAlias)
  for (const [at, name] of body.models.entries()) checkTargetModel(name, `models[${at}]`, needs)
  if (body.writer.type === 'model') checkTargetModel(body.writer.model, 'writer.model', needs)
  requireExperiment(body, slug)
  return needs.stores.evolution.putPolicy(actor, slug, body)
}

/** The variant that is the proposal; the control is its parent. */
export const variantName = 'proposed'

export interface ProposedExperiment {
  readonly prompt: string
  readonly description?: string
  readonly control: number
  readonly proposed: number
  readonly predicted?: Pick<Prediction, 'metric' | 'effect'>
}

/** The experiment of a proposal, as its policy has it. */
export function experimentOfPolicy(
  { experiment = {} }: EvolutionPolicy,
  { control, proposed, predicted, ...about }: ProposedExperiment,
): ExperimentBody {
  const given = Object.entries({ ...experiment, ...aimOf(experiment, predicted) }).filter(
    ([, part]) => part !== undefined,
  )
  return experimentBodySchema.parse({
    ...Object.fromEntries(given),
    ...about,
    variants: [
      { name: 'control', version: control },
      { name: variantName, version: proposed },
    ],
    control: 'control',
  })
}

/** What may be spent of quality for what is saved. */
const savingMargin = 0.02
const savings: ReadonlySet<string> = new Set(['cost_usd', 'input_tokens', 'output_tokens', 'latency_ms'])

/**
 * What promises to save is judged by what it saves, and must not do worse by what the policy looks at: as good as its parent, it
 * would never win by that.
 */
function aimOf(
  {
    primary_metric: quality = 'success_rate',
    guardrail_metrics: watched = [],
  }: NonNullable<EvolutionPolicy['experiment']>,
  predicted: ProposedExperiment['predicted'],
): Pick<NonNullable<EvolutionPolicy['experiment']>, 'primary_metric' | 'guardrail_metrics'> {
  const aim = predicted?.metric ?? quality
  if (!savings.has(aim) || savings.has(quality) || (predicted?.effect ?? 0) >= 0) return {}
  // An exchange that fails costs nothing, so what fails more would seem to save.
  const own = [...new Set([quality, 'success_rate'])].map((metric) => ({ metric, margin: savingMargin }))
  const kept = watched.filter(({ metric }) => metric !== aim && !own.some((each) => each.metric === metric))
  const asPolicy = own.map((each) => watched.find(({ metric }) => metric === each.metric) ?? each)
  return { primary_metric: aim, guardrail_metrics: [...asPolicy, ...kept].slice(0, mostWatched) }
}

const mostWatched = 20

/** Better said now than when the first proposal is to be tried. */
function requireExperiment(policy: EvolutionPolicy, prompt: string): void {
  try {
    checkExperiment(experimentOfPolicy(policy, { prompt, control: 1, proposed: 2 }))
  } catch (error) {
    if (!(error instanceof Fault) || error.param === null) throw error
    const param = `experiment.${error.param}`
    throw new Fault(error.kind, error.message.replace(`\`${error.param}\``, `\`${param}\``), { param })
  }
}

/** What a run without a stored policy goes by: rules alone, nothing by itself, no money. */
export function policyOfNobody(tenantId: string, prompt: string): StoredEvolutionPolicy {
  const body = evolutionPolicySchema.parse({ enabled: false, budget_usd: 0, steps: { test: 'hand' } })
  return {
    tenantId,
    prompt,
    body,
    spentUsd: 0,
    spentMonth: null,
    lastRunAt: null,
    lastRun: null,
    updatedAt: 0,
    updatedBy: '',
  }
}
