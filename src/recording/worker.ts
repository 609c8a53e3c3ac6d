import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'
import type { Observation } from '../core/observation.ts'
import { announceUnknownPrices } from '../pricing/unknown-price.ts'
import { Drain } from './drain.ts'
import { countSaved, estimateUsage } from './estimate.ts'
import type { RecordWriterModule } from './record-writer.ts'
import { openRejectedFile } from './rejected.ts'
import { countLines, listSegments } from './segments.ts'
import type { FromWorker, LeftBehind, ToWorker, WorkerStart } from './worker-messages.ts'

/**
 * The recording thread's entry: everything that takes time (tokenizing, the database) happens here, away from the
 * requests.
 */

const port = parentPort
if (port === null) throw new Error('This module is the entry of a worker thread; use startRecorder.')

const start = workerData as WorkerStart
const say = (message: FromWorker): void => port.postMessage(message)
const observe = (observation: Observation): void => say({ type: 'observation', observation: transferable(observation) })
const announceUnknownPrice = announceUnknownPrices(observe)
let prices = start.prices

const drain = new Drain({
  directory: start.directory,
  openWriter: async () => {
    const module = (await import(start.writer.module)) as RecordWriterModule
    return module.openRecordWriter(start.writer.settings)
  },
  complete: (record) =>
    countSaved(
      estimateUsage(record, { priceIds: start.priceIds, overrides: prices, onUnknownPrice: announceUnknownPrice }),
    ),
  rejected: openRejectedFile(start.directory, start.rejectedMaxBytes),
  clock: systemClock,
  observe,
  onProgress: (progress) => say({ type: 'progress', progress }),
  limits: start.limits,
})

port.on('message', (message: ToWorker) => {
  if (message.type === 'call') drain.call()
  else if (message.type === 'seal') drain.seal(message.segment)
  else if (message.type === 'stop') drain.stop()
  else prices = message.prices
})

if (start.sealed > 0) drain.seal(start.sealed)
say({ type: 'left-behind', segments: leftBehind() })
await drain.run()
port.close()

function leftBehind(): readonly LeftBehind[] {
  return listSegments(start.directory)
    .filter((segment) => segment.number < start.firstSegment)
    .map((segment) => ({ number: segment.number, records: countLines(segment.path, 0), bytes: segment.bytes }))
}

/** Errors of drivers may carry what cannot be copied to another thread (sockets, functions); message and stack can. */
function transferable(observation: Observation): Observation {
  if (observation.type !== 'defect' || !(observation.error instanceof Error)) return observation
  const copy = new Error(observation.error.message)
  copy.name = observation.error.name
  if (observation.error.stack !== undefined) copy.stack = observation.error.stack
  return { ...observation, error: copy }
}
