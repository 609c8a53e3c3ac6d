/** Which work it is. */
export interface Lease {
  readonly tenantId: string
  readonly name: string
}

/**
 * Work that only one process at a time does. A lease ends by itself, so that the work of a process that died goes on in another
 * one; time is that of the database, because the clocks of processes differ.
 */
export interface LeaseStore {
  /**
   * Takes the tenant's lease of this name, or takes it for longer, for `forMs` milliseconds from now. false: another holder has it. Whoever
   * works on after that time must expect that somebody else does too. Fault `unavailable`.
   */
  take(tenantId: string, name: string, holder: string, forMs: number): Promise<boolean>
  /** Gives back one that this holder has; left out: all of all tenants. Fault `unavailable`: then they end by themselves. */
  giveBack(holder: string, lease?: Lease): Promise<void>
}
