import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The two C programs of `bench/native`, compiled, and a folder for what a run needs. */
export interface Tools {
  readonly folder: string
  readonly upstream: string
  readonly load: string
}

/** Compiles the upstream and the load generator. Throws with what to install when there is no C compiler. */
export function compileTools(): Tools {
  const folder = mkdtempSync(join(tmpdir(), 'promptbox-bench-'))
  const compile = (name: string): string => {
    const source = fileURLToPath(new URL(`./native/${name}.c`, import.meta.url))
    const program = join(folder, name)
    try {
      execFileSync('cc', ['-O2', '-o', program, source], { stdio: 'inherit' })
    } catch (cause) {
      throw new Error('The benchmark needs a C compiler (`cc`) for its load generator: install gcc or clang.', {
        cause,
      })
    }
    return program
  }
  return { folder, upstream: compile('upstream'), load: compile('load') }
}

export interface Percentiles {
  readonly count: number
  readonly p50?: number
  readonly p90?: number
  readonly p99?: number
  readonly p999?: number
  readonly max?: number
}

/** What one run of the load generator saw; times in microseconds. */
export interface LoadResult {
  readonly requests: number
  readonly errors: number
  readonly incomplete: number
  readonly seconds: number
  readonly requests_per_second: number
  readonly latency_us: Percentiles
  readonly first_event_us: Percentiles
  readonly event_under_way_us: Percentiles
}

export interface Load {
  readonly port: number
  readonly path: string
  readonly key: string
  /** One header besides, such as `x-portkey-provider: openai`. */
  readonly header?: string | undefined
  readonly body: string
  readonly connections: number
  readonly seconds: number
  /** Requests a second at fixed times; 0: as many as the connections get through. */
  readonly rate: number
}

const run = promisify(execFile)
let bodies = 0

/** Runs the load generator on the core that is not measured. */
export async function runLoad(tools: Tools, load: Load): Promise<LoadResult> {
  const body = join(tools.folder, `body-${bodies++}.json`)
  writeFileSync(body, load.body)
  const words = [load.port, load.path, load.key, body, load.connections, load.seconds, load.rate].map(String)
  const environment = load.header === undefined ? process.env : { ...process.env, BENCH_HEADER: load.header }
  const { stdout } = await run('taskset', ['-c', '1', tools.load, ...words], { env: environment, maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as LoadResult
}

/** Starts a child and resolves when a line of its output matches; what it prints is kept for the error when it does not. */
export function startChild(
  command: string,
  words: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly ready: RegExp; readonly cwd?: string },
): Promise<{ readonly child: ChildProcess; readonly match: RegExpMatchArray }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      env: options.env ?? process.env,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const read = (piece: Buffer): void => {
      output = (output + piece.toString()).slice(-20_000)
      const match = options.ready.exec(output)
      if (match !== null) resolve({ child, match })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('error', reject)
    child.on('exit', (code) => {
      reject(new Error(`${command} ended with ${code}: ${output}`))
    })
  })
}

/** Ends a child and waits until it is gone. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  await gone
}
