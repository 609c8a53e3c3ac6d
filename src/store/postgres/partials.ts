import { and, asc, eq, isNull, or, sql, type SQL } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { promptDependencies, promptLabels, prompts, promptVersions } from '../../../db/schema/index.ts'
import type { VersionBody } from '../../prompts/compiled-version.ts'
import { type Dependency, maxPartials } from '../../prompts/compose.ts'
import {
  type FoundPartial,
  type LookUpPartial,
  type RefusedPartial,
  noSuchPrompt,
  numberOfPartial,
} from '../../prompts/partial-look-up.ts'
import { type PartialReference, partialsOf, referenceKey } from '../../prompts/partials.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import type { DependentFilter, DependentVersion, Page } from '../ports.ts'
import { findPrompt, toVersion, versionColumns } from './prompt-rows.ts'
import type { Session, Transaction } from './transaction.ts'

/**
 * All that the partials of a body need, read beforehand, as they are at this moment. A label is read together with all of
 * its prompt's, and a version never changes, so each partial is of one state.
 *
 * @param slug of the prompt that the body is for: where a partial leads back to it, the way is read too.
 */
export async function readPartials(
  session: Session,
  tenantId: string,
  slug: string,
  body: VersionBody,
): Promise<LookUpPartial> {
  const known = new Map<string, FoundPartial | RefusedPartial>()
  const read = async (reference: PartialReference): Promise<FoundPartial | RefusedPartial> => {
    const key = referenceKey(reference)
    const found = known.get(key) ?? (await readPartial(session, tenantId, reference))
    known.set(key, found)
    return found
  }
  // More are refused without a look.
  for (const reference of partialsOf(body).slice(0, maxPartials)) {
    const found = await read(reference)
    // Composition ends at the first that cannot be used.
    if (found.kind === 'refused') break
    if (!found.dependencies.some((dependency) => dependency.slug === slug)) continue
    for (const within of found.dependencies)
      if (within.slug !== slug) await read({ id: within.slug, selector: { kind: 'version', number: within.version } })
    break
  }
  return (reference) => known.get(referenceKey(reference)) ?? noSuchPrompt(reference)
}

async function readPartial(
  session: Session,
  tenantId: string,
  reference: PartialReference,
): Promise<FoundPartial | RefusedPartial> {
  const prompt = await findPrompt(session, tenantId, reference.id)
  if (prompt === null) return noSuchPrompt(reference)
  const { slug } = prompt
  const isOne = and(eq(promptVersions.tenantId, tenantId), eq(promptVersions.slug, slug))
  const { selector } = reference
  const named =
    selector.kind === 'semver'
      ? await session
          .select({ version: promptVersions.version })
          .from(promptVersions)
          .where(and(isOne, eq(promptVersions.semver, selector.semver)))
      : []
  const number = numberOfPartial(
    reference,
    { ...prompt, archived: prompt.archivedAt !== null },
    () => named[0]?.version ?? null,
  )
  if (typeof number !== 'number') return number
  const [row] = await session
    .select(versionColumns)
    .from(promptVersions)
    .where(and(isOne, eq(promptVersions.version, number)))
  if (row === undefined) return noSuchPrompt(reference)
  const { version, served, dependencies } = toVersion(row)
  return { kind: 'found', slug, version, body: served, dependencies }
}

export async function noteDependencies(
  transaction: Transaction,
  of: { readonly tenantId: string; readonly slug: string; readonly version: number },
  dependencies: readonly Dependency[],
): Promise<void> {
  if (dependencies.length === 0) return
  await transaction.insert(promptDependencies).values(
    dependencies.map((dependency) => ({
      ...of,
      partialSlug: dependency.slug,
      partialSelector: dependency.selector,
      partialVersion: dependency.version,
    })),
  )
}

const partial = alias(prompts, 'partial')
const pointed = alias(promptLabels, 'pointed')

/** A number and a semantic version begin with a digit and mean one version for ever; a label never does. */
const currentVersion = sql<number | null>`case
  when ${partial.archivedAt} is not null then null
  when ${promptDependencies.partialSelector} ~ '^[0-9]' then ${promptDependencies.partialVersion}
  when ${promptDependencies.partialSelector} = 'latest' then ${partial.latestVersion}
  else ${pointed.version} end`

const dependentLabels = sql<string[]>`(
  select coalesce(jsonb_agg(labels.label order by labels.label collate "C"), '[]')
  from promptbox.prompt_labels labels
  where labels.tenant_id = ${promptDependencies.tenantId}
    and labels.slug = ${promptDependencies.slug}
    and labels.version = ${promptDependencies.version}
)`

const place = sql`(${promptDependencies.slug} collate "C", ${promptDependencies.version}, ${promptDependencies.partialSelector} collate "C", ${promptDependencies.partialVersion})`

/** @param slug not an alias. */
export async function readDependents(
  session: Session,
  tenantId: string,
  slug: string,
  { outdated = false, limit, cursor }: DependentFilter,
): Promise<Page<DependentVersion>> {
  const rows = await session
    .select({
      slug: promptDependencies.slug,
      version: promptDependencies.version,
      labels: dependentLabels,
      selector: promptDependencies.partialSelector,
      usesVersion: promptDependencies.partialVersion,
      currentVersion,
    })
    .from(promptDependencies)
    .innerJoin(
      prompts,
      and(eq(prompts.tenantId, promptDependencies.tenantId), eq(prompts.slug, promptDependencies.slug)),
    )
    .innerJoin(
      partial,
      and(eq(partial.tenantId, promptDependencies.tenantId), eq(partial.slug, promptDependencies.partialSlug)),
    )
    .leftJoin(
      pointed,
      and(
        eq(pointed.tenantId, promptDependencies.tenantId),
        eq(pointed.slug, promptDependencies.partialSlug),
        eq(pointed.label, promptDependencies.partialSelector),
      ),
    )
    .where(
      and(
        eq(promptDependencies.tenantId, tenantId),
        eq(promptDependencies.partialSlug, slug),
        isNull(prompts.archivedAt),
        or(eq(prompts.latestVersion, promptDependencies.version), sql`jsonb_array_length(${dependentLabels}) > 0`),
        outdated ? sql`${currentVersion} <> ${promptDependencies.partialVersion}` : undefined,
        cursor === undefined ? undefined : behind(cursor),
      ),
    )
    .orderBy(
      asc(sql`${promptDependencies.slug} collate "C"`),
      asc(promptDependencies.version),
      asc(sql`${promptDependencies.partialSelector} collate "C"`),
      asc(promptDependencies.partialVersion),
    )
    .limit(limit + 1)
  return toPage(
    rows,
    limit,
    (row) => row,
    (last) => writeCursor('dependents', last.slug, last.version, last.selector, last.usesVersion),
  )
}

function behind(cursor: string): SQL {
  const [slug, version, selector, uses] = readCursor('dependents', cursor, ['text', 'version', 'text', 'version'])
  return sql`${place} > (${slug}, ${version}::integer, ${selector}, ${uses}::integer)`
}
