import { and, desc, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { templateForks, templateReviews, templates } from '../../../db/schema/index.ts'
import { builtInOwner } from '../../contract/template.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { noReview, noTemplate } from '../faults.ts'
import type { Actor, TemplateKey, TemplateStanding, TemplateStore } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { isTemplate, isVisibleTo } from './template-rows.ts'
import { note, write, type Session } from './transaction.ts'

type Opinions = Pick<TemplateStore, 'standings' | 'review' | 'reviews' | 'removeReview' | 'recordFork'>

const columns = {
  tenantId: templateReviews.tenantId,
  actorId: templateReviews.actorId,
  actorName: templateReviews.actorName,
  rating: templateReviews.rating,
  comment: templateReviews.comment,
  at: templateReviews.at,
}

/** What is thought of templates and what was made of them, the built-in ones too. */
export function createTemplateOpinions(database: Drizzle): Opinions {
  return {
    standings: (owner) =>
      withFaults(async () => {
        const reviewed = await database
          .select({
            slug: templateReviews.slug,
            reviews: sql<number>`count(*)::int`,
            stars: sql<number>`sum(${templateReviews.rating})::int`,
          })
          .from(templateReviews)
          .where(eq(templateReviews.ownerTenantId, owner))
          .groupBy(templateReviews.slug)
        const forked = await database
          .select({ slug: templateForks.slug, forks: sql<number>`count(*)::int` })
          .from(templateForks)
          .where(eq(templateForks.ownerTenantId, owner))
          .groupBy(templateForks.slug)
        const found = new Map<string, TemplateStanding>()
        for (const { slug, reviews, stars } of reviewed) found.set(slug, { reviews, stars, forks: 0 })
        for (const { slug, forks } of forked)
          found.set(slug, { ...(found.get(slug) ?? { reviews: 0, stars: 0 }), forks })
        return found
      }),

    review: (actor, key, { rating, comment }) =>
      write(database, async (transaction) => {
        await requireVisible(transaction, actor.tenantId, key, true)
        const value = { actorName: actor.name, rating, comment, at: sql`clock_timestamp()` }
        const [row] = await transaction
          .insert(templateReviews)
          .values({
            ownerTenantId: key.owner,
            slug: key.slug,
            tenantId: actor.tenantId,
            actorId: actor.id,
            ...value,
          })
          .onConflictDoUpdate({
            target: [
              templateReviews.ownerTenantId,
              templateReviews.slug,
              templateReviews.tenantId,
              templateReviews.actorId,
            ],
            set: value,
          })
          .returning(columns)
        if (row === undefined) throw noTemplate(key.slug)
        await note(transaction, actor, thingOf(actor, key), { event: 'template_reviewed' })
        return { value: row, changed: null }
      }),

    reviews: (tenantId, key, page) =>
      withFaults(async () => {
        const after =
          page.cursor === undefined
            ? undefined
            : readCursor('template-reviews', page.cursor, ['moment', 'text', 'text'])
        await requireVisible(database, tenantId, key)
        const behind =
          after === undefined
            ? undefined
            : sql`(${templateReviews.at}, ${templateReviews.tenantId} collate "C", ${templateReviews.actorId} collate "C")
                < (${sql.param(after[0], templateReviews.at)}::timestamptz, ${after[1]}, ${after[2]})`
        const rows = await database
          .select(columns)
          .from(templateReviews)
          .where(and(eq(templateReviews.ownerTenantId, key.owner), eq(templateReviews.slug, key.slug), behind))
          .orderBy(
            desc(templateReviews.at),
            sql`${templateReviews.tenantId} collate "C" desc`,
            sql`${templateReviews.actorId} collate "C" desc`,
          )
          .limit(page.limit + 1)
        return toPage(
          rows,
          page.limit,
          (row) => row,
          (last) => writeCursor('template-reviews', last.at, last.tenantId, last.actorId),
        )
      }),

    removeReview: (actor, key) =>
      write(database, async (transaction) => {
        const removed = await transaction
          .delete(templateReviews)
          .where(
            and(
              eq(templateReviews.ownerTenantId, key.owner),
              eq(templateReviews.slug, key.slug),
              eq(templateReviews.tenantId, actor.tenantId),
              eq(templateReviews.actorId, actor.id),
            ),
          )
          .returning({ slug: templateReviews.slug })
        if (removed.length === 0) throw noReview(key.slug)
        await note(transaction, actor, thingOf(actor, key), { event: 'template_review_removed' })
        return { value: undefined, changed: null }
      }),

    recordFork: (actor, key, promptSlug) =>
      write(database, async (transaction) => {
        const made = await transaction
          .insert(templateForks)
          .values({ ownerTenantId: key.owner, slug: key.slug, tenantId: actor.tenantId, promptSlug })
          .onConflictDoNothing()
          .returning({ slug: templateForks.slug })
        if (made.length > 0) {
          const event = { event: 'template_forked', reason: `prompt ${promptSlug}` }
          await note(transaction, actor, thingOf(actor, key), event)
        }
        return { value: undefined, changed: null }
      }),
  }
}

/** The audit trail is that of the tenant that did it: what is not its own is named with its owner. */
function thingOf(actor: Actor, { owner, slug }: TemplateKey) {
  const id = owner === actor.tenantId ? slug : `${owner}/${slug}`
  return { noun: 'template', tenantId: actor.tenantId, id } as const
}

/** Fault `not_found` otherwise. `held`: it stays visible until the transaction ends, and who takes it back waits. */
async function requireVisible(session: Session, tenantId: string, key: TemplateKey, held = false): Promise<void> {
  if (key.owner === builtInOwner) return
  const asked = session
    .select({ slug: templates.slug })
    .from(templates)
    .where(and(isTemplate(key), isVisibleTo(tenantId)))
  const [row] = await (held ? asked.for('share') : asked)
  if (row === undefined) throw noTemplate(key.slug)
}
