import { resolve } from 'node:path'
import { Fault } from '../../core/fault.ts'
import { readEnvironmentPrompts } from '../../snapshot/environment-source.ts'
import { createFileSource } from '../../snapshot/file-source.ts'
import { defaultLimits } from '../../snapshot/start-snapshots.ts'
import { versionHash } from '../../store/version-hash.ts'
import { type Command, CommandError, type Result, exitCodes } from '../command.ts'
import { configOf } from '../database-access.ts'

export const checkConfig: Command = {
  name: 'check-config',
  summary: 'Check environment, promptbox.yaml and its prompts; exit 1 when anything is wrong',
  operands: [{ name: 'file', optional: true }],
  details: ['Needs no server and no database. Mistakes in files are said with their lines.'],
  examples: ['check-config', 'check-config deploy/promptbox.yaml --json'],
  async run(invocation, context): Promise<Result> {
    const named = invocation.operand('file')
    const environment =
      named === undefined
        ? context.environment
        : { ...context.environment, PROMPTBOX_CONFIG: resolve(context.directory, named) }
    const config = configOf({ ...context, environment })
    const entries = { tenantId: 'default', environment, versionHash }
    try {
      const fromEnvironment =
        config.promptsJson === null ? [] : readEnvironmentPrompts(config.promptsJson, entries).changes
      const file = createFileSource({
        file: config.configFile,
        required: config.configFileRequired,
        context: entries,
        limits: defaultLimits,
        observe: () => undefined,
        pollMs: 0,
      })
      const fromFile = (await file.load())?.changes ?? null
      const count = (noun: string): number =>
        [...(fromFile ?? []), ...fromEnvironment].filter((change) => change.noun === noun).length
      const counts = {
        prompts: count('prompt'),
        chains: count('chain'),
        guardrails: count('guardrail'),
        experiments: count('experiment'),
        models: count('model'),
        routes: count('route'),
        keys: count('key'),
      }
      const what = fromFile === null ? 'There is no promptbox.yaml' : config.configFile
      const found = Object.entries(counts)
        .map(([noun, number]) => `${number} ${noun}`)
        .join(', ')
      return {
        json: { ok: true, file: fromFile === null ? null : config.configFile, ...counts, warnings: config.warnings },
        text: `${what}: ${found}. Nothing is wrong.\n${config.warnings.map((warning) => `warning: ${warning}\n`).join('')}`,
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      throw new CommandError(error.message, exitCodes.negative, { problems: error.message.split('\n') })
    }
  },
}
