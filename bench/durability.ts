import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type DatabaseKind, scratchDatabase } from '../test/support/database.ts'
import { killUnderLoad } from '../test/support/kill-under-load.ts'
import { makePrompt, moveLabel, outageUnderLoad, versionServed } from '../test/support/outage-under-load.ts'
import { startPromptbox } from '../test/support/promptbox-process.ts'
import { until } from '../test/support/until.ts'

/**
 * The long version of the process tests, with figures: kills under load, an outage of the database, changes between two
 * processes. Outage and changes need TEST_DATABASE_URL. Ends with 1 when a record is lost or doubled or a request failed.
 *
 *     node --import tsx bench/durability.ts [--kills 20] [--away 60] [--outages cut,silence] [--changes 50] [--clients 32]
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    away: { type: 'string', default: '60' },
    outages: { type: 'string', default: 'cut,silence' },
    changes: { type: 'string', default: '50' },
    clients: { type: 'string', default: '32' },
  },
})
const clients = Number(values.clients)
const program = 'build'
const folder = mkdtempSync(join(tmpdir(), 'promptbox-durability-'))
let directories = 0
const dataDir = (): string => mkdtempSync(join(folder, `${directories++}-`))
const hasServer = process.env['TEST_DATABASE_URL'] !== undefined
let failed = false

async function onServer<Result>(work: (databaseUrl: string) => Promise<Result>): Promise<Result> {
  const database = await scratchDatabase({ kind: 'server' })
  try {
    if (database.connection.kind !== 'server') throw new Error('a server was asked for')
    return await work(database.connection.url)
  } finally {
    await database.close()
  }
}

function say(what: string, wrong: boolean, figures: object): void {
  failed ||= wrong
  console.log(`${wrong ? 'FAILED ' : ''}${what} ${JSON.stringify(figures)}`)
}

async function kills(kind: DatabaseKind): Promise<void> {
  const options = { dataDir: dataDir(), program, kills: Number(values.kills), clients, atMostAnswers: 3_000 } as const
  const report =
    kind === 'embedded'
      ? await killUnderLoad(options)
      : await onServer((databaseUrl) => killUnderLoad({ ...options, databaseUrl }))
  const { lost, doubled, startsMs, ...rest } = report
  const figures = { ...rest, lost: lost.length, doubled: doubled.length, medianStartMs: median(startsMs) }
  say(`killed under load, ${kind} database`, lost.length + doubled.length > 0, figures)
}

/** Of a connection that hangs nothing is known until a question has been without answer for two seconds. */
const promisedMs = { cut: 1_000, silence: 3_000 } as const

async function outage(kind: 'cut' | 'silence'): Promise<void> {
  const report = await onServer((databaseUrl) =>
    outageUnderLoad({
      databaseUrl,
      dataDirs: [dataDir(), dataDir()],
      kind,
      awayMs: Number(values.away) * 1000,
      clients,
      program,
    }),
  )
  const { lost, doubled, failures, ...rest } = report
  const wrong =
    lost.length + doubled.length + failures.length > 0 ||
    report.labelServedAfterMs > promisedMs[kind] ||
    !report.survived
  const figures = { ...rest, lost: lost.length, doubled: doubled.length, failures: failures.slice(0, 3) }
  say(`database away for ${values.away} s (${kind})`, wrong, figures)
}

/** From the answer of the admin API on one process until the other serves the change. */
async function changes(): Promise<void> {
  await onServer(async (databaseUrl) => {
    const one = await startPromptbox({ dataDir: dataDir(), databaseUrl, program })
    const other = await startPromptbox({ dataDir: dataDir(), databaseUrl, program })
    await makePrompt(one, 'shared')
    const key = await one.makeKey()
    const labels: number[] = []
    const made: number[] = []
    const revoked: number[] = []
    const timed = async (list: number[], look: () => Promise<boolean>): Promise<void> => {
      const startedAt = performance.now()
      await until('the change is served', look, { everyMs: 0 })
      list.push(performance.now() - startedAt)
    }
    for (let round = 0; round < Number(values.changes); round++) {
      const version = 2 - (round % 2)
      await moveLabel(one, 'shared', version)
      await timed(labels, async () => (await versionServed(other, key, 'shared')) === version)
      const fresh = await one.admin<{ id: string; key: string }>('POST', '/keys', { name: 'short-lived' })
      await timed(made, async () => (await versionServed(other, fresh.key, 'shared')) !== null)
      await one.admin('DELETE', `/keys/${fresh.id}`)
      await timed(revoked, async () => (await versionServed(other, fresh.key, 'shared')) === null)
    }
    await Promise.all([one.end(), other.end()])
    const figures = Object.fromEntries(
      Object.entries({ labels, made, revoked }).map(([name, times]) => [
        name,
        { medianMs: median(times), worstMs: Math.round(Math.max(...times)) },
      ]),
    )
    say('a change on one process, served by the other', Math.max(...labels, ...made, ...revoked) > 1_000, figures)
  })
}

function median(numbers: readonly number[]): number {
  return (
    Math.round((numbers.toSorted((one, other) => one - other)[Math.floor((numbers.length - 1) / 2)] ?? 0) * 10) / 10
  )
}

try {
  if (Number(values.kills) > 0) await kills('embedded')
  if (hasServer) {
    if (Number(values.kills) > 0) await kills('server')
    if (Number(values.changes) > 0) await changes()
    for (const kind of ['cut', 'silence'] as const) if (values.outages.split(',').includes(kind)) await outage(kind)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
