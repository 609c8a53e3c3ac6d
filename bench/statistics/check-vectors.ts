import { z } from 'zod'
import { VectorInput } from './vector-input.ts'
import { type Figure, vectorStatistics } from './vector-statistics.ts'

const figureSchema = z.union([z.number(), z.boolean(), z.array(z.union([z.number(), z.boolean()]))])

/** A file of vectors: what each statistic must come out as, and how exactly. */
export const vectorFileSchema = z.object({
  cases: z
    .array(
      z.object({
        id: z.string(),
        stat: z.string(),
        input: z.record(z.string(), z.unknown()),
        expected: z.record(z.string(), figureSchema),
        tol: z.number().min(0),
      }),
    )
    .min(1),
})
export type VectorFile = z.output<typeof vectorFileSchema>

export interface VectorResult {
  readonly id: string
  readonly stat: string
  /** What does not hold, one sentence each; empty: the case passes. */
  readonly misses: readonly string[]
}

/** Every case of a file: a figure holds when it is off by at most `tol` times the larger of 1 and the expected one. */
export function checkVectors({ cases }: VectorFile): readonly VectorResult[] {
  return cases.map(({ id, stat, input, expected, tol }) => ({ id, stat, misses: missesOf(stat, input, expected, tol) }))
}

function missesOf(
  stat: string,
  input: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, Figure>>,
  tolerance: number,
): readonly string[] {
  const compute = vectorStatistics.get(stat)
  if (compute === undefined) return [`the statistic \`${stat}\` is not known`]
  let found: Readonly<Record<string, Figure>>
  try {
    found = compute(new VectorInput(input))
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const got = found[name]
    if (got === undefined) return [`\`${name}\` is not computed`]
    return isClose(got, wanted, tolerance) ? [] : [`\`${name}\` is ${String(got)}, expected ${String(wanted)}`]
  })
}

function isClose(got: Figure, wanted: Figure, tolerance: number): boolean {
  if (typeof got === 'number' && typeof wanted === 'number') {
    return Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted))
  }
  if (typeof got === 'boolean' || typeof wanted === 'boolean') return got === wanted
  if (typeof got === 'number' || typeof wanted === 'number') return false
  return got.length === wanted.length && got.every((each, at) => isClose(each, wanted[at] ?? Number.NaN, tolerance))
}
