import type { Socket } from 'node:net'
import {
  MessageBuffer,
  ReadyWatch,
  closeStatementMessage,
  fatalMessage,
  messageType,
  queryMessage,
  startupCode,
  syncMessage,
} from './wire-messages.ts'
import type { Turns } from './turns.ts'

/** The one backend everybody shares: bytes of the protocol in, bytes out. Throws only when it is broken for good. */
export interface Backend {
  exchange(bytes: Uint8Array, onOutput: (bytes: Uint8Array) => void): Promise<void>
}

export interface SessionOptions {
  readonly backend: Backend
  readonly turns: Turns
  /** How long a client may keep its turn without a word (a transaction left open), milliseconds. */
  readonly silenceMs: number
  readonly onBroken: (error: unknown) => void
}

/**
 * One client of the shared backend. It takes a turn with its first message and keeps it until the backend says it is ready
 * and in no transaction, so neither a transaction nor the Parse … Flush … Bind … Sync of one statement is ever interleaved
 * with somebody else's. A client that goes away is tidied up after: transaction rolled back, its statements forgotten.
 */
export class Session {
  /** Resolves when the client is gone and tidied up after. Never rejects. */
  readonly ended: Promise<void>
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #incoming = new MessageBuffer()
  readonly #watch = new ReadyWatch()
  readonly #statements = new Set<string>()
  #started = false
  #gone = false
  #giveBack: (() => void) | null = null
  #pumping = false
  #pumped: Promise<void> = Promise.resolve()
  #silence: NodeJS.Timeout | null = null

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      this.#incoming.push(chunk)
      if (!this.#pumping) this.#pumped = this.#pump()
    })
    // A reset is just another way of going away; `close` follows.
    socket.on('error', () => {})
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.#gone = true
        void this.#tidyUp().finally(resolve)
      })
    })
  }

  /** Hangs up; `ended` tells when it is done. */
  end(): void {
    this.#socket.destroy()
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    this.#socket.pause()
    try {
      while (!this.#gone) {
        const bytes = this.#started ? this.#takeMessages() : this.#takeStartup()
        if (bytes === null) break
        await this.#run(bytes)
      }
    } catch (error) {
      this.#socket.destroy()
      this.#options.onBroken(error)
    } finally {
      // In this order and at once: `resume` may bring the next chunk before anything that was promised gets a turn.
      this.#pumping = false
      this.#socket.resume()
    }
  }

  async #run(bytes: Uint8Array): Promise<void> {
    if (this.#silence !== null) clearTimeout(this.#silence)
    this.#giveBack ??= await this.#options.turns.take()
    if (this.#gone) return
    await this.#options.backend.exchange(bytes, (output) => {
      this.#watch.see(output)
      // The backend reuses its memory.
      if (this.#socket.writable) this.#socket.write(Buffer.from(output))
    })
    if (this.#watch.status === 'I') this.#release()
    else this.#silence = setTimeout(() => this.#tooSilent(), this.#options.silenceMs)
  }

  /** The packets before the first typed message; null when there is nothing to hand on yet. */
  #takeStartup(): Uint8Array | null {
    for (;;) {
      const [packet] = this.#protocol(() => this.#incoming.take(1))
      if (packet === undefined) return null
      const code = packet.length >= 8 ? packet.readInt32BE(4) : 0
      if (code === startupCode.cancelRequest) {
        // One backend that runs to the end of each statement: there is nobody to interrupt.
        this.#socket.destroy()
        return null
      }
      if (code === startupCode.version3) {
        this.#started = true
        this.#incoming.started()
        return packet
      }
      if (code !== startupCode.sslRequest && code !== startupCode.gssRequest) {
        this.#socket.end(fatalMessage('08P01', 'this speaks the PostgreSQL protocol, version 3.0'))
        return null
      }
      this.#socket.write('N')
    }
  }

  #takeMessages(): Uint8Array | null {
    const messages = this.#protocol(() => this.#incoming.take())
    const last = messages.findIndex((message) => message[0] === messageType.terminate)
    if (last >= 0) {
      messages.length = last
      this.#socket.end()
    }
    for (const message of messages) this.#remember(message)
    return messages.length === 0 ? null : Buffer.concat(messages)
  }

  #protocol(take: () => Buffer[]): Buffer[] {
    try {
      return take()
    } catch {
      this.#socket.destroy()
      return []
    }
  }

  /** Named statements outlive a session in the shared backend, so we keep their names. */
  #remember(message: Buffer): void {
    if (message[0] === messageType.parse) {
      const name = textAt(message, 5)
      if (name !== '') this.#statements.add(name)
    }
    if (message[0] === messageType.close && message[5] === 0x53) this.#statements.delete(textAt(message, 6))
  }

  #release(): void {
    this.#giveBack?.()
    this.#giveBack = null
  }

  #tooSilent(): void {
    const message = `silent for ${this.#options.silenceMs} ms in an open transaction while everybody else waited; it was rolled back`
    this.#socket.end(fatalMessage('25P03', message))
    this.#socket.destroySoon()
  }

  async #tidyUp(): Promise<void> {
    if (this.#silence !== null) clearTimeout(this.#silence)
    await this.#pumped
    try {
      if (this.#started) {
        this.#giveBack ??= await this.#options.turns.take()
        const nothing = (): void => {}
        if (this.#watch.status !== 'I') {
          await this.#options.backend.exchange(syncMessage, nothing)
          await this.#options.backend.exchange(queryMessage('rollback'), nothing)
        }
        if (this.#statements.size > 0) {
          const closing = [...this.#statements].map(closeStatementMessage)
          await this.#options.backend.exchange(Buffer.concat([...closing, syncMessage]), nothing)
        }
      }
    } catch (error) {
      this.#options.onBroken(error)
    } finally {
      this.#release()
    }
  }
}

function textAt(message: Buffer, from: number): string {
  return message.toString('utf8', from, message.indexOf(0, from))
}
