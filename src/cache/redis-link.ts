import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'

export interface RedisLinkOptions {
  readonly url: string
  /** What one command may take before it counts as failed, milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly observe: Observe
}

export type RedisClient = Awaited<ReturnType<typeof createClient>>

/** A connection that is used while it answers and done without while it does not. */
export interface RedisLink {
  /**
   * Runs commands and gives their reply; null when Redis is away, refused them or took longer than `withinMs`
   * (`timeoutMs` when left out). Never rejects.
   */
  attempt<Reply>(
    operation: 'get' | 'put' | 'purge',
    run: (client: RedisClient) => Promise<Reply>,
    withinMs?: number,
  ): Promise<Reply | null>
  close(): Promise<void>
}

const connectTimeoutMs = 5_000
const longestReconnectPauseMs = 5_000
/** Commands that may wait for replies; a Redis that hangs must not collect answers in our memory. */
const mostQueued = 1_000
/** After a command that took too long nobody asks again for so long, or every request would pay for a Redis that hangs. */
const restMs = 1_000
/** So many in a row and the connection is given up: its other end may be gone without having said so. */
const timeoutsBeforeReconnect = 3

class TooSlow extends Error {}

/** Connects in the background and for as long as it takes. That Redis goes away and comes back is said once each. */
export function openRedisLink(options: RedisLinkOptions): RedisLink {
  const { clock, observe } = options
  let client: RedisClient | null = null
  let away = false
  let closed = false
  let timeouts = 0
  let restsUntil = -Infinity

  const lost = (error: unknown): void => {
    if (away || closed) return
    away = true
    observe({ type: 'cache-lost', message: messageOf(error) })
  }
  const back = (): void => {
    timeouts = 0
    if (!away || closed) return
    away = false
    observe({ type: 'cache-back' })
  }
  const failed = (operation: 'get' | 'put' | 'purge', error: unknown): null => {
    if (closed) return null
    observe({ type: 'cache-failed', operation, message: messageOf(error) })
    if (!(error instanceof TooSlow)) return null
    restsUntil = clock.monotonic() + restMs
    timeouts += 1
    if (timeouts >= timeoutsBeforeReconnect) {
      lost(error)
      reconnect()
    }
    return null
  }
  const reconnect = (): void => {
    timeouts = 0
    client?.destroy()
    client = null
    connecting = connect()
  }
  const connect = async (): Promise<void> => {
    try {
      const made = await createClient(options.url)
      if (closed) return
      client = made
      made.on('error', lost)
      made.on('ready', back)
      // Rejects only when it is destroyed: it tries again by itself for ever, and tells every failure to the listener.
      made.connect().catch(lost)
    } catch (error) {
      lost(error)
    }
  }
  let connecting = connect()

  return {
    async attempt(operation, run, withinMs = options.timeoutMs) {
      const ready = client
      if (ready === null || !ready.isReady || closed) {
        if (!closed) observe({ type: 'cache-failed', operation, message: 'Redis is away.' })
        return null
      }
      if (operation !== 'purge' && clock.monotonic() < restsUntil) {
        observe({ type: 'cache-failed', operation, message: 'Redis was too slow a moment ago and is not asked.' })
        return null
      }
      try {
        const reply = await withinTime(run(ready), withinMs)
        back()
        return reply
      } catch (error) {
        return failed(operation, error)
      }
    },

    async close() {
      closed = true
      await connecting
      // Not gracefully: nothing is lost, and a Redis that is away must not hold up the end.
      client?.destroy()
    },
  }
}

async function createClient(url: string) {
  // Only who has a REDIS_URL pays for loading the client.
  const redis = await import('redis')
  return redis.createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: mostQueued,
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (retries: number) => Math.min(100 * 2 ** Math.min(retries, 10), longestReconnectPauseMs),
    },
  })
}

async function withinTime<Reply>(work: Promise<Reply>, limitMs: number): Promise<Reply> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TooSlow(`Redis gave no answer within ${limitMs} ms.`))
    }, limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
