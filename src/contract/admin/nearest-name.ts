/**
 * The known name that was most likely meant, or null when none is close: at most one slip in a short name, two or three in
 * a longer one, where a slip is a letter too many, too few, wrong, or swapped with its neighbour.
 */
export function nearestName(written: string, known: Iterable<string>): string | null {
  const longestWorthComparing = 64
  if (written.length > longestWorthComparing) return null
  const wanted = normal(written)
  let nearest: string | null = null
  let smallest = Infinity
  for (const name of known) {
    const slips = slipsBetween(wanted, normal(name))
    if (slips <= slipsAllowed(name) && slips < smallest) {
      nearest = name
      smallest = slips
    }
  }
  return nearest
}

function slipsAllowed(name: string): number {
  if (name.length <= 2) return 0
  return name.length <= 4 ? 1 : name.length <= 8 ? 2 : 3
}

/** `maxTokens`, `max-tokens` and `max_tokens` are one name in three habits. */
function normal(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[-\s.]/g, '_')
    .toLowerCase()
}

/** Optimal string alignment distance. */
function slipsBetween(left: string, right: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      let slips = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1))
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      if (swapped) slips = Math.min(slips, at(beforeLast, column - 2) + 1)
      current.push(slips)
    }
    beforeLast = last
    last = current
  }
  return at(last, right.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
