import type { TestRunResult } from '../contract/test-run.ts'
import type { Actor, Page } from './ports.ts'

/** A run to be kept. */
export interface NewTestRun extends TestRunResult {
  /** UUIDv7. */
  readonly id: string
  /** Of the prompt; no alias. */
  readonly slug: string
  readonly version: number
}

export interface TestRun extends NewTestRun {
  readonly createdBy: string
  readonly createdAt: number
}

/** A row of the list: without what is found only in the result itself. */
export type TestRunRow = Omit<TestRun, 'cases' | 'threshold'>

/** Runs of test cases, kept per version. */
export interface TestRunStore {
  /**
   * Keeps a run, and of its version's runs only the newest `keep` with this one, and always the newest complete one: it is
   * what a gate looks at. Fault `not_found` when the version is none.
   */
  add(actor: Actor, run: NewTestRun, keep: number): Promise<TestRun>
  /** Newest first, of one version or of all. Empty when there is no such prompt. */
  list(
    tenantId: string,
    slug: string,
    page: { readonly version?: number | undefined; readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<TestRunRow>>
  /** null when there is none. */
  find(tenantId: string, slug: string, id: string): Promise<TestRun | null>
  /** The newest complete run of a version, which decides at a gate; null: it has none. */
  newestComplete(tenantId: string, slug: string, version: number): Promise<TestRunRow | null>
}
