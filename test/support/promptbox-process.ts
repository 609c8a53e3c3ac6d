import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { until } from './until.ts'

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** `/readyz` as it answered. */
export interface Ready {
  readonly status: number
  readonly degraded: boolean
  readonly snapshot: { readonly tier: string; readonly version: string }
  readonly spool: { readonly records: number; readonly bytes: number }
}

/** A Promptbox in a process of its own, as `npm start` runs it. */
export interface PromptboxProcess {
  readonly url: string
  readonly dataDir: string
  readonly processId: number
  /** Resolves when the process is gone. */
  readonly ended: Promise<Ending>
  /** Everything it has printed so far. */
  output(): string
  /** The lines of its log so far. */
  log(): readonly Readonly<Record<string, unknown>>[]
  /** Calls the admin API; throws when it answers with an error. */
  admin<Answer = Readonly<Record<string, unknown>>>(method: string, path: string, body?: unknown): Promise<Answer>
  /** Makes a key for `/v1`. */
  makeKey(name?: string): Promise<string>
  post(path: string, key: string, body: unknown): Promise<Response>
  ready(): Promise<Ready>
  /** Sends a signal and waits until the process is gone. */
  end(signal?: NodeJS.Signals): Promise<Ending>
}

export interface PromptboxProcessOptions {
  readonly dataDir: string
  /** null: the embedded database. */
  readonly databaseUrl?: string | null | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** `source`: as it is in the working tree. `build`: as `npm run build` left it in `dist`. */
  readonly program?: 'source' | 'build' | undefined
  /** Arguments for node itself. */
  readonly nodeOptions?: readonly string[] | undefined
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const running = new Set<number>()
// Whatever ends this process, no child outlives it.
process.on('exit', () => {
  for (const processId of running) process.kill(processId, 'SIGKILL')
})

/** Starts one on a free port; resolves when it listens. Throws with what it printed when it ends before that. */
export async function startPromptbox(options: PromptboxProcessOptions): Promise<PromptboxProcess> {
  const { ended, output, processId, end } = launchPromptbox(options)
  let over: Ending | null = null
  void ended.then((ending) => (over = ending))
  const url = await until(
    'it listens',
    () => {
      if (over !== null) throw new Error(`It ended with ${JSON.stringify(over)} before it listened: ${output()}`)
      return /"event":"listening","url":"([^"]+)"/.exec(output())?.[1]
    },
    { withinMs: 55_000 },
  )
  let adminKey: string | null = options.environment?.['PROMPTBOX_ADMIN_KEY'] ?? null
  const admin: PromptboxProcess['admin'] = async (method, path, body) => {
    adminKey ??= readFileSync(join(options.dataDir, 'admin-key'), 'utf8').trim()
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as never
  }
  return {
    url,
    dataDir: options.dataDir,
    processId,
    ended,
    output,
    log: () => logLines(output()),
    admin,
    makeKey: async (name = 'test') => (await admin<{ key: string }>('POST', '/keys', { name })).key,
    post: (path, key, body) =>
      fetch(`${url}/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    ready: async () => {
      const response = await fetch(`${url}/readyz`)
      return { ...((await response.json()) as Omit<Ready, 'status'>), status: response.status }
    },
    end,
  }
}

/** Runs one that is expected to end by itself. */
export async function runPromptbox(
  options: PromptboxProcessOptions,
): Promise<Ending & { readonly stdout: string; readonly stderr: string }> {
  const { ended, stdout, stderr } = launchPromptbox(options)
  const ending = await ended
  return { ...ending, stdout: stdout(), stderr: stderr() }
}

/** One that has been started and may not listen yet. */
export interface LaunchedPromptbox {
  readonly dataDir: string
  readonly processId: number
  readonly ended: Promise<Ending>
  stdout(): string
  stderr(): string
  output(): string
  end(signal?: NodeJS.Signals): Promise<Ending>
}

export function launchPromptbox(options: PromptboxProcessOptions): LaunchedPromptbox {
  const { dataDir, databaseUrl = null, environment = {}, program = 'source', nodeOptions = [] } = options
  const words =
    program === 'build' ? [join(root, 'dist/src/server.js')] : ['--import', sourceLoader(), join(root, 'src/server.ts')]
  const child = spawn(process.execPath, [...nodeOptions, ...words], {
    // Elsewhere than the working tree, whose promptbox.yaml is somebody's own.
    cwd: existsSync(dataDir) ? dataDir : root,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      PROMPTBOX_DATA_DIR: dataDir,
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid: processId } = child
  if (processId === undefined) throw new Error('node could not be started')
  running.add(processId)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece))
  const ended = once(child, 'close').then(([code, signal]): Ending => {
    running.delete(processId)
    return { code, signal }
  })
  return {
    dataDir,
    processId,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    output: () => stdout + stderr,
    end: (signal = 'SIGTERM') => {
      if (running.has(processId)) process.kill(processId, signal)
      return ended
    },
  }
}

function sourceLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
}

function logLines(text: string): Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
}

/** How often each exchange is in the database, as the admin API lists them. */
async function recordedExchanges(promptbox: PromptboxProcess): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: { data: { request_id: string }[]; next_cursor: string | null } = await promptbox.admin(
      'GET',
      `/exchanges?limit=200${query}`,
    )
    for (const { request_id: id } of page.data) counts.set(id, (counts.get(id) ?? 0) + 1)
    cursor = page.next_cursor
  } while (cursor !== null)
  return counts
}

/** What the database has of the exchanges that clients saw the end of. */
export interface RecordedReport {
  readonly seen: number
  /** Exchanges in the database, those included whose end nobody saw. */
  readonly recorded: number
  /** Seen, but not there. */
  readonly lost: readonly string[]
  /** There more than once. */
  readonly doubled: readonly string[]
}

/** Looks for these exchanges until all are there, or for so long. */
export async function compareWithDatabase(
  promptbox: PromptboxProcess,
  seen: readonly string[],
  withinMs = 60_000,
): Promise<RecordedReport> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const counts = await recordedExchanges(promptbox)
    const lost = seen.filter((id) => !counts.has(id))
    const doubled = [...counts].filter(([, times]) => times > 1).map(([id]) => id)
    if (lost.length === 0 || performance.now() > giveUpAt)
      return { seen: seen.length, recorded: counts.size, lost, doubled }
    await setTimeout(250)
  }
}
