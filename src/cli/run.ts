import { parseArgs } from 'node:util'
import { nearestName } from '../contract/admin/nearest-name.ts'
import { promptboxVersion } from '../core/version.ts'
import { createAdminClient, findAdminKey } from './admin-client.ts'
import {
  type Command,
  CommandError,
  type Context,
  type Invocation,
  type Option,
  exitCodes,
  usageError,
} from './command.ts'
import { commands } from './commands/index.ts'
import { commandHelp, commonOptions, overview, remoteOptions, usageLine } from './help.ts'
import { jsonWithoutControls, withoutControls } from './without-controls.ts'

/** What the command line has of the process. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly directory: string
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  readonly readInput: () => Promise<string>
}

/** Runs one command line (without the words `node` and `promptbox`) and gives its exit code. Never throws. */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const json = words.includes('--json')
  try {
    const found = findCommand(words)
    if (words[0] === '--version') {
      surroundings.out(json ? `${JSON.stringify({ version: promptboxVersion })}\n` : `${promptboxVersion}\n`)
      return exitCodes.done
    }
    if (found === null) return showOverview(words, surroundings)
    const { command, rest } = found
    if (rest.includes('--help') || rest.includes('-h')) {
      surroundings.out(commandHelp(command))
      return exitCodes.done
    }
    const invocation = parseInvocation(command, rest)
    const result = await command.run(invocation, contextOf(invocation, surroundings, json))
    if (result === null) return exitCodes.done
    surroundings.out(json ? `${jsonWithoutControls(result.json, 2)}\n` : withoutControls(result.text))
    return result.exitCode ?? exitCodes.done
  } catch (error) {
    return report(error, json, surroundings)
  }
}

function findCommand(words: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } | null {
  const [first = '', second = ''] = words
  const command =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first)
  return command === undefined ? null : { command, rest: words.slice(command.name.split(' ').length) }
}

/** No command was named, or none that there is. */
function showOverview(words: readonly string[], { out }: Surroundings): number {
  const [first, second] = words.filter((word) => !word.startsWith('-'))
  const groups = new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0] ?? ''))
  const asksHelp = words.includes('--help') || words.includes('-h')
  if (first === undefined || first === 'help' || (groups.has(first) && second === undefined)) {
    out(overview(commands, first !== undefined && groups.has(first) ? first : null))
    return first === undefined && !asksHelp ? exitCodes.usage : exitCodes.done
  }
  const wanted = second === undefined ? first : `${first} ${second}`
  const near = nearestName(
    wanted,
    commands.map(({ name }) => name),
  )
  const hint = near === null ? '' : ` Did you mean \`${near}\`?`
  throw usageError(`There is no command \`${wanted}\`.${hint} \`promptbox --help\` lists them.`)
}

function parseInvocation(command: Command, rest: readonly string[]): Invocation {
  const known: Readonly<Record<string, Option>> = {
    ...command.options,
    ...(command.remote === true ? remoteOptions : {}),
    ...commonOptions,
  }
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { type, multiple = false, short }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  )
  let parsed
  try {
    parsed = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw usageError(`${optionProblem(error, Object.keys(known))}\n${usageLine(command)}`)
  }
  const { values, positionals } = parsed
  requireOperands(command, positionals)
  const all = command.operands ?? []
  return {
    operand: (name) => positionals[all.findIndex((operand) => operand.name === name)],
    operands: positionals,
    value: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    values: (name) => {
      const value = values[name]
      return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
    },
    flag: (name) => values[name] === true,
  }
}

/** Node's own sentence about an option that is none speaks of positional arguments, which nobody meant. */
function optionProblem(error: unknown, known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error)
  const unknown = /^Unknown option '-{1,2}([^']*)'/.exec(message)?.[1]
  if (unknown === undefined) return message
  const near = nearestName(unknown, known)
  return `There is no option \`--${unknown}\` here.${near === null ? ' --help lists them.' : ` Did you mean \`--${near}\`?`}`
}

function requireOperands(command: Command, given: readonly string[]): void {
  const operands = command.operands ?? []
  const missing = operands.find(({ optional = false }, index) => !optional && given[index] === undefined)
  if (missing !== undefined) throw usageError(`${missing.name.toUpperCase()} is missing.\n${usageLine(command)}`)
  const takesMany = operands.at(-1)?.many === true
  if (!takesMany && given.length > operands.length)
    throw usageError(`\`${given[operands.length]}\` is one word too many.\n${usageLine(command)}`)
}

function contextOf(invocation: Invocation, surroundings: Surroundings, json: boolean): Context {
  const { environment, directory, readInput, error } = surroundings
  const url = invocation.value('url') ?? environment['PROMPTBOX_URL'] ?? 'http://127.0.0.1:4000'
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw usageError(`--url (or PROMPTBOX_URL) must be an address such as http://127.0.0.1:4000, not \`${url}\`.`)
  const seconds = Number(invocation.value('timeout-seconds') ?? '600')
  if (!(seconds > 0 && seconds <= 86_400)) throw usageError('--timeout-seconds must be a number from 1 to 86400.')
  const key = invocation.value('key')
  return {
    environment,
    directory,
    readInput,
    admin: createAdminClient({
      url,
      key: () => (key === undefined ? findAdminKey(environment, directory, url) : Promise.resolve(key)),
      timeoutMs: seconds * 1000,
    }),
    say: json ? () => undefined : (line) => error(`${line}\n`),
  }
}

function report(error: unknown, json: boolean, surroundings: Surroundings): number {
  const isOurs = error instanceof CommandError
  const message = error instanceof Error ? error.message : String(error)
  if (json) {
    const details = isOurs ? error.details : {}
    surroundings.error(`${jsonWithoutControls({ error: { message, ...details } })}\n`)
  } else {
    surroundings.error(`promptbox: ${withoutControls(message)}\n`)
  }
  if (isOurs) return error.exitCode
  if (surroundings.environment['PROMPTBOX_LOG_LEVEL'] === 'debug' && error instanceof Error)
    surroundings.error(`${error.stack ?? ''}\n`)
  return exitCodes.refused
}
