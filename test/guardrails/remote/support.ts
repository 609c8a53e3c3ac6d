import type { JsonObject } from '../../../src/core/json.ts'
import type { RemoteType } from '../../../src/guardrails/guardrail.ts'
import type { RemoteDetector, RemoteQuestion, RemoteServices } from '../../../src/guardrails/remote.ts'

/** What a test of a remote guardrail needs: a text, and somebody who is asked about it and answers by a script. */

export function question(text: string, more: Partial<RemoteQuestion> = {}): RemoteQuestion {
  return {
    text,
    context: '',
    stage: 'input',
    role: 'user',
    guardrail: 'asker',
    requestId: 'req-1',
    tenantId: 'tenant-1',
    prompt: 'support-reply',
    ...more,
  }
}

const unexpected = (): never => {
  throw new Error('nobody was to be asked this way')
}

/** Services that refuse whatever the test did not script. */
export function services(more: Partial<RemoteServices> = {}): RemoteServices {
  return { callWebhook: unexpected, askModel: unexpected, moderate: unexpected, environment: {}, ...more }
}

export interface AskedModel {
  readonly tenantId: string
  readonly body: JsonObject
  readonly timeoutMs: number
}

/** A model that gives the scripted answers one after the other, the last one for ever; an Error is a rejection. */
export function modelSaying(...answers: readonly (string | Error)[]): {
  readonly services: RemoteServices
  readonly asked: AskedModel[]
} {
  const asked: AskedModel[] = []
  const askModel = async (call: AskedModel): Promise<{ readonly text: string }> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    asked.push(call)
    if (answer instanceof Error) throw answer
    return { text: answer ?? '' }
  }
  return { services: services({ askModel }), asked }
}

/** Validates as the admin API does, and gives the detector. */
export function detectorOf<Settings>(
  type: RemoteType<Settings>,
  settings: unknown,
  services: RemoteServices,
): RemoteDetector {
  return type.create(type.settings.parse(settings), services)
}

export const nobodyWaits = (): AbortSignal => AbortSignal.abort()
export const waiting = (): AbortSignal => new AbortController().signal

/** Roles and texts of a request to a model. */
export function messagesOf(body: JsonObject): readonly { readonly role: string; readonly content: string }[] {
  return body['messages'] as unknown as readonly { readonly role: string; readonly content: string }[]
}

/** Messages of all issues, each with its path. */
export function issuesOf(type: RemoteType, settings: unknown): readonly string[] {
  const read = type.settings.safeParse(settings)
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`)
}
