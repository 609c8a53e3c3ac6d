import {
  type GuardrailCountsAnswer,
  type GuardrailStatsAnswer,
  longestStatsDays,
  mostHourRows,
  usualStatsDays,
} from '../contract/admin/guardrail-stats.ts'
import { Fault } from '../core/fault.ts'
import type { FeedbackVerdict, GuardrailHour } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'
import { wilsonInterval } from './wilson-interval.ts'

export interface StatsAsked {
  /** Slug; left out: all of the tenant. */
  readonly guardrail?: string | undefined
  readonly stage?: 'input' | 'output' | undefined
  /** Milliseconds since 1970; left out: the last days until `until`. */
  readonly from?: number | undefined
  /** Left out: now. */
  readonly until?: number | undefined
}

/** What guardrails said in a range of time; times are milliseconds since 1970. */
export type GuardrailStats = Omit<GuardrailStatsAnswer, 'from' | 'until' | 'hours'> & {
  readonly from: number
  readonly until: number
  readonly hours: readonly HourRow[]
}

export type HourRow = Omit<GuardrailStatsAnswer['hours'][number], 'hour'> & { readonly hour: number }

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/**
 * Adds up what guardrails said.
 *
 * @throws Fault `invalid_request` for a range that is empty or too long, or that has more rows than fit an answer.
 */
export async function countGuardrails(
  { stores, clock }: Pick<AdminDependencies, 'stores' | 'clock'>,
  tenantId: string,
  { guardrail, stage, ...range }: StatsAsked,
): Promise<GuardrailStats> {
  const { from, until } = rangeOf(range, clock.now())
  const reader = stores.guardrailReader
  const counted = await reader.hours(tenantId, { guardrail, from, until })
  const counts = stage === undefined ? counted : counted.filter((each) => each.stage === stage)
  const hours = hourRows(counts)
  if (hours.length > mostHourRows) throw tooManyRows(hours.length)
  const reports = reportsOf(await reader.feedback(tenantId, guardrail))
  const slugs = [...new Set([...counts.map((each) => each.guardrail), ...reports.keys()])].sort()
  const byGuardrail = new Map<string, GuardrailHour[]>()
  for (const each of counts) {
    const own = byGuardrail.get(each.guardrail)
    if (own === undefined) byGuardrail.set(each.guardrail, [each])
    else own.push(each)
  }
  const guardrails = slugs.map((slug) => {
    const own = byGuardrail.get(slug) ?? []
    const { true_positive: right = 0, false_positive: wrong = 0, missed = 0 } = reports.get(slug) ?? {}
    return {
      guardrail: slug,
      enforce: countsOf(own.filter(({ mode }) => mode === 'enforce')),
      shadow: countsOf(own.filter(({ mode }) => mode === 'shadow')),
      precision: precisionOf(right, right + wrong),
      missed,
    }
  })
  return { from, until, guardrails, hours }
}

/** The same of one guardrail. Fault `not_found` when there is none of that name, and never was one that said anything. */
export async function countOneGuardrail(
  dependencies: Pick<AdminDependencies, 'stores' | 'clock' | 'snapshot'>,
  tenantId: string,
  asked: StatsAsked & { readonly guardrail: string },
): Promise<GuardrailStats> {
  const stats = await countGuardrails(dependencies, tenantId, asked)
  if (stats.guardrails.length > 0) return stats
  const { stores, snapshot } = dependencies
  const isServed =
    snapshot()
      .guardrails.get(tenantId)
      ?.some(({ slug }) => slug === asked.guardrail) === true
  if (isServed || (await stores.guardrails.find(tenantId, asked.guardrail)) !== null) return stats
  throw new Fault(
    'not_found',
    `There is no guardrail '${asked.guardrail}', and none of that name said anything in this range. GET /admin/v1/guardrails lists those there are.`,
    { param: 'slug' },
  )
}

function rangeOf({ from, until: end }: Pick<StatsAsked, 'from' | 'until'>, now: number) {
  const until = end ?? now
  const wanted = from ?? Math.max(0, until - usualStatsDays * dayMs)
  if (wanted >= until) throw new Fault('invalid_request', '`from` must be before `until`.', { param: 'from' })
  const longest = longestStatsDays * dayMs
  if (until - wanted > longest) {
    const message = `The range from \`from\` until \`until\` must not be longer than ${longestStatsDays} days. Ask for a shorter one.`
    throw new Fault('invalid_request', message, { param: 'from' })
  }
  // Counts are by the hour, so the hour that it begins in counts whole.
  return { from: Math.max(wanted - (wanted % hourMs), until - longest), until }
}

function tooManyRows(rows: number): Fault {
  return new Fault(
    'invalid_request',
    `The range has ${rows} rows by hour, more than ${mostHourRows}. Ask for a shorter one, or for one guardrail.`,
    { param: 'from' },
  )
}

const noVerdicts = { pass: 0, flag: 0, redact: 0, block: 0, error: 0, skipped: 0 } as const
type Verdicts = { -readonly [Name in keyof typeof noVerdicts]: number }

function countsOf(hours: readonly GuardrailHour[]): GuardrailCountsAnswer | null {
  if (hours.length === 0) return null
  const verdicts: Verdicts = { ...noVerdicts }
  for (const { verdict, count } of hours) verdicts[verdict] += count
  const counts = lookedOf(verdicts)
  const interval = wilsonInterval(counts.violations, counts.looks)
  return { ...counts, verdicts, violation_rate_interval: interval === null ? null : [...interval] }
}

function lookedOf({ pass, flag, redact, block, error, skipped }: Verdicts) {
  const violations = flag + redact + block
  const looks = pass + violations
  return { looks, violations, errors: error, skipped, violation_rate: looks === 0 ? null : violations / looks }
}

/** In the order of the counts: by hour, then slug; enforced ones before those in shadow mode. */
function hourRows(counts: readonly GuardrailHour[]): readonly HourRow[] {
  const rows = new Map<string, { readonly row: Pick<HourRow, 'guardrail' | 'mode' | 'hour'>; verdicts: Verdicts }>()
  for (const { guardrail, mode, hour, verdict, count } of counts) {
    const key = `${hour} ${guardrail} ${mode}`
    let found = rows.get(key)
    if (found === undefined) {
      found = { row: { guardrail, mode, hour }, verdicts: { ...noVerdicts } }
      rows.set(key, found)
    }
    found.verdicts[verdict] += count
  }
  return [...rows.values()]
    .map(({ row, verdicts }) => ({ ...row, ...lookedOf(verdicts) }))
    .sort(
      (left, right) =>
        left.hour - right.hour || compare(left.guardrail, right.guardrail) || compare(left.mode, right.mode),
    )
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

type Reports = Partial<Record<FeedbackVerdict, number>>

function reportsOf(
  feedback: readonly { readonly guardrail: string; readonly verdict: FeedbackVerdict; readonly count: number }[],
): ReadonlyMap<string, Reports> {
  const reports = new Map<string, Reports>()
  for (const { guardrail, verdict, count } of feedback) {
    reports.set(guardrail, { ...reports.get(guardrail), [verdict]: count })
  }
  return reports
}

function precisionOf(right: number, reports: number) {
  const interval = wilsonInterval(right, reports)
  return interval === null ? null : { estimate: right / reports, interval: [...interval] as [number, number], reports }
}
