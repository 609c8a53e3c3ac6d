/** A text compared line by line: `same` lines are in both, `removed` only in the old, `added` only in the new one. */
export interface LineChange {
  readonly change: 'same' | 'removed' | 'added'
  readonly text: string
}

/** Beyond this many pairs of lines the middle is shown as replaced whole, which is still true. */
const maxPairs = 1_000_000

/** The shortest edit from one text to the other, in whole lines; removed lines before those added in their place. */
export function diffLines(from: string, to: string): LineChange[] {
  const before = from.split('\n')
  const after = to.split('\n')
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail))
    tail++
  const middle = diffMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail))
  return [...before.slice(0, head).map(same), ...middle, ...before.slice(before.length - tail).map(same)]
}

function diffMiddle(before: readonly string[], after: readonly string[]): LineChange[] {
  if (before.length * after.length > maxPairs) return [...before.map(removed), ...after.map(added)]
  const common = commonLengths(before, after)
  const width = after.length + 1
  const changes: LineChange[] = []
  let row = 0
  let column = 0
  while (row < before.length && column < after.length) {
    const old = before[row] ?? ''
    if (old === after[column]) {
      changes.push(same(old))
      row++
      column++
    } else if ((common[(row + 1) * width + column] ?? 0) >= (common[row * width + column + 1] ?? 0)) {
      changes.push(removed(old))
      row++
    } else {
      changes.push(added(after[column] ?? ''))
      column++
    }
  }
  return [...changes, ...before.slice(row).map(removed), ...after.slice(column).map(added)]
}

/** Length of the longest common subsequence of what follows each pair of positions, row by row. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const at = row * width + column
      lengths[at] =
        before[row] === after[column]
          ? (lengths[at + width + 1] ?? 0) + 1
          : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0)
    }
  }
  return lengths
}

const same = (text: string): LineChange => ({ change: 'same', text })
const removed = (text: string): LineChange => ({ change: 'removed', text })
const added = (text: string): LineChange => ({ change: 'added', text })
