import { and, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { labelProtections, promptVersions, versionReviews } from '../../../db/schema/index.ts'
import { noVersion } from '../faults.ts'
import {
  approvalsOf,
  changesProtection,
  describeProtection,
  isSameDecision,
  removableProtection,
  requireMayApprove,
  statusAfterApproval,
} from '../label-protection.ts'
import type { Actor, StoredPrompt, StoredVersion, VersionStatus } from '../ports.ts'
import type { ReviewStore, VersionReview } from '../review-port.ts'
import { lockPrompt, toVersion, versionColumns } from './prompt-rows.ts'
import { afterwards, hasVersion, isVersion, thingOf, type Own } from './prompt-writes.ts'
import { note, write, type Transaction } from './transaction.ts'

/** Reviews and protections, each write under the lock of its prompt. Requests see none of it. */
export function createPromptReviews(database: Drizzle): ReviewStore {
  /** `work` says whether it did anything. */
  function review(
    actor: Actor,
    name: string,
    number: number,
    work: (transaction: Transaction, prompt: StoredPrompt, version: StoredVersion) => Promise<boolean>,
  ) {
    return write<StoredVersion>(database, async (transaction) => {
      const prompt = await lockPrompt(transaction, actor.tenantId, name)
      const version = await readVersion(transaction, prompt, number)
      if (!(await work(transaction, prompt, version))) return { value: version, changed: null }
      await afterwards(transaction, prompt, false)
      return { value: await readVersion(transaction, prompt, number), changed: null }
    })
  }

  function protection(
    actor: Actor,
    name: string,
    work: (transaction: Transaction, prompt: StoredPrompt) => Promise<boolean>,
  ) {
    return write<StoredPrompt>(database, async (transaction) => {
      const prompt = await lockPrompt(transaction, actor.tenantId, name)
      if (!(await work(transaction, prompt))) return { value: prompt, changed: null }
      return afterwards(transaction, prompt, false)
    })
  }

  return {
    submit: (actor, name, number, reason) =>
      review(actor, name, number, async (transaction, prompt, version) => {
        if (version.status === 'in_review' || version.status === 'approved') return false
        await transaction.delete(versionReviews).where(isReviewOf(prompt, number))
        await setStatus(transaction, prompt, number, 'in_review')
        await note(transaction, actor, thingOf(prompt), { event: 'version_submitted', version: number, reason })
        return true
      }),

    approve: (actor, name, number, reason) =>
      review(actor, name, number, async (transaction, prompt, version) => {
        requireMayApprove(actor, version)
        if (isSameDecision(actor, version, 'approved', reason)) return false
        if (version.status === 'draft')
          await note(transaction, actor, thingOf(prompt), { event: 'version_submitted', version: number })
        await decide(transaction, actor, prompt, number, 'approved', reason)
        const approvals = approvalsOf(await readVersion(transaction, prompt, number))
        const status = statusAfterApproval(version.status, approvals, prompt.protections)
        await setStatus(transaction, prompt, number, status)
        await note(transaction, actor, thingOf(prompt), { event: 'version_approved', version: number, reason })
        return true
      }),

    reject: (actor, name, number, reason) =>
      review(actor, name, number, async (transaction, prompt, version) => {
        if (isSameDecision(actor, version, 'rejected', reason)) return false
        await decide(transaction, actor, prompt, number, 'rejected', reason)
        await setStatus(transaction, prompt, number, 'rejected')
        await note(transaction, actor, thingOf(prompt), { event: 'version_rejected', version: number, reason })
        return true
      }),

    protectLabel: (actor, name, label, wanted) =>
      protection(actor, name, async (transaction, prompt) => {
        if (!changesProtection(actor, prompt, label, wanted)) return false
        const { approvals, roles, minScore } = wanted
        const values = {
          approvals,
          roles: [...roles],
          minScore,
          updatedBy: actor.id,
          updatedAt: sql`clock_timestamp()`,
        }
        const { tenantId, slug } = prompt
        await transaction
          .insert(labelProtections)
          .values({ tenantId, slug, label, ...values })
          .onConflictDoUpdate({
            target: [labelProtections.tenantId, labelProtections.slug, labelProtections.label],
            set: values,
          })
        const reason = describeProtection(wanted)
        await note(transaction, actor, thingOf(prompt), { event: 'label_protected', label, reason })
        return true
      }),

    unprotectLabel: (actor, name, label) =>
      protection(actor, name, async (transaction, prompt) => {
        const before = removableProtection(actor, prompt, label)
        const { tenantId, slug } = labelProtections
        await transaction
          .delete(labelProtections)
          .where(and(eq(tenantId, prompt.tenantId), eq(slug, prompt.slug), eq(labelProtections.label, label)))
        const reason = `asked for ${describeProtection(before)}`
        await note(transaction, actor, thingOf(prompt), { event: 'label_unprotected', label, reason })
        return true
      }),
  }
}

const isReviewOf = ({ tenantId, slug }: Own, number: number) =>
  and(eq(versionReviews.tenantId, tenantId), eq(versionReviews.slug, slug), eq(versionReviews.version, number))

async function readVersion(transaction: Transaction, prompt: StoredPrompt, number: number): Promise<StoredVersion> {
  if (!hasVersion(prompt, number)) throw noVersion(prompt.slug, number)
  const [row] = await transaction.select(versionColumns).from(promptVersions).where(isVersion(prompt, number))
  if (row === undefined) throw noVersion(prompt.slug, number)
  return toVersion(row)
}

async function setStatus(transaction: Transaction, own: Own, number: number, status: VersionStatus): Promise<void> {
  await transaction.update(promptVersions).set({ status }).where(isVersion(own, number))
}

async function decide(
  transaction: Transaction,
  actor: Actor,
  { tenantId, slug }: Own,
  version: number,
  decision: VersionReview['decision'],
  reason: string | null,
): Promise<void> {
  const decided = { actorName: actor.name, decision, reason, at: sql`clock_timestamp()` }
  const { tenantId: tenant, slug: prompt, version: number, actorId } = versionReviews
  await transaction
    .insert(versionReviews)
    .values({ tenantId, slug, version, actorId: actor.id, ...decided })
    .onConflictDoUpdate({ target: [tenant, prompt, number, actorId], set: decided })
}
