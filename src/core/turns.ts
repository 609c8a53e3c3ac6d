export type Turns = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>

/**
 * Work of the same key one after the other, in the order in which it was asked for, whether what went before succeeded or not; of
 * different keys beside each other. Within this process only. What the work gives or throws comes out.
 */
export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>()

  return async (key, work) => {
    const before = last.get(key)
    let end = (): void => undefined
    const over = new Promise<void>((resolve) => (end = resolve))
    last.set(key, over)
    try {
      await before
      return await work()
    } finally {
      end()
      if (last.get(key) === over) last.delete(key)
    }
  }
}
