import { and, arrayContains, eq, isNotNull, isNull, ne, or, sql, type SQL } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { templates } from '../../../db/schema/index.ts'
import { noTemplate, templateTaken } from '../faults.ts'
import type { Actor, StoredTemplate, TemplateFilter, TemplateStore } from '../ports.ts'
import { changedTemplateFields, templateValueOf } from '../template-value.ts'
import { withFaults } from './database-errors.ts'
import { createTemplateOpinions } from './template-opinions.ts'
import { contentOf, isTemplate, isVisibleTo, rowColumns, tallies, toStored, wholeColumns } from './template-rows.ts'
import { note, write, type Session, type Transaction } from './transaction.ts'

export function createTemplateStore(database: Drizzle): TemplateStore {
  /** A write to one template of the actor's tenant, alone with it. `work` names the event, or null: it changed nothing. */
  function writeTo(
    actor: Actor,
    slug: string,
    work: (
      transaction: Transaction,
      template: StoredTemplate,
    ) => Promise<{ readonly event: string; readonly reason?: string } | null>,
  ): Promise<StoredTemplate> {
    return write(database, async (transaction) => {
      const own = { owner: actor.tenantId, slug }
      await transaction.select({ slug: templates.slug }).from(templates).where(isTemplate(own)).for('update')
      const before = await findWhole(transaction, isTemplate(own))
      if (before === null) throw noTemplate(slug)
      const event = await work(transaction, before)
      if (event === null) return { value: before, changed: null }
      await transaction
        .update(templates)
        .set({ updatedAt: sql`clock_timestamp()` })
        .where(isTemplate(own))
      await note(transaction, actor, { noun: 'template', tenantId: actor.tenantId, id: slug }, event)
      const after = await findWhole(transaction, isTemplate(own))
      if (after === null) throw noTemplate(slug)
      return { value: after, changed: null }
    })
  }

  return {
    ...createTemplateOpinions(database),

    create: (actor, slug, value) =>
      write(database, async (transaction) => {
        const own = { owner: actor.tenantId, slug }
        const made = await transaction
          .insert(templates)
          .values({ tenantId: actor.tenantId, slug, ...columnsOf(value), createdBy: actor.id })
          .onConflictDoNothing()
          .returning({ slug: templates.slug })
        if (made.length === 0) throw templateTaken(slug)
        await note(
          transaction,
          actor,
          { noun: 'template', tenantId: actor.tenantId, id: slug },
          { event: 'template_created' },
        )
        const stored = await findWhole(transaction, isTemplate(own))
        if (stored === null) throw noTemplate(slug)
        return { value: stored, changed: null }
      }),

    list: (tenantId, filter) =>
      withFaults(async () => {
        const { reviewed, forked, numbers, rank, ofTemplate } = tallies(database)
        const order = [
          sql`${rank[filter.sort]} desc`,
          sql`${templates.name} collate "C"`,
          sql`${templates.tenantId} collate "C"`,
          sql`${templates.slug} collate "C"`,
        ]
        return database
          .select({ ...rowColumns, ...numbers })
          .from(templates)
          .leftJoin(reviewed, ofTemplate(reviewed))
          .leftJoin(forked, ofTemplate(forked))
          .where(and(...conditionsOf(tenantId, filter, rank[filter.sort])))
          .orderBy(...order)
          .limit(filter.limit)
      }),

    find: (tenantId, key) => withFaults(() => findWhole(database, and(isTemplate(key), isVisibleTo(tenantId)))),

    change: (actor, slug, changes) =>
      writeTo(actor, slug, async (transaction, before) => {
        const fields = changedTemplateFields(before, changes)
        if (fields.length === 0) return null
        const value = templateValueOf(before, changes)
        await transaction
          .update(templates)
          .set(columnsOf(value))
          .where(isTemplate({ owner: actor.tenantId, slug }))
        return { event: 'template_changed', reason: fields.join(', ') }
      }),

    setVisibility: (actor, slug, visibility) =>
      writeTo(actor, slug, async (transaction, before) => {
        if (before.visibility === visibility) return null
        await transaction
          .update(templates)
          .set({ visibility })
          .where(isTemplate({ owner: actor.tenantId, slug }))
        return { event: visibility === 'shared' ? 'template_shared' : 'template_unshared' }
      }),

    setArchived: (actor, slug, archived) =>
      writeTo(actor, slug, async (transaction, before) => {
        if ((before.archivedAt !== null) === archived) return null
        await transaction
          .update(templates)
          .set({ archivedAt: archived ? sql`clock_timestamp()` : null })
          .where(isTemplate({ owner: actor.tenantId, slug }))
        return { event: archived ? 'template_archived' : 'template_restored' }
      }),

    categories: (tenantId) =>
      withFaults(async () => {
        const rows = await database
          .select({ category: templates.category, count: sql<number>`count(*)::int` })
          .from(templates)
          .where(and(isVisibleTo(tenantId), isNull(templates.archivedAt), isNotNull(templates.category)))
          .groupBy(templates.category)
        return rows.flatMap(({ category, count }) => (category === null ? [] : [{ category, count }]))
      }),
  }
}

function columnsOf(value: Parameters<typeof contentOf>[0]) {
  const { name, description, category, useCase } = value
  return { name, description, category, useCase, tags: [...value.tags], content: contentOf(value) }
}

async function findWhole(session: Session, where: SQL | undefined): Promise<StoredTemplate | null> {
  const [row] = await session.select(wholeColumns).from(templates).where(where)
  return row === undefined ? null : toStored(row)
}

function conditionsOf(tenantId: string, filter: TemplateFilter, rank: SQL): (SQL | undefined)[] {
  const { after } = filter
  const own = eq(templates.tenantId, tenantId)
  const shared = and(ne(templates.tenantId, tenantId), eq(templates.visibility, 'shared'))
  const isArchived = filter.archived === true
  return [
    // Only a tenant's own archived ones are anybody's business.
    isArchived || filter.source === 'own' ? own : filter.source === 'shared' ? shared : or(own, shared),
    isArchived && filter.source === 'shared' ? sql`false` : undefined,
    isArchived ? isNotNull(templates.archivedAt) : isNull(templates.archivedAt),
    filter.category === undefined ? undefined : eq(templates.category, filter.category),
    filter.useCase === undefined ? undefined : eq(templates.useCase, filter.useCase),
    filter.tag === undefined ? undefined : arrayContains(templates.tags, [filter.tag]),
    filter.complexity === undefined ? undefined : sql`${templates.content} ->> 'complexity' = ${filter.complexity}`,
    filter.q === undefined
      ? undefined
      : sql`${templates.search} @@ (websearch_to_tsquery('simple', ${filter.q}) || websearch_to_tsquery('english', ${filter.q}))`,
    after === null
      ? undefined
      : sql`(- ${rank}, ${templates.name} collate "C", ${templates.tenantId} collate "C", ${templates.slug} collate "C")
          > (- ${after.rank}::float8, ${after.name}, ${after.owner}, ${after.slug})`,
  ]
}
