import { Fault } from '../core/fault.ts'
import { isStorableMoment } from '../core/moment.ts'

type Part = string | number
/** What a part can be. A forged one must not get as far as the database, which would call it our defect. */
const kinds = {
  text: (part: unknown) => typeof part === 'string',
  number: (part: unknown) => Number.isSafeInteger(part),
  moment: (part: unknown) => Number.isSafeInteger(part) && isStorableMoment(part as number),
  version: (part: unknown) => Number.isSafeInteger(part) && (part as number) > 0 && (part as number) < 2 ** 31,
}
type Kinds = readonly (keyof typeof kinds)[]
type Parts<Shape extends Kinds> = { -readonly [Place in keyof Shape]: Shape[Place] extends 'text' ? string : number }

/** Where a page ended, as opaque text. `list` names the list, so that a cursor of one is never taken for one of another. */
export function writeCursor(list: string, ...parts: readonly Part[]): string {
  return Buffer.from(JSON.stringify([list, ...parts])).toString('base64url')
}

/** The parts that `writeCursor` was given. Fault `invalid_request`, param `cursor`, for any other text. */
export function readCursor<const Shape extends Kinds>(list: string, cursor: string, shape: Shape): Parts<Shape> {
  const parts = parsed(cursor)
  const fits =
    Array.isArray(parts) &&
    parts.length === shape.length + 1 &&
    parts[0] === list &&
    shape.every((kind, index) => kinds[kind](parts[index + 1]))
  if (!fits) throw badCursor()
  return parts.slice(1) as Parts<Shape>
}

/** Fault for a cursor that no list of ours gave out. */
export function badCursor(): Fault {
  return new Fault(
    'invalid_request',
    'cursor is not one that this list gave out. Pass next_cursor of the page before as it was, or leave it out for the first page.',
    { param: 'cursor' },
  )
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw badCursor()
  }
}

/** Cuts the one row too many that was read to learn whether there is a next page. */
export function toPage<Row, Out>(
  rows: readonly Row[],
  limit: number,
  toOut: (row: Row) => Out,
  cursorOf: (row: Row) => string,
): { readonly data: readonly Out[]; readonly nextCursor: string | null } {
  const kept = rows.slice(0, limit)
  const last = kept.at(-1)
  return { data: kept.map(toOut), nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}
