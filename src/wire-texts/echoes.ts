import { type JsonObject, isJsonObject } from '../core/json.ts'
import { replaced } from './members.ts'

/**
 * A choice of a chunk without what says its texts a second time, once one of them became another: `logprobs`, and a whole
 * message beside the delta. The same choice when it has none of them.
 *
 * @param isSilent what is spoken falls silent too.
 */
export function withoutEchoes(choice: JsonObject, isSilent: boolean): JsonObject {
  let told = typeof choice['logprobs'] === 'object' ? replaced(choice, 'logprobs', null) : choice
  if (isJsonObject(choice['message'])) {
    const { message: _message, ...kept } = told
    told = kept
  }
  const delta = choice['delta']
  const audio = isJsonObject(delta) ? delta['audio'] : undefined
  if (!isSilent || !isJsonObject(delta) || !isJsonObject(audio)) return told
  const silent = replaced(audio, 'data', '')
  return silent === audio ? told : { ...told, delta: { ...delta, audio: silent } }
}
