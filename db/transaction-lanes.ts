import type { Sql, TransactionSql } from 'postgres'

type Work<Result> = (transaction: TransactionSql) => Result | Promise<Result>

/** A client of exactly one connection; of no use any more once that is lost. */
interface Lane {
  readonly sql: Sql
  lost: boolean
}

/** The driver's lazy query. It runs when somebody waits for it, by being handed to `handler`. */
interface LazyQuery extends Promise<unknown> {
  handler: (query: LazyQuery) => void
  reject(error: unknown): void
}

/** Statements of one transaction or savepoint; the first that failed decides over it, whoever caught its error. */
class Scope {
  failure: unknown = null
}

/** Runs transactions, each on a connection that nobody else uses meanwhile, at most so many at once; the others queue. */
export class TransactionLanes {
  readonly #make: (onclose: () => void) => Sql
  readonly #idle: Lane[] = []
  readonly #all = new Set<Lane>()
  readonly #waiting: (() => void)[] = []
  readonly #atMost: number
  #busy = 0
  #savepoints = 0
  #ended = false

  constructor(make: (onclose: () => void) => Sql, atMost: number) {
    this.#make = make
    this.#atMost = atMost
  }

  /** `options` as in `sql.begin`, such as `isolation level serializable`. Rejects as that does, and when the connection is lost. */
  async run<Result>(options: string, work: Work<Result>): Promise<unknown> {
    if (this.#busy >= this.#atMost) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#busy += 1
    // Whoever waited took over the place of the one that left.
    const lane = this.#take()
    try {
      await lane.sql.unsafe(`begin ${options.replaceAll(/[^a-z ]/gi, '')}`)
      return await this.#inside(lane, work, 'commit', 'rollback')
    } finally {
      if (lane.lost) this.#all.delete(lane)
      else this.#idle.push(lane)
      const next = this.#waiting.shift()
      if (next === undefined) this.#busy -= 1
      else next()
    }
  }

  async end(timeout: { readonly timeout?: number } | undefined): Promise<void> {
    this.#ended = true
    await Promise.all([...this.#all].map(({ sql }) => sql.end(timeout)))
  }

  async #inside<Result>(lane: Lane, work: Work<Result>, keep: string, undo: string): Promise<unknown> {
    const scope = new Scope()
    try {
      const result = await work(this.#transactionSql(lane, scope))
      const settled: unknown = Array.isArray(result) ? await Promise.all(result) : result
      if (scope.failure !== null) throw scope.failure
      await this.#say(lane, keep)
      return settled
    } catch (error) {
      // A lost connection has rolled back already, and there is nobody to say it to.
      if (!lane.lost) await this.#say(lane, undo).catch(() => this.#discard(lane))
      throw error
    }
  }

  async #say(lane: Lane, statement: string): Promise<void> {
    if (lane.lost) throw connectionLost()
    await lane.sql.unsafe(statement)
  }

  #take(): Lane {
    if (this.#ended) throw new Error('CONNECTION_ENDED: the database is closed')
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    const lane: Lane = { sql: this.#make(() => this.#discard(lane)), lost: false }
    this.#all.add(lane)
    return lane
  }

  #discard(lane: Lane): void {
    if (lane.lost) return
    lane.lost = true
    const idle = this.#idle.indexOf(lane)
    if (idle >= 0) this.#idle.splice(idle, 1)
    this.#all.delete(lane)
    if (!this.#ended) void lane.sql.end({ timeout: 0 })
  }

  /** The lane's client, with each query checked at the moment it would run. */
  #transactionSql(lane: Lane, scope: Scope): TransactionSql {
    const guard = (value: unknown): unknown => {
      if (!isLazyQuery(value)) return value
      const hand = value.handler
      value.handler = (query) => {
        query.catch((error: unknown) => (scope.failure ??= error))
        if (lane.lost) query.reject(connectionLost())
        else hand(query)
      }
      return value
    }
    const savepoint = async (first: unknown, second?: unknown): Promise<unknown> => {
      const work = (typeof first === 'function' ? first : second) as Work<unknown>
      const name = `savepoint_${(this.#savepoints += 1)}`
      await this.#say(lane, `savepoint ${name}`)
      return this.#inside(lane, work, `release ${name}`, `rollback to ${name}`)
    }
    const transaction: unknown = new Proxy(lane.sql, {
      apply: (target, _this, args: Parameters<Sql>) => guard(Reflect.apply(target, undefined, args)),
      get: (target, name) => {
        if (name === 'savepoint') return savepoint
        if (name === 'unsafe') return (...args: Parameters<Sql['unsafe']>) => guard(target.unsafe(...args))
        return Reflect.get(target, name) as unknown
      },
    })
    return transaction as TransactionSql
  }
}

function isLazyQuery(value: unknown): value is LazyQuery {
  return value instanceof Promise && 'handler' in value && typeof value.handler === 'function'
}

function connectionLost(): Error {
  return Object.assign(new Error('CONNECTION_CLOSED: the connection was lost in the middle of a transaction; it was rolled back'), {
    code: 'CONNECTION_CLOSED',
  })
}
