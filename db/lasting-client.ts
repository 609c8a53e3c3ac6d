import type { Sql } from 'postgres'
import { Lanes, isLazyQuery, type LaneLimits } from './lanes.ts'
import { runTransaction, type Work } from './transaction.ts'

export interface ClientMaker {
  /** A client of one connection, made when first needed and never a second time; `onclose` hears of its end. */
  lane(options: { readonly onclose: () => void }): Sql
  /** A client for LISTEN, which connects again by itself. */
  listener(): Sql
  /** A client that only puts statements together. */
  maker(): Sql
}

/**
 * One `postgres` client that survives the loss of its connections. The driver (3.4.9) does not, quite: a transaction whose
 * connection goes away writes its ROLLBACK to a socket that is null, outside of any promise, which ends the process
 * (porsager/postgres#1208); bytes that were waiting in the tick of the loss stay, and the next connection of that slot never
 * gets its first word out (#1168); statements of a dead transaction can run outside of it on the next connection (#1155).
 *
 * All of it needs a connection slot to be used a second time. So none is: each connection is a client of its own that is
 * thrown away when the connection is lost, and the pool that the driver would be is `Lanes`.
 */
export function lastingClient(make: ClientMaker, limits: LaneLimits): Sql {
  const maker = make.maker()
  const lanes = new Lanes((options) => make.lane(options), limits)
  let listener: Sql | null = null

  const pooled = (value: unknown): unknown => {
    if (isLazyQuery(value)) value.handler = (query) => lanes.execute(query)
    return value
  }
  const refuse = (name: string) => () => {
    throw new Error(`sql.${name} does not survive a lost connection and is not offered; use statements and sql.begin.`)
  }
  const replaced: Readonly<Record<string, unknown>> = {
    unsafe: (...args: Parameters<Sql['unsafe']>) => pooled(maker.unsafe(...args)),
    begin: (first: string | Work, second?: Work) =>
      typeof first === 'string'
        ? runTransaction(lanes, maker, first, second ?? (() => {}))
        : runTransaction(lanes, maker, '', first),
    notify: (channel: string, payload: string) => pooled(maker`select pg_notify(${channel}, ${payload})`),
    listen: (...args: Parameters<Sql['listen']>) => (listener ??= make.listener()).listen(...args),
    end: async (timeout?: { readonly timeout?: number }) => {
      await Promise.all([lanes.end(timeout), listener?.end(timeout)])
    },
    ...Object.fromEntries(['reserve', 'file', 'largeObject', 'subscribe', 'close'].map((name) => [name, refuse(name)])),
  }
  return new Proxy(maker, {
    apply: (target, _this, args: Parameters<Sql>) => pooled(Reflect.apply(target, undefined, args)),
    get: (target, name) =>
      typeof name === 'string' && Object.hasOwn(replaced, name)
        ? replaced[name]
        : (Reflect.get(target, name) as unknown),
  })
}
