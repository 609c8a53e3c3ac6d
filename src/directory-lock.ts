import { randomBytes } from 'node:crypto'
import { open, readdir, stat, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * A lock that the operating system lets go of when its holder dies, however it dies, and that works between containers
 * with process tables of their own: a unix socket in the directory on which the holder listens. A file with a process id
 * could not tell a dead holder from a living one there.
 *
 * Everybody binds a socket under a name of their own first and looks at all others afterwards, so of two that start at
 * once at least one sees the other. One that holds wins; of two that are still looking, the lesser name.
 */

export class DirectoryLocked extends Error {
  /** Process id of the holder, in its own container's count. null: it did not say. */
  readonly pid: number | null

  constructor(directory: string, pid: number | null) {
    super(
      `Another Promptbox${pid === null ? '' : ` (process ${pid})`} is using the data directory ${directory}. ` +
        `Stop it first${pid === null ? '' : ` (kill ${pid})`}, or give this one a directory of its own with PROMPTBOX_DATA_DIR.`,
    )
    this.name = 'DirectoryLocked'
    this.pid = pid
  }
}

const socketName = /^lock-\d+-[0-9a-f]+\.sock$/
/** A socket is bound a moment before it listens; a younger one that refuses may be in that moment and is left alone. */
const leftoverAfterMs = 10_000
const answerWithinMs = 1_000
const rivalGoneWithinMs = 5_000

/** `unclear`: somebody was there, but closed or did not speak; asking again will tell. */
type Stage = 'looking' | 'holding' | 'unclear'

/** Takes the lock of a directory; resolves to the function that gives it back. Throws a DirectoryLocked. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const reach = await openReach(directory)
  try {
    const name = `lock-${process.pid}-${randomBytes(8).toString('hex')}.sock`
    let stage: Stage = 'looking'
    const server = await listen(reach.pathOf(name), () => `${stage} ${process.pid}`)
    try {
      await outlastRivals(directory, name, reach)
      stage = 'holding'
    } catch (error) {
      await close(server)
      throw error
    }
    let released: Promise<void> | null = null
    const release = async () => {
      await close(server)
      await reach.close()
    }
    return () => (released ??= release())
  } catch (error) {
    await reach.close()
    throw error
  }
}

/** Resolves when no other living socket is left in the directory; throws when another one has the better claim. */
async function outlastRivals(directory: string, ownName: string, reach: Reach): Promise<void> {
  const deadline = performance.now() + rivalGoneWithinMs
  for (;;) {
    let rivals = 0
    for (const name of await readdir(directory)) {
      if (name === ownName || !socketName.test(name)) continue
      const answer = await ask(reach.pathOf(name))
      if (answer === null) {
        await removeLeftover(join(directory, name))
        continue
      }
      const better = answer.stage === 'holding' || (answer.stage === 'looking' && name < ownName)
      if (better || performance.now() > deadline) throw new DirectoryLocked(directory, answer.pid)
      rivals += 1
    }
    if (rivals === 0) return
    await delay(20)
  }
}

async function removeLeftover(file: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(file)
    if (Date.now() - mtimeMs > leftoverAfterMs) await unlink(file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

/** What the listener of a socket says of itself; null when nobody listens. */
function ask(path: string): Promise<{ readonly stage: Stage; readonly pid: number | null } | null> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(path)
    socket.setEncoding('utf8')
    socket.setTimeout(answerWithinMs)
    const settle = () => {
      socket.destroy()
      const answer = /^(looking|holding) (\d+)$/.exec(text)
      resolve({
        stage: answer?.[1] === 'looking' || answer?.[1] === 'holding' ? answer[1] : 'unclear',
        pid: answer === null ? null : Number(answer[2]),
      })
    }
    socket.on('data', (part: string) => (text += part))
    socket.on('end', settle)
    socket.on('timeout', settle)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      socket.destroy()
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(null)
      else settle()
    })
  })
}

function listen(path: string, say: () => string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.end(say())
    })
    server.once('error', (cause) =>
      reject(
        new Error(
          `The data directory cannot be locked (${cause.message}). PROMPTBOX_DATA_DIR must be on a local disk, with a path of at most 60 characters outside Linux.`,
          { cause },
        ),
      ),
    )
    server.listen(path, () => {
      server.unref()
      resolve(server)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => server.close((error) => (error === undefined ? resolve() : reject(error))))
}

interface Reach {
  pathOf(name: string): string
  close(): Promise<void>
}

/** Socket addresses hold about 100 characters; on Linux an open directory gives a short way to a long path. */
async function openReach(directory: string): Promise<Reach> {
  if (process.platform !== 'linux') return { pathOf: (name) => join(directory, name), close: async () => {} }
  const handle = await open(directory, 'r')
  let closed = false
  return {
    pathOf: (name) => `/proc/self/fd/${handle.fd}/${name}`,
    async close() {
      if (closed) return
      closed = true
      await handle.close()
    },
  }
}
