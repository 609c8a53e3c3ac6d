import { runCommandLine } from '../../src/cli/run.ts'

export interface Ran {
  readonly exitCode: number
  readonly out: string
  readonly error: string
  /** What was said, when that was JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Home {
  readonly directory?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly input?: string
}

/** Runs one command line in this process, as `promptbox …` would. */
export async function promptbox(home: Home, ...words: readonly string[]): Promise<Ran> {
  let out = ''
  let error = ''
  const exitCode = await runCommandLine(words, {
    environment: home.environment ?? {},
    directory: home.directory ?? '/nowhere',
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    readInput: () => Promise.resolve(home.input ?? ''),
  })
  return {
    exitCode,
    out,
    error,
    json: out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : {},
  }
}
