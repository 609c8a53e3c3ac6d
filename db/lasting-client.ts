import type { Sql } from 'postgres'
import { TransactionLanes } from './transaction-lanes.ts'

/**
 * One `postgres` client that survives the loss of its connections.
 *
 * The driver (3.4.9) does not, quite: a transaction whose connection goes away writes its ROLLBACK to a socket that is null,
 * outside of any promise, which ends the process (porsager/postgres#1208); a statement written in the same tick as the loss
 * leaves its bytes behind, and each later connection of that slot ends in CONNECT_TIMEOUT; and statements of a dead
 * transaction can run outside of it on the next connection (#1155). All three need an old connection slot to be used again.
 * So none is: the first lost connection retires the whole client in favour of a fresh one, and transactions have clients of
 * their own, of one connection each, whose statements are refused once it is lost.
 */
export function lastingClient(
  make: (options: { readonly max: number; readonly onclose: () => void }) => Sql,
  options: { readonly maxConnections: number },
): Sql {
  const lanesAtMost = Math.max(1, Math.floor(options.maxConnections / 2))
  const plainAtMost = Math.max(1, options.maxConnections - lanesAtMost)
  const lanes = new TransactionLanes((onclose) => make({ max: 1, onclose }), lanesAtMost)
  const retired = new Set<Promise<void>>()
  let ending: Promise<void> | null = null
  let current = fresh()
  let listener: Sql | null = null

  function fresh(): Sql {
    const made: Sql = make({
      max: plainAtMost,
      onclose: () => {
        if (ending !== null || made !== current) return
        current = fresh()
        retire(made)
      },
    })
    return made
  }

  /** What runs on its other connections may finish. */
  function retire(client: Sql): void {
    const gone = client.end({ timeout: 30 }).finally(() => retired.delete(gone))
    retired.add(gone)
  }

  async function endAll(timeout: { readonly timeout?: number } | undefined): Promise<void> {
    // Retired clients had their time.
    await Promise.all([current.end(timeout), listener?.end(timeout), lanes.end(timeout), ...(timeout?.timeout === 0 ? [] : retired)])
  }

  const replaced = {
    begin: (first: unknown, second?: unknown) =>
      typeof first === 'string' ? lanes.run(first, second as never) : lanes.run('', first as never),
    reserve: () => Promise.reject(new Error('reserve() does not survive a lost connection; use begin().')),
    // Its own client, because the one that answers queries may be retired at any time.
    listen: (...args: Parameters<Sql['listen']>) => (listener ??= make({ max: 1, onclose: () => {} })).listen(...args),
    end: (timeout?: { readonly timeout?: number }) => (ending ??= endAll(timeout)),
  } as const

  return new Proxy(current, {
    apply: (_target, _this, args: Parameters<Sql>) => Reflect.apply(current, undefined, args) as unknown,
    get: (_target, name) => (Object.hasOwn(replaced, name) ? Reflect.get(replaced, name) : Reflect.get(current, name)),
  })
}
