import { approvalsOf, requireMayMove } from '../store/label-protection.ts'
import { LabelProtected } from '../store/review-port.ts'
import type { Actor, PromptStore, StoredPrompt, Stores } from '../store/ports.ts'
import { findPrompt } from './find-prompt.ts'
import { type WantedVersion, selectVersion } from './select-version.ts'

/** Runs a version's test cases and keeps the result, whatever it is. Throws when they could not be run. */
export type RunGate = (actor: Actor, slug: string, version: number) => Promise<void>

interface MoveLabelNeeds {
  readonly prompts: PromptStore
  /** null: nobody runs test cases, so a move that needs a run says that one is missing. */
  readonly runGate: RunGate | null
}

export interface RolledBack {
  readonly prompt: StoredPrompt
  readonly from: number
  readonly to: number
}

/** Points a label to a version. Whether a protected one may move, the store decides under the prompt's lock. */
export async function moveLabel(
  needs: MoveLabelNeeds,
  actor: Actor,
  slugOrAlias: string,
  move: { readonly label: string; readonly version: WantedVersion; readonly reason: string | null },
): Promise<StoredPrompt> {
  const prompt = await findPrompt(needs.prompts, actor.tenantId, slugOrAlias)
  const { slug } = prompt
  const number =
    typeof move.version === 'number'
      ? move.version
      : (await selectVersion(needs.prompts, prompt, move.version, 'version')).version
  return throughGate(needs, actor, slug, () => needs.prompts.setLabel(actor, slug, move.label, number, move.reason))
}

/** Takes a label one step back along its own history, by the same rules. */
export async function rollBackLabel(
  needs: MoveLabelNeeds,
  actor: Actor,
  slugOrAlias: string,
  { label, reason }: { readonly label: string; readonly reason: string | null },
): Promise<RolledBack> {
  const { slug } = await findPrompt(needs.prompts, actor.tenantId, slugOrAlias)
  return throughGate(needs, actor, slug, () => needs.prompts.rollback(actor, slug, label, reason))
}

/**
 * Why a label of a prompt, which need not be there, would not move to a version, which need not be there either; null: it
 * would, as far as can be told before a test run. Changes nothing and runs nothing.
 */
export async function refusalOfMove(
  stores: Pick<Stores, 'prompts' | 'testRuns'>,
  actor: Actor,
  slug: string,
  move: { readonly label: string; readonly version: number },
): Promise<string | null> {
  const lacking = await lackingForMove(stores, actor, slug, move)
  return lacking === null || lacking.untested !== null ? null : lacking.message
}

/** The same, but a test run that is still to be made is lacking as well. */
export async function lackingForMove(
  { prompts, testRuns }: Pick<Stores, 'prompts' | 'testRuns'>,
  actor: Actor,
  slug: string,
  { label, version }: { readonly label: string; readonly version: number },
): Promise<LabelProtected | null> {
  const prompt = await prompts.find(actor.tenantId, slug)
  const protection = prompt !== null && Object.hasOwn(prompt.protections, label) ? prompt.protections[label] : undefined
  if (prompt === null || protection === undefined || prompt.labels[label] === version) return null
  const found = await prompts.version(actor.tenantId, prompt.slug, version)
  const newestRun =
    found === null || protection.minScore === null
      ? null
      : await testRuns.newestComplete(actor.tenantId, prompt.slug, version)
  const candidate = {
    version,
    status: found?.status ?? 'draft',
    approvals: found === null ? 0 : approvalsOf(found),
    newestRun,
  }
  try {
    requireMayMove(actor, { slug: prompt.slug, label }, protection, candidate)
    return null
  } catch (error) {
    if (!(error instanceof LabelProtected)) throw error
    return error
  }
}

/**
 * Tries the move; when all it lacks is a test run, runs one and tries once more. So test cases, which cost money, are run only
 * for a version that could go there, and for the very one the store would take, also when it goes back.
 */
async function throughGate<Moved>(
  { runGate }: MoveLabelNeeds,
  actor: Actor,
  slug: string,
  move: () => Promise<Moved>,
): Promise<Moved> {
  try {
    return await move()
  } catch (error) {
    if (runGate === null || !(error instanceof LabelProtected) || error.untested === null) throw error
    await runGate(actor, slug, error.untested)
    return move()
  }
}
