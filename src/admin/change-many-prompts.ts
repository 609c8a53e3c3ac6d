import { mostTags } from '../contract/admin/fields.ts'
import { Fault } from '../core/fault.ts'
import type { Actor, PromptStore, StoredPrompt } from '../store/ports.ts'
import { findPrompt } from './find-prompt.ts'
import { type WireFilter, promptFilter } from './prompt-filter.ts'

/** Which prompts, and what to do with each. */
export interface WantedChanges {
  readonly prompts?: readonly string[] | undefined
  readonly where?: WireFilter | undefined
  readonly add_tags?: readonly string[] | undefined
  readonly remove_tags?: readonly string[] | undefined
  readonly set_label?:
    | {
        readonly label: string
        readonly version?: number | 'latest' | undefined
        readonly from_label?: string | undefined
      }
    | undefined
  readonly remove_label?: string | undefined
  readonly archived?: boolean | undefined
  readonly reason?: string | null | undefined
  readonly dry_run?: boolean | undefined
}

export interface ChangeResult {
  readonly prompt: string
  readonly status: 'changed' | 'unchanged' | 'failed'
  readonly fault: Fault | null
}

/** Moves a label the one way there is. */
export type SetLabel = (
  actor: Actor,
  move: { readonly slug: string; readonly label: string; readonly version: number; readonly reason: string | null },
) => Promise<StoredPrompt>

export interface ChangeManyDependencies {
  readonly prompts: PromptStore
  readonly setLabel: SetLabel
  /** Prompts that one call may change. */
  readonly most: number
}

/**
 * Changes each prompt by itself, by the rules for one; where one fails the others go on. Fault `invalid_request` when
 * more are chosen than one call may change, and `unavailable` when the database goes away in between: what was done by
 * then stays, and doing it all again does no harm.
 */
export async function changeManyPrompts(
  dependencies: ChangeManyDependencies,
  actor: Actor,
  wanted: WantedChanges,
): Promise<readonly ChangeResult[]> {
  const results: ChangeResult[] = []
  for (const name of await chosen(dependencies, actor, wanted)) {
    try {
      const before = await findPrompt(dependencies.prompts, actor.tenantId, name)
      const changed = wanted.dry_run === true ? false : await changeOne(dependencies, actor, before, wanted)
      results.push({ prompt: before.slug, status: changed ? 'changed' : 'unchanged', fault: null })
    } catch (error) {
      const fault = Fault.from(error)
      if (fault.kind === 'unavailable' || fault.kind === 'internal') throw error
      results.push({ prompt: name, status: 'failed', fault })
    }
  }
  return results
}

async function chosen(
  { prompts, most }: ChangeManyDependencies,
  actor: Actor,
  wanted: WantedChanges,
): Promise<readonly string[]> {
  if (wanted.prompts !== undefined) return wanted.prompts
  // Whoever brings prompts back is looking for archived ones.
  const filter = { ...promptFilter(wanted.where ?? {}), archived: wanted.archived === false }
  const page = await prompts.list(actor.tenantId, { ...filter, limit: most })
  if (page.nextCursor === null) return page.data.map(({ slug }) => slug)
  throw new Fault(
    'invalid_request',
    `\`where\` chooses more than ${most} prompts, the most that one call changes. Narrow it, or name the prompts in \`prompts\`.`,
    { param: 'where' },
  )
}

/** Whether anything was changed. */
async function changeOne(
  { prompts, setLabel }: ChangeManyDependencies,
  actor: Actor,
  before: StoredPrompt,
  wanted: WantedChanges,
): Promise<boolean> {
  const { slug } = before
  const reason = wanted.reason ?? null
  let now = before
  // As they are when they are written: two calls that put on different tags at the same time both succeed.
  if (wanted.add_tags !== undefined || wanted.remove_tags !== undefined)
    now = await prompts.change(actor, slug, ({ tags }) => ({ tags: tagsAfter(tags, wanted) }))
  if (wanted.set_label !== undefined) {
    const { label } = wanted.set_label
    now = await setLabel(actor, { slug, label, version: versionFor(before, wanted.set_label), reason })
  }
  if (wanted.remove_label !== undefined && Object.hasOwn(now.labels, wanted.remove_label))
    now = await prompts.removeLabel(actor, slug, wanted.remove_label, reason)
  if (wanted.archived === true) now = await prompts.archive(actor, slug)
  if (wanted.archived === false) now = await prompts.restore(actor, slug)
  return JSON.stringify({ ...now, updatedAt: 0 }) !== JSON.stringify({ ...before, updatedAt: 0 })
}

/** The very same when none is new or gone. */
function tagsAfter(
  tags: readonly string[],
  { add_tags: added = [], remove_tags: removed = [] }: WantedChanges,
): readonly string[] {
  const after = [...new Set([...tags, ...added])].filter((tag) => !removed.includes(tag))
  if (after.length > mostTags && after.length > tags.length) {
    throw new Fault(
      'invalid_request',
      `The prompt would have ${after.length} tags, and may have ${mostTags}. Take some off with \`remove_tags\`.`,
      { param: 'add_tags' },
    )
  }
  return after.length === tags.length && after.every((tag) => tags.includes(tag)) ? tags : after
}

function versionFor(
  prompt: StoredPrompt,
  { version, from_label: from }: NonNullable<WantedChanges['set_label']>,
): number {
  if (typeof version === 'number') return version
  const found =
    from === undefined ? prompt.latestVersion : Object.hasOwn(prompt.labels, from) ? prompt.labels[from] : null
  if (found !== null && found !== undefined) return found
  const what = from === undefined ? 'no version yet' : `no label '${from}'`
  throw new Fault('not_found', `Prompt '${prompt.slug}' has ${what}.`, { param: 'set_label' })
}
