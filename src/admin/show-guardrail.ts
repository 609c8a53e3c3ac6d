import { createHash } from 'node:crypto'
import type { GuardrailBody, StreamMode } from '../contract/guardrail-body.ts'
import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import { createSlices } from '../core/slices.ts'
import { checkGuardrail } from '../guardrails/check-guardrail.ts'
import { guardrailTypes } from '../guardrails/index.ts'

/** What holds of a guardrail, and what of it may be seen. */
export interface ShownGuardrail {
  readonly onError: 'open' | 'closed'
  readonly roles: readonly string[]
  readonly streamMode: StreamMode
  /** Without the write-only ones; of a type that is not known none, because nobody can say which those are. */
  readonly settings: JsonObject
  /** Names of write-only settings that have a value. */
  readonly secretSettings: readonly string[]
  /** Why it cannot be used; null: it can. */
  readonly problem: string | null
}

/** What it takes to know what holds: making a detector, which a list of guardrails is not to do over and over. */
type Effects = Pick<ShownGuardrail, 'onError' | 'roles' | 'streamMode' | 'problem'>

const mostKnown = 400
const known = new Map<string, Effects>()

export function showGuardrail(body: GuardrailBody): ShownGuardrail {
  const type = guardrailTypes.get(body.type)
  if (type === undefined) return { ...effectsOf(body), settings: {}, secretSettings: [] }
  const secret = type.secretSettings ?? []
  const settings = Object.entries(body.settings)
  return {
    ...effectsOf(body),
    settings: Object.fromEntries(settings.filter(([name]) => !secret.includes(name))),
    secretSettings: settings.map(([name]) => name).filter((name) => secret.includes(name)),
  }
}

/** Finds out about many beforehand, while requests are answered in between: some patterns take milliseconds to be made. */
export async function prepareToShow(bodies: readonly GuardrailBody[]): Promise<void> {
  const slices = createSlices()
  for (const body of bodies) {
    effectsOf(body)
    if (slices.due()) await slices.rest()
  }
}

function effectsOf(body: GuardrailBody): Effects {
  const key = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  const found = known.get(key)
  if (found !== undefined) return found
  if (known.size >= mostKnown) known.clear()
  const effects = judged(body)
  known.set(key, effects)
  return effects
}

function judged(body: GuardrailBody): Effects {
  try {
    const { onError, streamMode, detector } = checkGuardrail(body)
    return { onError, streamMode, roles: body.roles ?? detector.type.roles, problem: null }
  } catch (error) {
    // The request path treats it in the same way: it fails each time it is to look.
    return {
      onError: body.on_error ?? (body.action === 'flag' ? 'open' : 'closed'),
      roles: body.roles ?? ['system', 'user', 'assistant', 'tool'],
      streamMode: 'full',
      problem: error instanceof Fault ? error.message : 'Its detector could not be made.',
    }
  }
}
