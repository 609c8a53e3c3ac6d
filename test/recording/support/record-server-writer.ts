import { connect, type Socket } from 'node:net'
import type { RecordWriter } from '../../../src/recording/record-writer.ts'
import { RecordsRefused } from '../../../src/store/refused-records.ts'

/** Writes to a `RecordServer`; loaded by the recording worker. */
export async function openRecordWriter(settings: unknown): Promise<RecordWriter> {
  const { port } = settings as { readonly port: number }
  let socket: Socket | null = null
  const connected = async (): Promise<Socket> => {
    if (socket !== null && !socket.destroyed) return socket
    const fresh = connect({ port, host: '127.0.0.1' })
    await new Promise<void>((resolve, reject) => {
      fresh.once('connect', resolve)
      fresh.once('error', reject)
    })
    // An error is followed by the close that the exchange hears.
    fresh.on('error', () => {})
    socket = fresh
    return fresh
  }
  return {
    async write(records) {
      const current = await connected()
      const { written, refused } = await exchange(current, `${JSON.stringify(records)}\n`)
      if (refused.length === 0) return written
      throw new RecordsRefused(
        refused.map((requestId) => ({ requestId, reason: 'value out of range' })),
        written,
      )
    },
    async writeFeedback(feedback) {
      const { written } = await exchange(await connected(), `${JSON.stringify({ feedback })}\n`)
      return written
    },
    async close() {
      socket?.destroy()
    },
  }
}

interface Answer {
  readonly written: number
  readonly refused: readonly string[]
}

async function exchange(socket: Socket, line: string): Promise<Answer> {
  try {
    return await new Promise<Answer>((resolve, reject) => {
      let answer = ''
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString()
        if (answer.endsWith('\n')) resolve(JSON.parse(answer) as Answer)
      })
      socket.once('close', () => reject(Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' })))
      socket.write(line)
    })
  } finally {
    socket.removeAllListeners('data')
    socket.removeAllListeners('close')
  }
}
