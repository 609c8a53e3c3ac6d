/** A record that the database will never take, whatever is tried. */
export interface RefusedRecord {
  readonly requestId: string
  /** What the database, or the check before it, says about it. */
  readonly reason: string
}

/** Some records of a batch were refused for what is in them; all the others are committed. Writing it again is in vain. */
export class RecordsRefused extends Error {
  readonly refused: readonly RefusedRecord[]
  /** How many of the others were new. */
  readonly written: number

  constructor(refused: readonly RefusedRecord[], written: number) {
    const [first] = refused
    super(
      `${refused.length} exchange record(s) cannot be stored, such as ${first?.requestId ?? ''}: ${first?.reason ?? ''}`,
    )
    this.name = 'RecordsRefused'
    this.refused = refused
    this.written = written
  }
}
