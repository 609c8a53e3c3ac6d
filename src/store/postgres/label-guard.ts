import { and, desc, eq, sql } from 'drizzle-orm'
import { labelProtections, promptVersions, testRuns, versionReviews } from '../../../db/schema/index.ts'
import { noVersion } from '../faults.ts'
import { requireMayMove } from '../label-protection.ts'
import type { Actor } from '../ports.ts'
import type { RunResult } from '../review-port.ts'
import type { Transaction } from './transaction.ts'

/** Approvals by others than the author. */
const approvals = sql<number>`(
  select count(*)::integer from ${versionReviews} reviews
  where reviews.tenant_id = prompt_versions.tenant_id and reviews.slug = prompt_versions.slug
    and reviews.version = prompt_versions.version
    and reviews.decision = 'approved' and reviews.actor_id <> prompt_versions.created_by
)`

/**
 * Throws `LabelProtected` unless the label may point to the version. Only to be called by a transaction that has the prompt's
 * lock: reviews and protections are written under it too, so what is read here holds until the label has moved.
 */
export async function requireMayPoint(
  transaction: Transaction,
  actor: Actor,
  { tenantId, slug }: { readonly tenantId: string; readonly slug: string },
  label: string,
  version: number,
): Promise<void> {
  const { minScore, approvals: needed, roles } = labelProtections
  const [protection] = await transaction
    .select({ minScore, approvals: needed, roles })
    .from(labelProtections)
    .where(
      and(eq(labelProtections.tenantId, tenantId), eq(labelProtections.slug, slug), eq(labelProtections.label, label)),
    )
  if (protection === undefined) return
  const [candidate] = await transaction
    .select({ version: promptVersions.version, status: promptVersions.status, approvals })
    .from(promptVersions)
    .where(
      and(eq(promptVersions.tenantId, tenantId), eq(promptVersions.slug, slug), eq(promptVersions.version, version)),
    )
  if (candidate === undefined) throw noVersion(slug, version)
  const newestRun = protection.minScore === null ? null : await newestRunOf(transaction, tenantId, slug, version)
  requireMayMove(actor, { slug, label }, protection, { ...candidate, newestRun })
}

async function newestRunOf(
  transaction: Transaction,
  tenantId: string,
  slug: string,
  version: number,
): Promise<RunResult | null> {
  const [run] = await transaction
    .select({ score: testRuns.score, passed: testRuns.passed })
    .from(testRuns)
    .where(
      and(
        eq(testRuns.tenantId, tenantId),
        eq(testRuns.slug, slug),
        eq(testRuns.version, version),
        eq(testRuns.complete, true),
      ),
    )
    .orderBy(desc(testRuns.createdAt), desc(testRuns.id))
    .limit(1)
  return run ?? null
}
