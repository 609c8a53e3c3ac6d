import { onTestFinished } from 'vitest'
import type { Observation } from '../../../src/core/observation.ts'
import {
  ThreadRecorder,
  type RecorderTuning,
  type ThreadRecorderOptions,
} from '../../../src/recording/thread-recorder.ts'
import { scratchFolder } from './folders.ts'
import { RecordServer } from './record-server.ts'

export const recordServerWriter = new URL('./record-server-writer.ts', import.meta.url).href

/** Waits short enough for tests. */
export const quick: Partial<RecorderTuning> = {
  callAfterMs: 1,
  pollMs: 20,
  firstRetryMs: 1,
  lastRetryMs: 20,
  firstRestartMs: 1,
}

export interface RecorderBench {
  readonly dataDir: string
  readonly server: RecordServer
  readonly seen: Observation[]
  start(changes?: Partial<ThreadRecorderOptions>): ThreadRecorder
  /** Resolves when an observation of the type was made, also if it was before. */
  observed(type: Observation['type']): Promise<Observation>
}

/** A record server and recorders on one data directory; all is gone after the test. */
export async function recorderBench(): Promise<RecorderBench> {
  const dataDir = scratchFolder()
  const server = new RecordServer()
  await server.start()
  onTestFinished(() => server.stop())
  const seen: Observation[] = []
  const watchers = new Set<() => void>()
  const observe = (observation: Observation): void => {
    seen.push(observation)
    for (const watcher of watchers) watcher()
  }
  return {
    dataDir,
    server,
    seen,
    start: (changes = {}) => {
      const recorder = new ThreadRecorder({
        dataDir,
        writer: { module: recordServerWriter, settings: server.settings },
        limits: { spoolMaxBytes: 1 << 30 },
        observe,
        priceIds: { openai: 'openai', mock: null },
        models: new Map(),
        tuning: quick,
        ...changes,
      })
      onTestFinished(() => recorder.close({ flushWithinMs: 0 }))
      return recorder
    },
    observed: (type) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = seen.find((observation) => observation.type === type)
          if (found === undefined) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
      }),
  }
}
