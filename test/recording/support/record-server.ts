import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import type { FeedbackRecord } from '../../../src/core/feedback.ts'
import type { ExchangeRecord } from '../../../src/core/record.ts'

/**
 * A database of records in the test's own process, reached over TCP as a real one: it can be away, die between the
 * commit and the answer, refuse records and stay silent. Like the real one it keeps each request id once.
 */
export class RecordServer {
  readonly records = new Map<string, ExchangeRecord>()
  /** By exchange, name and source. */
  readonly feedback = new Map<string, FeedbackRecord>()
  /** Requests to write, also those that failed. */
  writes = 0
  largestWrite = 0
  /** Decides for one write. Default: `commit`. */
  behaviour: (records: readonly ExchangeRecord[]) => 'commit' | 'hang-up-before' | 'hang-up-after' | 'silence' = () =>
    'commit'
  /** Ids that are never taken, as with a value out of range. */
  readonly refused = new Set<string>()
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #port = 0
  #watchers: (() => void)[] = []

  get settings(): { readonly port: number } {
    return { port: this.#port }
  }

  /** Listens, always on the same port once it is known. */
  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
  }

  /** Hangs up on everybody and listens no more. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    for (const socket of this.#sockets) socket.destroy()
    if (server !== null) await new Promise((resolve) => server.close(resolve))
  }

  /** Resolves when the condition holds; it is looked at after every write. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#watchers.push(resolve)
      })
    }
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    createInterface({ input: socket }).on('line', (line) => {
      const sent = JSON.parse(line) as ExchangeRecord[] | { readonly feedback: FeedbackRecord[] }
      if (Array.isArray(sent)) this.#write(socket, sent)
      else this.#writeFeedback(socket, sent.feedback)
      for (const watcher of this.#watchers.splice(0)) watcher()
    })
  }

  #writeFeedback(socket: Socket, feedback: readonly FeedbackRecord[]): void {
    let written = 0
    for (const statement of feedback) {
      const key = `${statement.requestId} ${statement.name} ${statement.source}`
      const known = this.feedback.get(key)
      if (known !== undefined && known.at >= statement.at) continue
      this.feedback.set(key, statement)
      written++
    }
    socket.write(`${JSON.stringify({ written, refused: [] })}\n`)
  }

  #write(socket: Socket, records: readonly ExchangeRecord[]): void {
    this.writes++
    this.largestWrite = Math.max(this.largestWrite, records.length)
    const behaviour = this.behaviour(records)
    if (behaviour === 'silence') return
    if (behaviour === 'hang-up-before') {
      socket.destroy()
      return
    }
    let written = 0
    for (const record of records) {
      if (this.records.has(record.requestId) || this.refused.has(record.requestId)) continue
      this.records.set(record.requestId, record)
      written++
    }
    if (behaviour === 'hang-up-after') socket.destroy()
    else
      socket.write(
        `${JSON.stringify({ written, refused: records.map(({ requestId }) => requestId).filter((id) => this.refused.has(id)) })}\n`,
      )
  }
}
