import { pino } from 'pino'
import type { Observe } from '../core/observation.ts'
import { describe, type LogLevel, type LogLine } from './describe.ts'
import { secretFields } from './redact-secrets.ts'

/** Where lines go: a stream of the process, or a list in a test. */
export interface LogDestination {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
}

export interface LogSettings {
  readonly level: LogLevel
  /** Standard output of the process when left out. A terminal gets text, everything else one JSON object per line. */
  readonly destination?: LogDestination
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 }

/** Writes observations of this level and above. What happens at every request is at `debug`. */
export function createLog(settings: LogSettings): Observe {
  const destination = settings.destination ?? process.stdout
  const least = ranks[settings.level]
  const write = destination.isTTY === true ? textWriter(destination) : jsonWriter(destination, settings.level)
  return (observation) => {
    if (observation.type === 'exchange-settled' && least > ranks.debug) return
    const described = describe(observation)
    if (ranks[described.level] >= least) write(observation.type, described)
  }
}

type Write = (event: string, line: LogLine) => void

function jsonWriter(destination: LogDestination, level: LogLevel): Write {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields, censor: '***' },
    },
    { write: (text: string) => void destination.write(text) },
  )
  return (event, line) => logger[line.level]({ event, ...line.fields }, line.message)
}

const colours: Readonly<Record<LogLevel, string>> = {
  debug: '\u001b[2m',
  info: '',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}

function textWriter(destination: LogDestination): Write {
  return (_, line) => {
    const time = new Date().toTimeString().slice(0, 8)
    const stack = stackOf(line.fields['error'])
    const level = line.level === 'info' ? '' : `${line.level}: `
    destination.write(
      `${colours[line.level]}${time}  ${level}${line.message}${stack}${colours[line.level] === '' ? '' : '\u001b[0m'}\n`,
    )
  }
}

function stackOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'stack' in error && typeof error.stack === 'string'
    ? `\n${error.stack}`
    : ''
}
