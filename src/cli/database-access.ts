import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../db/open.ts'
import { type Config, ConfigError, readConfig } from '../config.ts'
import { type DataDirectory, openDataDirectory } from '../data-directory.ts'
import { DirectoryLocked } from '../directory-lock.ts'
import { CommandError, type Context, exitCodes } from './command.ts'

/** The environment as a start would read it. Throws a CommandError with all that is wrong. */
export function configOf({ environment, directory }: Context): Config {
  try {
    return readConfig(environment, { cwd: directory })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(error.message, exitCodes.negative, { problems: error.problems })
  }
}

/**
 * Works on the database of this environment, without a server: the one in DATABASE_URL, else the embedded one, which only one
 * process can have.
 */
export async function withDatabase<Value>(
  context: Context,
  work: (database: Database) => Promise<Value>,
): Promise<Value> {
  const config = configOf(context)
  let home: DataDirectory | null = null
  let database: Database | null = null
  try {
    if (config.databaseUrl === null) {
      await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
      home = await openDataDirectory(config.dataDir)
    }
    database = await openDatabase({
      databaseUrl: config.databaseUrl,
      dataDir: home?.path ?? config.dataDir,
      application: 'promptbox command line',
      statementTimeoutMs: 0,
      connectTimeoutMs: config.limits.connectTimeoutMs,
      maxConnections: 2,
    })
    return await work(database)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw toldError(error, config.databaseUrl !== null)
  } finally {
    await database?.close()
    await home?.release()
  }
}

/**
 * The same for commands that look at a database: where no embedded one is, none is made, and who stands in the wrong directory
 * is told so.
 */
export async function withExistingDatabase<Value>(
  context: Context,
  work: (database: Database) => Promise<Value>,
): Promise<Value> {
  const { databaseUrl, dataDir } = configOf(context)
  if (databaseUrl === null && (await stat(join(dataDir, 'database')).catch(() => null)) === null) {
    throw new CommandError(
      `There is no embedded database in ${dataDir}. Set PROMPTBOX_DATA_DIR to the data directory, or DATABASE_URL; \`promptbox migrate up\` makes a new one.`,
      exitCodes.unreachable,
    )
  }
  return withDatabase(context, work)
}

function toldError(error: unknown, isServer: boolean): CommandError {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof DirectoryLocked) {
    const hint = 'The embedded database can be worked on while Promptbox is stopped.'
    return new CommandError(`${message} ${hint}`, exitCodes.unreachable)
  }
  if (!isUnreachable(error)) return new CommandError(message, exitCodes.refused)
  const told = isServer
    ? `The database cannot be reached: ${message}. DATABASE_URL says where it is.`
    : `The embedded database cannot be opened: ${message}`
  return new CommandError(told, exitCodes.unreachable)
}

function isUnreachable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^(ECONN|CONNECT|CONNECTION|ENOTFOUND|ENOENT|ETIMEDOUT)/.test(code)
}
