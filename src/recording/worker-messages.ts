import type { Observation } from '../core/observation.ts'
import type { OperatorPrices } from '../snapshot/snapshot.ts'
import type { DrainLimits, Progress } from './drain.ts'

/** What the serving thread and the recording worker say to each other. All of it is plain data. */

/** Operators' prices by model id and by alias. */
export type PriceTable = ReadonlyMap<string, { readonly id: string; readonly prices: OperatorPrices }>

export interface WorkerStart {
  readonly directory: string
  /** URL of a `RecordWriterModule`, and what it is opened with. */
  readonly writer: WriterLocation
  readonly limits: DrainLimits
  readonly rejectedMaxBytes: number
  readonly priceIds: Readonly<Record<string, string | null>>
  readonly prices: PriceTable
  /** Segments before it were left behind by earlier processes. */
  readonly firstSegment: number
  /** Segments up to it do not grow any more; 0: none yet. */
  readonly sealed: number
}

export interface WriterLocation {
  readonly module: string
  readonly settings: unknown
}

export type ToWorker =
  | { readonly type: 'call' }
  | { readonly type: 'seal'; readonly segment: number }
  | { readonly type: 'stop' }
  | { readonly type: 'prices'; readonly prices: PriceTable }

export type FromWorker =
  | { readonly type: 'observation'; readonly observation: Observation }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'left-behind'; readonly segments: readonly LeftBehind[] }

/** A segment of an earlier process. */
export interface LeftBehind {
  readonly number: number
  readonly records: number
  readonly bytes: number
}
