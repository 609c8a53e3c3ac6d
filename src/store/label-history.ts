/** A move of one label, oldest first, as the timeline has them. */
export interface LabelMove {
  readonly event: 'label_set' | 'label_rolled_back'
  /** The version it points to from then on. */
  readonly to: number
}

/** Tells the moves among a prompt's timeline rows of one label. */
export function isLabelMove<Row extends { readonly event: string; readonly to: number | null }>(
  row: Row,
): row is Row & LabelMove {
  return (row.event === 'label_set' || row.event === 'label_rolled_back') && row.to !== null
}

/**
 * Where one step back in a label's own history leads, or null when there is none. Setting goes forward from where the label
 * stands, rolling back takes the last step away again: after set 1, 2, 3 it gives 2, then 1, then none; after set 1, 2, 3,
 * rollback, set 4 it gives 2, then 1. Taking a label off is no step: set again, its history goes on.
 */
export function stepBack(moves: Iterable<LabelMove>): number | null {
  const path: number[] = []
  for (const move of moves) {
    if (move.event === 'label_rolled_back') path.pop()
    else if (path.at(-1) !== move.to) path.push(move.to)
  }
  return path.at(-2) ?? null
}
