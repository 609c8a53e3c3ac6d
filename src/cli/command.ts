import type { AdminClient } from './admin-client.ts'

/** What the exit code tells a script. */
export const exitCodes = {
  done: 0,
  /** The answer is no: a test failed, something differs, a file is wrong, a prompt could not be imported. */
  negative: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The server, or the database, refused. */
  refused: 3,
  /** The server, or the database, could not be reached. */
  unreachable: 4,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface Option {
  readonly type: 'string' | 'boolean'
  /** May be given more than once. */
  readonly multiple?: boolean
  readonly short?: string
  /** What stands for the value in the help: `FILE`. */
  readonly value?: string
  readonly description: string
}

export interface Operand {
  readonly name: string
  readonly optional?: boolean
  /** Takes all words that are left; only the last operand may. */
  readonly many?: boolean
}

/** The parsed command line of one command. */
export interface Invocation {
  /** By name; undefined for an optional one that was left out. */
  readonly operand: (name: string) => string | undefined
  /** All of them as they were given; those of an operand with `many` come last. */
  readonly operands: readonly string[]
  readonly value: (name: string) => string | undefined
  readonly values: (name: string) => readonly string[]
  readonly flag: (name: string) => boolean
}

export interface Context {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Directory that relative paths start from. */
  readonly directory: string
  readonly admin: AdminClient
  /** All of standard input. */
  readonly readInput: () => Promise<string>
  /** For people, while it goes on; nothing with `--json`. */
  readonly say: (line: string) => void
}

/** What a command found: as JSON for programs, as text for people. */
export interface Result {
  readonly json: unknown
  readonly text: string
  readonly exitCode?: ExitCode
}

export interface Command {
  /** `prompts show`. */
  readonly name: string
  readonly summary: string
  /** What the summary does not say; lines for the help. */
  readonly details?: readonly string[]
  readonly operands?: readonly Operand[]
  readonly options?: Readonly<Record<string, Option>>
  /** Without the word `promptbox`. */
  readonly examples?: readonly string[]
  /** It talks to a server: `--url` and `--key` count. */
  readonly remote?: boolean
  /** null: it has said all it had to say. */
  readonly run: (invocation: Invocation, context: Context) => Promise<Result | null>
}

/** Something that ends the command with a message and an exit code; anything else that is thrown is a defect. */
export class CommandError extends Error {
  readonly exitCode: ExitCode
  /** For programs, under `--json`. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(message: string, exitCode: ExitCode, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
    this.details = details
  }
}

export const usageError = (message: string): CommandError => new CommandError(message, exitCodes.usage)
