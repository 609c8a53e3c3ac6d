import type { JsonObject } from '../core/json.ts'
import type { RemoteServices } from '../guardrails/remote.ts'
import type { CallWebhook } from '../providers/webhook.ts'
import { type AskInsideSettings, type InsideRequest, createAskInside } from './ask-inside.ts'

export interface GuardServiceSettings extends AskInsideSettings {
  readonly callWebhook: CallWebhook
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * What remote guardrails ask with: models by the pipeline itself (`exchanges` must be those without guardrails, or a judge
 * would be judged), so that what they cost is recorded like everything else.
 */
export function createGuardServices(settings: GuardServiceSettings): RemoteServices {
  const askInside = createAskInside(settings)
  const answerTo = async (
    request: Omit<InsideRequest, 'appName'>,
  ): Promise<{ text: string; completion: JsonObject }> => {
    const answer = await askInside({ ...request, appName: 'promptbox guardrails' })
    // The Fault's own words are for clients: they may name what was asked.
    if ('fault' in answer) {
      const { fault } = answer
      throw new Error(`it got no answer (${fault.code ?? fault.kind})`, { cause: fault })
    }
    return answer
  }
  return {
    callWebhook: settings.callWebhook,
    askModel: async (question) => ({ text: (await answerTo(question)).text }),
    moderate: async (question) => (await answerTo({ ...question, operation: 'moderations' })).completion,
    environment: settings.environment,
  }
}
