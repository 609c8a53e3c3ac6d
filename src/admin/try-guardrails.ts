import type { InlineGuardrail, TrialBody } from '../contract/admin/guardrail-trial.ts'
import { Fault } from '../core/fault.ts'
import { checkGuardrail } from '../guardrails/check-guardrail.ts'
import type { Examined } from '../pipeline/examine-text.ts'
import type { SnapshotGuardrail } from '../snapshot/snapshot.ts'
import type { AdminDependencies } from './dependencies.ts'
import { tenantGuardrails } from './known-guardrails.ts'

/**
 * What guardrails say of a text: those that are named, whether they are stored or only given here, or all that are enabled
 * for the stage. Nothing is recorded.
 *
 * @throws Fault `invalid_request` naming the entry: a slug that is not there, a guardrail that could not be stored either,
 *   the same slug twice.
 */
export async function tryGuardrails(
  dependencies: Pick<AdminDependencies, 'stores' | 'snapshot' | 'examineText'>,
  tenantId: string,
  { text, stage = 'input', role = stage === 'input' ? 'user' : 'assistant', guardrails }: TrialBody,
): Promise<Examined> {
  const there = await tenantGuardrails(dependencies, tenantId, () => guardrails?.some(isSlug) === true)
  const chosen =
    guardrails === undefined
      ? [...there.values()].filter(({ body }) => body.enabled && body.stages.includes(stage))
      : guardrails.map((entry, index) => (isSlug(entry) ? named(entry, index, there) : checked(entry, index)))
  requireDistinct(chosen)
  return dependencies.examineText({ tenantId, text, stage, role, guardrails: chosen })
}

function isSlug(entry: string | InlineGuardrail): entry is string {
  return typeof entry === 'string'
}

function named(slug: string, index: number, there: ReadonlyMap<string, SnapshotGuardrail>): SnapshotGuardrail {
  const found = there.get(slug)
  if (found !== undefined) return found
  throw new Fault(
    'invalid_request',
    `\`guardrails[${index}]\` names the guardrail '${slug}', which does not exist. GET /admin/v1/guardrails lists those there are.`,
    { param: `guardrails[${index}]` },
  )
}

function checked({ slug = '', ...body }: InlineGuardrail, index: number): SnapshotGuardrail {
  const field = `guardrails[${index}]`
  try {
    checkGuardrail(body)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new Fault(error.kind, `\`${field}\`: ${error.message}`, {
      param: error.param === null ? field : `${field}.${error.param}`,
    })
  }
  return { slug: slug === '' ? `inline-${index + 1}` : slug, body }
}

function requireDistinct(chosen: readonly SnapshotGuardrail[]): void {
  const slugs = new Set<string>()
  for (const [index, { slug }] of chosen.entries()) {
    if (slugs.has(slug)) {
      throw new Fault('invalid_request', `\`guardrails[${index}]\` is called '${slug}', as one before it is.`, {
        param: `guardrails[${index}]`,
      })
    }
    slugs.add(slug)
  }
}
