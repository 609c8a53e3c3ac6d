import { connect } from 'node:net'

/** What came back on the wire, byte for byte. */
export interface RawAnswer {
  readonly text: string
  readonly status: number
  /** Lower case names. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/**
 * Sends exactly these bytes to a port of this machine and reads until the connection ends, or until `until` says that it
 * has seen enough.
 */
export function rawRequest(
  port: number,
  bytes: string | Uint8Array,
  until?: (text: string) => boolean,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const finish = (): void => {
      socket.destroy()
      resolve(parse(text))
    }
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      if (until?.(text) === true) finish()
    })
    socket.on('end', finish)
    // A server that closes while we still write resets the connection; what it said before is what counts.
    socket.on('error', (error) => {
      if (text === '') reject(error)
      else finish()
    })
  })
}

function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map(
      (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
    ),
  )
  return { text, status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') }
}
