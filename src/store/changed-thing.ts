import type { SnapshotChange } from '../snapshot/change.ts'

/** Which thing was changed, without its value: a line of the change feed. */
export interface ChangedThing {
  readonly noun: SnapshotChange['noun']
  readonly tenantId: string
  readonly id: string
}

/** What the audit trail tells of: also things that no request sees. */
export interface AuditedThing extends Omit<ChangedThing, 'noun'> {
  readonly noun: ChangedThing['noun'] | 'template'
}
