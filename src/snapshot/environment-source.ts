import { createHash } from 'node:crypto'
import { fieldPath } from '../contract/admin/explain-issues.ts'
import { Fault } from '../core/fault.ts'
import { composePrompts } from './compose-entries.ts'
import {
  type EntryContext,
  type Mistake,
  checkShape,
  noteDoubleNames,
  promptChanges,
  versionPath,
} from './file-entries.ts'
import { promptsSchema } from './file-schema.ts'
import type { Fallback } from './layers.ts'

export const promptsVariable = 'PROMPTBOX_PROMPTS_JSON'

/**
 * Reads the prompts of the environment: one JSON object from slug to prompt, as under `prompts` in `promptbox.yaml`.
 * Fault `invalid_request` that lists every mistake with its path.
 */
export function readEnvironmentPrompts(text: string, context: EntryContext): Fallback {
  const mistakes: Mistake[] = []
  const note = (mistake: Mistake) => mistakes.push(mistake)
  const prompts = checkShape(promptsSchema, parse(text), note) ?? {}
  const reading = { ...context, sound: new Set<string>() }
  const written = promptChanges(Object.entries(prompts), reading, (slug) => [slug], note)
  noteDoubleNames(written, (slug, { path, message }) => note({ path: [slug, ...path], message }))
  const changes =
    mistakes.length > 0
      ? []
      : [
          ...composePrompts(written, reading, (slug, version, { path, message }) => {
            const entry = prompts[slug]
            if (entry !== undefined) note({ path: [slug, ...versionPath(entry, version), ...path], message })
          }),
        ]
  if (mistakes.length > 0) {
    const listed = mistakes.map(
      ({ path, message }) => `${promptsVariable}${path.length === 0 ? '' : ` at ${fieldPath(path)}`}: ${message}`,
    )
    throw new Fault('invalid_request', listed.join('\n'), { param: promptsVariable })
  }
  return { changes, digest: createHash('sha256').update(text).digest('hex').slice(0, 12) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new Fault('invalid_request', `${promptsVariable} is not valid JSON: ${(cause as Error).message}`, {
      param: promptsVariable,
      cause,
    })
  }
}
