import type { Json } from '../admin-client.ts'
import { type Command, exitCodes, usageError } from '../command.ts'
import { textTable } from '../text-table.ts'
import { promptPath } from './prompt-path.ts'

const reason = { reason: { type: 'string', description: 'why, for the timeline' } } as const

export const labelPrompt: Command = {
  name: 'prompts label',
  summary: 'Point a label to a version, or take it away',
  remote: true,
  operands: [{ name: 'slug' }, { name: 'label' }, { name: 'version', optional: true }],
  details: ['VERSION is a number, a semantic version, `latest`, or another label. It is left out only with --remove.'],
  options: { ...reason, remove: { type: 'boolean', description: 'take the label away' } },
  examples: ['prompts label support-reply production 4 --reason "warmer"', 'prompts label support-reply beta --remove'],
  async run(invocation, { admin }) {
    const [slug = '', label = '', wanted] = invocation.operands
    const path = promptPath(slug, 'labels', label)
    const why = invocation.value('reason') ?? null
    if (invocation.flag('remove')) {
      const prompt = await admin.send({ method: 'DELETE', path, body: { reason: why } })
      return { json: prompt, text: `${slug}: ${label} is gone.\n` }
    }
    if (wanted === undefined) {
      throw usageError(
        `VERSION is missing: a number, \`latest\`, or another label that \`${label}\` shall point to. (--remove takes the label away.)`,
      )
    }
    const prompt = await admin.send({ method: 'PUT', path, body: { version: wanted, reason: why } })
    const labels = prompt['labels'] as Readonly<Record<string, number>>
    return { json: prompt, text: `${slug}: ${label} points to version ${String(labels[label])}.\n` }
  },
}

export const rollbackPrompt: Command = {
  name: 'prompts rollback',
  summary: 'Point a label to its previous version, one step further back at each call',
  remote: true,
  operands: [{ name: 'slug' }],
  options: { ...reason, label: { type: 'string', description: 'which label (production)' } },
  examples: ['prompts rollback support-reply --reason "complaints"'],
  async run(invocation, { admin }) {
    const slug = invocation.operand('slug') ?? ''
    const label = invocation.value('label') ?? 'production'
    const body = { label, reason: invocation.value('reason') ?? null }
    const rolled = await admin.send({ method: 'POST', path: promptPath(slug, 'rollback'), body })
    return {
      json: rolled,
      text: `${slug}: ${label} went from version ${String(rolled['from'])} back to ${String(rolled['to'])}.\n`,
    }
  },
}

export const testPrompt: Command = {
  name: 'prompts test',
  summary: 'Run the test cases of a prompt; exit 1 when they do not pass',
  remote: true,
  operands: [{ name: 'slug' }, { name: 'version', optional: true }],
  details: [
    'VERSION is a number, a semantic version, `latest`, or a label. Left out: what `production` points to, else the latest.',
  ],
  options: {
    case: { type: 'string', multiple: true, value: 'NAME', description: 'only this case' },
    model: { type: 'string', multiple: true, value: 'MODEL', description: 'against this model instead of its own' },
  },
  examples: ['prompts test support-reply latest'],
  async run(invocation, { admin, say }) {
    const slug = invocation.operand('slug') ?? ''
    const version = invocation.operand('version')
    const [cases, models] = [invocation.values('case'), invocation.values('model')]
    say(`Running the test cases of ${slug} …`)
    const body = {
      ...(version === undefined ? {} : { version }),
      ...(cases.length === 0 ? {} : { cases }),
      ...(models.length === 0 ? {} : { models }),
    }
    const result = await admin.send({ method: 'POST', path: promptPath(slug, 'test'), body })
    const ran = result['cases'] as readonly Json[]
    const rows = ran.map((one) => [
      one['passed'] === true ? 'pass' : 'FAIL',
      one['name'],
      one['asked_model'] ?? one['model'],
    ])
    const passed = result['passed'] === true
    const verdict = `${passed ? 'Passed' : 'Not passed'}: score ${scoreText(result['score'])}, ${scoreText(result['threshold'])} is asked for.`
    return {
      json: result,
      text: `${textTable(['RESULT', 'CASE', 'MODEL'], rows)}${ran.flatMap(whyFailed).join('')}\n${verdict}\n`,
      exitCode: passed ? exitCodes.done : exitCodes.negative,
    }
  },
}

/** One line for each thing that is wrong with a case, whole: it is what one runs the tests for. */
function whyFailed({ name, checks, error }: Json): readonly string[] {
  const failed = (checks as readonly Json[]).filter(({ passed }) => passed !== true)
  const reasons = typeof error === 'string' ? [error] : failed.map(({ detail }) => String(detail))
  return reasons.map((reason) => `FAIL: ${String(name)}: ${reason}\n`)
}

function scoreText(score: unknown): string {
  return String(Number(Number(score).toFixed(3)))
}
