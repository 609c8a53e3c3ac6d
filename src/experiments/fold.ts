import { metricFacts } from '../contract/experiment-metrics.ts'
import { bucketOfValue } from './analysis/sketch.ts'
import { type Exposure, countsForNothing } from './exposure.ts'
import { type KeptMoments, MomentSums } from './kept-moments.ts'
import type { UnitSum, UnitSums } from './statistics.ts'
import { countsAsFeedback, unitValues, type ValuedBody } from './unit-values.ts'

/** A unit in one phase: its first assignment, and its values by metric. */
export interface FoldedUnit {
  readonly unit: string
  readonly phase: number
  readonly variant: string
  /** Milliseconds since 1970. */
  readonly firstAt: number
  readonly exchanges: number
  readonly sums: UnitSums
}

/** Statistics of one metric of one variant in one phase; metric '': its units and exchanges. */
export interface FoldedCell {
  readonly phase: number
  readonly variant: string
  readonly metric: string
  readonly units: number
  readonly exchanges: number
  readonly moments: KeptMoments | null
  readonly sketch: Readonly<Record<string, number>> | null
}

export interface FoldedTotals {
  readonly excluded: Readonly<Record<string, number>>
  readonly firstAt: number | null
  readonly lastAt: number | null
}
export const noTotals: FoldedTotals = { excluded: {}, firstAt: null, lastAt: null }

/** A statement about an exchange of the experiment that is to be counted. */
export interface FoldedFeedback {
  readonly phase: number
  readonly variant: string
  readonly unit: string
  readonly name: string
  /** What of it is counted already; null: nothing. */
  readonly counted: number | null
  /** What it says now; null: nothing that is a number. */
  readonly value: number | null
}

/** What is known of the units that are folded into, and of the phases they are in. */
export interface FoldedBefore {
  readonly body: ValuedBody
  /**
   * `experiment`: a unit counts in the phase it was counted in first, and nowhere else; `rollout`: units move on with each
   * step, and count in each.
   */
  readonly kind: 'experiment' | 'rollout'
  /** In whichever phases those units are. */
  readonly units: Iterable<FoldedUnit>
  /** What units did before the experiment began, and what was said of it then, by unit. */
  readonly before: ReadonlyMap<string, UnitSums>
  readonly cells: Iterable<FoldedCell>
  readonly totals: FoldedTotals
}

/** What has changed and is to be kept. */
export interface FoldedAfter {
  readonly units: readonly FoldedUnit[]
  readonly cells: readonly FoldedCell[]
  readonly totals: FoldedTotals
}

/** The unit that an exchange counts for: one for which nobody was named is a unit of its own. */
export function unitOf({ unit, requestId }: { readonly unit: string | null; readonly requestId: string }): string {
  return unit ?? requestId
}

interface Touched {
  /** null: it was not there. What of it is in the statistics are these very sums. */
  readonly before: FoldedUnit | null
  readonly variant: string
  readonly phase: number
  readonly unit: string
  firstAt: number
  exchanges: number
  readonly sums: Record<string, UnitSum>
}

/**
 * Counts exposures and feedback of one experiment: of each unit they touch, what it had added to the statistics is taken out
 * and what it adds now is put in, so that statistics always are those of the units as they are. Whoever keeps the result has to
 * be alone with the experiment from reading what goes in on.
 */
export class ExperimentFold {
  readonly #before: FoldedBefore
  readonly #units = new Map<string, FoldedUnit>()
  readonly #touched = new Map<string, Touched>()
  readonly #cells = new Map<string, FoldedCell>()
  readonly #changed = new Map<string, ChangedCell>()
  readonly #excluded: Map<string, number>
  /** Of each unit the phase in which it counts. */
  readonly #phases = new Map<string, number>()
  #firstAt: number | null
  #lastAt: number | null

  constructor(before: FoldedBefore) {
    this.#before = before
    for (const unit of before.units) {
      this.#units.set(keyOf(unit.unit, unit.phase), unit)
      this.#phases.set(unit.unit, Math.min(unit.phase, this.#phases.get(unit.unit) ?? unit.phase))
    }
    for (const cell of before.cells) this.#cells.set(cellKey(cell), cell)
    this.#excluded = new Map(Object.entries(before.totals.excluded))
    this.#firstAt = before.totals.firstAt
    this.#lastAt = before.totals.lastAt
  }

  /**
   * The first variant of a unit in a phase stays its variant, and of an experiment its first phase its phase; an exchange with
   * another one is kept out as `moved`.
   */
  expose(exposure: Exposure): void {
    const { at, excluded, measures } = exposure
    this.#firstAt = Math.min(at, this.#firstAt ?? at)
    this.#lastAt = Math.max(at, this.#lastAt ?? at)
    if (countsForNothing(excluded)) {
      if (excluded !== null) this.#countExcluded(excluded)
      return
    }
    const unit = unitOf(exposure)
    if (this.#isElsewhere(unit, exposure.phase)) {
      this.#countExcluded('moved')
      return
    }
    const touched = this.#touch(unit, exposure) ?? this.#begin(unit, exposure)
    if (touched.variant !== exposure.variant) {
      this.#countExcluded('moved')
      return
    }
    if (excluded !== null) this.#countExcluded(excluded)
    touched.firstAt = Math.min(touched.firstAt, at)
    touched.exchanges += 1
    for (const [metric, value] of Object.entries(measures)) {
      if (Number.isFinite(value)) addTo(touched.sums, metric, value, 1)
    }
  }

  /**
   * `waits`: the unit of its exchange is not there yet. `dropped`: it counts for nothing here, and neither does what of it
   * was counted before.
   */
  judge({ phase, variant, unit, name, counted, value }: FoldedFeedback): 'counted' | 'waits' | 'dropped' {
    const { body } = this.#before
    if (counted === null && (value === null || !countsAsFeedback(name, body))) return 'dropped'
    if (this.#isElsewhere(unit, phase)) return 'dropped'
    const touched = this.#touch(unit, { phase })
    if (touched === null) return 'waits'
    if (touched.variant !== variant) return 'dropped'
    if (counted !== null) addTo(touched.sums, name, -counted, -1)
    if (value !== null) addTo(touched.sums, name, value, 1)
    return 'counted'
  }

  /** To be called once, at the end. */
  result(): FoldedAfter {
    const units = [...this.#touched.values()].map((touched) => this.#settle(touched))
    const cells = [...this.#changed.values()].map(({ moments, ...cell }) => ({
      ...cell,
      moments: moments?.kept() ?? null,
    }))
    const totals = { excluded: Object.fromEntries(this.#excluded), firstAt: this.#firstAt, lastAt: this.#lastAt }
    return { units, cells, totals }
  }

  #isElsewhere(unit: string, phase: number): boolean {
    return this.#before.kind === 'experiment' && (this.#phases.get(unit) ?? phase) !== phase
  }

  #countExcluded(reason: string): void {
    this.#excluded.set(reason, (this.#excluded.get(reason) ?? 0) + 1)
  }

  #touch(unit: string, { phase }: { readonly phase: number }): Touched | null {
    const key = keyOf(unit, phase)
    const known = this.#touched.get(key)
    if (known !== undefined) return known
    const before = this.#units.get(key)
    if (before === undefined) return null
    const touched = { ...before, before, sums: { ...before.sums } }
    this.#touched.set(key, touched)
    return touched
  }

  #begin(unit: string, { phase, variant, at }: Exposure): Touched {
    const touched: Touched = { before: null, unit, phase, variant, firstAt: at, exchanges: 0, sums: {} }
    this.#touched.set(keyOf(unit, phase), touched)
    this.#phases.set(unit, phase)
    return touched
  }

  #settle({ before, sums: added, ...rest }: Touched): FoldedUnit {
    const { unit, phase, variant, exchanges } = rest
    const sums = unitValues(added, this.#before.body)
    const place = { phase, variant }
    const counts = this.#cell({ ...place, metric: '' })
    counts.units += before === null ? 1 : 0
    counts.exchanges += exchanges - (before?.exchanges ?? 0)
    const pre = unitValues(this.#before.before.get(unit) ?? {}, this.#before.body)
    for (const metric of new Set([...Object.keys(before?.sums ?? {}), ...Object.keys(sums)])) {
      const [old, now] = [own(before?.sums ?? {}, metric), own(sums, metric)]
      if (old?.sum === now?.sum && old?.count === now?.count) continue
      replaceIn(this.#cell({ ...place, metric }), meanOf(own(pre, metric)), old, now)
    }
    return { ...rest, sums }
  }

  /** The cell to be changed: a copy, made at the first change, because copying its buckets for each unit would cost the most. */
  #cell(place: Pick<FoldedCell, 'phase' | 'variant' | 'metric'>): ChangedCell {
    const key = cellKey(place)
    const changed = this.#changed.get(key)
    if (changed !== undefined) return changed
    const known = this.#cells.get(key) ?? { ...place, units: 0, exchanges: 0, moments: null, sketch: null }
    const isCount = place.metric === ''
    const isRate = isCount || metricFacts(place.metric).kind === 'rate'
    const moments = isCount ? null : new MomentSums(known.moments)
    const cell = { ...known, moments, sketch: isRate ? null : { ...known.sketch } }
    this.#changed.set(key, cell)
    return cell
  }
}

interface ChangedCell extends Omit<FoldedCell, 'units' | 'exchanges' | 'moments'> {
  units: number
  exchanges: number
  /** null: it counts units and exchanges. */
  readonly moments: MomentSums | null
}

/** Takes out of the cell what the unit had added, and puts in what it adds now. */
function replaceIn(cell: ChangedCell, pre: number | null, old: UnitSum | null, now: UnitSum | null): void {
  const sketch: Record<string, number> | null = cell.sketch
  for (const [value, sign] of [[old, -1] as const, [now, 1] as const]) {
    if (value === null) continue
    cell.moments?.add({ ...value, pre }, sign)
    // Of a ratio: a unit without its denominator has no value of its own.
    if (sketch === null || value.count === 0) continue
    const bucket = bucketOfValue(value.sum / value.count)
    const count = (sketch[bucket] ?? 0) + sign
    if (count > 0) sketch[bucket] = count
    else delete sketch[bucket]
  }
}

function addTo(sums: Record<string, UnitSum>, metric: string, value: number, count: 1 | -1): void {
  const known = own(sums, metric) ?? { sum: 0, count: 0 }
  // Without values there is no remainder of the arithmetic either.
  sums[metric] =
    known.count + count <= 0 ? { sum: 0, count: 0 } : { sum: known.sum + value, count: known.count + count }
}

function meanOf(value: UnitSum | null): number | null {
  return value === null || value.count === 0 ? null : value.sum / value.count
}

function own(sums: UnitSums, metric: string): UnitSum | null {
  return Object.hasOwn(sums, metric) ? (sums[metric] ?? null) : null
}

function keyOf(unit: string, phase: number): string {
  return `${phase} ${unit}`
}

function cellKey({ phase, variant, metric }: Pick<FoldedCell, 'phase' | 'variant' | 'metric'>): string {
  return `${phase} ${variant} ${metric}`
}
