import { writeSync } from 'node:fs'
import { newRequestId } from '../../../src/core/ids.ts'
import { ThreadRecorder } from '../../../src/recording/thread-recorder.ts'
import type { WriterLocation } from '../../../src/recording/worker-messages.ts'
import { sampleRecord } from './sample-record.ts'

/**
 * Appends records until it is killed, and says each id on the standard output as soon as `append` has returned, as a
 * client would see the end of its answer then. Arguments: the data directory, the writer as JSON.
 */
const [, , dataDir, writer] = process.argv
if (dataDir === undefined || writer === undefined) throw new Error('usage: appending-process <dataDir> <writer>')

const recorder = new ThreadRecorder({
  dataDir,
  writer: JSON.parse(writer) as WriterLocation,
  limits: { spoolMaxBytes: 1 << 30 },
  observe: (observation) => {
    if (observation.type === 'defect') writeSync(2, `${observation.where} ${String(observation.error)}\n`)
  },
  priceIds: {},
  models: new Map(),
  tuning: { callAfterMs: 1, batchRecords: 20, segmentBytes: 40_000 },
})

for (;;) {
  for (let index = 0; index < 5; index++) {
    const createdAt = Date.now()
    const requestId = newRequestId(createdAt)
    recorder.append(sampleRecord(requestId, { createdAt }))
    writeSync(1, `${requestId}\n`)
  }
  await new Promise((resolve) => setTimeout(resolve, 1))
}
