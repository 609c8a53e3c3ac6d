import { Fault } from '../core/fault.ts'
import type { Actor, StoredPrompt, StoredVersion } from './ports.ts'

/** What one reviewer decided about a version since it was last submitted. */
export interface VersionReview {
  /** Key id: one admin key is one person. */
  readonly actorId: string
  /** Name of the key. */
  readonly actor: string
  readonly decision: 'approved' | 'rejected'
  readonly reason: string | null
  readonly at: number
}

/** What a label asks of a version before it may point there, and of whoever moves it. */
export interface LabelProtection {
  /** Approvals by others than the author, 0 to 10. */
  readonly approvals: number
  /** Whoever moves the label, or changes its protection, has one of these; empty: anybody may. */
  readonly roles: readonly string[]
  /** Least score of the newest complete test run, which must have passed, 0 to 1; null: no run is asked for. */
  readonly minScore: number | null
}

export interface StoredProtection extends LabelProtection {
  readonly updatedBy: string
  readonly updatedAt: number
}

/** Protections of one prompt. */
export const mostProtections = 50

/** How the newest complete test run of a version ended. */
export interface RunResult {
  /** 0 to 1. */
  readonly score: number
  readonly passed: boolean
}

/**
 * Reviews of versions and protections of labels; a part of the prompt store, because a label moves under the same lock.
 * Faults besides `not_found`: `permission_denied`, code `own_version`, when the author approves; `permission_denied`, code
 * `role_required`, when a protection with roles is changed by somebody without; `conflict`, code `version_rejected`, when a
 * rejected version is approved; `conflict`, code `prompt_archived`, when a label of an archived prompt is to be protected.
 */
export interface ReviewStore {
  /**
   * A draft or a rejected version is in review from then on; decisions made before no longer count, the timeline keeps them.
   * One that is in review or approved stays as it is, and that is no event.
   */
  submit(actor: Actor, slug: string, version: number, reason: string | null): Promise<StoredVersion>
  /**
   * One decision per actor; a second one replaces the first. Approving what nobody submitted submits it too. Approved once there
   * are as many approvals as the strictest protection of the prompt asks for, at least one.
   */
  approve(actor: Actor, slug: string, version: number, reason: string | null): Promise<StoredVersion>
  /** Rejected until it is submitted again, also what was approved before. The author may, to take a version back. */
  reject(actor: Actor, slug: string, version: number, reason: string | null): Promise<StoredVersion>
  /** Sets or replaces; setting what holds already is no event. The label need not point anywhere yet. */
  protectLabel(actor: Actor, slug: string, label: string, protection: LabelProtection): Promise<StoredPrompt>
  unprotectLabel(actor: Actor, slug: string, label: string): Promise<StoredPrompt>
}

/** Fault `conflict`, code `label_protected`: the label stays where it is. */
export class LabelProtected extends Fault {
  /** The version that lacks nothing but a complete test run; null: something else is missing. */
  readonly untested: number | null

  constructor(message: string, untested: number | null = null) {
    super('conflict', message, { param: 'label', code: 'label_protected' })
    this.untested = untested
  }
}
