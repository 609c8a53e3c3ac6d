import type { Sql } from 'postgres'

/** The driver's lazy query: it runs when somebody waits for it, by being handed to `handler`. */
export interface LazyQuery extends Promise<unknown> {
  handler: (query: LazyQuery) => void
  reject(error: unknown): void
}

/** A client of one connection for one lifetime: never used again once that connection is lost. */
export interface Lane {
  readonly sql: Sql
  readonly handler: (query: LazyQuery) => void
  /** Statements under way; pipelined. */
  readonly statements: Set<LazyQuery>
  lost: boolean
  /** A transaction has it for itself. */
  reserved: boolean
  /** Its statements have been without an answer for `doubtMs`: they are slow, or nobody is there any more. */
  doubted: boolean
  /** When it was last heard of, or began to wait after it had nothing to do; monotonic milliseconds. */
  heardAt: number
  /** Runs out when no statement is answered in time: first of trust, then for good. */
  patience: NodeJS.Timeout | undefined
}

interface Waiting {
  readonly exclusive: boolean
  readonly start: (lane: Lane) => void
  readonly fail: (error: unknown) => void
}

export interface LaneMaker {
  /** The client's only connection was closed, or could not be made. */
  readonly onclose: () => void
}

export interface LaneLimits {
  /** So many lanes that answer, and as many again that are doubted. */
  readonly maxConnections: number
  /**
   * How long a lane may leave all its statements without an answer, milliseconds, until it counts as lost: a database that
   * hangs, or a cable that was cut, says nothing at all. 0: for ever.
   */
  readonly silenceMs: number
  /**
   * How long it may do so, milliseconds, until nobody is sent there who can be sent elsewhere, to a lane more if need be: a
   * database that came back by another way answers at once, while lanes of the lost one still wait. Less than `silenceMs`.
   */
  readonly doubtMs: number
}

/** Lanes, made when needed. Who comes first is served first. */
export class Lanes {
  readonly #make: (options: LaneMaker) => Sql
  readonly #limits: LaneLimits
  readonly #lanes = new Set<Lane>()
  readonly #waiting: Waiting[] = []
  #ended: Promise<void> | null = null

  constructor(make: (options: LaneMaker) => Sql, limits: LaneLimits) {
    this.#make = make
    this.#limits = limits
  }

  /** Runs a statement beside others. */
  execute(query: LazyQuery): void {
    this.#enqueue({
      exclusive: false,
      start: (lane) => this.send(lane, query),
      fail: (error) => query.reject(error),
    })
  }

  /** A lane for oneself; to be given back. */
  reserve(): Promise<Lane> {
    return new Promise((resolve, reject) => {
      const start = (lane: Lane): void => {
        lane.reserved = true
        resolve(lane)
      }
      this.#enqueue({ exclusive: true, start, fail: reject })
    })
  }

  /** Runs a statement on this lane, or rejects it when the lane is lost. */
  send(lane: Lane, query: LazyQuery): void {
    if (lane.lost) return query.reject(connectionLost())
    const settled = (): void => {
      lane.statements.delete(query)
      lane.doubted = false
      this.#beginPatience(lane)
      this.#serve()
      this.#closeSurplus(lane)
    }
    lane.statements.add(query)
    // Only the first: more statements must not buy a lane that is silent more time.
    if (lane.statements.size === 1) this.#beginPatience(lane)
    query.then(settled, settled)
    lane.handler(query)
  }

  giveBack(lane: Lane): void {
    lane.reserved = false
    this.#serve()
    this.#closeSurplus(lane)
  }

  /** No lane is used again that is not surely in order. What runs on it is rejected. */
  discard(lane: Lane): void {
    if (lane.lost) return
    lane.lost = true
    this.#lanes.delete(lane)
    clearTimeout(lane.patience)
    void lane.sql.end({ timeout: 0 })
    // After the driver, which may know the reason; but it forgets those that were waiting for their turn on the wire.
    setImmediate(() => rejectAll(lane, connectionLost()))
    this.#serve()
  }

  /** Lets what runs finish for `timeout` seconds, refuses what waits. */
  end(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    this.#ended ??= this.#end(options.timeout)
    return this.#ended
  }

  #beginPatience(lane: Lane): void {
    clearTimeout(lane.patience)
    lane.heardAt = performance.now()
    const { silenceMs, doubtMs } = this.#limits
    if (lane.lost || lane.statements.size === 0 || silenceMs === 0) return
    lane.patience = setTimeout(() => {
      lane.patience = setTimeout(() => this.discard(lane), silenceMs - doubtMs).unref()
      this.#doubt(lane)
    }, doubtMs).unref()
  }

  /** Those that idle and were heard of no later than this one may be as dead, and are made anew when they are needed. */
  #doubt(lane: Lane): void {
    lane.doubted = true
    for (const other of this.#lanes) if (isFree(other) && other.heardAt <= lane.heardAt) this.discard(other)
    this.#serve()
  }

  /** A lane that was doubted and answers after all leaves more than there should be. */
  #closeSurplus(lane: Lane): void {
    if (isFree(lane) && this.#trusted() > this.#limits.maxConnections) this.discard(lane)
  }

  #trusted(): number {
    let count = 0
    for (const { doubted } of this.#lanes) if (!doubted) count += 1
    return count
  }

  async #end(timeout: number | undefined): Promise<void> {
    for (const waiting of this.#waiting.splice(0)) waiting.fail(connectionEnded())
    const lanes = [...this.#lanes]
    await Promise.all(lanes.map(({ sql }) => sql.end(timeout === undefined ? {} : { timeout })))
    for (const lane of lanes) rejectAll(lane, connectionEnded())
  }

  #enqueue(waiting: Waiting): void {
    if (this.#ended !== null) return waiting.fail(connectionEnded())
    this.#waiting.push(waiting)
    this.#serve()
  }

  #serve(): void {
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined) return
      const lane = this.#laneFor(next)
      if (lane === undefined) return
      this.#waiting.shift()
      next.start(lane)
    }
  }

  #laneFor({ exclusive }: Waiting): Lane | undefined {
    const [best] = [...this.#lanes].filter(({ reserved }) => !reserved).toSorted(byUse)
    if (best !== undefined && isFree(best)) return best
    const { maxConnections } = this.#limits
    if (this.#trusted() < maxConnections && this.#lanes.size < 2 * maxConnections) return this.#open()
    return exclusive ? undefined : best
  }

  #open(): Lane {
    const sql = this.#make({ onclose: () => this.discard(lane) })
    // Each query carries its client's handler; this one never runs.
    const { handler } = sql.unsafe('') as unknown as LazyQuery
    const lane: Lane = {
      sql,
      handler,
      statements: new Set(),
      lost: false,
      reserved: false,
      doubted: false,
      heardAt: performance.now(),
      patience: undefined,
    }
    this.#lanes.add(lane)
    return lane
  }
}

/** Who answers before who is doubted, who has less to do before who has more. */
function byUse(a: Lane, b: Lane): number {
  return Number(a.doubted) - Number(b.doubted) || a.statements.size - b.statements.size
}

function isFree({ reserved, statements }: Lane): boolean {
  return !reserved && statements.size === 0
}

function rejectAll(lane: Lane, error: Error): void {
  for (const query of lane.statements) query.reject(error)
}

export function isLazyQuery(value: unknown): value is LazyQuery {
  return value instanceof Promise && 'handler' in value && typeof value.handler === 'function'
}

function connectionLost(): Error {
  const message = 'CONNECTION_CLOSED: the connection to the database was lost; an open transaction is rolled back'
  return Object.assign(new Error(message), { code: 'CONNECTION_CLOSED' })
}

function connectionEnded(): Error {
  return Object.assign(new Error('CONNECTION_ENDED: the database is closed'), { code: 'CONNECTION_ENDED' })
}
