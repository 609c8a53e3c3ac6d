import { promptboxVersion } from '../core/version.ts'
import { type Command, type Option, exitCodes } from './command.ts'

/** Options that every command takes. */
export const commonOptions: Readonly<Record<string, Option>> = {
  json: { type: 'boolean', description: 'answer in JSON, for programs' },
  help: { type: 'boolean', short: 'h', description: 'show this' },
}

/** Options of the commands that talk to a server. */
export const remoteOptions: Readonly<Record<string, Option>> = {
  url: { type: 'string', value: 'URL', description: 'where Promptbox is (PROMPTBOX_URL, else http://127.0.0.1:4000)' },
  key: {
    type: 'string',
    value: 'KEY',
    description: 'admin key (PROMPTBOX_ADMIN_KEY, else the one in the data directory)',
  },
  'timeout-seconds': { type: 'string', value: 'N', description: 'how long to wait for one answer (600)' },
}

const exits = [
  `exit codes: ${exitCodes.done} done; ${exitCodes.negative} the answer is no (a test failed, something differs, a file is wrong);`,
  `  ${exitCodes.usage} used wrongly; ${exitCodes.refused} refused by the server; ${exitCodes.unreachable} not reached`,
]

/** The page that lists commands: all, or those that begin with a word. */
export function overview(commands: readonly Command[], group: string | null): string {
  const shown = group === null ? commands : commands.filter(({ name }) => name.startsWith(`${group} `))
  const width = Math.max(...shown.map(({ name }) => name.length))
  return [
    `promptbox ${promptboxVersion}: prompts as models, from a shell`,
    '',
    'usage: promptbox COMMAND [OPTIONS]',
    '',
    ...shown.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'promptbox COMMAND --help says more. Every command takes --json. promptbox --version says which this is.',
    'The server is the one at --url, else PROMPTBOX_URL, else http://127.0.0.1:4000; the admin key is --key,',
    '  else PROMPTBOX_ADMIN_KEY, else the one that a Promptbox of this machine keeps in its data directory.',
    ...exits,
    '',
  ].join('\n')
}

/** The page of one command. */
export function commandHelp(command: Command): string {
  const options = { ...command.options, ...(command.remote === true ? remoteOptions : {}), ...commonOptions }
  const rows = Object.entries(options).map(([name, option]) => [optionText(name, option), option.description] as const)
  const width = Math.max(...rows.map(([text]) => text.length))
  return [
    usageLine(command),
    '',
    `${command.summary}.`,
    ...(command.details ?? []),
    '',
    'options:',
    ...rows.map(([text, description]) => `  ${text.padEnd(width)}  ${description}`),
    ...((command.examples ?? []).length === 0 ? [] : ['', 'examples:']),
    ...(command.examples ?? []).map((example) => `  promptbox ${example}`),
    '',
    ...exits,
    '',
  ].join('\n')
}

export function usageLine(command: Command): string {
  const operands = (command.operands ?? []).map(({ name, optional = false, many = false }) => {
    const text = `${name.toUpperCase()}${many ? ' …' : ''}`
    return optional ? `[${text}]` : text
  })
  return ['usage: promptbox', command.name, ...operands, '[OPTIONS]'].join(' ')
}

function optionText(name: string, { short, value, type, multiple = false }: Option): string {
  const long = `--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}`
  return `${short === undefined ? '' : `-${short}, `}${long}${multiple ? ' (repeatable)' : ''}`
}
