import { existsSync, unlinkSync } from 'node:fs'
import type { RecordWriter } from '../../../src/recording/record-writer.ts'
import { openRecordWriter as openServerWriter } from './record-server-writer.ts'

/** Commits the first batch and then takes the whole thread down, once, while the file `fuse` is there. */
export async function openRecordWriter(settings: unknown): Promise<RecordWriter> {
  const { fuse } = settings as { readonly fuse: string }
  const writer = await openServerWriter(settings)
  return {
    close: () => writer.close(),
    writeFeedback: (feedback) => writer.writeFeedback(feedback),
    async write(records) {
      const written = await writer.write(records)
      if (!existsSync(fuse)) return written
      unlinkSync(fuse)
      queueMicrotask(() => {
        throw new Error('the thread is out of memory')
      })
      return new Promise<number>(() => {})
    },
  }
}
