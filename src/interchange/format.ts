import type { Imported, InterchangeFile } from './imported.ts'

export interface ReadOptions {
  /** Model of the versions for which the input names none. */
  readonly model: string
}

/** A way in which prompts are written down elsewhere. */
export interface InterchangeFormat {
  /** As `format=` has it. */
  readonly id: string
  /** For people. */
  readonly title: string
  /**
   * Never throws for what is in the files: what cannot be read is in the notes, or in the problems of its prompt. Pure, and
   * synchronous: whoever has much to read gives it the groups of `split` one after the other.
   */
  readonly reads: (files: readonly InterchangeFile[], options: ReadOptions) => Imported
  /** The same in small steps, where one file may hold thousands of prompts; `mergeImported` makes one of them. */
  readonly steps?: (files: readonly InterchangeFile[]) => Iterable<Imported>
  /** Files that have to be read together. */
  readonly split: (files: readonly InterchangeFile[]) => readonly (readonly InterchangeFile[])[]
}
