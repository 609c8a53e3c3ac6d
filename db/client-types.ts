import type { Sql } from 'postgres'
import { parseArray, writeArray } from './array-text.ts'

const asText = (text: string): string => text

/** Type numbers are fixed by PostgreSQL: element, array, how one element is read. */
const arrayTypes: readonly (readonly [element: number, array: number, parse: (text: string) => unknown])[] = [
  [16, 1000, (text) => text === 't'], // boolean
  [20, 1016, asText], // bigint
  [21, 1005, Number], // smallint
  [23, 1007, Number], // integer
  [25, 1009, asText], // text
  [114, 199, (text) => JSON.parse(text) as unknown], // json
  [700, 1021, Number], // real
  [701, 1022, Number], // double precision
  [1043, 1015, asText], // character varying
  [1184, 1185, asText], // timestamp with time zone
  [1700, 1231, asText], // numeric
  [2950, 2951, asText], // uuid
  [3802, 3807, (text) => JSON.parse(text) as unknown], // jsonb
]

/** Moments and JSON, which Drizzle reads and writes itself. */
const moments = [1082, 1083, 1114, 1184]
const json = [114, 3802]

/**
 * Teaches a client the types we use. Drizzle sets the client it is given for its own handling of moments and JSON, but never
 * sees our lanes, so each is set here the same way: moments unread and unwritten, JSON read and unwritten, arrays as arrays.
 */
export function setTypes(sql: Sql): void {
  const { parsers, serializers } = sql.options
  for (const type of [...moments, ...json]) serializers[type] = (value: unknown) => value
  for (const type of moments) parsers[type] = asText
  for (const [, array, parse] of arrayTypes) {
    parsers[array] = (text: string) => parseArray(text, parse)
    serializers[array] = (value: unknown) => (Array.isArray(value) ? writeArray(value) : value)
  }
  // What `sql.array` looks up; the driver's types do not mention it.
  const shared = Reflect.get(sql.options, 'shared') as { typeArrayMap: Record<number, number> }
  for (const [element, array] of arrayTypes) shared.typeArrayMap[element] = array
}
