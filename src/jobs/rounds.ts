import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'

export interface RoundsOptions {
  /** What the rounds do, as it begins a sentence: `Experiments are looked at`. */
  readonly what: string
  /** Milliseconds from the end of one round to the beginning of the next. */
  readonly everyMs: number
  /** One round. `stopping` says that the process goes down: what can be left for later is. */
  readonly run: (stopping: () => boolean) => Promise<unknown>
  readonly observe: Observe
}

export interface Rounds {
  /** One round now, or the one that is under way. Never rejects. */
  round(): Promise<void>
  /** No further round; resolves when the one under way has ended, or after a few seconds. */
  stop(): Promise<void>
}

/** While rounds fail the pause doubles up to this, or stays what it is when that is longer. */
const longestPauseMs = 30_000
const stopWithinMs = 5_000

/** Whether nothing else of a round would work either; a statement that was too slow says nothing about the others. */
export function isDatabaseAway(error: unknown): boolean {
  return error instanceof Fault && error.kind === 'unavailable' && error.code !== 'statement_timeout'
}

/**
 * Does something again and again, each time from its beginning to its end before the next. A round that fails is said once, until
 * it fails for another reason or one succeeds, and the pauses grow while the database is away.
 */
export function inRounds({ what, everyMs, run, observe }: RoundsOptions): Rounds {
  let stopped = false
  let underWay: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let failures = 0
  let said: string | null = null

  const attempt = async (): Promise<void> => {
    try {
      await run(() => stopped)
      failures = 0
      if (said !== null) observe({ type: 'notice', message: `${what} again.` })
      said = null
    } catch (error) {
      failures += 1
      say(error)
    }
  }

  const say = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error)
    if (stopped || said === reason) return
    said = reason
    if (error instanceof Fault) {
      observe({ type: 'notice', message: `${what} no more for now, it is tried again all the time: ${reason}` })
    } else {
      observe({ type: 'defect', where: what.toLowerCase(), error })
    }
  }

  const round = (): Promise<void> => {
    underWay ??= attempt().finally(() => {
      underWay = null
    })
    return underWay
  }

  const goOn = (): void => {
    if (stopped) return
    const pause = Math.max(everyMs, Math.min(everyMs * 2 ** failures, longestPauseMs))
    timer = setTimeout(() => void round().then(goOn), pause)
    timer.unref()
  }
  goOn()

  return {
    round,
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      if (underWay !== null) await withinMs(stopWithinMs, underWay)
    },
  }
}

/** Waits for something, for so many milliseconds at the most. */
export async function withinMs(ms: number, awaited: Promise<void>): Promise<void> {
  let giveUp: NodeJS.Timeout | null = null
  const late = new Promise<void>((resolve) => (giveUp = setTimeout(resolve, ms)))
  await Promise.race([awaited, late])
  if (giveUp !== null) clearTimeout(giveUp)
}
