import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/** What the spool asks of the file system; synchronous, because a few microseconds are cheaper than a promise. */
export interface SpoolFile {
  /** Makes a new file for appending. Throws when it exists. */
  create(path: string): number
  /** Gives the number of bytes written, which is less than `length` when the disk is full. */
  append(file: number, buffer: Uint8Array, length: number): number
  truncate(file: number, bytes: number): void
  close(file: number): void
}

export const spoolFile: SpoolFile = {
  create: (path) => openSync(path, 'ax', 0o600),
  append: (file, buffer, length) => writeSync(file, buffer, 0, length),
  truncate: (file, bytes) => ftruncateSync(file, bytes),
  close: (file) => closeSync(file),
}
