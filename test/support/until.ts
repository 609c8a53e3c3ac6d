import { setTimeout } from 'node:timers/promises'

/** Asks again and again until there is something other than false, null and undefined, and resolves with it. */
export async function until<Value>(
  what: string,
  look: () => Promise<Value | false | null | undefined> | Value | false | null | undefined,
  options: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<Value> {
  const { withinMs = 15_000, everyMs = 10 } = options
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const value = await look()
    if (value !== false && value !== null && value !== undefined) return value
    if (performance.now() > giveUpAt) throw new Error(`Not within ${withinMs} ms: ${what}.`)
    await setTimeout(everyMs)
  }
}
