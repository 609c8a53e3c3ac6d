/**
 * Does these, so many at a time, in their order. None is begun any more once `isOver` says so.
 *
 * @returns when all that were begun are done; rejects as soon as one does.
 */
export async function inTurns(
  tasks: readonly (() => Promise<void>)[],
  atOnce: number,
  isOver: () => boolean = () => false,
): Promise<void> {
  const left = [...tasks].reverse()
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const next = left.pop()
      if (next === undefined) return
      await next()
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, work))
}
