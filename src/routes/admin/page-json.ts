import type { Page } from '../../store/ports.ts'

export function pageJson<Row, Json>(
  page: Page<Row>,
  toJson: (row: Row) => Json,
): { data: Json[]; next_cursor: string | null } {
  return { data: page.data.map(toJson), next_cursor: page.nextCursor }
}

/** Milliseconds since 1970 as ISO 8601 in UTC. */
export function instantJson(at: number): string {
  return new Date(at).toISOString()
}
