import { Fault } from '../core/fault.ts'
import type { Page } from '../store/ports.ts'
import type { KnownModel } from './dependencies.ts'

export interface KnownModelsAsked {
  /** Only models of this provider. */
  readonly provider?: string | undefined
  /** Only models that have this in their id or an alias, in whatever case. */
  readonly q?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

const cursorMark = 'known-models:'

/** One page, by id. Fault `invalid_request`, param `cursor`, for one that this list did not give out. */
export function listKnownModels(models: readonly KnownModel[], asked: KnownModelsAsked): Page<KnownModel> {
  const after = asked.cursor === undefined ? null : readCursor(asked.cursor)
  const found = models
    .filter((model) => (after === null || model.id > after) && fits(model, asked))
    .sort((left, right) => (left.id < right.id ? -1 : 1))
  const data = found.slice(0, asked.limit)
  const last = data.at(-1)
  const isLast = found.length <= asked.limit || last === undefined
  return { data, nextCursor: isLast ? null : Buffer.from(cursorMark + last.id).toString('base64url') }
}

function fits({ id, aliases }: KnownModel, { provider, q }: KnownModelsAsked): boolean {
  if (provider !== undefined && !id.startsWith(`${provider}/`)) return false
  const wanted = q?.toLowerCase()
  return wanted === undefined || [id, ...aliases].some((name) => name.toLowerCase().includes(wanted))
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (text.startsWith(cursorMark)) return text.slice(cursorMark.length)
  throw new Fault(
    'invalid_request',
    'cursor is not one that this list gave out. Pass next_cursor of the page before as it was, or leave it out for the first page.',
    { param: 'cursor' },
  )
}
