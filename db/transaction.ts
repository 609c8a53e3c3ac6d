import type { Sql, TransactionSql } from 'postgres'
import { isLazyQuery, type Lane, type Lanes } from './lanes.ts'

export type Work = (transaction: TransactionSql) => unknown

/**
 * Runs `work` in a transaction on a lane of its own, as `sql.begin` of the driver does: commits when it resolves, rolls back
 * when it rejects or when any of its statements failed, whoever caught the error. Rejects when the connection is lost; no
 * statement ever runs on another one.
 *
 * @param maker client whose statements are handed to the lane
 * @param options such as `isolation level serializable`
 */
export async function runTransaction(lanes: Lanes, maker: Sql, options: string, work: Work): Promise<unknown> {
  const lane = await lanes.reserve()
  try {
    const scope = new Scope(lanes, lane, maker)
    await scope.say(`begin ${options.replaceAll(/[^a-z ]/gi, '')}`)
    return await scope.run(work, 'commit', 'rollback')
  } finally {
    lanes.giveBack(lane)
  }
}

/** A transaction, or a savepoint in one. */
class Scope {
  readonly #lanes: Lanes
  readonly #lane: Lane
  readonly #maker: Sql
  #failure: { readonly error: unknown } | null = null
  #savepoints = 0

  constructor(lanes: Lanes, lane: Lane, maker: Sql) {
    this.#lanes = lanes
    this.#lane = lane
    this.#maker = maker
  }

  async say(statement: string): Promise<void> {
    const query: unknown = this.#maker.unsafe(statement)
    if (isLazyQuery(query)) query.handler = (mine) => this.#lanes.send(this.#lane, mine)
    await query
  }

  async run(work: Work, keep: string, undo: string): Promise<unknown> {
    try {
      const result = await work(this.#transactionSql(undo))
      const settled: unknown = Array.isArray(result) ? await Promise.all(result) : result
      if (this.#failure !== null) throw this.#failure.error
      await this.say(keep)
      return settled
    } catch (error) {
      // A lost connection has nobody any more to say it to.
      if (!this.#lane.lost) await this.say(undo).catch(() => this.#lanes.discard(this.#lane))
      throw error
    }
  }

  /** The maker, with each query sent to our lane at the moment it would run. */
  #transactionSql(name: string): TransactionSql {
    const redirect = (value: unknown): unknown => {
      if (!isLazyQuery(value)) return value
      value.handler = (query) => {
        query.catch((error: unknown) => (this.#failure ??= { error }))
        this.#lanes.send(this.#lane, query)
      }
      return value
    }
    const savepoint = async (first: unknown, second?: unknown): Promise<unknown> => {
      const point = `${name.replace(/^.* /, '')}_${(this.#savepoints += 1)}`
      await this.say(`savepoint ${point}`)
      const work = (typeof first === 'function' ? first : second) as Work
      return new Scope(this.#lanes, this.#lane, this.#maker).run(work, `release ${point}`, `rollback to ${point}`)
    }
    const transaction: unknown = new Proxy(this.#maker, {
      apply: (maker, _this, args: Parameters<Sql>) => redirect(Reflect.apply(maker, undefined, args)),
      get: (maker, property) => {
        if (property === 'savepoint') return savepoint
        if (property === 'unsafe') return (...args: Parameters<Sql['unsafe']>) => redirect(maker.unsafe(...args))
        return Reflect.get(maker, property) as unknown
      },
    })
    return transaction as TransactionSql
  }
}
