import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { noVersion } from '../faults.ts'
import type { PromptStore } from '../ports.ts'
import { cleanStrings } from '../storable-record.ts'
import type { TestRun, TestRunRow, TestRunStore } from '../test-run-port.ts'
import type { MemoryDatabase } from './database.ts'
import type { NewestScore } from './prompt-reviews.ts'

interface Kept {
  readonly tenantId: string
  readonly run: TestRun
}

export interface MemoryTestRuns extends TestRunStore {
  /** What a label's protection asks for: of the newest complete run. */
  readonly newestScore: NewestScore
}

export function createMemoryTestRuns(database: MemoryDatabase, prompts: Pick<PromptStore, 'version'>): MemoryTestRuns {
  /** Newest first. */
  let runs: readonly Kept[] = []
  const of = (tenantId: string, slug: string): readonly TestRun[] =>
    runs.filter((kept) => kept.tenantId === tenantId && kept.run.slug === slug).map((kept) => kept.run)

  return {
    async add(actor, run, keep) {
      database.reach()
      const { tenantId } = actor
      if ((await prompts.version(tenantId, run.slug, run.version)) === null) throw noVersion(run.slug, run.version)
      const stored = { ...structuredClone(run), createdBy: actor.id, createdAt: database.clock.now() }
      const kept = cleanStrings(stored) as TestRun
      runs = [{ tenantId, run: kept }, ...runs].sort((left, right) => newestFirst(left.run, right.run))
      const siblings = of(tenantId, run.slug).filter(({ version }) => version === run.version)
      const proof = siblings.find(({ complete }) => complete)
      const gone = new Set(siblings.slice(keep).filter((sibling) => sibling !== proof))
      runs = runs.filter((each) => !gone.has(each.run))
      return structuredClone(kept)
    },

    async list(tenantId, slug, { version, limit, cursor }) {
      database.reach()
      const [at, id] = cursor === undefined ? [Number.POSITIVE_INFINITY, ''] : readCursor('test-runs', cursor, shape)
      const rows = of(tenantId, slug)
        .filter((run) => version === undefined || run.version === version)
        .filter((run) => run.createdAt < at || (run.createdAt === at && run.id < id))
      return toPage(rows.slice(0, limit + 1), limit, toRow, (last) => writeCursor('test-runs', last.createdAt, last.id))
    },

    async find(tenantId, slug, id) {
      database.reach()
      const found = of(tenantId, slug).find((run) => run.id === id)
      return found === undefined ? null : structuredClone(found)
    },

    async newestComplete(tenantId, slug, version) {
      database.reach()
      const found = of(tenantId, slug).find((run) => run.version === version && run.complete)
      return found === undefined ? null : toRow(found)
    },

    newestScore(tenantId, slug, version) {
      const found = of(tenantId, slug).find((run) => run.version === version && run.complete)
      return found === undefined ? null : { score: found.score, passed: found.passed }
    },
  }
}

const shape = ['moment', 'text'] as const

function newestFirst(left: TestRun, right: TestRun): number {
  return right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1)
}

function toRow({ cases: _cases, threshold: _threshold, ...row }: TestRun): TestRunRow {
  return row
}
