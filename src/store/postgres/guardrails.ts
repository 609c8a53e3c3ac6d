import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { events, guardrails, promptLabels, prompts, promptVersions, tenants } from '../../../db/schema/index.ts'
import type { GuardrailValue } from '../../snapshot/change.ts'
import { compareGuardrails } from '../../snapshot/snapshot.ts'
import { guardrailTaken, noGuardrail, noTenant, tooManyGuardrails } from '../faults.ts'
import { asksForGuardrail } from '../asks-for-guardrail.ts'
import { type GuardrailPin, type GuardrailStore, mostGuardrails } from '../guardrail-port.ts'
import type { Actor } from '../ports.ts'
import { changedGuardrailFields, requireStorableGuardrail } from '../storable-guardrail.ts'
import { withFaults } from './database-errors.ts'
import { type Transaction, note, write } from './transaction.ts'

export function createGuardrailStore(database: Drizzle): GuardrailStore {
  return {
    create: (actor, { slug, body }) =>
      write(database, async (transaction) => {
        requireStorableGuardrail(body)
        await lockTenant(transaction, actor.tenantId)
        const own = { tenantId: actor.tenantId, slug }
        if ((await transaction.$count(guardrails, eq(guardrails.tenantId, actor.tenantId))) >= mostGuardrails)
          throw tooManyGuardrails(mostGuardrails)
        const [row] = await transaction
          .insert(guardrails)
          .values({ ...own, body, createdBy: actor.id, updatedBy: actor.id })
          .onConflictDoNothing()
          .returning()
        if (row === undefined) throw guardrailTaken(slug)
        await note(transaction, actor, thingOf(own), { event: 'guardrail_created' })
        return { value: row, changed: thingOf(own) }
      }),

    change: (actor, slug, change) =>
      write(database, async (transaction) => {
        const own = { tenantId: actor.tenantId, slug }
        const [before] = await transaction.select().from(guardrails).where(isGuardrail(own)).for('update')
        if (before === undefined) throw noGuardrail(slug)
        const body = change(before.body)
        const fields = changedGuardrailFields(before.body, body)
        if (fields.length === 0) return { value: before, changed: null }
        requireStorableGuardrail(body)
        const [row] = await transaction
          .update(guardrails)
          .set({ body, updatedBy: actor.id, updatedAt: sql`clock_timestamp()` })
          .where(isGuardrail(own))
          .returning()
        if (row === undefined) throw noGuardrail(slug)
        await note(transaction, actor, thingOf(own), { event: 'guardrail_changed', reason: fields.join(', ') })
        return { value: row, changed: thingOf(own) }
      }),

    find: (tenantId, slug) =>
      withFaults(async () => {
        const [row] = await database.select().from(guardrails).where(isGuardrail({ tenantId, slug }))
        return row ?? null
      }),

    list: (tenantId) =>
      withFaults(async () => {
        const rows = await database.select().from(guardrails).where(eq(guardrails.tenantId, tenantId))
        return rows.sort(compareGuardrails)
      }),

    pins: (tenantId, slug) => withFaults(() => pinsOf(database, tenantId, slug)),

    remove: (actor, slug) =>
      write(database, async (transaction) => {
        const own = { tenantId: actor.tenantId, slug }
        const removed = await transaction
          .delete(guardrails)
          .where(isGuardrail(own))
          .returning({ slug: guardrails.slug })
        if (removed.length === 0) throw noGuardrail(slug)
        await note(transaction, actor, thingOf(own), { event: 'guardrail_removed' })
        return { value: undefined, changed: thingOf(own) }
      }),

    seed: async (tenantId, asked) => {
      let made = 0
      for (const guardrail of asked)
        made += await write(database, (transaction) => seedOne(transaction, tenantId, guardrail))
      return made
    },
  }
}

type Own = Pick<GuardrailValue, 'tenantId' | 'slug'>

const seeder = (tenantId: string): Actor => ({ tenantId, id: 'seed', name: 'seed' })
const thingOf = ({ tenantId, slug }: Own) => ({ noun: 'guardrail', tenantId, id: slug }) as const
const isGuardrail = ({ tenantId, slug }: Own) => and(eq(guardrails.tenantId, tenantId), eq(guardrails.slug, slug))

/** The text of a version is no `jsonb`: those in which the slug stands anywhere are read whole. */
async function pinsOf(database: Drizzle, tenantId: string, guardrail: string): Promise<readonly GuardrailPin[]> {
  const { slug, version, body } = promptVersions
  const rows = await database
    .select({
      prompt: slug,
      version,
      body,
      labels: sql<string[]>`array_agg(${promptLabels.label} order by ${promptLabels.label} collate "C")`,
    })
    .from(promptLabels)
    .innerJoin(
      promptVersions,
      and(
        eq(promptVersions.tenantId, promptLabels.tenantId),
        eq(slug, promptLabels.slug),
        eq(version, promptLabels.version),
      ),
    )
    .innerJoin(prompts, and(eq(prompts.tenantId, promptLabels.tenantId), eq(prompts.slug, promptLabels.slug)))
    .where(
      and(
        eq(promptLabels.tenantId, tenantId),
        isNull(prompts.archivedAt),
        sql`strpos(${body}, ${JSON.stringify(guardrail)}) > 0`,
      ),
    )
    .groupBy(promptVersions.tenantId, slug, version, body)
    .orderBy(sql`${slug} collate "C"`, version)
  return rows.filter((row) => asksForGuardrail(row.body, guardrail)).map(({ body: _body, ...pin }) => pin)
}

/** The audit trail remembers what was there once. One for each write, so that each has its own line in the change feed. */
async function seedOne(
  transaction: Transaction,
  tenantId: string,
  { slug, body }: Pick<GuardrailValue, 'slug' | 'body'>,
) {
  const own = { tenantId, slug }
  await lockTenant(transaction, tenantId)
  const [known] = await transaction
    .select({ id: events.id })
    .from(events)
    .where(
      and(
        eq(events.tenantId, tenantId),
        eq(events.noun, 'guardrail'),
        eq(events.nounId, slug),
        inArray(events.event, ['guardrail_created', 'guardrail_seeded']),
      ),
    )
    .limit(1)
  if (known !== undefined) return { value: 0, changed: null }
  const actor = seeder(tenantId)
  await transaction.insert(guardrails).values({ ...own, body, createdBy: actor.id, updatedBy: actor.id })
  await note(transaction, actor, thingOf(own), { event: 'guardrail_seeded' })
  return { value: 1, changed: thingOf(own) }
}

/** Makers of guardrails of one tenant take turns: only so can they be counted, and seeded once. Nobody else waits for it. */
async function lockTenant(transaction: Transaction, tenantId: string): Promise<void> {
  const found = await transaction
    .select({ id: tenants.id })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
    .for('no key update')
  if (found.length === 0) throw noTenant()
}
