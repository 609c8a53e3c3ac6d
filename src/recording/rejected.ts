import { appendFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface RejectedFile {
  /**
   * Keeps what could not be recorded, with the reason. False: the file is full, so it was not kept. Throws when the
   * disk fails.
   */
  keep(entry: {
    readonly reason: string
    readonly record?: unknown
    readonly feedback?: unknown
    readonly line?: string
  }): boolean
}

/** `spool/rejected.ndjson`: what the database refused and what was no record, for somebody to look at. Bounded. */
export function openRejectedFile(directory: string, maxBytes: number): RejectedFile {
  const path = join(directory, 'rejected.ndjson')
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return {
    keep(entry) {
      const line = `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`
      const bytes = Buffer.byteLength(line)
      if (size + bytes > maxBytes) return false
      appendFileSync(path, line, { mode: 0o600 })
      size += bytes
      return true
    },
  }
}
