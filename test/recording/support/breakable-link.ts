import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A TCP link to a server that can be cut and mended, to take a database away without stopping it. */
export interface BreakableLink {
  readonly port: number
  /** Ends all connections and takes no new ones. */
  cut(): Promise<void>
  /** Connections stay and are taken, but nothing gets through any more, as when a route is lost. */
  silence(): void
  /** Takes connections again. Those that were silenced stay silent for ever. */
  mend(): Promise<void>
}

export async function breakableLink(host: string, port: number): Promise<BreakableLink> {
  const sockets = new Set<Socket>()
  let server: Server | null = null
  let silent = false
  const silence = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.unpipe()
    socket.pause()
  }
  const listen = async (at: number): Promise<Server> => {
    const fresh = createServer((near) => {
      if (silent) return silence(near)
      const far = connect({ host, port })
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.pipe(far)
      far.pipe(near)
    })
    await new Promise<void>((resolve) => fresh.listen(at, '127.0.0.1', resolve))
    return fresh
  }
  server = await listen(0)
  const ownPort = (server.address() as AddressInfo).port
  return {
    port: ownPort,
    async cut() {
      const current = server
      server = null
      for (const socket of sockets) socket.destroy()
      if (current !== null) await new Promise((resolve) => current.close(resolve))
    },
    silence() {
      silent = true
      for (const socket of sockets) silence(socket)
    },
    async mend() {
      silent = false
      server ??= await listen(ownPort)
    },
  }
}
