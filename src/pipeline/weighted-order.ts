export interface Weighted {
  /** 0 or more. */
  readonly weight: number
}

/**
 * Puts the usable ones of all targets into the order to try: one by chance in proportion to the weights, then the others
 * by weight, the heaviest first, as listed where weights are the same. A weight of 0 is never drawn.
 *
 * Drawn is among all, so that who got one target keeps it when another becomes unusable for one request; only when the
 * drawn one is unusable, what is left of the draw decides among the usable. Each then gets exactly its share.
 *
 * @param draw from 0 to below 1; called once, or not at all when there is nothing to choose.
 */
export function weightedOrder<Item extends Weighted>(
  all: readonly Weighted[],
  usable: readonly Item[],
  draw: () => number,
): readonly Item[] {
  const first = drawFirst(all, usable, draw)
  const byWeight = usable.toSorted((left, right) => right.weight - left.weight)
  return first === null ? byWeight : [first, ...byWeight.filter((each) => each !== first)]
}

function drawFirst<Item extends Weighted>(
  all: readonly Weighted[],
  usable: readonly Item[],
  draw: () => number,
): Item | null {
  const drawable = usable.filter((each) => each.weight > 0)
  if (drawable.length <= 1) return drawable[0] ?? null
  const { drawn, rest } = pick(all, draw())
  const found = drawable.find((each) => each === drawn)
  return found ?? pick(drawable, rest).drawn
}

/** The one on whose stretch the point lies, and where on it, from 0 to below 1: a fresh draw within that stretch. */
function pick<Item extends Weighted>(items: readonly Item[], point: number): { drawn: Item | null; rest: number } {
  let left = point * items.reduce((sum, { weight }) => sum + weight, 0)
  let last: Item | null = null
  for (const item of items) {
    if (item.weight === 0) continue
    if (left < item.weight) return { drawn: item, rest: left / item.weight }
    left -= item.weight
    last = item
  }
  // Sums of fractions may miss the end by a hair.
  return { drawn: last, rest: 0 }
}
