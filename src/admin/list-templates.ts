import { builtInOwner } from '../contract/template.ts'
import { Fault } from '../core/fault.ts'
import { parsedJson } from '../core/json.ts'
import { builtInTemplates } from '../library/index.ts'
import { mentions } from '../library/search.ts'
import {
  comparePlaces,
  rankOf,
  templateSorts,
  type Page,
  type TemplateFilter,
  type TemplatePlace,
  type TemplateSort,
  type TemplateStanding,
  type TemplateStore,
} from '../store/ports.ts'
import { type ListedTemplate, builtInRow } from './find-template.ts'

export interface TemplatesAsked extends Omit<TemplateFilter, 'source' | 'after' | 'sort'> {
  readonly source?: 'built-in' | 'own' | 'shared' | undefined
  readonly sort?: TemplateSort | undefined
  readonly cursor?: string | undefined
}

/**
 * One page of the built-in templates, the tenant's own and the shared ones, in one order. Each of the two sources gives as
 * many as a page holds and one more, so the page is right whichever they come from.
 * Fault `invalid_request`, param `cursor`, for one that this list, so sorted, did not give out.
 */
export async function listTemplates(
  store: TemplateStore,
  tenantId: string,
  { source, cursor, sort = 'name', ...asked }: TemplatesAsked,
): Promise<Page<ListedTemplate>> {
  const after = cursor === undefined ? null : readCursor(cursor, sort)
  const builtIn =
    source === undefined || source === 'built-in' ? await builtInRows(store, { ...asked, sort, after }) : []
  const stored =
    source === 'built-in' ? [] : await store.list(tenantId, { ...asked, source, sort, after, limit: asked.limit + 1 })
  const found = [...builtIn, ...stored].sort((left, right) => comparePlaces(placeOf(left, sort), placeOf(right, sort)))
  const data = found.slice(0, asked.limit)
  const last = data.at(-1)
  return { data, nextCursor: found.length > asked.limit && last !== undefined ? writeCursor(last, sort) : null }
}

/** How many templates the tenant sees in each category, by name. */
export async function listTemplateCategories(
  store: TemplateStore,
  tenantId: string,
): Promise<readonly { readonly category: string; readonly count: number }[]> {
  const counts = new Map<string, number>()
  const add = (category: string, count: number): void => void counts.set(category, (counts.get(category) ?? 0) + count)
  for (const { category } of builtInTemplates) add(category, 1)
  for (const { category, count } of await store.categories(tenantId)) add(category, count)
  return [...counts]
    .map(([category, count]) => ({ category, count }))
    .sort((left, right) => (left.category < right.category ? -1 : 1))
}

async function builtInRows(
  store: TemplateStore,
  { q, category, tag, useCase, complexity, archived, sort, after }: Omit<TemplateFilter, 'source'>,
): Promise<readonly ListedTemplate[]> {
  if (archived === true) return []
  const fitting = builtInTemplates.filter(
    (template) =>
      (category === undefined || template.category === category) &&
      (useCase === undefined || template.useCase === useCase) &&
      (complexity === undefined || template.complexity === complexity) &&
      (tag === undefined || template.tags.includes(tag)) &&
      (q === undefined || mentions(template, q)),
  )
  if (fitting.length === 0) return []
  const standings: ReadonlyMap<string, TemplateStanding> = await store.standings(builtInOwner)
  return fitting
    .map((template) => builtInRow(template, standings.get(template.slug)))
    .filter((row) => after === null || comparePlaces(placeOf(row, sort), after) > 0)
}

function placeOf(row: ListedTemplate, sort: TemplateSort): TemplatePlace {
  return { rank: rankOf(row, sort), name: row.name, owner: row.owner, slug: row.slug }
}

function writeCursor(last: ListedTemplate, sort: TemplateSort): string {
  const { rank, name, owner, slug } = placeOf(last, sort)
  return Buffer.from(JSON.stringify(['templates', sort, rank, name, owner, slug])).toString('base64url')
}

function readCursor(cursor: string, sort: TemplateSort): TemplatePlace {
  const [list, sorted, rank, name, owner, slug] = parsed(cursor)
  const isOurs = list === 'templates' && templateSorts.some((known) => known === sorted)
  if (isOurs && sorted !== sort)
    throw refused(`cursor is of the list sorted by ${String(sorted)}. Ask for the same sort on every page.`)
  const texts = [name, owner, slug]
  if (!isOurs || typeof rank !== 'number' || !texts.every(isStorableText))
    throw refused(
      'cursor is not one that this list gave out. Pass next_cursor of the page before as it was, or leave it out for the first page.',
    )
  return { rank, name: String(name), owner: String(owner), slug: String(slug) }
}

/** A forged one must not get as far as the database, which takes no U+0000. */
const isStorableText = (part: unknown): boolean => typeof part === 'string' && !part.includes('\0')

/** What is no JSON is no cursor of ours; the caller says so. */
function parsed(cursor: string): readonly unknown[] {
  const parts: unknown = parsedJson(Buffer.from(cursor, 'base64url').toString())
  return Array.isArray(parts) ? parts : []
}

const refused = (message: string): Fault => new Fault('invalid_request', message, { param: 'cursor' })
