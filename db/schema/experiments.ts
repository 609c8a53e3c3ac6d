import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  check,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../src/core/json.ts'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const now = sql`now()`

/** Experiments and rollouts, also those that have ended: a slug is never used again. */
export const experiments = promptbox.table(
  'experiments',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    slug: text('slug').notNull(),
    kind: text('kind', { enum: ['experiment', 'rollout'] }).notNull(),
    status: text('status', { enum: ['draft', 'running', 'paused', 'stopped'] }).notNull(),
    prompt: text('prompt').notNull(),
    body: jsonb('body').$type<JsonObject>().notNull(),
    seed: text('seed').notNull(),
    phases: jsonb('phases').$type<readonly JsonObject[]>().notNull(),
    nextWeights: jsonb('next_weights').$type<Readonly<Record<string, number>>>(),
    plannedUnits: bigint('planned_units', { mode: 'number' }),
    decision: jsonb('decision').$type<JsonObject>(),
    rollout: jsonb('rollout').$type<JsonObject>(),
    judgedUsd: doublePrecision('judged_usd').notNull().default(0),
    preparedAt: instant('prepared_at'),
    createdAt: instant('created_at').notNull().default(now),
    createdBy: text('created_by').notNull(),
    updatedAt: instant('updated_at').notNull().default(now),
    updatedBy: text('updated_by').notNull(),
    startedAt: instant('started_at'),
    stoppedAt: instant('stopped_at'),
  },
  (table) => [
    primaryKey({ name: 'experiments_pkey', columns: [table.tenantId, table.slug] }),
    index('experiments_active_index')
      .on(table.tenantId, table.prompt)
      .where(sql`${table.status} in ('running', 'paused')`),
    check('experiments_status_check', sql`${table.status} in ('draft', 'running', 'paused', 'stopped')`),
    check('experiments_kind_check', sql`${table.kind} in ('experiment', 'rollout')`),
  ],
)

const ofExperiment = { tenantId: text('tenant_id').notNull(), experiment: text('experiment').notNull() }

/** The units that had been assigned when a phase ended, as a filter (`src/experiments/unit-filter.ts`). */
export const experimentPhaseUnits = promptbox.table(
  'experiment_phase_units',
  { ...ofExperiment, phase: integer('phase').notNull(), units: bytes('units').notNull() },
  (table) => [
    primaryKey({ name: 'experiment_phase_units_pkey', columns: [table.tenantId, table.experiment, table.phase] }),
    foreignKey({
      name: 'experiment_phase_units_experiment_fk',
      columns: [table.tenantId, table.experiment],
      foreignColumns: [experiments.tenantId, experiments.slug],
    }).onDelete('cascade'),
  ],
)

/**
 * What waits to be folded into units and statistics: exposures, written in the transaction that writes their exchanges, and
 * feedback, in the one that writes it. A row is deleted in the transaction that has counted it.
 */
export const experimentEvents = promptbox.table(
  'experiment_events',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenantId: text('tenant_id').notNull(),
    requestId: uuid('request_id').notNull(),
    /** When the exchange began, or the feedback was given. */
    at: instant('at').notNull(),
    /** Feedback of an exchange that is not recorded yet is looked at again from then on. */
    notBefore: instant('not_before').notNull().default(now),
    /** NULL: feedback, by request id, name and source. */
    experiment: text('experiment'),
    phase: integer('phase'),
    variant: text('variant'),
    unit: text('unit'),
    excluded: text('excluded'),
    measures: jsonb('measures').$type<Readonly<Record<string, number>>>(),
    feedbackName: text('feedback_name'),
    feedbackSource: text('feedback_source'),
  },
  (table) => [index('experiment_events_ready_index').on(table.notBefore, table.id)],
)

/** One unit in one phase: its first assignment, and what it did so far. */
export const experimentUnits = promptbox.table(
  'experiment_units',
  {
    ...ofExperiment,
    unit: text('unit').notNull(),
    phase: integer('phase').notNull(),
    variant: text('variant').notNull(),
    firstAt: instant('first_at').notNull(),
    exchanges: bigint('exchanges', { mode: 'number' }).notNull(),
    /** By metric `[sum, count]`. */
    sums: jsonb('sums').$type<Readonly<Record<string, readonly [number, number]>>>().notNull(),
  },
  (table) => [
    primaryKey({
      name: 'experiment_units_pkey',
      columns: [table.tenantId, table.experiment, table.unit, table.phase],
    }),
  ],
)

/** What units did with the prompt before the experiment began: by metric `[sum, count]`. */
export const experimentPreUnits = promptbox.table(
  'experiment_pre_units',
  {
    ...ofExperiment,
    unit: text('unit').notNull(),
    sums: jsonb('sums').$type<Readonly<Record<string, readonly [number, number]>>>().notNull(),
  },
  (table) => [
    primaryKey({ name: 'experiment_pre_units_pkey', columns: [table.tenantId, table.experiment, table.unit] }),
  ],
)

/** Sums over units: one row for each phase, variant and metric; metric '' counts units and exchanges. */
export const experimentStatistics = promptbox.table(
  'experiment_statistics',
  {
    ...ofExperiment,
    phase: integer('phase').notNull(),
    variant: text('variant').notNull(),
    metric: text('metric').notNull(),
    units: bigint('units', { mode: 'number' }).notNull().default(0),
    exchanges: bigint('exchanges', { mode: 'number' }).notNull().default(0),
    moments: jsonb('moments').$type<JsonObject>(),
    sketch: jsonb('sketch').$type<Readonly<Record<string, number>>>(),
  },
  (table) => [
    primaryKey({
      name: 'experiment_statistics_pkey',
      columns: [table.tenantId, table.experiment, table.phase, table.variant, table.metric],
    }),
  ],
)

/** What was kept out, by reason, and the range of time of what was folded in. */
export const experimentTotals = promptbox.table(
  'experiment_totals',
  {
    ...ofExperiment,
    excluded: jsonb('excluded').$type<Readonly<Record<string, number>>>().notNull(),
    firstAt: instant('first_at'),
    lastAt: instant('last_at'),
  },
  (table) => [primaryKey({ name: 'experiment_totals_pkey', columns: [table.tenantId, table.experiment] })],
)

/** Results as they were at a moment. */
export const experimentLooks = promptbox.table(
  'experiment_looks',
  { ...ofExperiment, at: instant('at').notNull(), results: jsonb('results').$type<JsonObject>().notNull() },
  (table) => [primaryKey({ name: 'experiment_looks_pkey', columns: [table.tenantId, table.experiment, table.at] })],
)
