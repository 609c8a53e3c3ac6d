import { mixedRequests, startClientLoad } from './client-load.ts'
import {
  type PromptboxProcessOptions,
  type RecordedReport,
  compareWithDatabase,
  startPromptbox,
} from './promptbox-process.ts'
import { until } from './until.ts'

export interface KillReport extends RecordedReport {
  readonly kills: number
  /** From the start of each process to its first answer, milliseconds. */
  readonly startsMs: readonly number[]
}

/**
 * Kills a process under load as often as asked, each time after a random number of answers, in the middle of whatever it is
 * doing, and looks through what a last start finds in the database.
 */
export async function killUnderLoad(
  options: PromptboxProcessOptions & {
    readonly kills: number
    readonly clients: number
    readonly atMostAnswers: number
  },
): Promise<KillReport> {
  const { kills, clients, atMostAnswers } = options
  const seen: string[] = []
  const startsMs: number[] = []
  let key: string | null = null
  for (let round = 0; round < kills; round++) {
    const startedAt = performance.now()
    const promptbox = await startPromptbox(options)
    startsMs.push(performance.now() - startedAt)
    key ??= await promptbox.makeKey()
    const load = startClientLoad({ url: promptbox.url, key, clients, requests: mixedRequests })
    const enough = 1 + Math.floor(Math.random() * atMostAnswers)
    await until(`${enough} answers`, () => load.ended.length >= enough, { withinMs: 60_000, everyMs: 1 })
    const { signal } = await promptbox.end('SIGKILL')
    if (signal !== 'SIGKILL') throw new Error(`It ended before it was killed: ${promptbox.output()}`)
    await load.stop()
    seen.push(...load.ended)
  }
  const last = await startPromptbox(options)
  const report = await compareWithDatabase(last, seen)
  await last.end()
  return { ...report, kills, startsMs }
}
