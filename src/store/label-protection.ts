import { Fault } from '../core/fault.ts'
import type { Actor, StoredPrompt, StoredVersion, VersionStatus } from './ports.ts'
import { type LabelProtection, LabelProtected, mostProtections, type RunResult } from './review-port.ts'

/** The rules of reviews and protected labels, for every implementation of the stores alike. */

/** A version that a protected label shall point to. */
export interface Candidate {
  readonly version: number
  readonly status: VersionStatus
  /** Approvals by others than its author. */
  readonly approvals: number
  /** null: there is no complete run, or the protection asks for none. */
  readonly newestRun: RunResult | null
}

const superAdmin = 'admin'

/** `admin`, the super-admin key, has every role. Without roles asked for, everybody has them. */
export function hasOneOf(actor: Actor, roles: readonly string[]): boolean {
  return roles.length === 0 || actor.id === superAdmin || roles.some((role) => actor.roles?.includes(role) === true)
}

/** Lets the label move, or throws `LabelProtected` with all that is missing and the way to each. */
export function requireMayMove(
  actor: Actor,
  { slug, label }: { readonly slug: string; readonly label: string },
  protection: LabelProtection,
  candidate: Candidate,
): void {
  const { version, status, approvals, newestRun } = candidate
  const path = `/admin/v1/prompts/${slug}/versions/${version}`
  const missing: string[] = []
  if (!hasOneOf(actor, protection.roles)) {
    missing.push(`whoever moves it needs ${rolesText(protection.roles)} (use a key that was made with it)`)
  }
  if (status === 'rejected') missing.push(`version ${version} is rejected (submit it again: POST ${path}/submit)`)
  if (approvals < protection.approvals) {
    missing.push(
      `version ${version} needs ${approvalsText(protection.approvals)} by others than the author, it has ${approvals} (with another admin key: POST ${path}/approve)`,
    )
  }
  const others = missing.length
  const { minScore } = protection
  if (minScore !== null && newestRun === null) {
    missing.push(
      `version ${version} needs a complete test run with a score of at least ${minScore}, it has none (POST /admin/v1/prompts/${slug}/test {"version": ${version}})`,
    )
  } else if (minScore !== null && newestRun !== null && !(newestRun.passed && newestRun.score >= minScore)) {
    const ended = `${newestRun.passed ? 'passed' : 'failed'} with a score of ${newestRun.score}`
    missing.push(
      `the newest complete test run of version ${version} has to pass with a score of at least ${minScore}, it ${ended} (POST /admin/v1/prompts/${slug}/test {"version": ${version}} runs it again)`,
    )
  }
  if (missing.length === 0) return
  const untested = others === 0 && newestRun === null ? version : null
  throw new LabelProtected(`label '${label}' of prompt '${slug}' is protected: ${missing.join('; ')}.`, untested)
}

/** A protected label is not taken away: what it serves would change without an approval. */
export function requireUnprotected({ slug, protections }: StoredPrompt, label: string): void {
  if (!Object.hasOwn(protections, label)) return
  throw new LabelProtected(
    `label '${label}' of prompt '${slug}' is protected, so it cannot be taken away. Take its protection away first: DELETE ${protectionPath(slug, label)}`,
  )
}

/** An archived prompt has no protected label: archiving takes them all out of service. */
export function requireNoProtection({ slug, protections }: StoredPrompt): void {
  const [label] = Object.keys(protections).toSorted()
  if (label === undefined) return
  throw new LabelProtected(
    `prompt '${slug}' has the protected label '${label}', which archiving would take out of service. Take its protection away first: DELETE ${protectionPath(slug, label)}`,
  )
}

/** Whether `wanted` would change anything; throws when this actor may not, or this prompt cannot. */
export function changesProtection(
  actor: Actor,
  { slug, protections, archivedAt }: StoredPrompt,
  label: string,
  wanted: LabelProtection,
): boolean {
  const before = Object.hasOwn(protections, label) ? protections[label] : undefined
  if (before !== undefined) {
    requireRole(actor, slug, label, before)
    return describeProtection(before) !== describeProtection(wanted)
  }
  if (archivedAt !== null) {
    throw new Fault(
      'conflict',
      `prompt '${slug}' is archived, so its labels serve nobody. Bring it back first: POST /admin/v1/prompts/${slug}/restore`,
      { param: 'slug', code: 'prompt_archived' },
    )
  }
  if (Object.keys(protections).length >= mostProtections) {
    throw new Fault(
      'conflict',
      `prompt '${slug}' has ${mostProtections} protected labels already, which is the most. Take the protection of another away first.`,
      { param: 'label' },
    )
  }
  return true
}

/** The protection that this actor may take away. Faults `not_found` and `permission_denied`. */
export function removableProtection(actor: Actor, { slug, protections }: StoredPrompt, label: string): LabelProtection {
  const protection = Object.hasOwn(protections, label) ? protections[label] : undefined
  if (protection === undefined) {
    throw new Fault('not_found', `Label '${label}' of prompt '${slug}' is not protected.`, { param: 'label' })
  }
  requireRole(actor, slug, label, protection)
  return protection
}

function requireRole(actor: Actor, slug: string, label: string, { roles }: LabelProtection): void {
  if (hasOneOf(actor, roles)) return
  throw new Fault(
    'permission_denied',
    `The protection of label '${label}' of prompt '${slug}' may only be changed by a key with ${rolesText(roles)}, or the super-admin key.`,
    { param: 'label', code: 'role_required' },
  )
}

/** The protection as the timeline tells it. Equal texts: equal protections. */
export function describeProtection({ approvals, roles, minScore }: LabelProtection): string {
  return [
    approvalsText(approvals),
    ...(roles.length === 0 ? [] : [rolesText(roles.toSorted())]),
    ...(minScore === null ? [] : [`a test score of at least ${minScore}`]),
  ].join(', ')
}

/** Throws when this actor may not approve this version now. */
export function requireMayApprove(
  actor: Actor,
  version: Pick<StoredVersion, 'slug' | 'version' | 'status' | 'createdBy'>,
) {
  const { slug, version: number, status, createdBy } = version
  if (createdBy === actor.id) {
    throw new Fault(
      'permission_denied',
      `Version ${number} of prompt '${slug}' was made with this key, and nobody approves their own version. Approve it with the admin key of somebody else.`,
      { param: 'version', code: 'own_version' },
    )
  }
  if (status === 'rejected') {
    throw new Fault(
      'conflict',
      `Version ${number} of prompt '${slug}' is rejected. Submit it again first: POST /admin/v1/prompts/${slug}/versions/${number}/submit`,
      { param: 'version', code: 'version_rejected' },
    )
  }
}

/** What a version is after an approval: an approval takes nothing away, also when more are asked for than before. */
export function statusAfterApproval(
  before: VersionStatus,
  approvals: number,
  protections: StoredPrompt['protections'],
): VersionStatus {
  const needed = Math.max(1, ...Object.values(protections).map((protection) => protection.approvals))
  return before === 'approved' || approvals >= needed ? 'approved' : 'in_review'
}

/** Of the decisions about a version those that count for a protected label. */
export function approvalsOf({ reviews, createdBy }: Pick<StoredVersion, 'reviews' | 'createdBy'>): number {
  return reviews.filter(({ decision, actorId }) => decision === 'approved' && actorId !== createdBy).length
}

/** Whether this actor decided the very same before. */
export function isSameDecision(
  actor: Actor,
  { reviews }: Pick<StoredVersion, 'reviews'>,
  decision: 'approved' | 'rejected',
  reason: string | null,
): boolean {
  return reviews.some(
    (review) => review.actorId === actor.id && review.decision === decision && review.reason === reason,
  )
}

const protectionPath = (slug: string, label: string): string => `/admin/v1/prompts/${slug}/labels/${label}/protection`
const approvalsText = (approvals: number): string => `${approvals} ${approvals === 1 ? 'approval' : 'approvals'}`
const rolesText = (roles: readonly string[]): string =>
  roles.length === 1 ? `the role ${roles[0] ?? ''}` : `one of the roles ${roles.join(', ')}`
