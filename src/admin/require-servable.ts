import type { VariantBody } from '../contract/experiment-body.ts'
import { Fault } from '../core/fault.ts'
import { describeProtection, requireMayMove } from '../store/label-protection.ts'
import type { Actor, StoredPrompt, Stores } from '../store/ports.ts'
import { LabelProtected } from '../store/review-port.ts'
import { splitLabel } from './experiment-versions.ts'
import { lackingForMove } from './move-label.ts'

/**
 * What a protected label may not move to is not served under it by an experiment or a rollout either: approvals and test runs
 * are about what users meet, not about where a name points.
 *
 * @throws Fault `conflict`, code `label_protected`, that says what the version lacks.
 */
export async function requireServable(
  stores: Pick<Stores, 'prompts' | 'testRuns'>,
  actor: Actor,
  prompt: StoredPrompt,
  { version, param }: { readonly version: number; readonly param: string },
): Promise<void> {
  const lacking = await lackingForMove(stores, actor, prompt.slug, { label: splitLabel, version })
  if (lacking === null) return
  const message = `\`${param}\`: version ${version} cannot be served under the label \`${splitLabel}\`, which is protected. ${lacking.message}`
  throw new Fault('conflict', message, { param, code: 'label_protected' })
}

/** The same for every variant of an experiment. */
export async function requireVariantsServable(
  stores: Pick<Stores, 'prompts' | 'testRuns'>,
  actor: Actor,
  prompt: StoredPrompt,
  variants: readonly VariantBody[],
): Promise<void> {
  for (const [at, variant] of variants.entries()) {
    const { version } = variant
    if (version === undefined) continue
    await requireServable(stores, actor, prompt, { version, param: `variants[${at}].version` })
    requireChangeServable(actor, prompt, variant, at)
  }
}

/** Another model or other parameters make another version of it, though one without a number that somebody could approve. */
function requireChangeServable(
  actor: Actor,
  { slug, protections }: StoredPrompt,
  variant: VariantBody,
  at: number,
): void {
  const field = (['model', 'parameters'] as const).find((name) => variant[name] !== undefined)
  const protection = Object.hasOwn(protections, splitLabel) ? protections[splitLabel] : undefined
  if (field === undefined || protection === undefined) return
  try {
    const candidate = { version: variant.version ?? 0, status: 'draft', approvals: 0, newestRun: null } as const
    requireMayMove(actor, { slug, label: splitLabel }, protection, candidate)
  } catch (error) {
    if (!(error instanceof LabelProtected)) throw error
    const param = `variants[${at}].${field}`
    const message = `\`${param}\` changes what is served under the label \`${splitLabel}\`, which is protected and asks for ${describeProtection(protection)}. Make a version of it with POST /admin/v1/prompts/${slug}/versions, get it what is asked for, and name it as \`version\` of the variant.`
    throw new Fault('conflict', message, { param, code: 'label_protected' })
  }
}
