import { z } from 'zod'
import { faultFromIssues } from '../contract/admin/explain-issues.ts'
import { nearestName } from '../contract/admin/nearest-name.ts'
import type { GuardrailBody, StreamMode } from '../contract/guardrail-body.ts'
import { Fault } from '../core/fault.ts'
import type { GuardrailType, LocalDetector, LocalType, Reach, RemoteType } from './guardrail.ts'
import { guardrailTypes } from './index.ts'

/** A guardrail whose settings fit its type, and what of it is ready to look. */
export interface CheckedGuardrail {
  readonly body: GuardrailBody
  readonly onError: 'open' | 'closed'
  /** What a stream waits for when the guardrail blocks or redacts. */
  readonly streamMode: StreamMode
  readonly detector:
    | { readonly isRemote: false; readonly type: LocalType; readonly local: LocalDetector }
    | { readonly isRemote: true; readonly type: RemoteType; readonly settings: unknown }
}

/**
 * Holds a guardrail against its type.
 *
 * @throws Fault `invalid_request` naming the field, the rule and the fix: an unknown type, settings that do not fit it, an
 *   action or a mode of streams that the type cannot do.
 */
export function checkGuardrail(body: GuardrailBody): CheckedGuardrail {
  const type = typeNamed(body.type)
  const settings = settingsOf(type, body)
  const detector = type.isRemote
    ? ({ isRemote: true, type, settings } as const)
    : ({ isRemote: false, type, local: type.create(settings) } as const)
  if (body.action === 'redact' && !type.hasSpans) {
    throw refused(
      'action',
      `cannot be \`redact\` for type \`${type.type}\`: it judges a text and finds no places in it. Use \`block\` or \`flag\`.`,
    )
  }
  const reach: Reach = detector.isRemote ? 'whole' : detector.local.reach
  return {
    body,
    onError: body.on_error ?? (body.action === 'flag' ? 'open' : 'closed'),
    streamMode: streamModeOf(body, reach, type),
    detector,
  }
}

export function typeNamed(name: string): GuardrailType {
  const type = guardrailTypes.get(name)
  if (type !== undefined) return type
  const near = nearestName(name, [...guardrailTypes.keys()])
  const hint = near === null ? `Use one of ${[...guardrailTypes.keys()].join(', ')}` : `Did you mean \`${near}\`?`
  throw refused('type', `must be a type of guardrail. ${hint}`)
}

function settingsOf(type: GuardrailType, body: GuardrailBody): unknown {
  const schema = z.object({ settings: type.settings })
  const read = schema.safeParse({ settings: body.settings }, { reportInput: true })
  if (read.success) return read.data.settings
  throw faultFromIssues(read.error.issues, schema, 'body')
}

function streamModeOf(body: GuardrailBody, reach: Reach, type: GuardrailType): StreamMode {
  const wanted = body.stream_mode
  if (wanted === undefined) {
    if (body.action === 'redact') return reach === 'tokens' ? 'redact' : 'full'
    return reach === 'whole' ? 'full' : 'sync'
  }
  if (wanted === 'redact' && reach !== 'tokens') {
    throw refused(
      'stream_mode',
      `cannot be \`redact\` here: with these settings \`${type.type}\` judges longer stretches. Use \`sync\` or \`full\`.`,
    )
  }
  if (wanted === 'sync' && body.action === 'redact' && reach !== 'tokens') {
    throw refused('stream_mode', `cannot be \`sync\` with the action \`redact\` here: use \`full\`.`)
  }
  if (wanted === 'sync' && reach === 'whole' && !type.isRemote) {
    throw refused(
      'stream_mode',
      `cannot be \`sync\` for type \`${type.type}\`: it knows at the end only. Use \`full\`.`,
    )
  }
  return wanted
}

function refused(field: string, problem: string): Fault {
  const end = problem.endsWith('?') || problem.endsWith('.') ? '' : '.'
  return new Fault('invalid_request', `\`${field}\` ${problem}${end}`, { param: field })
}
