import { Socket } from 'node:net'

/** Where a client connects to, as the driver read it from its URL. */
export interface Address {
  readonly path: string | false | undefined
  readonly host: readonly string[]
  readonly port: readonly number[]
}

/**
 * A `socket` option for the driver that connects once: to the unix socket, or to the first of the hosts that answers, each
 * within `timeoutMs`. Every further call rejects, because it would use the driver's slot a second time.
 */
export function connectOnce(timeoutMs: number, onFailed: () => void): (address: Address) => Promise<Socket> {
  let used = false
  return async (address) => {
    try {
      if (used)
        throw Object.assign(new Error('CONNECTION_CLOSED: the connection was lost before it was ready'), {
          code: 'CONNECTION_CLOSED',
        })
      used = true
      return await connectToFirst(address, timeoutMs)
    } catch (error) {
      // The driver says nothing of a connection that never was, and would let the next statement wait for it for ever.
      onFailed()
      throw error
    }
  }
}

async function connectToFirst({ path, host, port }: Address, timeoutMs: number): Promise<Socket> {
  if (typeof path === 'string' && path !== '') return connected((socket) => socket.connect(path), timeoutMs)
  let failure: unknown = new Error('the database URL names no host')
  for (const [index, name] of host.entries()) {
    try {
      const socket = await connected((fresh) => fresh.connect(port[index] ?? port[0] ?? 5432, name), timeoutMs)
      // The driver reads the name that the server's certificate has to bear from here.
      return Object.assign(socket, { host: name })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function connected(start: (socket: Socket) => void, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new Socket()
    const timer = setTimeout(() => {
      socket.destroy(
        Object.assign(new Error(`CONNECT_TIMEOUT: no connection within ${timeoutMs} ms`), { code: 'CONNECT_TIMEOUT' }),
      )
    }, timeoutMs)
    const settle = (): void => {
      clearTimeout(timer)
      socket.off('error', failed)
      socket.off('connect', succeeded)
    }
    const failed = (error: Error): void => {
      settle()
      reject(error)
    }
    const succeeded = (): void => {
      settle()
      resolve(socket)
    }
    socket.once('error', failed)
    socket.once('connect', succeeded)
    start(socket)
  })
}
