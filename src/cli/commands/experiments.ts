import type { Json } from '../admin-client.ts'
import { type Command, type Context, type Invocation, type Option, type Result, exitCodes } from '../command.ts'
import { textTable } from '../text-table.ts'

type Noun = 'experiments' | 'rollouts'

const statuses: Readonly<Record<Noun, string>> = {
  experiments: '`draft`, `running`, `paused` or `stopped`',
  rollouts: '`running`, `paused`, `completed`, `rolled_back`, `aborted`, or `stopped` for all that have ended',
}

const reasonOption: Option = { type: 'string', value: 'TEXT', description: 'why, for the audit trail' }

export const listExperiments = listOf(
  'experiments',
  'List experiments',
  ['SLUG', 'PROMPT', 'STATUS', 'VERDICT', 'WINNER'],
  (row) => {
    const decision = (row['decision'] ?? {}) as Json
    return [row['slug'], row['prompt'], row['status'], decision['state'], decision['winner']]
  },
)

export const showExperiment = showOf('experiments', 'Show an experiment with all it consists of')

export const showResults: Command = {
  name: 'experiments results',
  summary: 'Say what an experiment found, in one sentence and a table',
  remote: true,
  operands: [{ name: 'slug' }],
  options: {
    'fail-unless-winner': { type: 'boolean', description: 'exit code 1 unless a variant has won' },
  },
  async run(invocation, { admin }) {
    const results = await admin.send({ method: 'GET', path: `${pathOf('experiments', invocation)}/results` })
    const isWon = results['state'] === 'winner'
    return {
      json: results,
      text: resultsText(results),
      exitCode: invocation.flag('fail-unless-winner') && !isWon ? exitCodes.negative : exitCodes.done,
    }
  },
}

export const startExperiment = stepOf('experiments', 'start', 'Start an experiment')
export const pauseExperiment = stepOf('experiments', 'pause', 'Pause an experiment: everybody gets the label’s version')
export const resumeExperiment = stepOf('experiments', 'resume', 'Resume an experiment: units get what they had')

export const stopExperiment: Command = {
  name: 'experiments stop',
  summary: 'Stop an experiment for good, with a winner or without',
  remote: true,
  operands: [{ name: 'slug' }],
  options: {
    winner: { type: 'string', value: 'VARIANT', description: 'everybody gets this variant; left out: nothing changes' },
    rollout: { type: 'string', value: 'STEPS', description: 'per cent, such as 5,20,50,100; left out: at once' },
    reason: reasonOption,
  },
  examples: ['experiments stop warmer-greeting --winner warm --rollout 5,20,50,100'],
  async run(invocation, context) {
    const [winner, rollout] = [invocation.value('winner'), invocation.value('rollout')]
    const body = {
      ...(winner === undefined ? {} : { winner }),
      ...(rollout === undefined ? {} : { rollout: rollout.split(',').map(Number) }),
    }
    return step(invocation, context, 'experiments', 'stop', body)
  },
}

export const listRollouts = listOf(
  'rollouts',
  'List rollouts',
  ['SLUG', 'PROMPT', 'VERSION', 'STATE', 'SHARE'],
  (row) => {
    const progress = (row['progress'] ?? {}) as Json
    return [row['slug'], row['prompt'], row['version'], row['state'], `${String(progress['share'])} %`]
  },
)

export const showRollout = showOf('rollouts', 'Show a rollout: where it stands, and what was found')
export const pauseRollout = stepOf('rollouts', 'pause', 'Pause a rollout: everybody gets the version before')
export const resumeRollout = stepOf('rollouts', 'resume', 'Resume a rollout at its step')
export const abortRollout = stepOf('rollouts', 'abort', 'Abort a rollout: everybody has the version before, for good')

export const startRollout: Command = {
  name: 'rollouts start',
  summary: 'Roll a version out step by step',
  remote: true,
  operands: [{ name: 'prompt' }, { name: 'version' }],
  options: {
    steps: { type: 'string', value: 'STEPS', description: 'per cent; left out: 1,5,20,50,100' },
    reason: reasonOption,
  },
  examples: ['rollouts start support-reply 4 --steps 5,20,50,100'],
  async run(invocation, { admin }) {
    const [steps, reason] = [invocation.value('steps'), invocation.value('reason')]
    const body = {
      prompt: invocation.operand('prompt'),
      version: Number(invocation.operand('version')),
      ...(steps === undefined ? {} : { steps: steps.split(',').map(Number) }),
      ...(reason === undefined ? {} : { reason }),
    }
    const rollout = await admin.send({ method: 'POST', path: '/rollouts', body })
    return {
      json: rollout,
      text: [`${String(rollout['slug'])}: ${String(rollout['sentence'])}\n`, ...warningsOf(rollout)].join(''),
    }
  },
}

function pathOf(noun: Noun, invocation: Invocation): string {
  return `/${noun}/${encodeURIComponent(invocation.operand('slug') ?? '')}`
}

function listOf(
  noun: Noun,
  summary: string,
  head: readonly string[],
  cellsOf: (row: Json) => readonly unknown[],
): Command {
  return {
    name: `${noun} list`,
    summary,
    remote: true,
    options: {
      prompt: { type: 'string', value: 'SLUG', description: 'only those of this prompt' },
      status: { type: 'string', value: 'STATUS', description: `only those that are ${statuses[noun]}` },
    },
    async run(invocation, { admin }) {
      const query = { prompt: invocation.value('prompt'), status: invocation.value('status') }
      const rows = await admin.all(`/${noun}`, query)
      const text = textTable(head, rows.map(cellsOf))
      return { json: { data: rows }, text: rows.length === 0 ? `No ${noun}.\n` : text }
    },
  }
}

function showOf(noun: Noun, summary: string): Command {
  return {
    name: `${noun} show`,
    summary,
    remote: true,
    operands: [{ name: 'slug' }],
    async run(invocation, { admin }) {
      const found = await admin.send({ method: 'GET', path: pathOf(noun, invocation) })
      return { json: found, text: `${JSON.stringify(found, null, 2)}\n` }
    },
  }
}

function stepOf(noun: Noun, name: string, summary: string): Command {
  return {
    name: `${noun} ${name}`,
    summary,
    remote: true,
    operands: [{ name: 'slug' }],
    options: { reason: reasonOption },
    run: (invocation, context) => step(invocation, context, noun, name, {}),
  }
}

async function step(invocation: Invocation, { admin }: Context, noun: Noun, name: string, body: Json): Promise<Result> {
  const reason = invocation.value('reason')
  const sent = reason === undefined ? body : { ...body, reason }
  const after = await admin.send({ method: 'POST', path: `${pathOf(noun, invocation)}/${name}`, body: sent })
  const said = [after['sentence'], afterStop(after)].filter((text) => typeof text === 'string').join(' ')
  const state = `${String(after['slug'])} is ${String(after['state'] ?? after['status'])}.`
  return { json: after, text: [`${said === '' ? state : `${state} ${said}`}\n`, ...warningsOf(after)].join('') }
}

function afterStop({ promoted_version: version, started_rollout: rollout }: Json): string | null {
  if (typeof rollout === 'string') return `Version ${String(version)} is rolled out: ${rollout}.`
  return typeof version === 'number' ? `Everybody has version ${version}.` : null
}

function warningsOf({ warnings }: Json): readonly string[] {
  return Array.isArray(warnings) ? warnings.map((warning) => `Note: ${String(warning)}\n`) : []
}

function resultsText(results: Json): string {
  const variants = results['variants'] as Readonly<Record<string, Json>>
  const primary = (results['metrics'] as readonly Json[]).find(({ role }) => role === 'primary')
  const figures = (primary?.['variants'] ?? {}) as Readonly<Record<string, Json>>
  const rows = Object.entries(variants).map(([name, variant]) => [
    name,
    variant['state'],
    variant['units'],
    variant['exchanges'],
    shortNumber(figures[name]?.['mean']),
  ])
  const notes = (results['notes'] as readonly string[]).map((note) => `Note: ${note}\n`)
  const name = primary?.['name']
  const mean = typeof name === 'string' ? name.toUpperCase() : 'MEAN'
  return [
    `${String(results['state'])}: ${String(results['sentence'])}\n\n`,
    textTable(['VARIANT', 'STATE', 'UNITS', 'EXCHANGES', mean], rows),
    ...notes,
  ].join('')
}

const shortNumber = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(4)) : null)
