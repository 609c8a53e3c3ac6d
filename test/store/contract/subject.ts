import { randomBytes } from 'node:crypto'
import type { ExchangeWriter, PromptMetadata, Stores, Actor } from '../../../src/store/ports.ts'
import type { VersionBody } from '../../../src/prompts/compiled-version.ts'
import type { SnapshotChange } from '../../../src/snapshot/change.ts'

/** One implementation of all ports, ready for the suite. The suite shares it: every test makes names of its own. */
export interface Subject {
  readonly stores: Stores
  readonly writer: ExchangeWriter
  /** Makes a tenant; `default` is there already. */
  addTenant(id: string): Promise<void>
  /** Makes the newest test run of a version of a prompt of `default`. */
  recordRun(run: RecordedRun): Promise<void>
  close(): Promise<void>
}

export interface RecordedRun {
  readonly slug: string
  readonly version: number
  readonly score: number
  readonly passed: boolean
  readonly complete: boolean
}

/** Gives the subject once it is open; only to be called inside tests. */
export type GetSubject = () => Subject

export const actor: Actor = { tenantId: 'default', id: 'key-1', name: 'Ada' }

/** A name that no other test has. */
export function unique(stem: string): string {
  return `${stem}-${randomBytes(5).toString('hex')}`
}

export function versionBody(text = 'Hello {{name}}.', more: Partial<VersionBody> = {}): VersionBody {
  return { messages: [{ role: 'system', content: text }], model: 'mock/echo', ...more }
}

export const metadata: PromptMetadata = {
  name: 'Support reply',
  description: null,
  category: null,
  useCase: null,
  domain: null,
  complexity: null,
  owner: null,
  appContexts: [],
  tags: [],
  starters: [],
  complianceTags: [],
  aliases: [],
}

/** Makes a prompt with so many versions; gives its slug. */
export async function promptWith(
  stores: Stores,
  versions: number,
  more: Partial<PromptMetadata> & { readonly labels?: readonly string[] } = {},
): Promise<string> {
  const slug = unique('prompt')
  const { labels = [], ...rest } = more
  await stores.prompts.create(actor, {
    ...metadata,
    ...rest,
    slug,
    version: versions > 0 ? versionBody('version 1') : null,
    labels,
  })
  for (let number = 2; number <= versions; number++)
    await stores.prompts.addVersion(actor, slug, versionBody(`version ${number}`))
  return slug
}

/** Walks all pages; fails when a page is larger than asked for. */
export async function allPages<Row>(
  limit: number,
  read: (page: {
    limit: number
    cursor?: string | undefined
  }) => Promise<{ readonly data: readonly Row[]; readonly nextCursor: string | null }>,
  between: (pageNumber: number) => Promise<void> = async () => {},
): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null | undefined
  for (let pageNumber = 1; cursor !== null; pageNumber++) {
    const page = await read({ limit, cursor })
    if (page.data.length > limit) throw new Error(`a page of ${page.data.length} rows where ${limit} were asked for`)
    rows.push(...page.data)
    cursor = page.nextCursor
    await between(pageNumber)
  }
  return rows
}

/** What a follower of the feed knows: the newest value of each thing, by noun, tenant and id. */
export class Follower {
  readonly values = new Map<string, SnapshotChange['value']>()

  apply(changes: readonly SnapshotChange[]): void {
    for (const change of changes) {
      const key = `${change.noun}/${'tenantId' in change ? change.tenantId : ''}/${change.id}`
      if (change.value === null) this.values.delete(key)
      else this.values.set(key, change.value)
    }
  }
}
