import { breakableLink } from '../recording/support/breakable-link.ts'
import { mixedRequests, startClientLoad } from './client-load.ts'
import {
  type PromptboxProcess,
  type PromptboxProcessOptions,
  type Ready,
  type RecordedReport,
  compareWithDatabase,
  startPromptbox,
} from './promptbox-process.ts'
import { until } from './until.ts'

export interface OutageReport extends RecordedReport {
  readonly failures: readonly string[]
  /** Answers whose end was seen while the database was away. */
  readonly answeredMeanwhile: number
  /** `/readyz` while it was away. */
  readonly readyMeanwhile: Ready
  /** From the return of the database until a label that was moved elsewhere meanwhile was served, milliseconds. */
  readonly labelServedAfterMs: number
  /** From the return until the spool was empty, milliseconds. */
  readonly spoolEmptyAfterMs: number
  /** The process was the same from the beginning to the end. */
  readonly survived: boolean
}

export interface OutageOptions {
  readonly databaseUrl: string
  readonly dataDirs: readonly [string, string]
  /** `cut`: connections are refused. `silence`: nothing is heard any more, as when a route is lost. */
  readonly kind: 'cut' | 'silence'
  readonly awayMs: number
  readonly clients: number
  readonly program?: PromptboxProcessOptions['program']
}

/** A process whose database goes away under load and comes back, beside another one that reaches it all the time. */
export async function outageUnderLoad(options: OutageOptions): Promise<OutageReport> {
  const link = await breakableLink('127.0.0.1', Number(new URL(options.databaseUrl).port || 5432))
  const linked = Object.assign(new URL(options.databaseUrl), { hostname: '127.0.0.1', port: String(link.port) }).href
  const { program } = options
  const [dataDir, otherDataDir] = options.dataDirs
  const promptbox = await startPromptbox({ dataDir, databaseUrl: linked, program })
  const other = await startPromptbox({ dataDir: otherDataDir, databaseUrl: options.databaseUrl, program })
  try {
    await makePrompt(other, 'moved')
    const key = await other.makeKey()
    await until('the prompt is served', async () => (await versionServed(promptbox, key, 'moved')) === 1)

    const load = startClientLoad({
      url: promptbox.url,
      key,
      clients: options.clients,
      requests: [
        ...mixedRequests,
        { body: { model: 'prompt:moved', messages: [{ role: 'user', content: 'Go on.' }] } },
      ],
    })
    await until('it is under load', () => load.ended.length > options.clients * 4)
    const before = load.ended.length
    if (options.kind === 'cut') await link.cut()
    else link.silence()
    const awayUntil = performance.now() + options.awayMs
    const readyMeanwhile = await until('it has noticed', async () => {
      const ready = await promptbox.ready()
      return ready.degraded ? ready : null
    })
    await moveLabel(other, 'moved', 2)
    await until('the time is over', () => performance.now() > awayUntil, { withinMs: options.awayMs + 1_000 })
    if ((await versionServed(promptbox, key, 'moved')) !== 1) throw new Error('It learned what it could not know.')
    const answeredMeanwhile = load.ended.length - before

    await link.mend()
    const backAt = performance.now()
    await until('the moved label is served', async () => (await versionServed(promptbox, key, 'moved')) === 2, {
      withinMs: 60_000,
    })
    const labelServedAfterMs = performance.now() - backAt
    await load.stop()
    await until('the spool is empty', async () => (await promptbox.ready()).spool.records === 0, { withinMs: 120_000 })
    const spoolEmptyAfterMs = performance.now() - backAt
    await until('it is well again', async () => !(await promptbox.ready()).degraded)
    const report = await compareWithDatabase(promptbox, load.ended)
    const { code } = await promptbox.end()
    return {
      ...report,
      failures: load.failures,
      answeredMeanwhile,
      readyMeanwhile,
      labelServedAfterMs,
      spoolEmptyAfterMs,
      survived: code === 0,
    }
  } finally {
    await Promise.all([promptbox.end('SIGKILL'), other.end('SIGKILL')])
    await link.cut()
  }
}

/** A prompt with two versions, `production` on the first. */
export async function makePrompt(promptbox: PromptboxProcess, slug: string): Promise<void> {
  const version = (text: string): object => ({ messages: [{ role: 'system', content: text }], model: 'mock/echo' })
  await promptbox.admin('POST', '/prompts', { slug, name: slug, version: version('First.'), labels: ['production'] })
  await promptbox.admin('POST', `/prompts/${slug}/versions`, version('Second.'))
}

export async function moveLabel(promptbox: PromptboxProcess, slug: string, version: number): Promise<void> {
  await promptbox.admin('PUT', `/prompts/${slug}/labels/production`, { version })
}

/** The version a client gets; null: key or prompt are not known. */
export async function versionServed(promptbox: PromptboxProcess, key: string, slug: string): Promise<number | null> {
  const response = await promptbox.post('/chat/completions', key, {
    model: `prompt:${slug}`,
    messages: [{ role: 'user', content: 'Which one are you?' }],
  })
  await response.arrayBuffer()
  return response.ok ? Number(response.headers.get('x-promptbox-version')) : null
}
