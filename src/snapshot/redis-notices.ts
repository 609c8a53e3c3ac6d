import { randomUUID } from 'node:crypto'
import type { Observe } from '../core/observation.ts'

const channel = 'promptbox:changes'
const longestPauseMs = 5_000

/** Tells other replicas, and hears from them, that something changed. What changed is in the database. */
export interface RedisNotices {
  /** Tells the others. When Redis is away nobody is told; they find out when they next ask the database. */
  announce(): void
  close(): Promise<void>
}

/**
 * Connects in the background and for as long as it takes. Redis only makes changes arrive sooner: that it is away is an
 * observation, once, and never an error.
 */
export function openRedisNotices(url: string, onNotice: () => void, observe: Observe): RedisNotices {
  const self = randomUUID()
  let away = false
  let closed = false

  function lost(error: unknown): void {
    if (away || closed) return
    away = true
    const why = error instanceof Error && error.message !== '' ? error.message : String(error)
    observe({
      type: 'notice',
      message: `Redis is away (${why}). Changes of other replicas arrive by asking the database until it is back.`,
    })
  }

  function back(): void {
    if (!away || closed) return
    away = false
    observe({ type: 'notice', message: 'Redis is back.' })
    // What was announced meanwhile was not heard.
    onNotice()
  }

  const connecting = connect()
  connecting.catch(lost)

  async function connect() {
    // Only who has a REDIS_URL pays for loading the client.
    const { createClient } = await import('redis')
    const reconnectStrategy = (retries: number) => Math.min(100 * 2 ** Math.min(retries, 10), longestPauseMs)
    const publisher = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: longestPauseMs, reconnectStrategy },
    })
    const subscriber = publisher.duplicate({ disableOfflineQueue: false })
    publisher.on('error', lost)
    subscriber.on('error', lost).on('ready', back)
    publisher.connect().catch(lost)
    subscriber
      .connect()
      .then((client) =>
        client.subscribe(channel, (sender) => {
          if (sender !== self && !closed) onNotice()
        }),
      )
      .catch(lost)
    return { publisher, subscriber }
  }

  return {
    announce() {
      connecting.then(({ publisher }) => (publisher.isReady ? publisher.publish(channel, self) : null)).catch(lost)
    },
    async close() {
      closed = true
      const clients = await connecting.catch(() => null)
      // Not gracefully: nothing is lost, and a Redis that is away must not hold up the end.
      clients?.publisher.destroy()
      clients?.subscriber.destroy()
    },
  }
}
