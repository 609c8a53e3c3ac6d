import { Worker, type WorkerOptions } from 'node:worker_threads'
import type { WorkerStart } from './worker-messages.ts'

/** The old generation of the worker's heap: it holds a batch of 1 MiB, and at worst one line of the longest length. */
const maxHeapMb = 512

/** Starts the recording thread, from the build or, in development and in tests, from the source. */
export function startWorkerThread(start: WorkerStart): Worker {
  const options: WorkerOptions = {
    name: 'recording',
    workerData: start,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  }
  // The compiler rewrites the endings of imports, not those of URLs.
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), options)
  const source = new URL('./worker.ts', import.meta.url).href
  return new Worker(new URL('../../db/embedded/from-source.mjs', import.meta.url), { ...options, argv: [source] })
}
