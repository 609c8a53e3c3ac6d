import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'

export interface LogDaysOptions {
  /** Makes the days of the exchange log from this moment on (milliseconds since 1970), as far as they are missing. */
  readonly prepare: (from: number) => Promise<unknown>
  /** Drops the days that lie wholly before this moment; which ones, as `yyyy-mm-dd`. */
  readonly drop: (before: number) => Promise<readonly string[]>
  /** Drops what was counted by the hour, and what people said of exchanges, before this moment. */
  readonly dropCounts: (before: number) => Promise<unknown>
  /** 0: exchanges are kept for ever, and so are counts. */
  readonly retentionDays: number
  readonly clock: Clock
  readonly observe: Observe
}

export interface LogDays {
  /** One round; the timer calls it, and a test may. Never rejects. */
  round(): Promise<void>
  stop(): void
}

const everyMs = 3_600_000
const dayMs = 86_400_000
/** Counts are small, and worth comparing with those of a year before: so long at least they outlive the exchanges. */
const countsDays = 400

/**
 * Once an hour: the partitions of the coming days are made ahead, so that midnight is no event, and those that are older
 * than the retention are dropped whole, so that the log never has to delete rows. Counts by the hour and feedback are kept for 400
 * days, or as long as the exchanges when that is longer. What fails is said and tried again an hour later; the writer makes the day it needs in any case.
 */
export function keepLogDays({ prepare, drop, dropCounts, retentionDays, clock, observe }: LogDaysOptions): LogDays {
  const round = async (): Promise<void> => {
    try {
      await prepare(clock.now())
      if (retentionDays === 0) return
      const dropped = await drop(clock.now() - retentionDays * dayMs)
      if (dropped.length > 0) {
        observe({
          type: 'notice',
          message: `Dropped the exchanges of ${dropped.join(', ')}: older than ${retentionDays} days.`,
        })
      }
      await dropCounts(clock.now() - Math.max(retentionDays, countsDays) * dayMs)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      observe({
        type: 'notice',
        message: `The days of the exchange log could not be kept, next try in an hour: ${reason}`,
      })
    }
  }
  void round()
  const timer = setInterval(() => void round(), everyMs)
  timer.unref()
  return {
    round,
    stop: () => {
      clearInterval(timer)
    },
  }
}
