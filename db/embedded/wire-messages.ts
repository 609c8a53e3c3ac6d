/**
 * The frames of the PostgreSQL wire protocol, version 3: one type byte (absent before the start-up packet), then the length
 * as four bytes, itself included, then the payload. Only as much as a server has to know that hands them on unread.
 */

/** Payload is bounded by PostgreSQL itself (1 GiB); more is not the protocol. */
const largestMessage = 1 << 30

export const messageType = {
  parse: 0x50, // P
  close: 0x43, // C
  terminate: 0x58, // X
  readyForQuery: 0x5a, // Z
} as const

/** What a client says before the protocol proper begins. */
export const startupCode = {
  version3: 196608,
  sslRequest: 80877103,
  gssRequest: 80877104,
  cancelRequest: 80877102,
} as const

export const syncMessage: Uint8Array = Buffer.from([0x53, 0, 0, 0, 4])

/** A simple query. */
export function queryMessage(text: string): Buffer {
  return frame('Q', Buffer.from(`${text}\0`))
}

/** Forgets one prepared statement; no error when there is none. */
export function closeStatementMessage(name: string): Buffer {
  return frame('C', Buffer.from(`S${name}\0`))
}

/** A FATAL ErrorResponse, as a server says good-bye. */
export function fatalMessage(code: string, text: string): Buffer {
  return frame('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`))
}

function frame(type: string, payload: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(payload.length + 4, 1)
  return Buffer.concat([head, payload])
}

/** Bytes in, whole messages out; a message of many chunks is put together once. */
export class MessageBuffer {
  #chunks: Buffer[] = []
  #size = 0
  /** Before this many bytes are here nothing more can be whole. */
  #needed = 4
  /** 1: messages carry a type byte. 0: the start-up packet has not come yet. */
  #typeBytes: 0 | 1 = 0

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  /** The start-up packet came: from here on messages carry a type. */
  started(): void {
    this.#typeBytes = 1
    this.#needed = 5
  }

  /** All whole messages there are, each by itself. Throws when the bytes are not the protocol. */
  take(most = Infinity): Buffer[] {
    if (this.#size < this.#needed) return []
    const bytes =
      this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks)
    const messages: Buffer[] = []
    const head = this.#typeBytes + 4
    let from = 0
    this.#needed = head
    while (bytes.length - from >= head && messages.length < most) {
      const length = bytes.readInt32BE(from + this.#typeBytes)
      if (length < 4 || length > largestMessage)
        throw new Error(`not the PostgreSQL protocol: a message of ${length} bytes`)
      const end = from + this.#typeBytes + length
      if (end > bytes.length) {
        this.#needed = end - from
        break
      }
      messages.push(bytes.subarray(from, end))
      from = end
    }
    this.#chunks = from === bytes.length ? [] : [bytes.subarray(from)]
    this.#size = bytes.length - from
    return messages
  }
}

/** Follows a server's output without keeping it, to know whether the last word was "ready", and in which state. */
export class ReadyWatch {
  /** `I` idle, `T` in a transaction, `E` in a failed one; null: in the middle of an answer. */
  status: 'I' | 'T' | 'E' | null = null
  #head: number[] = []
  #remaining = 0

  see(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#remaining > 0) {
        const step = Math.min(this.#remaining, bytes.length - at)
        this.#remaining -= step
        at += step
        if (this.#remaining === 0 && this.#head[0] === messageType.readyForQuery) this.#ready(bytes[at - 1])
        if (this.#remaining === 0) this.#head = []
        continue
      }
      this.#head.push(bytes[at] ?? 0)
      at += 1
      if (this.#head.length === 5) this.#begin()
    }
  }

  #begin(): void {
    const [, a = 0, b = 0, c = 0, d = 0] = this.#head
    this.status = null
    this.#remaining = ((a << 24) | (b << 16) | (c << 8) | d) - 4
    if (this.#remaining <= 0) this.#head = []
  }

  #ready(byte: number | undefined): void {
    this.status = byte === 0x49 ? 'I' : byte === 0x54 ? 'T' : 'E'
  }
}
