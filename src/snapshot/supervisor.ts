import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { DatabaseSource, Pulled } from './database-source.ts'
import type { DiskJournal } from './disk-journal.ts'
import type { SnapshotHolder } from './holder.ts'
import type { Fallback, Layers } from './layers.ts'

/** Hears of changes elsewhere. Resolves with what ends it, once it listens. */
export type Listen = (onNotice: () => void) => Promise<() => Promise<void>>

export interface SupervisorOptions {
  readonly source: DatabaseSource
  readonly layers: Layers
  readonly holder: SnapshotHolder
  readonly journal: DiskJournal
  readonly clock: Clock
  readonly observe: Observe
  /** null: nobody sends notices, as with the embedded database. */
  readonly listen: Listen | null
  /** Milliseconds between two questions for the newest change, the safety net beside notices. */
  readonly pollMs: number
}

/** Keeps the serving snapshot abreast of the database, whatever happens to either. */
export interface Supervisor {
  /** Resolves when everything that was committed before this call is served. Fault `unavailable` while the database is away. */
  refresh(): Promise<void>
  /** Something changed somewhere: refreshes soon, together with what else is noticed until then. Never fails. */
  notice(): void
  /** Takes over a new state of the file. */
  setFile(fallback: Fallback): Promise<void>
  /** Asks, and listens, from now on. */
  follow(): void
  /** Milliseconds the database has been away; null: it is there. */
  awayMs(): number | null
  /** Why it is away; null: it is there. */
  trouble(): string | null
  stop(): Promise<void>
}

/** A burst of notices becomes one question. */
const noticeMs = 10
/** A database that comes back is noticed within a second. */
const longestPollMs = 900
const listenAgainMs = 5_000
const stopListeningMs = 1_000

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { source, layers, holder, journal, clock, observe, listen, pollMs } = options
  /** The change number up to which this process knows everything; null: nothing was loaded from the database yet. */
  let position: string | null = null
  let away: { readonly since: number; readonly why: string } | null = null
  let failures = 0
  let stopped = false
  let running: Promise<void> | null = null
  let queued: Promise<void> | null = null
  let turn: Promise<unknown> = Promise.resolve()
  let pollTimer: ReturnType<typeof setTimeout> | undefined
  let noticeTimer: ReturnType<typeof setTimeout> | undefined
  let listenTimer: ReturnType<typeof setTimeout> | undefined
  let stopListening: (() => Promise<void>) | null = null
  let listenFailed = false

  /** What changes the layers goes one after the other. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    const mine = turn.then(async () => {
      const startedAt = clock.monotonic()
      await change()
      holder.swap(layers.served(), clock.monotonic() - startedAt)
    })
    turn = mine.catch(() => undefined)
    return mine
  }

  async function take(pulled: Pulled): Promise<void> {
    if (pulled.kind === 'unchanged') return
    await inTurn(async () => {
      if (pulled.kind === 'everything') {
        await layers.replaceBase(pulled.base)
        position = pulled.base.version
        journal.replace(layers.base())
      } else {
        await layers.changeBase(pulled.changes, pulled.head)
        position = pulled.head
        journal.append(pulled.changes, layers.base())
      }
    })
  }

  async function pull(): Promise<void> {
    if (stopped) throw new Fault('unavailable', 'The process is shutting down.')
    try {
      await take(await source.pull(position, layers.served()))
    } catch (error) {
      throw lost(error)
    }
    found()
  }

  function found(): void {
    holder.confirm()
    failures = 0
    if (away === null) return
    observe({ type: 'database-back', awayMs: clock.monotonic() - away.since })
    away = null
  }

  function lost(error: unknown): Fault {
    const fault =
      error instanceof Fault && error.kind === 'unavailable'
        ? error
        : new Fault(
            'unavailable',
            `The database cannot be read: ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
          )
    failures += 1
    if (away !== null || stopped) return fault
    away = { since: clock.monotonic(), why: fault.message }
    observe({ type: 'database-lost', message: fault.message })
    const { tier, version } = holder.status()
    if (position !== null)
      observe({ type: 'snapshot-stale', tier, message: `Version ${version}, the last known, goes on serving.` })
    return fault
  }

  function refresh(): Promise<void> {
    if (running === null) {
      running = pull().finally(() => {
        running = null
      })
      return running
    }
    // What runs may have asked before the caller's commit; all who come meanwhile share the one that follows.
    queued ??= running
      .catch(() => undefined)
      .then(() => {
        queued = null
        return refresh()
      })
    return queued
  }

  function notice(): void {
    if (stopped) return
    noticeTimer ??= setTimeout(() => {
      noticeTimer = undefined
      // Its failure was observed where it happened; the poll goes on trying.
      refresh().catch(() => undefined)
    }, noticeMs)
  }

  async function poll(): Promise<void> {
    try {
      if ((await source.head()) === position) found()
      else await refresh()
    } catch (error) {
      lost(error)
    }
    pollAgain()
  }

  function pollAgain(): void {
    if (stopped) return
    const pause = Math.min(pollMs * (1 + failures / 2), Math.max(pollMs, longestPollMs))
    pollTimer = setTimeout(() => void poll(), pause)
  }

  function listenNow(): void {
    if (listen === null || stopped) return
    listen(notice).then(
      (stop) => {
        if (stopped) return stop()
        stopListening = stop
        listenFailed = false
        // What was sent before we listened.
        return notice()
      },
      (error: unknown) => {
        if (!listenFailed)
          observe({
            type: 'notice',
            message: `No notices from the database (${String(error)}); it is asked every ${pollMs} ms.`,
          })
        listenFailed = true
        listenTimer = setTimeout(listenNow, listenAgainMs)
      },
    )
  }

  return {
    refresh,
    notice,
    setFile: (fallback) => inTurn(() => layers.setFallback('file', fallback)),
    follow() {
      listenNow()
      pollAgain()
    },
    awayMs: () => (away === null ? null : clock.monotonic() - away.since),
    trouble: () => away?.why ?? null,
    async stop() {
      stopped = true
      for (const timer of [pollTimer, noticeTimer, listenTimer]) clearTimeout(timer)
      const silent = stopListening?.().catch(() => undefined)
      await Promise.race([silent, new Promise((resolve) => setTimeout(resolve, stopListeningMs).unref())])
      await turn
    },
  }
}
