import { chmodSync, linkSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How old a socket that refuses must be before it counts as dead. */
const newbornMs = 1000

/** Another live process listens at this path. */
export class TakenError extends Error {}

/**
 * Makes `server` listen on the first of these unix socket paths that can be had, and gives the path. The socket is also the
 * lock of the data behind it: the operating system lets one process bind it, and it stops answering when that process dies,
 * however it dies. Throws a TakenError when a live process holds it.
 */
export async function listenAlone(server: Server, paths: readonly string[]): Promise<string> {
  let failure: unknown = new Error('no path to listen on')
  for (const path of paths) {
    try {
      await listenAt(server, path)
      if (process.platform !== 'win32') chmodSync(path, 0o600)
      return path
    } catch (error) {
      if (error instanceof TakenError) throw error
      // This file system has no sockets, or not for us: the next path may.
      failure = error
    }
  }
  throw failure
}

async function listenAt(server: Server, path: string): Promise<void> {
  // Each round either ends here, waits for a newborn, or removes a dead one; so many mean a fight that somebody else wins.
  for (let round = 0; round < 20; round++) {
    try {
      return await listen(server, path)
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error
    }
    const before = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (await answers(path)) break
    if (before === undefined) continue
    // A socket is bound a moment before it listens, and refuses in between.
    if (Date.now() - Number(before.mtimeMs) < newbornMs) await delay(100)
    else removeDead(path, before.ino)
  }
  throw new TakenError(path)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** True when somebody accepts connections there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // A full queue of a busy owner also says EAGAIN: only a refusal or absence means that nobody is there.
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')))
  })
}

/** Two that find the same dead socket must not remove each other's new one, hence by rename, look, and put back. */
function removeDead(path: string, dead: bigint): void {
  const aside = `${path}.${process.pid}.dead`
  try {
    renameSync(path, aside)
    if (statSync(aside, { bigint: true }).ino !== dead) linkSync(aside, path)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
