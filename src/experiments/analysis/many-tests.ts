/** Several tests at once: p-values made larger by what the number of tests costs. */

/**
 * Holm's p-values, in the order of the given ones: comparing each with alpha, the chance of any false finding among all is at
 * most alpha. Also for p-values that hold at every look.
 */
export function holm(values: readonly number[]): readonly number[] {
  const adjusted = Array<number>(values.length).fill(1)
  let least = 0
  for (const [rank, at] of byValue(values).entries()) {
    least = Math.min(1, Math.max(least, (values.length - rank) * (values[at] ?? 1)))
    adjusted[at] = least
  }
  return adjusted
}

/** P-values after Benjamini and Hochberg: comparing each with alpha, at most a share alpha of the findings is false on average. */
export function benjaminiHochberg(values: readonly number[]): readonly number[] {
  const adjusted = Array<number>(values.length).fill(1)
  let most = 1
  const order = byValue(values)
  for (let rank = order.length; rank > 0; rank--) {
    const at = order[rank - 1] ?? 0
    most = Math.min(most, (values.length / rank) * (values[at] ?? 1))
    adjusted[at] = most
  }
  return adjusted
}

function byValue(values: readonly number[]): readonly number[] {
  return values.map((_, at) => at).sort((one, other) => (values[one] ?? 1) - (values[other] ?? 1))
}
