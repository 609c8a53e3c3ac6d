import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { events, promptAliases, promptLabels, prompts, promptVersions } from '../../../db/schema/index.ts'
import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { ChangedThing } from '../changed-thing.ts'
import { composedVersion } from '../composed-version.ts'
import { nameTaken, noParent, noPrompt, semverTaken } from '../faults.ts'
import { isLabelMove, type LabelMove } from '../label-history.ts'
import { requireUnprotected } from '../label-protection.ts'
import type { Actor, StoredPrompt } from '../ports.ts'
import { requireMayPoint } from './label-guard.ts'
import { noteDependencies, readPartials } from './partials.ts'
import { findPrompt } from './prompt-rows.ts'
import { note, type Transaction, type Written } from './transaction.ts'

/** What names a prompt in every table. */
export type Own = Pick<StoredPrompt, 'tenantId' | 'slug'>

export const thingOf = ({ tenantId, slug }: Own): ChangedThing => ({ noun: 'prompt', tenantId, id: slug })
export const isPrompt = ({ tenantId, slug }: Own) => and(eq(prompts.tenantId, tenantId), eq(prompts.slug, slug))
export const isVersion = ({ tenantId, slug }: Own, number: number) =>
  and(eq(promptVersions.tenantId, tenantId), eq(promptVersions.slug, slug), eq(promptVersions.version, number))
const isLabel = ({ tenantId, slug }: Own, label: string) =>
  and(eq(promptLabels.tenantId, tenantId), eq(promptLabels.slug, slug), eq(promptLabels.label, label))
export const isEventOf = ({ tenantId, slug }: Own) =>
  and(eq(events.tenantId, tenantId), eq(events.noun, 'prompt'), eq(events.nounId, slug))

export const isVersionNumber = (number: number): boolean => Number.isInteger(number) && number > 0 && number < 2 ** 31
/** The numbers of versions have no gaps. */
export const hasVersion = ({ latestVersion }: Pick<StoredPrompt, 'latestVersion'>, number: number): boolean =>
  isVersionNumber(number) && number <= (latestVersion ?? 0)

/** The prompt as the write left it. */
export async function afterwards(transaction: Transaction, own: Own, visible: boolean): Promise<Written<StoredPrompt>> {
  await transaction
    .update(prompts)
    .set({ updatedAt: sql`clock_timestamp()` })
    .where(isPrompt(own))
  const prompt = await findPrompt(transaction, own.tenantId, own.slug)
  if (prompt === null) throw noPrompt(own.slug)
  return { value: prompt, changed: visible ? thingOf(own) : null }
}

/** Takes names for a prompt, in one order for all writers, so that two who want the same ones cannot lock each other out. */
export async function claimNames(
  transaction: Transaction,
  { tenantId, slug }: Own,
  names: readonly string[],
): Promise<void> {
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) throw nameTaken('aliases', repeated)
  const rows = names.toSorted().map((alias) => ({ tenantId, alias, slug }))
  const claimed = await transaction
    .insert(promptAliases)
    .values(rows)
    .onConflictDoNothing()
    .returning({ alias: promptAliases.alias })
  const got = new Set(claimed.map(({ alias }) => alias))
  const taken = names.find((name) => !got.has(name))
  if (taken !== undefined) throw nameTaken(taken === slug ? 'slug' : 'aliases', taken)
}

/** Gives back the names that are no longer wanted and takes the new ones. */
export async function replaceAliases(
  transaction: Transaction,
  prompt: StoredPrompt,
  aliases: readonly string[],
): Promise<void> {
  if (aliases.includes(prompt.slug)) throw nameTaken('aliases', prompt.slug)
  const dropped = prompt.aliases.filter((alias) => !aliases.includes(alias))
  if (dropped.length > 0) {
    await transaction
      .delete(promptAliases)
      .where(
        and(
          eq(promptAliases.tenantId, prompt.tenantId),
          eq(promptAliases.slug, prompt.slug),
          inArray(promptAliases.alias, dropped),
        ),
      )
  }
  const added = aliases.filter((alias, index) => !prompt.aliases.includes(alias) || aliases.indexOf(alias) !== index)
  if (added.length > 0) await claimNames(transaction, prompt, added)
}

/**
 * The next version of a prompt that this transaction has locked or made, with its partials filled in. Gives its number.
 *
 * @param prefix name of the field that holds the version; left out when the body is the version.
 */
export async function appendVersion(
  transaction: Transaction,
  actor: Actor,
  own: Own & Pick<StoredPrompt, 'aliases'>,
  body: VersionBody,
  prefix = '',
): Promise<number> {
  const lookUp = await readPartials(transaction, own.tenantId, own.slug, body)
  const { resolved, dependencies, hash } = composedVersion(own, body, lookUp, prefix)
  const { semver = null, parent_version: parentVersion = null, change_note: changeNote = null } = body
  const [row] = await transaction
    .update(prompts)
    .set({ latestVersion: sql`coalesce(${prompts.latestVersion}, 0) + 1`, updatedAt: sql`clock_timestamp()` })
    .where(isPrompt(own))
    .returning({ version: prompts.latestVersion })
  const version = row?.version
  if (typeof version !== 'number') throw noPrompt(own.slug)
  if (parentVersion !== null && !hasVersion({ latestVersion: version - 1 }, parentVersion))
    throw noParent(own.slug, parentVersion)
  const made = await transaction
    .insert(promptVersions)
    .values({
      tenantId: own.tenantId,
      slug: own.slug,
      version,
      semver,
      status: 'draft',
      body: JSON.stringify(body),
      resolved: resolved === null ? null : JSON.stringify(resolved),
      hash,
      parentVersion,
      changeNote,
      createdBy: actor.id,
      createdAt: sql`clock_timestamp()`,
    })
    .onConflictDoNothing()
    .returning({ version: promptVersions.version })
  // The number is ours alone, so only the semantic version can have been there already.
  if (made.length === 0) throw semverTaken(own.slug, semver ?? '')
  await noteDependencies(transaction, { tenantId: own.tenantId, slug: own.slug, version }, dependencies)
  await note(transaction, actor, thingOf(own), { event: 'version_created', version, reason: changeNote })
  return version
}

interface Move {
  readonly event: 'label_set' | 'label_rolled_back'
  readonly label: string
  readonly from: number | null
  readonly to: number
  readonly reason: string | null
}

/**
 * Moves a label and says so: the one way a label gets anywhere, so that no way leads past its protection. The prompt is
 * locked, or made by this transaction.
 */
export async function point(
  transaction: Transaction,
  actor: Actor,
  { tenantId, slug }: Own,
  { event, label, from, to, reason }: Move,
): Promise<void> {
  await requireMayPoint(transaction, actor, { tenantId, slug }, label, to)
  const target = { version: to, updatedBy: actor.id, updatedAt: sql`clock_timestamp()` }
  await transaction
    .insert(promptLabels)
    .values({ tenantId, slug, label, ...target })
    .onConflictDoUpdate({ target: [promptLabels.tenantId, promptLabels.slug, promptLabels.label], set: target })
  await note(transaction, actor, thingOf({ tenantId, slug }), {
    event,
    label,
    fromVersion: from,
    toVersion: to,
    reason,
  })
}

/** Takes a label off a prompt that is locked, and says so. */
export async function unpoint(
  transaction: Transaction,
  actor: Actor,
  prompt: StoredPrompt,
  { label, from, reason }: Pick<Move, 'label' | 'reason'> & { readonly from: number },
): Promise<void> {
  requireUnprotected(prompt, label)
  await transaction.delete(promptLabels).where(isLabel(prompt, label))
  await note(transaction, actor, thingOf(prompt), { event: 'label_removed', label, fromVersion: from, reason })
}

/** Where a label went, oldest first. */
export async function movesOf(transaction: Transaction, own: Own, label: string): Promise<readonly LabelMove[]> {
  const rows = await transaction
    .select({ event: events.event, to: events.toVersion })
    .from(events)
    .where(and(isEventOf(own), eq(events.label, label)))
    .orderBy(asc(events.id))
  return rows.filter(isLabelMove)
}
