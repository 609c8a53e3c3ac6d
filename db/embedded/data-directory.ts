import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** The PostgreSQL inside the embedded database; a data directory belongs to one major version. */
export const embeddedMajorVersion = '18'

/** Unix socket paths end up in a fixed C array: 108 bytes on Linux, 104 on macOS, with a NUL at the end. */
const longestSocketPath = 100

export interface DataDirectory {
  /** Where the database files are. */
  readonly database: string
  /** Its absence or emptiness makes this the first start. */
  readonly firstStart: boolean
  /** Call when the database has been opened: from here on its contents count. */
  opened(): void
}

/**
 * Looks at `<dataDir>/database` before the engine does, because the engine would fill or break what is not its own. Makes the
 * directory (0700) when it is missing. Call it only with the lock (`listenAlone`) in hand. Throws when the directory holds
 * something else, or a database of another major version.
 */
export function inspectDataDirectory(dataDir: string): DataDirectory {
  const database = join(dataDir, 'database')
  // A first start that was killed leaves half a database in which nobody can have stored anything yet.
  const unfinished = join(dataDir, 'database-unfinished')
  if (existsSync(unfinished)) rmSync(database, { recursive: true, force: true })
  mkdirSync(database, { recursive: true, mode: 0o700 })
  const versionFile = join(database, 'PG_VERSION')
  const firstStart = readdirSync(database).length === 0
  if (!firstStart && !existsSync(versionFile)) {
    throw new Error(
      `${database} holds files that are not an embedded database (no PG_VERSION). Move them away, or set PROMPTBOX_DATA_DIR to another directory.`,
    )
  }
  const version = firstStart ? embeddedMajorVersion : readFileSync(versionFile, 'utf8').trim()
  if (version !== embeddedMajorVersion) {
    throw new Error(
      `${database} was made by PostgreSQL ${version}, but this Promptbox brings PostgreSQL ${embeddedMajorVersion}. Run the Promptbox that made it, or move the directory away and start afresh.`,
    )
  }
  if (firstStart)
    writeFileSync(unfinished, 'The first start has not finished. Promptbox removes this file and what it began.\n')
  return { database, firstStart, opened: () => rmSync(unfinished, { force: true }) }
}

/**
 * Where the embedded database may listen, best first: beside its data, or, when that path is too long for a socket or its
 * file system has none, in a directory of our own under the system's temporary one. Both follow from `dataDir` alone, so two
 * processes on the same data meet at the same place.
 */
export function socketPaths(dataDir: string): readonly string[] {
  const real = realpathSync(dataDir)
  const name = createHash('sha256').update(real).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return [`\\\\.\\pipe\\promptbox-${name}`]
  const beside = join(real, 'database.sock')
  const fallback = join(privateTemporaryDirectory(), `${name}.sock`)
  return Buffer.byteLength(beside) <= longestSocketPath ? [beside, fallback] : [fallback]
}

/** `<tmp>/promptbox-<user id>`, mode 0700, ours. Throws when somebody else was there first. */
function privateTemporaryDirectory(): string {
  const userId = userInfo().uid
  const directory = join(tmpdir(), `promptbox-${userId}`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const status = lstatSync(directory)
  if (!status.isDirectory() || status.uid !== userId) {
    throw new Error(
      `${directory} is not a directory of this user, so the embedded database cannot listen there. Remove it, or set TMPDIR.`,
    )
  }
  chmodSync(directory, 0o700)
  return directory
}
