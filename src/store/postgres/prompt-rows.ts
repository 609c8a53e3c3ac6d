import { and, eq, inArray, sql } from 'drizzle-orm'
import { promptAliases, prompts, promptVersions } from '../../../db/schema/index.ts'
import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { Dependency } from '../../prompts/compose.ts'
import { noPrompt } from '../faults.ts'
import type { StoredPrompt, StoredVersion } from '../ports.ts'
import type { Session, Transaction } from './transaction.ts'

/** The row's own labels in the same statement, so that they and the row are of one moment. */
const labels = sql<Record<string, number>>`(
  select coalesce(jsonb_object_agg(labels.label, labels.version), '{}')
  from promptbox.prompt_labels labels
  where labels.tenant_id = prompts.tenant_id and labels.slug = prompts.slug
)`

const versionLabels = sql<string[]>`(
  select coalesce(jsonb_agg(labels.label order by labels.label collate "C"), '[]')
  from promptbox.prompt_labels labels
  where labels.tenant_id = prompt_versions.tenant_id
    and labels.slug = prompt_versions.slug
    and labels.version = prompt_versions.version
)`

const dependencies = sql<Dependency[]>`(
  select coalesce(jsonb_agg(
    jsonb_build_object('slug', each.partial_slug, 'selector', each.partial_selector, 'version', each.partial_version)
    order by each.partial_slug collate "C", each.partial_selector collate "C", each.partial_version), '[]')
  from promptbox.prompt_dependencies each
  where each.tenant_id = prompt_versions.tenant_id
    and each.slug = prompt_versions.slug
    and each.version = prompt_versions.version
)`

const protections = sql<StoredPrompt['protections']>`(
  select coalesce(jsonb_object_agg(protections.label, jsonb_build_object(
    'approvals', protections.approvals, 'roles', to_jsonb(protections.roles), 'minScore', protections.min_score,
    'updatedBy', protections.updated_by, 'updatedAt', (extract(epoch from protections.updated_at) * 1000)::bigint
  )), '{}')
  from promptbox.label_protections protections
  where protections.tenant_id = prompts.tenant_id and protections.slug = prompts.slug
)`

const reviews = sql<StoredVersion['reviews']>`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'actorId', reviews.actor_id, 'actor', reviews.actor_name, 'decision', reviews.decision, 'reason', reviews.reason,
    'at', (extract(epoch from reviews.at) * 1000)::bigint
  ) order by reviews.at, reviews.actor_id collate "C"), '[]')
  from promptbox.version_reviews reviews
  where reviews.tenant_id = prompt_versions.tenant_id
    and reviews.slug = prompt_versions.slug
    and reviews.version = prompt_versions.version
)`

/** For `select`: all of a `StoredPrompt`. */
export const promptColumns = {
  slug: prompts.slug,
  tenantId: prompts.tenantId,
  name: prompts.name,
  description: prompts.description,
  category: prompts.category,
  useCase: prompts.useCase,
  domain: prompts.domain,
  complexity: prompts.complexity,
  owner: prompts.owner,
  appContexts: prompts.appContexts,
  tags: prompts.tags,
  starters: prompts.starters,
  complianceTags: prompts.complianceTags,
  aliases: prompts.aliases,
  archivedAt: prompts.archivedAt,
  createdAt: prompts.createdAt,
  updatedAt: prompts.updatedAt,
  latestVersion: prompts.latestVersion,
  labels,
  protections,
}

/** For `select`: all of a `StoredVersion`, its bodies still text. */
export const versionColumns = {
  slug: promptVersions.slug,
  version: promptVersions.version,
  semver: promptVersions.semver,
  status: promptVersions.status,
  body: promptVersions.body,
  resolved: promptVersions.resolved,
  dependencies,
  hash: promptVersions.hash,
  parentVersion: promptVersions.parentVersion,
  changeNote: promptVersions.changeNote,
  createdBy: promptVersions.createdBy,
  createdAt: promptVersions.createdAt,
  labels: versionLabels,
  reviews,
}

type VersionRow = Omit<StoredVersion, 'body' | 'served'> & { readonly body: string; readonly resolved: string | null }

export function toVersion({ resolved, ...row }: VersionRow): StoredVersion {
  const body = JSON.parse(row.body) as VersionBody
  return { ...row, body, served: resolved === null ? body : (JSON.parse(resolved) as VersionBody) }
}

/** By slug or alias; null when there is none. */
export async function findPrompt(session: Session, tenantId: string, name: string): Promise<StoredPrompt | null> {
  const [row] = await session
    .select(promptColumns)
    .from(prompts)
    .innerJoin(promptAliases, nameOf())
    .where(named(tenantId, name))
  return row ?? null
}

/** The slug behind a slug or alias. Fault `not_found`. */
export async function slugOf(session: Session, tenantId: string, name: string): Promise<string> {
  const [row] = await session.select({ slug: promptAliases.slug }).from(promptAliases).where(named(tenantId, name))
  if (row === undefined) throw noPrompt(name)
  return row.slug
}

/** The same for many, in one statement. */
export async function slugsOf(
  session: Session,
  tenantId: string,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return []
  const rows = await session
    .select({ alias: promptAliases.alias, slug: promptAliases.slug })
    .from(promptAliases)
    .where(and(eq(promptAliases.tenantId, tenantId), inArray(promptAliases.alias, [...names])))
  const slugs = new Map(rows.map(({ alias, slug }) => [alias, slug]))
  return names.map((name) => {
    const slug = slugs.get(name)
    if (slug === undefined) throw noPrompt(name)
    return slug
  })
}

/** The prompt, and all its other writers wait until this transaction ends. Fault `not_found`. */
export async function lockPrompt(transaction: Transaction, tenantId: string, name: string): Promise<StoredPrompt> {
  const slug = await slugOf(transaction, tenantId, name)
  const own = and(eq(prompts.tenantId, tenantId), eq(prompts.slug, slug))
  await transaction.select({ slug: prompts.slug }).from(prompts).where(own).for('update')
  // A statement of its own: the one that waited for the lock still sees the labels of before it waited.
  const [row] = await transaction.select(promptColumns).from(prompts).where(own)
  if (row === undefined) throw noPrompt(name)
  return row
}

function nameOf() {
  return and(eq(promptAliases.tenantId, prompts.tenantId), eq(promptAliases.slug, prompts.slug))
}

function named(tenantId: string, name: string) {
  return and(eq(promptAliases.tenantId, tenantId), eq(promptAliases.alias, name))
}
