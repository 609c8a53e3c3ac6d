import type { SnapshotChange } from '../snapshot/change.ts'

/** What a line of the audit trail is about: also things that no request sees. */
export interface AuditedThing {
  readonly noun: ChangedThing['noun'] | 'agent' | 'template' | 'evolution'
  readonly tenantId: string
  readonly id: string
}

/** Which thing was changed, without its value: a line of the change feed. */
export interface ChangedThing {
  readonly noun: SnapshotChange['noun']
  readonly tenantId: string
  readonly id: string
}
