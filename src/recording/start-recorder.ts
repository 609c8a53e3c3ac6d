import type { Connection } from '../../db/connection.ts'
import { ThreadRecorder, type ThreadRecorderOptions } from './thread-recorder.ts'

export interface RecorderOptions extends Omit<ThreadRecorderOptions, 'writer'> {
  readonly connection: Connection
}

/**
 * Starts recording into the database. Throws when `<dataDir>/spool` cannot be written to; a database that is away is no
 * error, its records wait.
 */
export function startRecorder(options: RecorderOptions): ThreadRecorder {
  const { connection, ...rest } = options
  const isSource = import.meta.url.endsWith('.ts')
  const module = new URL(isSource ? './postgres-writer.ts' : './postgres-writer.js', import.meta.url).href
  return new ThreadRecorder({ ...rest, writer: { module, settings: connection } })
}
