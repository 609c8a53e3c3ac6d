import { noVersion } from '../faults.ts'
import {
  approvalsOf,
  changesProtection,
  describeProtection,
  isSameDecision,
  removableProtection,
  requireMayApprove,
  requireMayMove,
  statusAfterApproval,
} from '../label-protection.ts'
import type { Actor, StoredVersion, TimelineRow } from '../ports.ts'
import type { ReviewStore, RunResult, VersionReview } from '../review-port.ts'
import type { MemoryDatabase } from './database.ts'
import { type MemoryPrompt, type MemoryVersion, toStored, toStoredVersion } from './prompt-rows.ts'

/** How the newest complete test run of a version ended; null: there is none. */
export type NewestScore = (tenantId: string, slug: string, version: number) => RunResult | null

interface Access {
  readonly database: MemoryDatabase
  readonly get: (tenantId: string, slug: string) => MemoryPrompt
  readonly note: (actor: Actor, prompt: MemoryPrompt, row: Partial<TimelineRow> & Pick<TimelineRow, 'event'>) => void
}

/** Reviews and protections of the prompts in memory. */
export function createMemoryReviews({ database, get, note }: Access): ReviewStore {
  /** `work` throws before it changes anything. */
  function review(
    actor: Actor,
    slug: string,
    number: number,
    work: (prompt: MemoryPrompt, version: MemoryVersion, stored: StoredVersion) => void,
  ): StoredVersion {
    database.reach()
    const prompt = get(actor.tenantId, slug)
    const version = prompt.versions[number - 1]
    if (version === undefined) throw noVersion(prompt.slug, number)
    work(prompt, version, toStoredVersion(prompt, version))
    return toStoredVersion(prompt, version)
  }

  function decide(
    actor: Actor,
    version: MemoryVersion,
    decision: VersionReview['decision'],
    reason: string | null,
  ): void {
    const others = version.reviews.filter(({ actorId }) => actorId !== actor.id)
    version.reviews = [
      ...others,
      { actorId: actor.id, actor: actor.name, decision, reason, at: database.clock.now() },
    ].toSorted((left, right) => left.at - right.at || (left.actorId < right.actorId ? -1 : 1))
  }

  return {
    submit: async (actor, slug, number, reason) =>
      review(actor, slug, number, (prompt, version) => {
        if (version.status === 'in_review' || version.status === 'approved') return
        version.reviews = []
        version.status = 'in_review'
        note(actor, prompt, { event: 'version_submitted', version: number, reason })
      }),

    approve: async (actor, slug, number, reason) =>
      review(actor, slug, number, (prompt, version, stored) => {
        requireMayApprove(actor, stored)
        if (isSameDecision(actor, stored, 'approved', reason)) return
        if (version.status === 'draft') note(actor, prompt, { event: 'version_submitted', version: number })
        decide(actor, version, 'approved', reason)
        version.status = statusAfterApproval(version.status, approvalsOf(version), toStored(prompt).protections)
        note(actor, prompt, { event: 'version_approved', version: number, reason })
      }),

    reject: async (actor, slug, number, reason) =>
      review(actor, slug, number, (prompt, version, stored) => {
        if (isSameDecision(actor, stored, 'rejected', reason)) return
        decide(actor, version, 'rejected', reason)
        version.status = 'rejected'
        note(actor, prompt, { event: 'version_rejected', version: number, reason })
      }),

    async protectLabel(actor, slug, label, wanted) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      if (!changesProtection(actor, toStored(prompt), label, wanted)) return toStored(prompt)
      const { approvals, roles, minScore } = wanted
      const updated = { updatedBy: actor.id, updatedAt: database.clock.now() }
      prompt.protections.set(label, { approvals, roles: [...roles], minScore, ...updated })
      note(actor, prompt, { event: 'label_protected', label, reason: describeProtection(wanted) })
      return toStored(prompt)
    },

    async unprotectLabel(actor, slug, label) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      const before = removableProtection(actor, toStored(prompt), label)
      prompt.protections.delete(label)
      note(actor, prompt, { event: 'label_unprotected', label, reason: `asked for ${describeProtection(before)}` })
      return toStored(prompt)
    },
  }
}

/** Throws `LabelProtected` unless the label may point to the version. */
export function requireMayPoint(
  actor: Actor,
  prompt: MemoryPrompt,
  label: string,
  to: number,
  newestScore: NewestScore,
): void {
  const protection = prompt.protections.get(label)
  if (protection === undefined) return
  const version = prompt.versions[to - 1]
  if (version === undefined) throw noVersion(prompt.slug, to)
  requireMayMove(actor, { slug: prompt.slug, label }, protection, {
    version: to,
    status: version.status,
    approvals: approvalsOf(version),
    newestRun: protection.minScore === null ? null : newestScore(prompt.tenantId, prompt.slug, to),
  })
}
