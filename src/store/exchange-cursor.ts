import { timestampOf } from '../core/ids.ts'
import { badCursor, readCursor, writeCursor } from './cursor.ts'

/** The last exchange of a page; the next page begins behind it. */
export interface ExchangePosition {
  readonly createdAt: number
  readonly requestId: string
}

export function writeExchangeCursor({ createdAt, requestId }: ExchangePosition): string {
  return writeCursor('exchanges', createdAt, requestId)
}

/** Fault `invalid_request`, param `cursor`, unless `writeExchangeCursor` wrote it. */
export function readExchangeCursor(cursor: string): ExchangePosition {
  const [createdAt, requestId] = readCursor('exchanges', cursor, ['moment', 'text'])
  if (timestampOf(requestId) !== createdAt) throw badCursor()
  return { createdAt, requestId }
}
