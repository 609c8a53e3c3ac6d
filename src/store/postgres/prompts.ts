import { and, arrayContains, asc, desc, eq, exists, gt, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { agentPrompts, events, promptAliases, promptLabels, prompts, promptVersions } from '../../../db/schema/index.ts'
import { composedVersion } from '../composed-version.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { labelWithoutVersion, nameTaken, noLabel, noVersion, nothingToRollBack } from '../faults.ts'
import { stepBack } from '../label-history.ts'
import { requireNoProtection } from '../label-protection.ts'
import { requireNoneUnderWay, requireNotSplit } from '../under-way.ts'
import type { Actor, PromptFilter, PromptStore, StoredPrompt, TimelineRow } from '../ports.ts'
import { changedFields, definedOf, metadataOf, namesOnTheWire } from '../prompt-metadata.ts'
import { withFaults } from './database-errors.ts'
import { underWayOf } from './experiment-rows.ts'
import { readDependents, readPartials } from './partials.ts'
import { createPromptReviews } from './prompt-reviews.ts'
import { findPrompt, lockPrompt, promptColumns, slugOf, toVersion, versionColumns } from './prompt-rows.ts'
import {
  afterwards,
  appendVersion,
  claimNames,
  hasVersion,
  isEventOf,
  isPrompt,
  isVersion,
  isVersionNumber,
  movesOf,
  point,
  replaceAliases,
  thingOf,
  unpoint,
} from './prompt-writes.ts'
import { note, write, type Transaction } from './transaction.ts'

export function createPromptStore(database: Drizzle): PromptStore {
  /** A write to one prompt, alone with it. `work` says whether a request can see what it did; null: it did nothing. */
  function writeTo(
    actor: Actor,
    name: string,
    work: (transaction: Transaction, prompt: StoredPrompt) => Promise<'visible' | 'invisible' | 'nothing'>,
  ) {
    return write<StoredPrompt>(database, async (transaction) => {
      const prompt = await lockPrompt(transaction, actor.tenantId, name)
      const done = await work(transaction, prompt)
      if (done === 'nothing') return { value: prompt, changed: null }
      return afterwards(transaction, prompt, done === 'visible')
    })
  }

  return {
    ...createPromptReviews(database),

    create: (actor, asked) =>
      write(database, async (transaction) => {
        const { slug, version, labels } = asked
        if (version === null && labels.length > 0) throw labelWithoutVersion()
        const metadata = metadataOf(asked)
        const own = { tenantId: actor.tenantId, slug }
        const made = await transaction
          .insert(prompts)
          .values({ ...own, ...metadata })
          .onConflictDoNothing()
          .returning({ slug: prompts.slug })
        if (made.length === 0) throw nameTaken('slug', slug)
        await claimNames(transaction, own, [slug, ...metadata.aliases])
        await note(transaction, actor, thingOf(own), { event: 'prompt_created' })
        if (version !== null) {
          await appendVersion(transaction, actor, { ...own, aliases: metadata.aliases }, version, 'version')
        }
        for (const label of new Set(labels)) {
          await point(transaction, actor, own, { event: 'label_set', label, from: null, to: 1, reason: null })
        }
        return afterwards(transaction, own, true)
      }),

    list: (tenantId, filter) =>
      withFaults(async () => {
        const rows = await database
          .select(promptColumns)
          .from(prompts)
          .where(and(eq(prompts.tenantId, tenantId), ...conditionsOf(filter)))
          .orderBy(asc(prompts.slug))
          .limit(filter.limit + 1)
        return toPage(
          rows,
          filter.limit,
          (row) => row,
          (last) => writeCursor('prompts', last.slug),
        )
      }),

    find: (tenantId, slug) => withFaults(() => findPrompt(database, tenantId, slug)),

    change: (actor, name, wanted) =>
      writeTo(actor, name, async (transaction, prompt) => {
        const changes = typeof wanted === 'function' ? wanted(prompt) : wanted
        const fields = changedFields(prompt, changes)
        if (fields.length === 0) return 'nothing'
        const metadata = metadataOf({ ...prompt, ...definedOf(changes) })
        const renamed = fields.includes('aliases')
        if (renamed) await replaceAliases(transaction, prompt, metadata.aliases)
        await transaction.update(prompts).set(metadata).where(isPrompt(prompt))
        await note(transaction, actor, thingOf(prompt), { event: 'prompt_changed', reason: namesOnTheWire(fields) })
        return renamed || fields.includes('category') ? 'visible' : 'invisible'
      }),

    archive: (actor, name) =>
      writeTo(actor, name, async (transaction, prompt) => {
        if (prompt.archivedAt !== null) return 'nothing'
        requireNoProtection(prompt)
        requireNoneUnderWay(prompt, await underWayOf(transaction, prompt))
        await transaction
          .update(prompts)
          .set({ archivedAt: sql`clock_timestamp()` })
          .where(isPrompt(prompt))
        await note(transaction, actor, thingOf(prompt), { event: 'prompt_archived' })
        return 'visible'
      }),

    restore: (actor, name) =>
      writeTo(actor, name, async (transaction, prompt) => {
        if (prompt.archivedAt === null) return 'nothing'
        await transaction.update(prompts).set({ archivedAt: null }).where(isPrompt(prompt))
        await note(transaction, actor, thingOf(prompt), { event: 'prompt_restored' })
        return 'visible'
      }),

    addVersion: (actor, name, body) =>
      write(database, async (transaction) => {
        const prompt = await lockPrompt(transaction, actor.tenantId, name)
        const number = await appendVersion(transaction, actor, prompt, body)
        const [row] = await transaction.select(versionColumns).from(promptVersions).where(isVersion(prompt, number))
        if (row === undefined) throw noVersion(prompt.slug, number)
        return { value: toVersion(row), changed: thingOf(prompt) }
      }),

    versions: (tenantId, name, page) =>
      withFaults(async () => {
        const before = page.cursor === undefined ? undefined : readCursor('versions', page.cursor, ['version'])[0]
        const slug = await slugOf(database, tenantId, name)
        const rows = await database
          .select(versionColumns)
          .from(promptVersions)
          .where(
            and(
              eq(promptVersions.tenantId, tenantId),
              eq(promptVersions.slug, slug),
              page.status === undefined ? undefined : eq(promptVersions.status, page.status),
              before === undefined ? undefined : lt(promptVersions.version, before),
            ),
          )
          .orderBy(desc(promptVersions.version))
          .limit(page.limit + 1)
        return toPage(rows, page.limit, toVersion, (last) => writeCursor('versions', last.version))
      }),

    version: (tenantId, name, number) =>
      withFaults(async () => {
        if (!isVersionNumber(number)) return null
        const [row] = await database
          .select(versionColumns)
          .from(promptVersions)
          .innerJoin(
            promptAliases,
            and(eq(promptAliases.tenantId, promptVersions.tenantId), eq(promptAliases.slug, promptVersions.slug)),
          )
          .where(
            and(
              eq(promptAliases.tenantId, tenantId),
              eq(promptAliases.alias, name),
              eq(promptVersions.version, number),
            ),
          )
        return row === undefined ? null : toVersion(row)
      }),

    compose: (tenantId, name, body) =>
      withFaults(async () => {
        const prompt = (await findPrompt(database, tenantId, name)) ?? { slug: name, aliases: [] }
        const lookUp = await readPartials(database, tenantId, prompt.slug, body)
        const { resolved, dependencies } = composedVersion(prompt, body, lookUp, '')
        return { resolved, dependencies }
      }),

    dependents: (tenantId, name, filter) =>
      withFaults(async () => readDependents(database, tenantId, await slugOf(database, tenantId, name), filter)),

    setLabel: (actor, name, label, version, reason) =>
      writeTo(actor, name, async (transaction, prompt) => {
        if (!hasVersion(prompt, version)) throw noVersion(prompt.slug, version)
        const from = labelled(prompt, label) ?? null
        if (from === version) return 'nothing'
        await point(transaction, actor, prompt, { event: 'label_set', label, from, to: version, reason })
        return 'visible'
      }),

    removeLabel: (actor, name, label, reason) =>
      writeTo(actor, name, async (transaction, prompt) => {
        const from = labelled(prompt, label)
        if (from === undefined) throw noLabel(prompt.slug, label)
        requireNotSplit(prompt, label, await underWayOf(transaction, prompt))
        await unpoint(transaction, actor, prompt, { label, from, reason })
        return 'visible'
      }),

    rollback: (actor, name, label, reason) =>
      write(database, async (transaction) => {
        const prompt = await lockPrompt(transaction, actor.tenantId, name)
        const from = labelled(prompt, label)
        const to = stepBack(await movesOf(transaction, prompt, label))
        if (from === undefined || to === null) throw nothingToRollBack(prompt.slug, label)
        await point(transaction, actor, prompt, { event: 'label_rolled_back', label, from, to, reason })
        const { value, changed } = await afterwards(transaction, prompt, true)
        return { value: { prompt: value, from, to }, changed }
      }),

    timeline: (tenantId, name, page) =>
      withFaults(async () => {
        const after = page.cursor === undefined ? 0 : readCursor('timeline', page.cursor, ['number'])[0]
        const slug = await slugOf(database, tenantId, name)
        const rows = await database
          .select()
          .from(events)
          .where(and(isEventOf({ tenantId, slug }), gt(events.id, after)))
          .orderBy(asc(events.id))
          .limit(page.limit + 1)
        return toPage(rows, page.limit, toTimelineRow, (last) => writeCursor('timeline', last.id))
      }),
  }
}

/** The version a label points to. Own members only: `constructor` is a label like any other. */
function labelled({ labels }: StoredPrompt, label: string): number | undefined {
  return Object.hasOwn(labels, label) ? labels[label] : undefined
}

/** Compared as they are. */
const plainFilters = ['category', 'useCase', 'domain', 'complexity', 'owner'] as const

/**
 * The words in what is said about the prompt, or in the messages of a version that counts: its latest, or one with a label.
 * The versions are found by their own index, whichever prompts there are.
 */
function isFoundBy(q: string): SQL {
  const query = sql`(websearch_to_tsquery('simple', ${q}) || websearch_to_tsquery('english', ${q}))`
  return sql`(${prompts.search} @@ ${query} or (prompts.tenant_id, prompts.slug) in (
    select found.tenant_id, found.slug from ${promptVersions} found
    join ${prompts} home on home.tenant_id = found.tenant_id and home.slug = found.slug
    where found.search @@ ${query} and (found.version = home.latest_version or exists (
      select from ${promptLabels} where ${promptLabels.tenantId} = found.tenant_id and ${promptLabels.slug} = found.slug
        and ${promptLabels.version} = found.version))))`
}

function conditionsOf(filter: PromptFilter): (SQL | undefined)[] {
  const hasLabel = (label: string) =>
    exists(
      sql`(select from ${promptLabels} where ${promptLabels.tenantId} = prompts.tenant_id and ${promptLabels.slug} = prompts.slug and ${promptLabels.label} = ${label})`,
    )
  return [
    filter.archived === true ? isNotNull(prompts.archivedAt) : isNull(prompts.archivedAt),
    ...plainFilters.map((field) => {
      const wanted = filter[field]
      return wanted === undefined ? undefined : eq(prompts[field], wanted)
    }),
    filter.appContext === undefined ? undefined : arrayContains(prompts.appContexts, [filter.appContext]),
    filter.complianceTag === undefined ? undefined : arrayContains(prompts.complianceTags, [filter.complianceTag]),
    filter.agent === undefined
      ? undefined
      : exists(
          sql`(select from ${agentPrompts} where ${agentPrompts.tenantId} = prompts.tenant_id
            and ${agentPrompts.promptSlug} = prompts.slug and ${agentPrompts.agentSlug} = ${filter.agent})`,
        ),
    filter.tag === undefined ? undefined : arrayContains(prompts.tags, [filter.tag]),
    filter.label === undefined ? undefined : hasLabel(filter.label),
    filter.q === undefined ? undefined : isFoundBy(filter.q),
    filter.cursor === undefined ? undefined : gt(prompts.slug, readCursor('prompts', filter.cursor, ['text'])[0]),
  ]
}

function toTimelineRow(row: typeof events.$inferSelect): TimelineRow {
  return {
    at: row.at,
    actor: row.actorName,
    event: row.event as TimelineRow['event'],
    label: row.label,
    from: row.fromVersion,
    to: row.toVersion,
    version: row.version,
    reason: row.reason,
  }
}
