import { harmEvidenceP } from './early-harm.ts'
import { unitsForHarm } from './floors.ts'
import type { GuardrailCheck } from './guardrail-checks.ts'
import { pairsOf } from './harm.ts'
import type { Look } from './look.ts'
import { badUnits } from './metric-cells.ts'
import { harmAlpha } from './stopping.ts'

/** What shows that a variant is worse than the control. */
export interface VariantHarm {
  readonly by: 'sequential' | 'fixed'
  /** The guardrail metric that is worse than its margin; null: it is the primary metric. */
  readonly check: GuardrailCheck | null
  /** Of the test for few events, with the price for several variants; null: another one shows it. */
  readonly evidenceP: number | null
}

type Measured = Pick<Look, 'input' | 'control' | 'treatments' | 'primary' | 'floors' | 'findings' | 'guardrails'>

/**
 * Harm does not wait for every floor. Hours are there so that a winner wins at every hour of the day, and nobody has to be harmed all
 * day; few failures are too few for a test that relies on many, and for a rate there is one that does not.
 *
 * @returns null: no harm is shown.
 */
export function harmOfVariant(measured: Measured, name: string): VariantHarm | null {
  const check = measured.guardrails.get(name)?.find(({ harmful }) => harmful)
  if (check !== undefined) return { by: 'sequential', check, evidenceP: null }
  const by = foundBy(measured, name)
  if (by !== null) return { by, check: null, evidenceP: null }
  const evidenceP = evidenceOf(measured, name)
  return evidenceP !== null && evidenceP <= harmAlpha(measured.input.body.alpha)
    ? { by: 'sequential', check: null, evidenceP }
    : null
}

/** By the tests that also find winners; null: they do not show it, or have too little to go by. */
function foundBy({ primary, findings, floors, control }: Measured, name: string): VariantHarm['by'] | null {
  const finding = findings.get(name)
  const bad = primary.cells.direction === 'increase' ? 'lower' : 'higher'
  if (finding?.side !== bad) return null
  const short = finding.by === 'fixed' ? floors.short : floors.shortForHarm
  if (short.has(control) || short.has(name)) return null
  return finding.by === 'fixed' && floors.waiting ? null : finding.by
}

function evidenceOf({ primary: { cells }, input, control, treatments }: Measured, name: string): number | null {
  if (cells.facts.kind !== 'rate') return null
  const least = unitsForHarm(input.body.floors)
  const isEnough = [control, name].every((side) => (cells.measured.get(side)?.moments.units ?? 0) >= least)
  if (!isEnough) return null
  const pairs = pairsOf(cells, name, control).map(({ control: own, treatment: other }) => ({
    control: { units: own.moments.units, bad: badUnits(cells.direction, own.moments) },
    treatment: { units: other.moments.units, bad: badUnits(cells.direction, other.moments) },
  }))
  return Math.min(1, treatments.length * harmEvidenceP(pairs))
}
