import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { Sealer } from '../core/seal.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { SnapshotStore } from '../store/ports.ts'
import { createDatabaseSource } from './database-source.ts'
import { createDiskJournal } from './disk-journal.ts'
import { readDiskSnapshot } from './disk-source.ts'
import { readEnvironmentPrompts } from './environment-source.ts'
import type { EntryContext } from './file-entries.ts'
import { createFileSource } from './file-source.ts'
import { type HolderStatus, type SnapshotHolder, createSnapshotHolder } from './holder.ts'
import { type SnapshotContext, emptySnapshot } from './indexed-snapshot.ts'
import { createLayers } from './layers.ts'
import { openRedisNotices } from './redis-notices.ts'
import { type Listen, createSupervisor } from './supervisor.ts'

export interface SnapshotOptions {
  readonly store: SnapshotStore
  /** Hears of changes through the database; null: it sends no notices. */
  readonly listen: Listen | null
  /** Hears of changes through Redis; null: there is none. */
  readonly redisUrl: string | null
  readonly sealer: Sealer
  readonly environmentCredentials: SnapshotContext['environmentCredentials']
  /** The last good snapshot is kept here, in `snapshot.ndjson`. */
  readonly dataDir: string
  readonly configFile: string
  /** The file was asked for, so its absence is an error. */
  readonly configFileRequired: boolean
  /** PROMPTBOX_PROMPTS_JSON. */
  readonly promptsJson: string | null
  /** For `${NAME}` in the keys of the file. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Owner of what file and environment give. */
  readonly tenantId: string
  /** The store's hash of a version body. */
  readonly versionHash: (body: VersionBody) => string
  readonly clock: Clock
  readonly observe: Observe
  readonly limits?: Partial<SnapshotLimits>
}

export interface SnapshotLimits {
  /** Milliseconds between two questions for the newest change; also between two looks at the file's time. */
  readonly pollMs: number
  /** Milliseconds one question to the database may take. */
  readonly databaseLimitMs: number
  /** The same for loading, when the shorter limit was not enough. */
  readonly databaseLoadLimitMs: number
  /** Largest `promptbox.yaml` and largest file of `prompts_dir`, bytes. */
  readonly maxFileBytes: number
  /** Most files in `prompts_dir`. */
  readonly maxFiles: number
}

export const defaultLimits: SnapshotLimits = {
  pollMs: 500,
  databaseLimitMs: 2_000,
  databaseLoadLimitMs: 60_000,
  maxFileBytes: 4 * 1024 * 1024,
  maxFiles: 10_000,
}

/** For `/readyz` and metrics. */
export interface SnapshotStatus extends HolderStatus {
  /** The database is away: answers go on, from what is known. */
  readonly degraded: boolean
  /** How long it has been away, milliseconds; null: it is there. */
  readonly databaseAwayMs: number | null
  /** What is wrong, for people; null: nothing. */
  readonly message: string | null
}

export interface Snapshots {
  readonly holder: SnapshotHolder
  /** Resolves when everything committed before the call is served here. Fault `unavailable` while the database is away. */
  refresh(): Promise<void>
  /** After a write: tells the other replicas (through Redis, if there is one) and refreshes. Fails as `refresh` does. */
  noticed(): Promise<void>
  status(): SnapshotStatus
  /** Ends all watching; the last state goes on serving. Resolves when the copy on disk is written. */
  stop(): Promise<void>
}

/**
 * Loads the snapshot from the first tier that can give one (database, last good on disk, file, environment) and keeps it
 * abreast from then on. Resolves as soon as something serves; when no tier has anything, an empty snapshot does, and an
 * observation says so.
 *
 * @throws Fault `invalid_request` for mistakes in the file or in PROMPTBOX_PROMPTS_JSON.
 */
export async function startSnapshots(options: SnapshotOptions): Promise<Snapshots> {
  const { store, clock, observe, listen } = options
  const limits = { ...defaultLimits, ...options.limits }
  const { sealer, environmentCredentials } = options
  const empty = emptySnapshot(
    { sealer, environmentCredentials, observe },
    { version: 'none', tier: 'none', builtAt: clock.now() },
  )
  const holder = createSnapshotHolder(empty, clock, observe)
  const layers = createLayers(empty, clock)
  const context: EntryContext = options
  const file = createFileSource({
    file: options.configFile,
    required: options.configFileRequired,
    context,
    limits,
    observe,
    pollMs: limits.pollMs,
  })
  if (options.promptsJson !== null)
    await layers.setFallback('environment', readEnvironmentPrompts(options.promptsJson, context))
  const fromFile = await file.load()
  if (fromFile !== null) await layers.setFallback('file', fromFile)

  const diskFile = join(options.dataDir, 'snapshot.ndjson')
  const journal = createDiskJournal({ file: diskFile, observe })
  const source = createDatabaseSource({
    store,
    empty,
    clock,
    limitMs: limits.databaseLimitMs,
    maxLimitMs: limits.databaseLoadLimitMs,
  })
  const supervisor = createSupervisor({
    source,
    layers,
    holder,
    journal,
    clock,
    observe,
    listen,
    pollMs: limits.pollMs,
  })
  try {
    await supervisor.refresh()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    await serveWithoutDatabase()
  }
  supervisor.follow()
  const stopFollowing = file.follow((fallback) => supervisor.setFile(fallback))
  const redis =
    options.redisUrl === null ? null : openRedisNotices(options.redisUrl, () => supervisor.notice(), observe)

  async function serveWithoutDatabase(): Promise<void> {
    const startedAt = clock.monotonic()
    const { base, problem } = await readDiskSnapshot(diskFile, empty, clock.now())
    if (problem !== null) observe({ type: 'snapshot-rejected', source: diskFile, message: problem })
    if (base !== null) await layers.replaceBase(base)
    holder.swap(layers.served(), clock.monotonic() - startedAt)
    const { tier, prompts } = holder.status()
    const message =
      tier === 'none'
        ? 'The database is away and no other tier has anything: there is nothing to serve until it is back.'
        : `The database is away: serving ${prompts} prompts from tier '${tier}' until it is back.`
    observe({ type: 'snapshot-stale', tier, message })
  }

  return {
    holder,
    refresh: supervisor.refresh,
    noticed() {
      redis?.announce()
      return supervisor.refresh()
    },
    status() {
      const databaseAwayMs = supervisor.awayMs()
      return {
        ...holder.status(),
        degraded: databaseAwayMs !== null,
        databaseAwayMs,
        message: [supervisor.trouble(), file.problem()].filter((text) => text !== null).join('\n') || null,
      }
    },
    async stop() {
      await Promise.all([supervisor.stop(), stopFollowing(), redis?.close()])
      await journal.close()
    },
  }
}
