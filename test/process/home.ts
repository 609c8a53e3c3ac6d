import { onTestFinished, vi } from 'vitest'
import { type DatabaseKind, embeddedDataDirectory, scratchDatabase, scratchDirectory } from '../support/database.ts'
import { type PromptboxProcess, type PromptboxProcessOptions, startPromptbox } from '../support/promptbox-process.ts'

// Each test starts processes, and a machine that has others to run takes its time for that.
vi.setConfig({ testTimeout: 60_000 })

/** Data directory and database for the processes of one test, gone after it. */
export interface Home {
  readonly dataDir: string
  /** null: the embedded database. */
  readonly databaseUrl: string | null
}

/** The embedded database has been there before, so that a start takes no time for making it. */
export async function processHome(kind: DatabaseKind, options: { readonly migrated?: boolean } = {}): Promise<Home> {
  if (kind === 'embedded') {
    const directory = await embeddedDataDirectory(options)
    onTestFinished(() => directory.remove())
    return { dataDir: directory.path, databaseUrl: null }
  }
  const database = await scratchDatabase({ kind, migrated: options.migrated })
  onTestFinished(() => database.close())
  if (database.connection.kind !== 'server') throw new Error('a server was asked for')
  return { dataDir: anotherDataDir(), databaseUrl: database.connection.url }
}

/** A data directory of its own, gone after the test. */
export function anotherDataDir(): string {
  const directory = scratchDirectory()
  onTestFinished(() => directory.remove())
  return directory.path
}

/** Starts a process that does not outlive its test. */
export async function startForTest(options: PromptboxProcessOptions): Promise<PromptboxProcess> {
  const promptbox = await startPromptbox(options)
  onTestFinished(async () => {
    await promptbox.end('SIGKILL')
  })
  return promptbox
}
